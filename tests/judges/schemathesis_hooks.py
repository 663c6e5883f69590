"""Hooks of schemathesis: what its settings cannot say.

A receipt is no part of what was begun: it comes with the acceptance, and until then it is not there. The judge's check of what
was created is asked of all other operations only.

Who has another key than a reservation's finds nothing there (404, A17), where the judge wants to hear that the key is wrong. What
is answered without any key is tested by the server's own tests.

A kiosk signs each of its requests (RFC 9421), over what is really sent.
"""

import base64
import hashlib
import os
import time

import requests
import schemathesis
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, utils
from schemathesis.checks import CHECKS


def spares(name, spared):
    """The judge's check of this name is asked of all operations but those that are spared."""
    judge = CHECKS.get_one(name)

    def check(ctx, response, case):
        """The judge's own check."""
        return None if spared(case.operation.path) else judge(ctx, response, case)

    check.__name__ = name
    CHECKS.unregister(name)
    CHECKS.register(check)


spares("ensure_resource_availability", lambda path: path.endswith(("/receipt", "/receipt.pdf")))
spares("ignored_auth", lambda path: "/pin-resets/reservations/{case}" in path)


class Kiosk(requests.auth.AuthBase):
    """The kiosk that is enrolled at the stand."""

    def __init__(self, pem):
        self.key = serialization.load_pem_private_key(pem, None)
        public = self.key.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
        self.id = hashlib.sha256(public).hexdigest()

    def __call__(self, request):
        body = request.body or b""
        body = body.encode() if isinstance(body, str) else body
        digest = f"sha-256=:{base64.b64encode(hashlib.sha256(body).digest()).decode()}:"
        parameters = f'("@method" "@target-uri" "content-digest");created={int(time.time())};keyid="{self.id}";alg="ecdsa-p256-sha256"'
        said = f'"@method": {request.method}\n"@target-uri": {request.url}\n"content-digest": {digest}\n"@signature-params": {parameters}'
        r, s = utils.decode_dss_signature(self.key.sign(said.encode(), ec.ECDSA(hashes.SHA256())))
        signature = base64.b64encode(r.to_bytes(32, "big") + s.to_bytes(32, "big")).decode()
        request.headers.update({"Content-Digest": digest, "Signature-Input": f"kagimori={parameters}", "Signature": f"kagimori=:{signature}:"})
        return request


schemathesis.auth.set_from_requests(Kiosk(os.environ["KAGIMORI_KIOSK"].encode())).apply_to(path_regex="/pin-resets/visits")
