"""The kinds of cards that a stand may issue: each is made, certified and inserted by its own program's commands."""

import dataclasses
import pathlib

from house.processes import TARGET

AGENT = TARGET / "debug" / "kagimori-agent"
USES = ("authentication", "signature")


@dataclasses.dataclass(frozen=True)
class Kind:
    """A kind of card; `maker` begins the commands of the program that has it, `words` go with each of them."""

    name: str
    maker: tuple
    words: tuple = ()
    inserts: tuple = ()
    # Options before each certificate's path, where the program wants to be told which is which.
    named: bool = False
    # How many wrong PINs in a row it forgives, and one.
    tries: int = 10
    # The kind of keys that a new card makes; the program's own choice if none is said.
    algorithm: str = ""

    def making(self, algorithm):
        """The same kind of card with another kind of keys."""
        return dataclasses.replace(self, algorithm=algorithm)

    def new(self, state, papers):
        """The command that makes a card with keys and writes its requests; the PIN comes from KAGIMORI_PIN."""
        keys = ("--algorithm", self.algorithm) if self.algorithm else ()
        return [*self.maker, "new", *self.words, "--state", state, "--csr", papers, *keys]

    def load(self, state, papers):
        """The command that puts the certificates on it."""
        words = []
        for use in USES:
            words += [f"--{use}"] if self.named else []
            words.append(pathlib.Path(papers) / f"{use}.pem")
        return [*self.maker, "load", "--state", state, *words]

    def insert(self, state, port, *more):
        """The command that puts it into the slot which listens there, and stays with it."""
        return [*self.maker, *self.inserts, *self.words, "--state", state, "--vpcd", f"127.0.0.1:{port}", *more]


VIRTUAL = Kind("virtual", (AGENT, "virtual-card"), ("--kind", "piv"))
CARD = TARGET / "independent-card" / "debug" / "independent-card"
INDEPENDENT = Kind("independent", (CARD,), inserts=("insert",), named=True, tries=3)
