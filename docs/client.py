"""A client of Kagimori's API: revokes a card, or walks an application on paper, with key files in a card's place.

    python3 client.py revoke --office OFFICE --card HOLDER --form form.json
    python3 client.py paper --office OFFICE --first OFFICER --second OFFICER --entry paper.json --scan scan.png

The portal's address stands in KAGIMORI, the token in KAGIMORI_TOKEN, the second officer's in KAGIMORI_SECOND_TOKEN. A card is
four files: NAME-authentication.pem, NAME-authentication.key, NAME-signature.pem and NAME-signature.key. Needs openssl.
"""

import argparse
import base64
import json
import os
import pathlib
import subprocess
import urllib.error
import urllib.request
import uuid


def main():
    """Does what was asked, and prints the receipt number."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(required=True)
    revoke_parser = commands.add_parser("revoke")
    revoke_parser.set_defaults(run=revoke)
    paper_parser = commands.add_parser("paper")
    paper_parser.set_defaults(run=paper)
    for name, command in (("--card", revoke_parser), ("--first", paper_parser), ("--second", paper_parser)):
        command.add_argument(name, type=Card, required=True)
    for name, command in (("--form", revoke_parser), ("--entry", paper_parser), ("--scan", paper_parser)):
        command.add_argument(name, type=pathlib.Path, required=True)
    for command in (revoke_parser, paper_parser):
        command.add_argument("--office", required=True)
    asked = parser.parse_args()
    print(asked.run(asked))


def revoke(asked):
    """失効申込: texts, card, form, text, signature, receipt."""
    office = f"/offices/{asked.office}"
    api = Api(os.environ["KAGIMORI_TOKEN"])
    texts = api.get(f"{office}/texts")
    read = {"language": "ja", "flow": texts["flow"]["digest"], "terms": texts["terms"]["digest"]}
    case = f"{office}/revocations/{api.post(f'{office}/revocations', read)['id']}"
    challenge = api.post(f"{case}/card", asked.card.certificates())
    api.post(f"{case}/presence", {**asked.card.certificates(), "proof": asked.card.answer(challenge["message"])})
    form = json.loads(asked.form.read_text())
    api.post(f"{case}/check", form)
    reviewed = api.send("PUT", f"{case}/application", form)
    to_sign = api.post(f"{case}/ask", {"language": "ja"}, seen=reviewed)["to_sign"]
    api.post(f"{case}/confirm", {"cms": asked.card.sign(to_sign["text"])})
    receipt = api.get(f"{case}/receipt")
    return f"{receipt['number']} {receipt['check_code']}"


def paper(asked):
    """書面による失効申込: one officer enters and signs, another decides and signs."""
    office = f"/offices/{asked.office}"
    first, second = Api(os.environ["KAGIMORI_TOKEN"]), Api(os.environ["KAGIMORI_SECOND_TOKEN"])
    entry = json.loads(asked.entry.read_text())
    entry["scans"] = [{"content": encoded(asked.scan.read_bytes())}]
    entered = first.post(f"{office}/papers", entry)
    case = f"{office}/papers/{entered['id']}"
    to_sign = first.post(f"{case}/present", {"language": "ja"}, seen=entered)["to_sign"]
    first.post(f"{case}/submit", {"cms": asked.first.sign(to_sign["text"])})
    claimed = second.post(f"{case}/claim")
    to_sign = second.post(f"{case}/ask", {"language": "ja", "verdict": "approve"}, seen=claimed)["to_sign"]
    return second.post(f"{case}/decide", {"cms": asked.second.sign(to_sign["text"])})["number"]


class Api:
    """The API with a token. Each request has a key of its own, so that it may be sent again when its answer is lost."""

    def __init__(self, token):
        self.token = token

    def get(self, path):
        """Reads."""
        return self.send("GET", path)

    def post(self, path, body=None, seen=None):
        """Does something, relying on a version where one was seen."""
        return self.send("POST", path, body, seen)

    def send(self, method, path, body=None, seen=None):
        """Sends a request, twice at most, and reads its answer."""
        headers = {"Authorization": f"Bearer {self.token}", "Idempotency-Key": str(uuid.uuid4())}
        if body is not None:
            headers["Content-Type"] = "application/json"
        if seen is not None:
            headers["If-Match"] = f'"{seen["version"]}"'
        octets = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{os.environ['KAGIMORI']}/api/v1{path}", octets, headers, method=method)
        for last in (False, True):
            try:
                with urllib.request.urlopen(request, timeout=60) as answer:
                    return json.load(answer)
            except urllib.error.HTTPError as problem:
                raise SystemExit(f"{method} {path}: {problem.read().decode()}") from problem
            except OSError:
                if last:
                    raise


class Card:
    """A card of key files."""

    def __init__(self, name):
        self.name = name

    def certificates(self):
        """Both certificates, as the API takes them."""
        kinds = ("authentication", "signature")
        return {kind: encoded(openssl("x509", "-in", f"{self.name}-{kind}.pem", "-outform", "DER")) for kind in kinds}

    def answer(self, message):
        """The authentication key's signature over a challenge."""
        octets = base64.urlsafe_b64decode(message + "=" * (-len(message) % 4))
        return encoded(openssl("dgst", "-sha256", "-sign", f"{self.name}-authentication.key", given=octets))

    def sign(self, text):
        """The signature key's detached CMS over a text, bound to its certificate (-cades)."""
        options = ["-sign", "-binary", "-cades", "-nosmimecap", "-md", "sha256", "-outform", "DER"]
        signer = ["-signer", f"{self.name}-signature.pem", "-inkey", f"{self.name}-signature.key"]
        return encoded(openssl("cms", *options, *signer, given=text.encode()))


def openssl(*arguments, given=None):
    """What openssl prints."""
    return subprocess.run(["openssl", *arguments], input=given, stdout=subprocess.PIPE, check=True).stdout


def encoded(octets):
    """base64url without padding."""
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode()


if __name__ == "__main__":
    main()
