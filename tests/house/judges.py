"""Asking the judges: what each is given, and what it must have been given at least."""

import pathlib
import re
import secrets
import shutil
import sqlite3

from house import daemons, journeys
from house.cards import AGENT
from house.needs import python
from house.pin import unusual_pin
from house.processes import LOGS, ROOT, TARGET, end, output, run, start, until
from house.stand import KAGIMORI
from house.tally import Tally, from_tap
from judges import opensc as opensc_judge
from judges import pin_grep, schemathesis_api
from judges.pkits import judge as pkits_judge

DERS = TARGET / "ders"

# A folder with less than this has lost a producer of DER on the way.
LEAST = {"certificate": 100, "crl": 50, "ocsp": 20, "cms": 3}
LEAST_NOW = {"certificate": 100, "crl": 50, "ocsp": 20}
LEAST_SIGNED = {"rsa": 9, "ec": 15, "ed25519": 3, "ml-dsa": 6}


def opensc(log):
    """OpenSC against two example cards, one with elliptic curves, one with RSA, each plugged in by the product's own command."""
    tally = Tally()
    for kind, algorithm in (("EC", "p256"), ("RSA", "rsa-2048")):
        readers = daemons.pcscd(f"pcscd-opensc-{kind}")
        place = TARGET / "opensc" / kind
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir(parents=True)
        pin = unusual_pin()
        card = start(
            [AGENT, "virtual-card", "--kind", "piv", "--algorithm", algorithm, "--state", place / "card.json", "--vpcd", f"127.0.0.1:{readers.slots[0]}"],
            log,
            env={"KAGIMORI_PIN": pin},
        )
        try:
            until(lambda: "Yes" in output(["opensc-tool", "--list-readers"], env=readers.env)[1], "the card in the reader", program=card, pause=0.2)
            tally += opensc_judge.judge(readers.env, kind, pin, place)
        finally:
            end(card)
            readers.end()
    return tally


def api(log):
    """schemathesis against every operation of the API."""
    return schemathesis_api.judge(log, python())


def cms(log):
    """openssl over what the server keeps as evidence of the journey: the text as it was shown, and the card's signature."""
    tally = Tally()
    place = TARGET / "cms"
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True)
    kept = evidence(journeys.STAND / "server")
    signatures = [content for content in kept if content[:1] == b"\x30" and b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02" in content[:32]]
    texts = [content for content in kept if content not in signatures]
    shown = (journeys.STAND / "shown-text.txt").read_text()
    signed = 0
    for number, signature in enumerate(signatures):
        path = place / f"{number}.p7s"
        path.write_bytes(signature)
        for text in texts:
            if not accepted(place, path, text, log):
                continue
            signed += 1
            tally.check(not accepted(place, path, text + b"\n", log), f"control: openssl refuses signature {number} for the text with one line more")
            if "失効申込" in text.decode("utf-8", "replace"):
                tally.check(same_words(text.decode(), shown), "what is kept as signed is what the agent showed")
                (place / "application.txt").write_bytes(text)
    tally.check(signed >= 1, f"openssl cms -verify accepts the signed application ({signed} of {len(signatures)} signatures, {len(texts)} texts)")
    tally.check((place / "application.txt").exists(), "one of them is the application itself")
    return tally


def same_words(kept, shown):
    """Whether two texts are the same but for the white space that a browser folds."""
    return "".join(kept.split()) == "".join(shown.split())


def accepted(place, signature, text, log):
    """Whether openssl takes the detached signature for that text, by a chain to the stand's root."""
    content = place / "content"
    content.write_bytes(text)
    trust = place / "trust.pem"
    trust.write_text("".join((journeys.STAND / "issued" / name).read_text() for name in ("root.pem", "issuing.pem")))
    status, printed = output(
        ["openssl", "cms", "-verify", "-binary", "-inform", "DER", "-in", signature, "-content", content]
        + ["-CAfile", trust, "-purpose", "any", "-out", place / "out"]
    )
    with open(log, "a") as out:
        out.write(f"{signature.name}: {printed}\n")
    return status == 0


def evidence(server):
    """The evidence in a server's SQLite database."""
    database = next(path for path in server.rglob("*.db"))
    with sqlite3.connect(f"file:{database}?mode=ro", uri=True) as connection:
        return [bytes(content) for (content,) in connection.execute("select content from evidence")]


def pkilint(log):
    """Every DER that the tests and the stand have left in one folder."""
    least = [part for kind, number in LEAST.items() for part in ("--least", f"{kind}={number}")]
    status = run([python(), ROOT / "tests" / "judges" / "pkilint_all.py", DERS, *least], log, 600)
    return from_tap(log.read_text(errors="replace"), status)


def gnutls(log):
    """Every DER in the same folder that is valid now, with certtool and ocsptool."""
    least = [part for kind, number in LEAST_NOW.items() for part in ("--least", f"{kind}={number}")]
    status = run([python(), ROOT / "tests" / "judges" / "gnutls_all.py", DERS, *least], log, 300)
    return from_tap(log.read_text(errors="replace"), status)


def cryptography(log):
    """Every DER in the same folder, with the signature of whoever issued it."""
    least = [part for kind, number in LEAST_SIGNED.items() for part in ("--least", f"{kind}={number}")]
    status = run([python(), ROOT / "tests" / "judges" / "cryptography_all.py", DERS, *least], log, 300)
    return from_tap(log.read_text(errors="replace"), status)


def pkits(log):
    """NIST's suite of path validation against the product's own command."""
    vectors = output([python(), "-c", "import cryptography_vectors, os; print(os.path.dirname(cryptography_vectors.__file__))"])[1].strip()
    return pkits_judge.judge(KAGIMORI, pathlib.Path(vectors) / "x509" / "PKITS_data", log)


def pins(log):
    """The PINs of the journeys in everything they left but the cards themselves, whose memory is where a PIN belongs,
    and the lines with which the demo tells its example PINs. Four digits stand everywhere; the step `citizen` looks for them."""
    tally = Tally()
    told = list(journeys.PLACE.rglob("demo.log"))
    demo = {pin for log_of_demo in told for pin in re.findall(r"PIN (\d{6,})", log_of_demo.read_text())}
    used = [*(journeys.PLACE / "pins").read_text().split(), *sorted(demo)]
    left = [journeys.PLACE, journeys.SCREENS, LOGS]
    own = {journeys.PLACE / "pins", *told, *journeys.PLACE.rglob("card*.json"), *journeys.PLACE.rglob("cards/*")}
    found, read = pin_grep.hits(used, left)
    found = [hit for hit in found if hit.path not in own]
    for hit in found:
        with open(log, "a") as out:
            out.write(f"{hit}\n")
    tally.check(not found, f"none of {len(used)} PINs stands in {read} files{': ' + str(found[0]) if found else ''}")
    tally.check(len(used) >= 1 and read >= 100, f"there was something to search: {len(used)} PINs, {read} files")
    for part in ("server", "agent", "profile"):
        tally.check(any((journeys.STAND / part).rglob("*")), f"the {part}'s files were among them")
    place = TARGET / "pin-control"
    shutil.rmtree(place, ignore_errors=True)
    for planted in (f"{secrets.randbelow(900000) + 100000}", unusual_pin()):
        forms = pin_grep.planted(planted, place / str(len(planted)))
        seen = {hit.path for hit in pin_grep.hits([planted], [place / str(len(planted))])[0]}
        tally.check(len(seen) == forms, f"control: a PIN of {len(planted)} digits is found in each of {forms} forms")
    shutil.rmtree(place, ignore_errors=True)
    return tally
