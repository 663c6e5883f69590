"""Python's `cryptography` over every certificate, CRL and OCSP response in a folder: it reads each and verifies each signature
with the key of the issuer, who must be in the folder too.

    python cryptography_all.py FOLDER [--least ALGORITHM=N …]

Prints one line of the Test Anything Protocol per kind of document and algorithm, and one per document that is refused.
Controls: the same documents with the last bit of their signature turned are refused, every one.
"""

import collections
import sys

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, mldsa, padding, rsa
from cryptography.x509 import ocsp
from ders import Report, arguments, issuers_in, kind_of, signers

FAMILIES = (
    ("rsa", rsa.RSAPublicKey),
    ("ec", ec.EllipticCurvePublicKey),
    ("ed25519", ed25519.Ed25519PublicKey),
    ("ml-dsa", (mldsa.MLDSA44PublicKey, mldsa.MLDSA65PublicKey, mldsa.MLDSA87PublicKey)),
)
READERS = {"certificate": x509.load_der_x509_certificate, "crl": x509.load_der_x509_crl, "ocsp": ocsp.load_der_ocsp_response}


def main():
    """Judges the folder; ends with 1 if anything failed."""
    asked = arguments(__doc__)
    documents = [(path, kind_of(path.read_bytes()), path.read_bytes()) for path in sorted(asked.folder.rglob("*")) if path.is_file()]
    documents = [document for document in documents if document[1] in READERS]
    report = Report()
    issuers = issuers_in(der for _, kind, der in documents if kind == "certificate")
    verified, orphans, spoilt = collections.Counter(), 0, 0
    for path, kind, der in documents:
        document = READERS[kind](der)
        if kind == "ocsp" and document.response_status != ocsp.OCSPResponseStatus.SUCCESSFUL:
            continue
        keys = [certificate.public_key() for certificate in signers(kind, document, issuers)]
        if not keys:
            orphans += 1
            continue
        signer = next((key for key in keys if believed(kind, document, key)), None)
        if signer is None:
            report.line(["no key of its issuer verifies it"], f"{kind} {path.relative_to(asked.folder)}")
            continue
        verified[kind, family(signer)] += 1
        if kind != "ocsp":
            turned = READERS[kind](der[:-1] + bytes([der[-1] ^ 1]))
            spoilt += believed(kind, turned, signer)
    for (kind, name), number in sorted(verified.items()):
        report.line([], f"{number} of kind {kind} signed by {name} verify")
    for name, least in asked.least.items():
        for kind in READERS:
            number = verified[kind, name]
            report.line([] if number >= least else [f"only {number}"], f"at least {least} of kind {kind} are signed by {name} ({number})")
    report.line([f"{spoilt} were believed"] if spoilt else [], f"control: none of {verified.total()} is believed with a bit turned")
    report.line([] if orphans * 10 < len(documents) else [f"{orphans} of {len(documents)}"], f"the issuer of most is in the folder ({orphans} without)")
    return report.end()


def believed(kind, document, key):
    """Whether the signature verifies."""
    signed = {"certificate": "tbs_certificate_bytes", "crl": "tbs_certlist_bytes", "ocsp": "tbs_response_bytes"}[kind]
    message, signature = getattr(document, signed), document.signature
    try:
        if isinstance(key, rsa.RSAPublicKey):
            key.verify(signature, message, padding.PKCS1v15(), document.signature_hash_algorithm)
        elif isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(signature, message, ec.ECDSA(document.signature_hash_algorithm))
        else:
            key.verify(signature, message)
    except InvalidSignature:
        return False
    return True


def family(key):
    """The name of a key's algorithm."""
    return next(name for name, kinds in FAMILIES if isinstance(key, kinds))


if __name__ == "__main__":
    sys.exit(main())
