"""OpenSC against the virtual card, through vpcd and the real pcscd.

Its tools were written for other people's cards and know nothing of ours: what they read and verify is PIV.
"""

import re

from house.needs import OPENSC_MODULE
from house.processes import output
from house.tally import Tally

# OpenSC's numbering of PIV keys: 01 is 9A (authentication), 02 is 9C (signature).
KEYS = {"01": "9A", "02": "9C"}
NAME = "Personal Identity Verification"
SELECT, TRIES = "00A4040005A000000308", "00200080"


def judge(env, kind, pin, place):
    """Every check of one card that is in the first slot; `kind` is `EC` or `RSA`, `place` a folder for its files."""
    place.mkdir(parents=True, exist_ok=True)
    bench = Bench(env, pin, place)
    tally = Tally()
    names(tally, bench)
    reads(tally, bench)
    counts_tries(tally, bench)
    signs(tally, bench, kind)
    return tally


class Bench:
    """The tools, each pointed at the first reader of the pcscd under test."""

    def __init__(self, env, pin, place):
        self.env, self.pin, self.place = env, pin, place

    def tool(self, *words):
        """Runs a tool; returns its exit status and what it printed."""
        return output([str(word) for word in words], bound=30, env=self.env)

    def pkcs11(self, *words):
        """pkcs11-tool with OpenSC's own module."""
        return self.tool("pkcs11-tool", "--module", OPENSC_MODULE, *words)


def names(tally, bench):
    """The card is known for what it is."""
    status, printed = bench.tool("opensc-tool", "--reader", "0", "--name")
    tally.check(status == 0 and NAME in printed, f"opensc-tool names the card: {printed.strip()[-80:]}")
    status, printed = bench.tool("piv-tool", "--reader", "0", "--name")
    tally.check(status == 0 and NAME in printed, f"piv-tool names the card: {printed.strip()[-80:]}")
    status, printed = bench.tool("piv-tool", "--reader", "0", "--serial")
    tally.check(status == 0 and len(printed.split()) >= 8, f"piv-tool reads its number: {printed.strip()[-80:]}")


def reads(tally, bench):
    """Its structure and its certificates are read."""
    status, printed = bench.tool("pkcs15-tool", "--reader", "0", "--dump")
    tally.check(status == 0, f"pkcs15-tool dumps the card: {printed.strip()[-200:] if status else 'done'}")
    for part in ("PIN [", "X.509 Certificate [", "Private"):
        tally.check(part in printed, f"the dump shows a {part.strip(' [')}")
    for number, key in KEYS.items():
        status, printed = bench.tool("pkcs15-tool", "--reader", "0", "--read-certificate", number)
        pem = bench.place / f"{key}.pem"
        pem.write_text(printed[printed.find("-----BEGIN") :] if "-----BEGIN" in printed else "")
        tally.check(status == 0 and pem.stat().st_size > 0, f"pkcs15-tool reads the certificate of {key}")
        status, printed = bench.tool("openssl", "x509", "-in", pem, "-noout", "-pubkey", "-out", bench.place / f"{key}.pub")
        tally.check(status == 0, f"openssl reads the certificate of {key}")


def counts_tries(tally, bench):
    """A wrong PIN costs one try, the right one gives them back."""
    before = tries(bench)
    tally.check(before is not None, f"the card says how many tries are left: {before}")
    wrong = "".join(str((int(digit) + 5) % 10) for digit in bench.pin)
    status, _ = bench.tool("pkcs15-tool", "--reader", "0", "--verify-pin", "--auth-id", "01", "--pin", wrong)
    tally.check(status != 0, "a wrong PIN is refused")
    tally.check(before is not None and tries(bench) == before - 1, f"a wrong PIN has cost one try: {tries(bench)} left")
    status, printed = bench.tool("pkcs15-tool", "--reader", "0", "--verify-pin", "--auth-id", "01", "--pin", bench.pin)
    tally.check(status == 0, f"the right PIN is accepted{': ' + printed.strip()[-120:] if status else ''}")
    tally.check(tries(bench) == before, "and the tries are whole again")


def tries(bench):
    """How many tries the card says are left: the status 63Cx of an empty VERIFY (SP 800-73-4 part 2, 3.2.1)."""
    # After a reset, since a card that has taken a PIN answers 9000 until then.
    bench.tool("opensc-tool", "--reader", "0", "--reset=cold")
    _, printed = bench.tool("opensc-tool", "--reader", "0", "--send-apdu", SELECT, "--send-apdu", TRIES)
    found = re.findall(r"SW1=0x63, SW2=0xC([0-9A-F])", printed)
    return int(found[0], 16) if found else None


def signs(tally, bench, kind):
    """pkcs11-tool signs with both keys, and openssl verifies."""
    text = bench.place / "text"
    text.write_bytes("失効申込書 見本\n".encode())
    other = bench.place / "other"
    other.write_bytes("失効申込書 見本。\n".encode())
    status, printed = bench.pkcs11("--list-slots")
    tally.check(status == 0 and "Virtual PCD" in printed, "pkcs11-tool sees the slot")
    mechanism, form = {"EC": ("ECDSA", ["--signature-format", "openssl"]), "RSA": ("SHA256-RSA-PKCS", [])}[kind]
    signed = text
    if kind == "EC":
        # Debian's OpenSC hashes for RSA; for ECDSA the card is given the hash.
        signed = bench.place / "hash"
        bench.tool("openssl", "dgst", "-sha256", "-binary", "-out", signed, text)
    for number, key in KEYS.items():
        signature = bench.place / f"{key}.sig"
        status, printed = bench.pkcs11(
            "--login", "--pin", bench.pin, "--sign", "--mechanism", mechanism, *form, "--id", number, "--input-file", signed, "--output-file", signature
        )
        tally.check(status == 0, f"pkcs11-tool signs with {key}{': ' + printed.strip()[-200:] if status else ''}")
        tally.check(verified(bench, key, signature, text), f"openssl verifies the signature by {key}")
        tally.check(signature.exists() and not verified(bench, key, signature, other), f"control: openssl refuses it for another text ({key})")
    status, _ = bench.pkcs11("--sign", "--mechanism", mechanism, *form, "--id", "02", "--input-file", signed, "--output-file", bench.place / "none.sig")
    tally.check(status != 0 or not (bench.place / "none.sig").exists(), "without a PIN the card signs nothing")


def verified(bench, key, signature, text):
    """Whether openssl takes the signature for that text."""
    status, printed = bench.tool("openssl", "dgst", "-sha256", "-verify", bench.place / f"{key}.pub", "-signature", signature, text)
    return status == 0 and "Verified OK" in printed
