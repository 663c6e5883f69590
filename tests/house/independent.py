"""The agent's own commands against a card that others wrote (tests/independent-card), in a reader of the real pcscd.

The card is personalised as one of ours: its keys are made on it, its requests are signed by them, our authority issues the certificates.
"""

import json
import os
import shutil

from house import daemons, journeys
from house.cards import AGENT, INDEPENDENT, USES
from house.needs import LIBCLANG
from house.processes import ROOT, TARGET, Ended, end, output, run, start, until
from house.stand import Stand
from house.tally import Tally, from_cargo, from_status, from_tap
from judges import opensc as opensc_judge

WORKSPACE = ["--manifest-path", ROOT / "tests" / "independent-card" / "Cargo.toml"]
BUILD = ["--locked", "--target-dir", TARGET / "independent-card"]
# Seconds: 175 crates for the first time, on two cores that may be busy.
BOUND_OF_A_BUILD = 1800
TRIES = INDEPENDENT.tries
# The kinds of keys that OpenSC's own checks know.
OPENSC = {"rsa-2048": "RSA", "p256": "EC"}
SIGN, VERIFY = "87", "20"


def card(log):
    """Builds the card, tests its glue, and goes through a holder's day with each kind of key."""
    tally = built(log)
    if tally.failed:
        return tally
    tally += tested(log)
    for algorithm in ("rsa-2048", "p256", "p384"):
        readers = daemons.pcscd(f"pcscd-independent-{algorithm}")
        # Beside the journeys, so that the step `pins` searches for its PINs, too.
        place = journeys.PLACE / f"independent-{algorithm}"
        shutil.rmtree(place, ignore_errors=True)
        stand = Stand(place, readers)
        try:
            tally += day(stand, algorithm)
        finally:
            stand.close()
            readers.end()
    return tally


def portal(log):
    """The sixteen steps of procedure 000 once more: in the browser, the card proves itself to the portal and signs the application."""
    readers = daemons.pcscd("pcscd-independent-portal")
    place = journeys.PLACE / "independent-portal"
    shutil.rmtree(place, ignore_errors=True)
    stand = Stand(place, readers, kind=INDEPENDENT)
    tally = built(log)
    try:
        stand.set_up()
        tally += stand.status_is("good")
        status = journeys.node(log, "two-processes", 420, {"KAGIMORI_STAND": str(stand.described())})
        tally += from_tap(log.read_text(errors="replace"), status)
        return tally + stand.status_is("revoked")
    finally:
        stand.close()
        readers.end()


def built(log):
    """The card's program, in the tests' target directory."""
    return from_status(run(["cargo", "build", "--quiet", *WORKSPACE, *BUILD], log, BOUND_OF_A_BUILD, env=surroundings()), "the card is built")


def tested(log):
    """Its form and its own tests."""
    tally = from_status(run(["cargo", "fmt", *WORKSPACE, "--", "--check", "-l"], log, 60), "the card's source is as rustfmt has it")
    part = log.with_name(f"{log.stem}-tests.log")
    part.write_text("")
    status = run(["cargo", "test", *WORKSPACE, *BUILD], part, BOUND_OF_A_BUILD, env=surroundings())
    return tally + from_cargo(part.read_text(errors="replace"), status)


def surroundings():
    """What a build needs that reads C headers."""
    return {"LIBCLANG_PATH": os.environ.get("LIBCLANG_PATH", LIBCLANG)}


def day(stand, algorithm):
    """A holder's day with one card: everything that `kagimori-agent card` does, and what goes wrong."""
    stand.makes_tls()
    stand.makes_authority()
    stand.issues_card(stand.card, stand.issued, stand.holder, stand.pin, INDEPENDENT.making(algorithm))
    bench = Bench(stand, algorithm)
    tally = Tally()
    with bench.inserted():
        shown(tally, bench)
        counted(tally, bench)
        signed(tally, bench)
        changed(tally, bench)
        # What stands between the reader and Nitrokey's application is ours, too: OpenSC says whether it is PIV.
        # It comes last, since it leaves the PIN verified behind it, and a card then no longer tells its tries.
        if algorithm in OPENSC:
            tally += opensc_judge.judge(stand.readers.env, OPENSC[algorithm], stand.pin, stand.place / "opensc")
    removed(tally, bench)
    tally.check(bench.listed() == ["empty", "empty"], f"{algorithm}: without it, both slots are shown as empty")
    return tally


class Bench:
    """One card, its stand, and the agent's commands at it."""

    def __init__(self, stand, name):
        self.stand, self.name, self.pin = stand, name, stand.pin
        self.wrong = "".join(str((int(digit) + 5) % 10) for digit in stand.pin)
        self.text = stand.place / "text"
        self.text.write_text("この内容で失効を申し込みます。\n")
        self.signature = stand.place / "text.p7s"

    def inserted(self, *more):
        """The card in the reader, for as long as the block lasts."""
        return Inserted(self, more)

    def agent(self, *words, pin=None, new=None):
        """One of the holder's commands; returns its exit status and what it said."""
        pins = {"KAGIMORI_PIN": pin, "KAGIMORI_NEW_PIN": new}
        return output([AGENT, "card", *words], env={**self.stand.env, **{name: value for name, value in pins.items() if value}})

    def listed(self):
        """What `card list` shows of each slot."""
        return [line["card"] for line in json.loads(self.agent("list", "--json")[1])]

    def told(self):
        """What `card show` tells."""
        status, said = self.agent("show", "--json")
        if status != 0:
            raise Ended(f"card show: {said.strip()}")
        return json.loads(said)

    def left(self):
        """How many tries the card says are left."""
        return self.told()["pin"].get("tries_left")

    def sign(self, pin):
        """`card sign` of the text; whether a signature came of it, and what was said."""
        self.signature.unlink(missing_ok=True)
        status, said = self.agent("sign", self.text, "--out", self.signature, pin=pin)
        return status == 0 and self.signature.exists(), said

    def accepted(self, content):
        """Whether openssl takes the signature for that content, by a chain to our root."""
        issued = self.stand.issued
        trust = self.stand.place / "trust.pem"
        trust.write_text("".join((issued / name).read_text() for name in ("root.pem", "issuing.pem")))
        status, _ = output(
            ["openssl", "cms", "-verify", "-binary", "-inform", "DER", "-in", self.signature, "-content", content]
            + ["-CAfile", trust, "-purpose", "any", "-out", self.stand.place / "out"]
        )
        return status == 0


class Inserted:
    """Inserts on entry, removes on exit, and waits each time until pcscd says so."""

    def __init__(self, bench, more):
        self.bench, self.more = bench, more

    def __enter__(self):
        slot = self.bench.stand.readers.slots[0]
        log = self.bench.stand.log.with_name(f"independent-{self.bench.name}-card.log")
        self.program = start(INDEPENDENT.insert(self.bench.stand.card, slot, *self.more), log)
        until(lambda: "card" in self.bench.listed(), f"the card in the reader (see {log})", program=self.program, pause=0.1)
        return self

    def __exit__(self, *_):
        end(self.program)
        until(lambda: "card" not in self.bench.listed(), "the reader empty again", pause=0.1)

    def gone(self):
        """Waits until the card has left by itself."""
        until(lambda: self.program.poll() is not None and "card" not in self.bench.listed(), "the card gone by itself", pause=0.1)


def shown(tally, bench):
    """It is listed, and shows the certificates that our authority issued."""
    tally.check(bench.listed() == ["card", "empty"], f"{bench.name}: card list shows one card and an empty slot")
    told = bench.told()
    for use in USES:
        tally.check(told[use]["serial"] == str(bench.stand.serial(use)), f"{bench.name}: card show tells the serial of the {use} certificate: {told[use]['serial']}")
        tally.check("TAKAHASHI Ichiro" in told[use]["subject"], f"{bench.name}: and the holder: {told[use]['subject']}")
    tally.check(len(told["identifier"]) == 32, f"{bench.name}: and the card's own number: {told['identifier']}")
    tally.check(told["pin"] == {"tries_left": TRIES}, f"{bench.name}: and {TRIES} tries: {told['pin']}")


def counted(tally, bench):
    """Wrong PINs count down, the last try is not spent without consent, and the right one gives all back."""
    for left in range(TRIES - 1, 0, -1):
        status, said = bench.agent("verify-pin", pin=bench.wrong)
        tally.check(status != 0 and f"tries left: {left}" in said, f"{bench.name}: a wrong PIN leaves {left}: {said.strip()}")
        tally.check(bench.left() == left, f"{bench.name}: and card show says so")
    status, said = bench.agent("verify-pin", pin=bench.pin)
    tally.check(status != 0 and "--last-try" in said and bench.left() == 1, f"{bench.name}: the last try is not spent without a word: {said.strip()}")
    status, said = bench.agent("verify-pin", "--last-try", pin=bench.pin)
    tally.check(status == 0 and bench.left() == TRIES, f"{bench.name}: the right PIN gives all tries back: {said.strip()}")
    status, said = bench.agent("verify-pin", pin="12")
    tally.check(status != 0 and bench.left() == TRIES, f"{bench.name}: what has not the form of a PIN reaches no card: {said.strip()}")


def signed(tally, bench):
    """Its signature is CMS that openssl takes for that text, and for no other."""
    done, said = bench.sign(bench.wrong)
    tally.check(not done and bench.left() == TRIES - 1, f"{bench.name}: with a wrong PIN nothing is signed and one try is spent: {said.strip()}")
    done, said = bench.sign(bench.pin)
    tally.check(done and bench.left() == TRIES, f"{bench.name}: card sign signs: {said.strip()}")
    tally.check(done and bench.accepted(bench.text), f"{bench.name}: openssl cms -verify takes the signature")
    other = bench.stand.place / "other"
    other.write_text(bench.text.read_text() + "\n")
    tally.check(done and not bench.accepted(other), f"{bench.name}: control: and refuses it for the text with one line more")


def changed(tally, bench):
    """The PIN is replaced, and back."""
    new = bench.stand.draws_pin()
    status, said = bench.agent("change-pin", pin=bench.wrong, new=new)
    tally.check(status != 0 and f"tries left: {TRIES - 1}" in said and bench.left() == TRIES - 1, f"{bench.name}: with a wrong PIN none is changed: {said.strip()}")
    status, said = bench.agent("change-pin", pin=bench.pin, new=new)
    tally.check(status == 0 and bench.agent("verify-pin", pin=new)[0] == 0, f"{bench.name}: a new PIN holds: {said.strip()}")
    tally.check(bench.agent("verify-pin", pin=bench.pin)[0] != 0, f"{bench.name}: and the old one no longer does")
    status, said = bench.agent("change-pin", pin=new, new=bench.pin)
    tally.check(status == 0 and bench.left() == TRIES, f"{bench.name}: and back: {said.strip()}")


def removed(tally, bench):
    """Taken out in the middle of a command: told as removed, nothing signed, no try lost, and the same card goes on."""
    with bench.inserted("--leaves-at", SIGN) as stay:
        done, said = bench.sign(bench.pin)
        tally.check(not done and not bench.signature.exists() and "removed" in said, f"{bench.name}: removed while signing: {said.strip()}")
        stay.gone()
    # The first VERIFY only asks for the tries, the second brings the PIN.
    with bench.inserted("--leaves-at", f"{VERIFY}:2") as stay:
        status, said = bench.agent("verify-pin", pin=bench.wrong)
        tally.check(status != 0 and "removed" in said, f"{bench.name}: removed while the PIN is verified: {said.strip()}")
        stay.gone()
    with bench.inserted():
        tally.check(bench.left() == TRIES, f"{bench.name}: no try was spent by either")
        done, _ = bench.sign(bench.pin)
        tally.check(done and bench.accepted(bench.text), f"{bench.name}: the same card, back in the reader, signs")
