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
from house.memory import holds
from house.pin import unusual_pin
from house.processes import LOGS, ROOT, TARGET, Ended, answers, end, free_port, output, until
from house.relay import AFTER, BEFORE, Dropped, Relay
from house.screen import Screen
from house.stand import KAGIMORI, Stand
from house.tally import Tally, from_tap

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

    def configuration(self):
        """Plain HTTP behind the relay, whose address is the portal's."""
        return f"""
data_dir = "data"
[store]
url = "sqlite://data/kagimori.db"
[portal]
origin = "{self.portal}"
[validation]
url = "{self.validation}"
[[listen]]
address = "127.0.0.1:{self.portal_port}"
serves = ["portal"]
[[listen]]
address = "127.0.0.1:{self.validation_port}"
serves = ["validation", "metrics"]
[keys]
passphrase = {{ file = "passphrase" }}
[mail]
server = "127.0.0.1:{self.mailbox.port}"
[log]
format = "json"
filter = "trace"
"""

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
        text = text.replace('authorities = ["mihon-issuing"]', f"authorities = {json.dumps(list(AUTHORITIES))}")
        if signer:
            text = text.replace("visual_signers = []", f'visual_signers = ["""\n{signer}"""]')
        text += '\n[citizen.face]\nprovider = "lbph"\n'
        path = self.place / "office.toml"
        path.write_text(text)
        self.kagimori("office", "load", path)

    def makes_card(self):
        """The card makes its keys and its number; the issuer makes everything else, and the card takes it."""
        papers = self.place / "papers"
        papers.mkdir()
        person, face = papers / "person.toml", FACES / "hanako.jpg"
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
        status, _ = output(words, env=self.readers.env)
        if status != 0 or not signature.exists():
            return False
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
    app = Screen(stand.app_port)
    if app.stands("terms", "kept") == "kept":
        app.posts("/close")
    page = app.html
    digests = {name: re.search(rf'name="{name}" value="([0-9a-f]+)"', page).group(1) for name in ("flow", "terms")}
    app.posts("/agree", **digests, agreed="yes")
    app.stands("card")
    app.posts("/card", pin=stand.digits)
    app.stands("number")
    app.posts("/number", **stand.printed)
    app.stands("face")
    app.captures(picture)
    app.stands("kept")


def sets_card(stand):
    """STEP 2 to where the four digits are asked for, or to where it ends before that."""
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
    kiosk.posts("/next")
    return kiosk, kiosk.stands("pin", "done", "ended")


def sets_password(stand, new):
    """STEP 2 from the card to the last page; returns which one that is."""
    kiosk, stage = sets_card(stand)
    if stage != "pin":
        return stage
    kiosk.posts("/pin", pin=stand.digits)
    kiosk.stands("found")
    kiosk.posts("/next")
    kiosk.stands("password")
    kiosk.posts("/password", password=new)
    kiosk.stands("again")
    kiosk.posts("/again", password=new)
    return kiosk.stands("done", "ended", "again")
