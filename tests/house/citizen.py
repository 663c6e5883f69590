"""The stand of a card issuer's desk: an office whose cards the product issues itself, a citizen's card in a reader of the real
pcscd, the reservation app and the kiosk as processes of their own, and a relay between them and the server.

The relay speaks plain HTTP on loopback, so that what passed can be searched, and is where a test stops an exchange: something
is killed there, or the server's memory is read while a reset is announced and not yet reported.
"""

import json
import os
import re
import secrets
import shutil
import signal
import sqlite3
import string
import time

from house import daemons, journeys
from house.cards import AGENT
from house.memory import dumped
from house.processes import LOGS, ROOT, TARGET, Ended, answers, end, free_port, output, until
from house.relay import AFTER, BEFORE, Dropped, Relay
from house.screen import Screen, words_of
from house.stand import KAGIMORI, Stand
from house.tally import Tally, from_tap
from judges import pin_grep

OFFICE = "mihon-city"
FACES = TARGET / "faces"
# Who issues which certificate of a card, by the policy that stands in it (DOMAIN 11.3).
AUTHORITIES = {"mihon-user-authentication": "1.2.392.200149.8.5.1.3.30", "mihon-digital-signature": "1.2.392.200149.8.5.1.0.20"}
PERSON = """
name = "見本 花子"
birth = "1990-04-01"
sex = "female"
prefecture = "東京都"
municipality = "見本区"
address = "東京都見本区見本一丁目1番1号"
expires = "{expiry}-04-01"
code = "{code}"
"""
VISITS, ANNOUNCE, REPORT = "/visits", "/announce", "/report"


class CitizenStand(Stand):
    """One citizen, one card, one kiosk."""

    # What is searched for secrets afterwards says as much as it can.
    filter = "trace"

    def __init__(self, place, readers):
        super().__init__(place, readers)
        self.relay_port = free_port()
        self.portal = f"http://127.0.0.1:{self.relay_port}"
        self.app_port, self.kiosk_port = free_port(), free_port()
        self.kiosk_dir = place / "kiosk"
        self.kiosk_dir.mkdir()
        self.digits = f"{secrets.randbelow(9000) + 1000}"
        self.password = draws_password()
        self.printed = {"birth": "19900401", "expiry": "2036", "code": f"{secrets.randbelow(9000) + 1000}"}
        self.capture = place / "wire"
        self.relay = None
        self.programs = {}

    def set_up(self):
        """From nothing to a card in the reader, a kiosk that is enrolled, and an app."""
        self.kagimori("init")
        (self.server / "kagimori.toml").write_text(self.configuration())
        self.makes_office()
        self.makes_card()
        self.relay = Relay(self.relay_port, self.portal_port, self.capture)
        self.serves_portal()
        self.enrols_kiosk()
        self.inserts()
        self.serves_app()
        self.serves_kiosk()

    def close(self):
        """Ends what runs."""
        super().close()
        if self.relay:
            self.relay.close()

    def listener(self):
        """Plain HTTP behind the relay, whose address is the portal's."""
        return ""

    # The commands of an issuer, of a kiosk's operator and of a citizen, in their order.

    def makes_office(self):
        """The two authorities of citizens' cards below a root, and the office, which does not yet know who signs faces."""
        self.kagimori("ca", "create", "--name", "root", "--profile", "root", "--algorithm", "p384")
        for name, policy in AUTHORITIES.items():
            self.kagimori("ca", "create", "--name", name, "--profile", "issuing", "--parent", "root", "--algorithm", "rsa-2048", "--policy", policy)
        self.loads_office("")

    def loads_office(self, signer):
        """The example office with this stand's authorities and this signer of faces."""
        text = (ROOT / "server" / "templates" / "office" / "citizen.toml").read_text()
        text = text.replace('authorities = ["mihon-issuing"]', f"authorities = {json.dumps(self.accepted())}")
        if signer:
            text = text.replace("visual_signers = []", f'visual_signers = ["""\n{signer}"""]')
        # No test hangs on the hour at which it runs; the hours themselves are tested by the server's clock.
        text = text.replace('opens = "06:30"', 'opens = "00:00"').replace('closes = "23:00"', 'closes = "24:00"')
        text += f"\n[citizen.face]\n{self.compares()}"
        path = self.place / "office.toml"
        path.write_text(self.wants(text))
        self.kagimori("office", "load", path)

    def accepted(self):
        """The authorities whose cards the office takes."""
        return list(AUTHORITIES)

    def wants(self, text):
        """The office's file as this stand wants it."""
        return text

    def compares(self):
        """What stands under `[citizen.face]`: the baseline."""
        return 'provider = "lbph"\n'

    def makes_card(self):
        """The card makes its keys and its number; the issuer makes everything else, and the card takes it."""
        papers = self.place / "papers"
        papers.mkdir()
        person, face = papers / "person.toml", FACES / "card.jpg"
        person.write_text(PERSON.format(**self.printed))
        self.does(AGENT, "virtual-card", "new", "--kind", "jpki", "--state", self.card, "--csr", papers, env=self.secrets)
        self.kagimori("card", "issue", "--office", OFFICE, "--csr", papers, "--person", person, "--face", face, "--out", self.issued)
        self.loads_office((self.issued / "visual-signer.cer").read_text())
        certificates = [self.issued / f"{name}.cer" for name in ("authentication", "authentication-ca", "signature", "signature-ca")]
        self.does(AGENT, "virtual-card", "load", "--state", self.card, *certificates, "--visual", self.issued / "visual.bin", "--unblock-keys", self.issued / "unblock.key")
        self.signature_certificate = self.issued / "signature.cer"

    @property
    def secrets(self):
        """The card's first PIN and password, as the command takes them."""
        return {"KAGIMORI_PIN": self.digits, "KAGIMORI_PASSWORD": self.password}

    def enrols_kiosk(self):
        """The kiosk makes its key; the operator enrols it."""
        self.does(AGENT, "kiosk", "--server", f"{self.portal}/{OFFICE}", "--enrol", env={"KAGIMORI_AGENT_DIR": str(self.kiosk_dir)})
        self.kagimori("kiosk", "enroll", "--office", OFFICE, "--place", "見本市役所 1階ロビー", self.kiosk_dir / "kiosk.pub")

    # What can be ended and begun again.

    def serves_portal(self):
        """The server."""
        self.begins("kagimori", KAGIMORI, "serve", "--config", self.server / "kagimori.toml")
        until(lambda: answers(self.portal_port), "the portal", program=self.programs["kagimori"])

    def inserts(self):
        """The card goes into the reader."""
        self.begins("card", AGENT, "virtual-card", "--kind", "jpki", "--state", self.card, "--vpcd", f"127.0.0.1:{self.readers.slots[0]}")
        until(lambda: "Yes" in output(["opensc-tool", "--list-readers"], env=self.readers.env)[1], "the card in the reader", program=self.programs["card"], pause=0.2)

    def serves_app(self):
        """The reservation app."""
        self.begins("app", AGENT, "app", "--server", f"{self.portal}/{OFFICE}", "--port", self.app_port)
        until(lambda: answers(self.app_port), "the app", program=self.programs["app"])

    def serves_kiosk(self):
        """The kiosk."""
        self.begins("kiosk", AGENT, "kiosk", "--server", f"{self.portal}/{OFFICE}", "--port", self.kiosk_port, env={"KAGIMORI_AGENT_DIR": str(self.kiosk_dir)})
        until(lambda: answers(self.kiosk_port), "the kiosk", program=self.programs["kiosk"])

    def begins(self, name, *words, env=None):
        """Starts a program under a name by which it can be killed."""
        self.programs[name] = self.starts(name, *([*self.knowing(env), *words] if env else words))

    def knowing(self, env):
        """Words that start a program in other surroundings."""
        return ["env", *(f"{key}={value}" for key, value in env.items())]

    def kills(self, name):
        """SIGKILL, as a power cut is; nothing is said to anybody."""
        program = self.programs[name]
        os.killpg(program.pid, signal.SIGKILL)
        program.wait()

    def rises(self, name):
        """Begins again what was killed."""
        {"kagimori": self.serves_portal, "card": self.inserts, "app": self.serves_app, "kiosk": self.serves_kiosk}[name]()

    # What a judge asks of the card.

    def signs_with(self, password):
        """Whether OpenSC signs with the signature key by this password, and openssl takes the signature."""
        place = self.place / "signed"
        place.mkdir(exist_ok=True)
        text, signature = place / "text", place / "signature"
        text.write_text("署名します\n")
        signature.unlink(missing_ok=True)
        words = ["pkcs11-tool", "--slot-index", "1", "--login", "--pin", password, "--sign", "-m", "SHA256-RSA-PKCS", "--id", "02", "-i", text, "-o", signature]
        for _ in range(TIMES):
            status, said = output(words, env=self.readers.env)
            if status == 0 and signature.exists():
                break
            # Only the card's own word is a no: app and kiosk may have it in use at this moment.
            if any(word in said for word in ("CKR_PIN_INCORRECT", "CKR_PIN_LOCKED")):
                return False
            time.sleep(0.5)
        else:
            raise Ended(f"pkcs11-tool neither signed nor was refused: {said.strip()[-300:]}")
        key = place / "key.pem"
        key.write_text(output(["openssl", "x509", "-in", self.signature_certificate, "-noout", "-pubkey"])[1])
        status, said = output(["openssl", "dgst", "-sha256", "-verify", key, "-signature", signature, text])
        return status == 0 and "Verified OK" in said


def draws_password():
    """Eight letters and digits that occur nowhere else, as a card takes them."""
    letters = "".join(secrets.choice(string.ascii_uppercase) for _ in range(9))
    return f"{letters}{secrets.randbelow(90) + 10}"


# STEP 1 and STEP 2 by hands, without a browser.


def reserves(stand, picture):
    """STEP 1 whole; returns with a reservation that counts."""
    app = reaches_face(stand)
    app.captures(picture)
    app.stands("kept")


def reaches_face(stand):
    """STEP 1 to where the camera's picture is awaited."""
    app = Screen(stand.app_port)
    if app.stands("terms", "kept") == "kept":
        app.posts("/close")
    page = app.html
    digests = {name: re.search(rf'name="{name}" value="([0-9a-f]+)"', page).group(1) for name in ("flow", "terms")}
    app.posts("/agree", **digests, agreed="yes")
    app.stands("card")
    app.sees_card()
    app.posts("/card", pin=stand.digits)
    app.stands("number")
    app.sees_card()
    app.posts("/number", **stand.printed)
    app.stands("face")
    return app


def sets_card(stand, waited=lambda seconds: None):
    """STEP 2 to where the four digits are asked for, or to where it ends before that; tells how long the card's reading took."""
    kiosk = Screen(stand.kiosk_port)
    # Whatever the kiosk showed to the person before is over.
    until(lambda: kiosk.stage in ("top", "take", "ended", "done") or kiosk.posts("/quit") and False, "the kiosk is free")
    if kiosk.stage in ("ended", "done"):
        kiosk.posts("/quit")
    if kiosk.stage == "take":
        stand.kills("card")
        kiosk.stands("top")
        stand.rises("card")
    kiosk.posts("/menu")
    kiosk.stands("guidance")
    begun = time.monotonic()
    kiosk.posts("/next")
    stage = kiosk.stands("pin", "done", "ended")
    waited(time.monotonic() - begun)
    return kiosk, stage


def sets_password(stand, new):
    """STEP 2 from the card to the last page; returns which one that is."""
    kiosk, stage = sets_card(stand)
    return sets_password_at(kiosk, stand.digits, new) if stage == "pin" else stage


def sets_password_at(kiosk, digits, new, waited=lambda seconds: None):
    """STEP 2 from the four digits on; tells how long the card and the server took for them and for the password."""
    begun = time.monotonic()
    kiosk.posts("/pin", pin=digits)
    kiosk.stands("found")
    waited(time.monotonic() - begun)
    kiosk.posts("/next")
    kiosk.stands("password")
    kiosk.posts("/password", password=new)
    kiosk.stands("again")
    begun = time.monotonic()
    kiosk.posts("/again", password=new)
    stage = kiosk.stands("done", "ended", "again")
    waited(time.monotonic() - begun)
    return stage


# The steps of the run.


def citizen(log):
    """Procedure 004 in a browser; the card's password before and after; and what of it is anywhere else."""
    stand = made("citizen")
    try:
        tally = Tally()
        tally.check(stand.signs_with(stand.password), "control: OpenSC signs with the old password before it is forgotten")
        dumps = stand.place.parent / "citizen-memory"
        shutil.rmtree(dumps, ignore_errors=True)
        dumps.mkdir()
        new = draws_password()
        sizes = {}

        def looks_into(name, program):
            return lambda: sizes.update({name: dumped(stand.programs[program].pid, dumps / name)})

        stand.relay.once(BEFORE, ANNOUNCE, looks_into("kiosk", "kiosk"))
        announced = stand.relay.once(BEFORE, REPORT, looks_into("server", "kagimori"))
        told = {"app_port": stand.app_port, "kiosk_port": stand.kiosk_port, "digits": stand.digits, "printed": stand.printed, "new": new, "person": ["見本", "花子", "HANAKO"], "video": str(FACES / "camera.y4m")}
        status = journeys.node(log, "citizen", 300, {"KAGIMORI_STAND": str(stand.tells(**told))})
        tally += from_tap(log.read_text(errors="replace"), status)
        tally.check(stand.signs_with(new), "OpenSC signs with the new password, and openssl takes the signature")
        tally.check(not stand.signs_with(stand.password), "OpenSC does not sign with the old one")
        tally.check(announced.met.is_set() and sizes.get("server", 0) > 1 << 20, f"the server's memory was read between announcement and report: {sizes}")
        return tally + canaries(log, stand, dumps, [new, stand.password])
    finally:
        stand.close()
        stand.readers.end()


def canaries(log, stand, dumps, passwords):
    """Neither password, nor the four digits as a program writes them, stands anywhere but on the card (G-P1, A09)."""
    tally = Tally()
    places = [stand.server, stand.capture, stand.place / "agent", stand.kiosk_dir, stand.place / "profile", *LOGS.glob("citizen*.log"), dumps / "server"]
    for place in places:
        tally.check(place.exists(), f"there is something to search: {place.name}")
    found, read = pin_grep.hits(passwords, places)
    for hit in found:
        with open(log, "a") as out:
            out.write(f"{hit}\n")
    tally.check(not found and read > 20, f"neither password stands in {read} files of server, wire, logs, app, kiosk, browser and the server's memory{': ' + str(found[0]) if found else ''}")
    digits = stand.digits
    written = [f"pin={digits}", f'"{digits}"', f"0020008004{digits.encode().hex()}", f"PIN {digits}", *(f"{name}={digits}" for name in ("digits", "password", "code"))]
    bare = {word.encode() for word in written} | {bytes([0, 0x20, 0, 0x80, 4]) + digits.encode()}
    at = [path for path in pin_grep.files(places) if path.stat().st_size and any(word in path.read_bytes() for word in bare)]
    tally.check(not at, f"the four digits stand in none of them as a program writes them{': ' + str(at[0]) if at else ''}")
    known, _ = pin_grep.hits([OFFICE], [dumps / "server"])
    tally.check(known, "control: the same search finds the office's name in the server's memory")
    typed, _ = pin_grep.hits(passwords[:1], [dumps / "kiosk"])
    tally.check(typed, "control: it finds the new password in the kiosk's memory before the card has it")
    shutil.rmtree(dumps)
    return tally


def made(name, kind=CitizenStand):
    """A stand with a citizen's card, its app and its kiosk, and the faces that its card and its camera need."""
    place = journeys.PLACE / name
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True)
    status, said = output([TARGET / "debug" / "demo", "--faces", FACES])
    if status != 0:
        raise Ended(f"no faces were drawn: {said.strip()}")
    stand = kind(place, daemons.pcscd(f"pcscd-{name}"))
    try:
        stand.set_up()
    except Exception:
        stand.close()
        stand.readers.end()
        raise
    return stand


# Whom a power cut takes, and at which exchange: before the server has heard it, or after it has answered and nobody has heard that.
SCENES = (
    ("kiosk", BEFORE, VISITS),
    ("kiosk", BEFORE, ANNOUNCE),
    ("kiosk", AFTER, ANNOUNCE),
    ("kiosk", BEFORE, REPORT),
    ("kiosk", AFTER, REPORT),
    ("kagimori", BEFORE, ANNOUNCE),
    ("kagimori", AFTER, ANNOUNCE),
    ("kagimori", BEFORE, REPORT),
    ("kagimori", AFTER, REPORT),
    ("card", BEFORE, ANNOUNCE),
    ("card", AFTER, ANNOUNCE),
    ("card", BEFORE, REPORT),
)
# So often OpenSC is asked, where it is not the card that says no.
TIMES = 10
# Seconds of a kiosk's own between the card and the result.
LONGEST = 1.5
# At the report the card has been written; before it, it has not.
WRITTEN = {VISITS: False, ANNOUNCE: False, REPORT: True}


def citizen_kills(log):
    """Kiosk, server and card are killed at each exchange: one password works, the same card goes on, and there is no second use."""
    stand = made("citizen-kills")
    try:
        tally = Tally()
        picture = (FACES / "capture.jpg").read_bytes()
        old = stand.password
        for who, when, where in SCENES:
            new = draws_password()
            told = f"{who} killed {when} {where}"
            with open(log, "a") as out:
                out.write(f"{told}\n")
            tally += survives(stand, picture, (who, when, where), (old, new), told)
            old = new
        rows = query(stand, "select counter from citizen_card")
        tally.check(rows == [(len(SCENES),)], f"the register has counted each reset once: {rows}")
        used = query(stand, "select count(*) from office_case where procedure = 'pin_reset' and state = 'used'")
        tally.check(used == [(len(SCENES),)], f"each reservation was used once: {used}")
        return tally + pace(log, stand, picture)
    finally:
        stand.close()
        stand.readers.end()


def pace(log, stand, picture):
    """What a holder waits for at a kiosk where card, server and reader do their part, typing left out: the median of five."""
    spent = []
    for _ in range(5):
        reserves(stand, picture)
        kiosk, _ = sets_card(stand, spent.append)
        sets_password_at(kiosk, stand.digits, draws_password(), lambda seconds: spent.append(spent.pop() + seconds))
    median = sorted(spent)[len(spent) // 2]
    with open(log, "a") as out:
        out.write(f"from the card to the result: {', '.join(f'{seconds:.2f}' for seconds in sorted(spent))} s; median {median:.2f} s\n")
    tally = Tally()
    tally.check(median <= LONGEST, f"from the card to the result a kiosk needs {median:.2f} s of its own (median of {len(spent)}; {LONGEST} s at the most)")
    return tally


def survives(stand, picture, scene, passwords, told):
    """One power cut, and what comes after it."""
    who, when, where = scene
    old, new = passwords
    tally = Tally()

    def cut():
        stand.kills(who)
        raise Dropped

    reserves(stand, picture)
    watch = stand.relay.once(when, where, cut)
    try:
        sets_password(stand, new)
    except (Ended, OSError):
        pass  # The kiosk is gone, or stands where it must.
    if not tally.check(watch.met.wait(20), f"{told}: it came to that"):
        return tally
    stand.rises(who)
    works = [password for password in passwords if stand.signs_with(password)]
    expected = [new if WRITTEN[where] else old]
    tally.check(works == expected, f"{told}: {'the new' if WRITTEN[where] else 'the old'} password works, and no other")
    # The same card once more, within its hours.
    stage = goes_on(stand, new)
    tally.check(stand.signs_with(new) and not stand.signs_with(old), f"{told}: set once more, the new password works and the old one does not ({stage})")
    _, stage = sets_card(stand)
    page = Screen(stand.kiosk_port).html
    tally.check(stage == "ended" and "E-RSV-USED" in page, f"{told}: there is no second use: {words_of(page)[:160]}")
    return tally


def goes_on(stand, new):
    """Sets the card again until the kiosk says how it stands; one that had told nothing yet may tell it meanwhile."""
    stage = sets_password(stand, new)
    return sets_password(stand, new) if stage == "again" else stage


def query(stand, words):
    """What the server's database says."""
    database = next(path for path in stand.server.rglob("*.db"))
    with sqlite3.connect(f"file:{database}?mode=ro", uri=True) as connection:
        return connection.execute(words).fetchall()
