"""The walk of docs/set-up.md: its own commands, in their order, in an empty directory, by the built binaries.

A block ```sh walk``` is run to its end, ```sh walk stays``` is started and stays; the ```text sees``` after it is what must
then be seen, `…` standing for whatever differs. `<!-- walk: browser -->` is where the officer goes on in the browser.
"""

import dataclasses
import json
import os
import re
import shutil
import subprocess
import time

from house import daemons, journeys
from house.pin import unusual_pin
from house.processes import LOGS, ROOT, TARGET, Ended, answers, end, output, start, until
from house.tally import Tally, from_tap

PAGE = ROOT / "docs" / "set-up.md"
PLACE = journeys.PLACE / "set-up"
# Those of the page: of the portal, of OCSP, of the signing app, of the mail server, and of vpcd's two slots.
PORTAL, VALIDATION, AGENT, MAIL, VPCD = 8080, 8081, 24817, 2525, (35963, 35964)
BLOCK = re.compile(r"^```(sh walk stays|sh walk|text sees)\n(.*?)^```$|^<!-- walk: (browser) -->$", re.M | re.S)
VARIANT = re.compile(r"^```toml variant ([a-z-]+)\n(.*?)^```$", re.M | re.S)


@dataclasses.dataclass
class Act:
    """One block of the page, and what must be seen after it."""

    kind: str
    text: str
    sees: tuple = ()


def acts(page):
    """The acts of a page, in its order."""
    found = []
    for kind, text, browser in BLOCK.findall(page):
        if kind == "text sees":
            found[-1].sees += tuple(text.splitlines())
        else:
            found.append(Act(kind or browser, text))
    return found


def set_up(log):
    """The whole walk, its variants of TLS, and a walk with a broken command and one with another sight, which must fail."""
    page = PAGE.read_text()
    shutil.rmtree(PLACE, ignore_errors=True)
    for port in (PORTAL, VALIDATION, AGENT, MAIL, *VPCD):
        if answers(port):
            raise Ended(f"port {port}, which {PAGE.name} names, is taken by another program")
    readers = daemons.pcscd("pcscd-set-up", VPCD)
    mailbox = daemons.mailbox(PLACE / "mails", MAIL)
    try:
        tally = Tally()
        walk = Walk(PLACE / "walk", readers, log)
        began = time.monotonic()
        try:
            tally += walk.whole(acts(page))
            took = time.monotonic() - began
            print(f"{'':<16} the walk of docs/set-up.md took {took:.0f} s, waiting for no person")
            tally.check(len(mailbox.mails()) >= 2, "the test letter and the officer's invitation have come")
        finally:
            walk.close()
        for name, text in VARIANT.findall(page):
            tally += variant(name, text, walk)
        tally.check(len(VARIANT.findall(page)) == 2, "the page has both variants of TLS")
        return tally + controls(page, readers, log)
    finally:
        mailbox.end()
        readers.end()


class Walk:
    """One newcomer's walk in a directory of its own; `close` ends what stays."""

    def __init__(self, place, readers, log):
        self.place, self.readers, self.log = place, readers, log
        self.pin = unusual_pin()
        self.running, self.said = [], ""
        for folder in (place / "home", place / "agent"):
            folder.mkdir(parents=True)
        with open(journeys.PLACE / "pins", "a") as pins:
            pins.write(f"{self.pin}\n")
        self.here = place / "empty"
        self.here.mkdir()

    @property
    def env(self):
        """The surroundings: the built programs on the PATH, a home and a pcscd of one's own. The PIN is what a person types."""
        return {
            **self.readers.env,
            "PATH": f"{TARGET / 'debug'}:{os.environ['PATH']}",
            "HOME": str(self.place / "home"),
            "KAGIMORI_AGENT_DIR": str(self.place / "agent"),
            "NO_COLOR": "1",
        }

    def whole(self, acts):
        """Every act of the page; the first that fails ends the walk."""
        tally = Tally()
        kinds = [act.kind for act in acts]
        tally.check(kinds.count("sh walk") >= 8 and kinds.count("sh walk stays") == 3 and kinds.count("browser") == 1, f"the page has its blocks: {kinds}")
        for act in acts:
            tally += {"sh walk": self.does, "sh walk stays": self.starts, "browser": self.enrols}[act.kind](act)
        return tally

    def does(self, act):
        """A block that ends: its commands, the first that fails being the last; then the sights."""
        where = self.place / "here"
        script = f"set -euo pipefail\n{act.text}\npwd > '{where}'"
        status, said = self.run(script)
        self.said += said
        if status != 0:
            raise Ended(f"{first(act)} … ended with status {status}: {said.strip()[-400:]}")
        self.here = type(self.place)(where.read_text().strip())
        return self.saw(act, lambda: said)

    def starts(self, act):
        """A block that stays, in a terminal of its own."""
        path = LOGS / f"{self.place.name}-{len(self.running)}.log"
        path.write_text("")
        self.running.append(start(["bash", "-c", f"exec {act.text.strip()}"], path, env=self.env, cwd=self.here))
        return self.saw(act, lambda: path.read_text(errors="replace"), self.running[-1])

    def enrols(self, _):
        """The officer's part in the browser, with the address and the code that the walk has just shown."""
        told = {name: re.search(rf"^{name} +(\S+)$", self.said, re.M) for name in ("address", "code")}
        if None in told.values():
            raise Ended(f"the walk shows no address and code before the browser: {self.said[-300:]}")
        path = self.place / "officer.json"
        path.write_text(json.dumps({"name": "見本 花子", **{name: found.group(1) for name, found in told.items()}}))
        log = self.log.with_name("set-up-browser.log")
        log.write_text("")
        status = journeys.node(log, "set-up", 180, {"KAGIMORI_OFFICER": str(path), "KAGIMORI_OFFICER_PIN": self.pin})
        return from_tap(log.read_text(errors="replace"), status)

    def saw(self, act, said, program=None):
        """One check for each sight; a program that stays has half a minute for them."""
        tally = Tally()
        for sight in act.sees:
            try:
                until(lambda: seen(sight, said()), "", program=program, bound=30 if program else 0)
                there = True
            except Ended:
                there = False
            if not tally.check(there, f"after {first(act)} one sees 「{sight}」: {said().strip()[-400:]}"):
                raise Ended(tally.faults[-1])
        return tally

    def run(self, script):
        """A script to its end, where the walk stands; its status and what it said."""
        ran = subprocess.run(
            ["bash", "-c", script],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env={**os.environ, **self.env, "KAGIMORI_PIN": self.pin},
            cwd=self.here,
            timeout=120,
        )
        said = ran.stdout.decode("utf-8", "replace")
        with open(self.log, "a") as log:
            log.write(f"$ {script}\n{said}\n")
        return ran.returncode, said

    def close(self):
        """Ends what stays, last started first."""
        for program in reversed(self.running):
            end(program)
        self.running = []


def variant(name, text, walk):
    """The house of the walk once more, with the portal as that variant has it; asked as a browser or the proxy asks."""
    tally = Tally()
    house = walk.here
    usual = (house / "kagimori.toml").read_text()
    made = re.sub(r'^\[portal\]\n(?:#.*\n)*origin = .*\n', "", usual, flags=re.M)
    made = re.sub(r'^\[\[listen\]\]\naddress = "127.0.0.1:8080"\n(?:.+\n)*', "", made, flags=re.M)
    (house / f"{name}.toml").write_text(f"{made}\n{text}")
    makes = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout portal.key -out portal.pem -days 2 -subj /CN=portal.ca.example -addext subjectAltName=DNS:portal.ca.example"
    status, said = walk.run(makes)
    if status != 0:
        raise Ended(f"openssl req: {said}")
    program = start(["kagimori", "serve", "--config", f"{name}.toml"], LOGS / f"set-up-{name}.log", env=walk.env, cwd=house)
    try:
        until(lambda: answers(PORTAL), f"kagimori serve as {name}", program=program)
        ask = ["curl", "-sS", "-o", "/dev/null", "-w", "%{http_code}", "--max-time", "20"]
        if name == "own-certificate":
            ask += ["--cacert", house / "portal.pem", "--connect-to", f"portal.ca.example:443:127.0.0.1:{PORTAL}", "https://portal.ca.example/mihon-ca"]
        else:
            ask += ["-H", "Host: portal.ca.example", "-H", "X-Forwarded-For: 192.0.2.7", f"http://127.0.0.1:{PORTAL}/mihon-ca"]
        _, said = output(ask)
        tally.check(said == "200", f"{name}: the office's page is answered: {said}")
    finally:
        end(program)
    return tally


def controls(page, readers, log):
    """What the walk must not pass over: a command that fails, and a sight that is not there."""
    tally = Tally()
    for name, change, sentence in (
        ("broken", ("--profile root", "--profile rot"), "a broken command"),
        ("unseen", ("created root\n", "created a root\n"), "a sight that is not there"),
    ):
        changed = page.replace(*change, 1)
        walk = Walk(PLACE / name, readers, log)
        try:
            # The change is in the second block, so the walk has to end there.
            for act in acts(changed)[:2]:
                walk.does(act)
            ended = ""
        except Ended as fault:
            ended = str(fault)
        finally:
            walk.close()
        tally.check(changed != page and ended, f"control: {sentence} in the page ends the walk: {ended[:120]}")
    return tally


def seen(sight, said):
    """Whether a line of what was said holds the sight."""
    pattern = ".*".join(re.escape(part) for part in re.sub(r" +", " ", sight).split("…"))
    plain = re.sub(r" +", " ", re.sub(r"\x1b\[[0-9;]*m", "", said))
    return any(re.search(pattern, line) for line in plain.splitlines())


def first(act):
    """The first command of a block, for messages."""
    return act.text.strip().splitlines()[0] if act.text.strip() else act.kind
