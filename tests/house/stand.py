"""A stand with the product as an operator and a holder install it: kagimori and kagimori-agent as two processes, set up by
their own commands, the portal by HTTPS under a name of its own, the card in a reader of the real pcscd.
"""

import email
import email.policy
import json
import os
import re
import subprocess
import tomllib
import urllib.request

from house import daemons
from house.cards import AGENT, USES, VIRTUAL
from house.pin import unusual_pin
from house.processes import LOGS, TARGET, Ended, answers, end, free_port, output, start, until
from house.tally import Tally

KAGIMORI = TARGET / "debug" / "kagimori"
NAME = "portal.example.test"
OFFICE = "mihon-ca"
# The agent's port is part of the portal's Content-Security-Policy, so it is the product's own.
AGENT_PORT = 24817
PHRASE = "青いやかん"
AUTHORITY = "mihon-issuing"
HOLDER_NAME = "髙橋　一郎"
# Where the journeys' applications want to be answered.
APPLICANT = "ichiro@example.jp"
HOLDER = """
term = "2年+30日"
[holder]
name = "{name}"
name_romaji = "TAKAHASHI Ichiro"
[organisation]
name = "株式会社見本工務店"
name_romaji = "Mihon Komuten Co., Ltd."
address = "東京都千代田区霞が関一丁目1番1号"
corporate_number = "7000012050002"
[purchase]
price = 41800
"""


class Stand:
    """Everything of one stand; `close` ends its processes and leaves its files, to be searched."""

    # How much the server writes to its log.
    filter = "debug"

    def __init__(self, place, readers, holder_name=HOLDER_NAME, kind=VIRTUAL):
        self.place, self.readers, self.kind = place, readers, kind
        self.holder = HOLDER.format(name=holder_name)
        self.server, self.agent_dir, self.issued = place / "server", place / "agent", place / "issued"
        for folder in (self.server, self.agent_dir, self.issued, place / "home"):
            folder.mkdir(parents=True)
        self.card, self.pin = place / "card.json", self.draws_pin()
        self.portal_port, self.validation_port = free_port(), free_port()
        self.portal = f"https://{NAME}:{self.portal_port}"
        self.validation = f"http://127.0.0.1:{self.validation_port}"
        self.log = LOGS / f"{place.name}.log"
        self.log.write_text("")
        self.mailbox = daemons.mailbox(place / "mails")
        self.running = [self.mailbox.program]

    @property
    def env(self):
        """The surroundings of both programs: their directories, whom they trust, where pcscd is."""
        return {
            **self.readers.env,
            "KAGIMORI_AGENT_DIR": str(self.agent_dir),
            "SSL_CERT_FILE": str(self.issued / "tls-trust.pem"),
            "HOME": str(self.place / "home"),
            "KAGIMORI_LOG": "debug",
            "RUST_BACKTRACE": "1",
        }

    def set_up(self):
        """From nothing to two programs that serve and a card in the reader."""
        self.opens()
        self.starts("card", *self.into_reader(self.card, self.kind))
        until(lambda: "Yes" in output(["opensc-tool", "--list-readers"], env=self.readers.env)[1], "the card in the reader", program=self.running[-1], pause=0.2)

    def opens(self):
        """From nothing to two programs that serve; the holder's card is issued, and in no reader."""
        self.makes_tls()
        self.makes_authority()
        self.issues_card(self.card, self.issued, self.holder, self.pin, self.kind)
        self.serves()

    def close(self):
        """Ends what runs, last started first."""
        for program in reversed(self.running):
            end(program)

    def draws_pin(self):
        """A PIN of one card, noted among those that are searched for afterwards."""
        pin = unusual_pin()
        with open(self.place.parent / "pins", "a") as pins:
            pins.write(f"{pin}\n")
        return pin

    # The commands of an operator and of a holder, in their order.

    def makes_tls(self):
        """A throwaway authority for the portal's name, trusted by the browser's profile and by the agent, and by nobody else."""
        at = self.issued
        curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
        authority = ["-addext", "basicConstraints=critical,CA:TRUE", "-addext", "keyUsage=critical,keyCertSign"]
        self.does("openssl", "req", "-x509", *curve, "-keyout", at / "tls-trust.key", "-out", at / "tls-trust.pem", "-subj", "/CN=Throwaway TLS authority", "-days", "30", *authority)
        self.does("openssl", "req", *curve, "-keyout", at / "portal.key", "-out", at / "portal.csr", "-subj", f"/CN={NAME}")
        (at / "portal.ext").write_text(f"subjectAltName=DNS:{NAME}\nbasicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature\nextendedKeyUsage=serverAuth\n")
        self.does("openssl", "x509", "-req", "-in", at / "portal.csr", "-CA", at / "tls-trust.pem", "-CAkey", at / "tls-trust.key", "-days", "20", "-extfile", at / "portal.ext", "-out", at / "portal.pem")
        store = self.place / "home" / ".pki" / "nssdb"
        store.mkdir(parents=True)
        self.does("certutil", "-d", f"sql:{store}", "-N", "--empty-password")
        self.does("certutil", "-d", f"sql:{store}", "-A", "-t", "C,,", "-n", "stand", "-i", at / "tls-trust.pem")

    def makes_authority(self):
        """`kagimori init`, the configuration for this stand, a root and an issuing authority, the example office."""
        self.kagimori("init")
        (self.server / "kagimori.toml").write_text(self.configuration())
        self.kagimori("ca", "create", "--name", "root", "--profile", "root", "--algorithm", "p384")
        self.kagimori("ca", "create", "--name", AUTHORITY, "--profile", "issuing", "--parent", "root", "--algorithm", "p256")
        for name, path in (("root", "root.pem"), (AUTHORITY, "issuing.pem")):
            (self.issued / path).write_text(self.kagimori("ca", "show", "--ca", name, "--pem"))
        self.kagimori("office", "load", "office.toml")

    def issues_card(self, card, papers, holder, pin, kind=VIRTUAL, authority=AUTHORITY):
        """A card with keys of its own, whose certificates an authority issues for its requests; `papers` is where those lie."""
        papers.mkdir(parents=True, exist_ok=True)
        order = papers / "holder.toml"
        order.write_text(holder)
        self.does(*kind.new(card, papers), env={"KAGIMORI_PIN": pin})
        for use in USES:
            request, certificate = papers / f"{use}.csr", papers / f"{use}.pem"
            self.kagimori("ca", "issue", "--ca", authority, "--profile", f"authority-card-{use}", "--csr", request, "--holder", order, "--out", certificate)
        self.does(*kind.load(card, papers))

    def into_reader(self, card, kind=VIRTUAL, slot=0):
        """The command that puts a card into a slot of the reader and stays there with it."""
        return kind.insert(card, self.readers.slots[slot])

    def serves(self):
        """Both programs, the portal allowed at the agent."""
        self.starts("kagimori", KAGIMORI, "serve", "--config", self.server / "kagimori.toml")
        self.agent("allow", self.portal)
        self.starts("kagimori-agent", *self.knowing_the_name(), AGENT, "serve", "--port", AGENT_PORT)
        for port in (self.portal_port, self.validation_port, AGENT_PORT):
            until(lambda: answers(port), f"port {port}", program=self.running[-1])

    def knowing_the_name(self):
        """Words that start a program for which the portal's name is this machine, without touching the machine's own table."""
        hosts = self.place / "hosts"
        hosts.write_text(f"127.0.0.1 localhost {NAME}\n::1 localhost\n")
        alone = ["unshare", "--mount"] if os.getuid() == 0 else ["unshare", "--map-root-user", "--mount"]
        return [*alone, "sh", "-c", 'mount --bind "$0" /etc/hosts && exec "$@"', hosts]

    def listener(self):
        """The lines of the portal's listener beside its address."""
        return f'tls = {{ certificate = "{self.issued / "portal.pem"}", key = "{self.issued / "portal.key"}" }}'

    def configuration(self):
        """What an operator changes in the file that `init` wrote."""
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
{self.listener()}
[[listen]]
address = "127.0.0.1:{self.validation_port}"
serves = ["validation", "metrics"]
[keys]
passphrase = {{ file = "passphrase" }}
[mail]
server = "127.0.0.1:{self.mailbox.port}"
[log]
format = "json"
filter = "{self.filter}"
"""

    def kagimori(self, *words):
        """One of the operator's commands, in the server's directory."""
        return self.does(KAGIMORI, *words)

    def agent(self, *words, env=None):
        """One of the holder's commands."""
        return self.does(AGENT, *words, env=env)

    def does(self, *words, env=None):
        """Runs a command to its end; raises with what it said if it failed."""
        ran = subprocess.run(
            [str(word) for word in words],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env={**os.environ, **self.env, **(env or {})},
            cwd=self.server,
            timeout=60,
        )
        said = ran.stdout.decode("utf-8", "replace")
        with open(self.log, "a") as log:
            log.write(f"$ {' '.join(map(str, words))}\n{said}\n")
        if ran.returncode != 0:
            raise Ended(f"{' '.join(str(word) for word in words[:5])} … ended with status {ran.returncode}: {said.strip()[-400:]}")
        return said

    def starts(self, name, *words):
        """Starts a program that stays, with a log of its own."""
        program = start(words, LOGS / f"{self.place.name}-{name}.log", env=self.env, cwd=self.server)
        self.running.append(program)
        return program

    # What the journey needs to know, and what is asked before and after it.

    def invites_officer(self):
        """The first invitation, with the command that blocks the account: what a journey of the officers' desk needs."""
        person = ["--person", "1", "--name", HOLDER_NAME, "--company", "1000000000001", "--mail", "admin@ca.example"]
        told = json.loads(self.kagimori("officer", "invite", "--office", OFFICE, *person, "--role", "administration", "--role", "audit", "--json"))
        block = [str(KAGIMORI), "officer", "block", told["account"]]
        return {"invitation": told["code"], "block": block, "server": str(self.server), "env": self.env}

    def described(self, **more):
        """The file that tells the journey what stands ready, the holder and the holder's card among it."""
        holder = tomllib.loads(self.holder)
        told = {
            "office": OFFICE,
            "pin": self.pin,
            "tries": self.kind.tries,
            "holder": holder["holder"]["name"],
            "serial": str(self.serial()),
            "authentication_serial": str(self.serial("authentication")),
            "crl": {use: self.crl_address(use) for use in ("signature", "authentication")},
            "certificate_shows": [
                holder["holder"]["name"],
                *(holder["organisation"][part] for part in ("name", "address", "corporate_number")),
                *(str(self.serial(use)) for use in ("signature", "authentication")),
            ],
        }
        return self.tells(**told, **more)

    def tells(self, **more):
        """The file that tells a journey where the programs of this stand are, and more."""
        told = {
            "place": str(self.place),
            "home": str(self.place / "home"),
            "portal": self.portal,
            "agent_port": AGENT_PORT,
            "trust": str(self.issued / "tls-trust.pem"),
            "phrase": PHRASE,
            **more,
        }
        # It holds the PINs, so it lies outside what is searched for them.
        path = TARGET / "stands" / f"{self.place.name}.json"
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps(told, ensure_ascii=False))
        return path

    def serial(self, use="signature", papers=None):
        """The serial number of one of a card's certificates, as openssl reads it; the holder's card, if no other is named."""
        printed = self.does("openssl", "x509", "-in", (papers or self.issued) / f"{use}.pem", "-noout", "-serial")
        return int(printed.strip().removeprefix("serial="), 16)

    def status_is(self, expected):
        """What openssl says of both certificates of the card, by OCSP (with and without a nonce) and by CRL."""
        tally = Tally()
        for use in ("authentication", "signature"):
            for nonce in ("-nonce", "-no_nonce"):
                said = self.asks_ocsp(use, nonce, expected)
                tally.check(f"{use}.pem: {expected}" in said and "Response verify OK" in said, f"openssl ocsp {nonce} says {expected} of the {use} certificate: {said.strip()[:200]}")
        if expected == "revoked":
            # OCSP answers from the commit on, so it was asked first; the CRL is an errand and may be a moment later.
            listed = waited(lambda: "certificate revoked" in self.checks_crl("signature")[1])
            tally.check(listed, "a CRL with the card in it is published within half a minute")
        for use in ("authentication", "signature"):
            status, said = self.checks_crl(use)
            if expected == "good":
                tally.check(status == 0, f"openssl verify -crl_check accepts the {use} certificate: {said.strip()[:200]}")
            else:
                tally.check(status != 0 and "certificate revoked" in said, f"openssl verify -crl_check says revoked of the {use} certificate: {said.strip()[:200]}")
        return tally

    def asks_ocsp(self, use, nonce, name):
        """One question by OCSP; the answer is kept for pkilint."""
        answer = self.issued / f"{use}{nonce}-{name}.ocsp"
        _, said = output([*self.question(use), nonce, "-respout", answer])
        return said

    def question(self, use):
        """The command that asks by OCSP how a certificate of the holder's card stands."""
        chain = ["-issuer", self.issued / "issuing.pem", "-CAfile", self.issued / "root.pem"]
        return ["openssl", "ocsp", *chain, "-cert", self.issued / f"{use}.pem", "-url", f"{self.validation}/ocsp/{AUTHORITY}"]

    def checks_crl(self, use):
        """One path validation with the CRL that the certificate's distribution point names."""
        crl = self.fetches_crl(use)
        return output(["openssl", "verify", "-x509_strict", "-crl_check", "-CRLfile", crl, "-CAfile", self.issued / "root.pem", "-untrusted", self.issued / "issuing.pem", self.issued / f"{use}.pem"])

    def fetches_crl(self, use):
        """The CRL of the certificate's own shard, as PEM."""
        with urllib.request.urlopen(self.crl_address(use), timeout=10) as answer:
            der = self.issued / f"{use}.crl"
            der.write_bytes(answer.read())
        pem = der.with_suffix(".crl.pem")
        self.does("openssl", "crl", "-inform", "DER", "-in", der, "-out", pem)
        return pem

    def crl_address(self, use):
        """Where the certificate's distribution point says that its list lies."""
        text = self.does("openssl", "x509", "-in", self.issued / f"{use}.pem", "-noout", "-ext", "crlDistributionPoints")
        return re.search(r"URI:(\S+)", text).group(1)

    def mails_tell(self, *expected):
        """Those mails have come to the applicant, once each, and name the receipt."""
        tally = Tally()
        receipt = self.place / "receipt-number"
        if not tally.check(receipt.exists(), "the journey came to a receipt"):
            return tally
        number = receipt.read_text()
        tally.check(waited(lambda: len(self.mails_to(APPLICANT)) >= len(expected)), f"{len(expected)} mails have come to the applicant within half a minute")
        mails = self.mails_to(APPLICANT)
        for mail in mails:
            text = mail.get_body(("plain",)).get_content()
            tally.check(number in re.sub(r"[\s-]", "", text), f"the mail 「{mail['Subject']}」 names the receipt {number}")
            for use, role in (("signature", "署名用"), ("authentication", "認証用")):
                tally.check(f"シリアル番号（{role}）： {self.serial(use)}" in text, f"the mail 「{mail['Subject']}」 names the {use} certificate")
        subjects = [str(mail["Subject"]) for mail in mails]
        for subject in expected:
            tally.check(sum(subject in one for one in subjects) == 1, f"the mail 「{subject}」 came once: {subjects}")
        return tally

    def mails_to(self, person):
        """The mails to a person that have arrived, oldest first."""
        mails = [email.message_from_bytes(path.read_bytes(), policy=email.policy.default) for path in self.mailbox.mails()]
        return [mail for mail in mails if person in str(mail["To"])]

    def collect(self, ders):
        """Copies every DER of this stand to the folder that pkilint reads."""
        ders.mkdir(parents=True, exist_ok=True)
        for path in [*self.issued.glob("*.crl"), *self.issued.glob("*.ocsp")]:
            (ders / f"stand-{path.name}").write_bytes(path.read_bytes())
        for path in self.issued.glob("*.pem"):
            status, _ = output(["openssl", "x509", "-in", path, "-outform", "DER", "-out", ders / f"stand-{path.stem}.cer"])
            if status != 0:
                (ders / f"stand-{path.stem}.cer").unlink(missing_ok=True)


def waited(holds):
    """Whether it comes true within half a minute."""
    try:
        until(holds, "", pause=0.2)
        return True
    except Ended:
        return False
