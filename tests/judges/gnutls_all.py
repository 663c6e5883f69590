"""GnuTLS over every certificate, CRL and OCSP response in a folder that is valid now and of an algorithm that it knows.

    python gnutls_all.py FOLDER [--least KIND=N …]

certtool verifies each certificate up to its root and each CRL with its issuer, ocsptool each OCSP response with its signer; all of
them must be in the folder too. Prints one line of the Test Anything Protocol per kind, and one per document that is refused.
Controls: a sample of each kind is refused before another root, another issuer, another signer.
"""

import collections
import datetime
import pathlib
import subprocess
import sys
import tempfile

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from ders import Report, arguments, issuers_in, kind_of, signers

KNOWN = (rsa.RSAPublicKey, ec.EllipticCurvePublicKey, ed25519.Ed25519PublicKey)
NOW = datetime.datetime.now(datetime.timezone.utc)


def main():
    """Judges the folder; ends with 1 if anything failed."""
    asked = arguments(__doc__)
    documents = [(path, path.read_bytes()) for path in sorted(asked.folder.rglob("*")) if path.is_file()]
    documents = [(path, kind_of(der), der) for path, der in documents]
    issuers = issuers_in(der for _, kind, der in documents if kind == "certificate")
    report, verified, samples = Report(), collections.Counter(), {}
    with tempfile.TemporaryDirectory() as place:
        desk = Desk(pathlib.Path(place))
        for path, kind, der in documents:
            question = asks(kind, der, issuers)
            if question is None:
                continue
            accepted, told = desk.judge(kind, der, *question)
            if accepted:
                verified[kind] += 1
                samples[kind] = (der, *question)
            else:
                report.line([told], f"{kind} {path.relative_to(asked.folder)}")
        for kind, number in sorted(verified.items()):
            report.line([], f"{number} of kind {kind} verify")
        for kind, least in asked.least.items():
            report.line([] if verified[kind] >= least else [f"only {verified[kind]}"], f"at least {least} of kind {kind} ({verified[kind]})")
        for kind, (der, trusted, between) in samples.items():
            others = [one for named in issuers.values() for one in named if one != trusted and known(one.public_key()) and is_now(one)]
            refused = [not desk.judge(kind, der, other, between)[0] for other in others[:5]]
            report.line([] if refused and all(refused) else ["it was believed"], f"control: a sample of kind {kind} is refused before another key")
    return report.end()


def asks(kind, der, issuers):
    """Whom to trust and what lies between, or None where GnuTLS cannot be asked."""
    if kind == "certificate":
        certificate = x509.load_der_x509_certificate(der)
        path = upwards(certificate, issuers)
        if path is None or not all(known(one.public_key()) and is_now(one) for one in path):
            return None
        return path[-1], path[:-1]
    if kind == "crl":
        crl = x509.load_der_x509_crl(der)
        signed = [one for one in signers(kind, crl, issuers) if known(one.public_key()) and crl.is_signature_valid(one.public_key())]
        is_fresh = crl.last_update_utc <= NOW < crl.next_update_utc
        return (signed[0], []) if signed and is_now(signed[0]) and is_fresh else None
    if kind == "ocsp":
        response = ocsp.load_der_ocsp_response(der)
        if response.response_status != ocsp.OCSPResponseStatus.SUCCESSFUL:
            return None
        signed = [one for one in signers(kind, response, issuers) if known(one.public_key()) and is_now(one)]
        return (signed[0], []) if signed else None
    return None


def upwards(certificate, issuers):
    """The certificate, those above it and its root; None if one is missing."""
    path = [certificate]
    while path[-1].subject != path[-1].issuer:
        above = [one for one in signers("certificate", path[-1], issuers) if is_signer(one, path[-1])]
        if not above or len(path) > 5:
            return None
        path.append(above[0])
    return path


def is_signer(issuer, certificate):
    """Whether that key made the signature."""
    try:
        certificate.verify_directly_issued_by(issuer)
    except Exception:  # pylint: disable=broad-exception-caught
        return False
    return True


def known(key):
    """Whether GnuTLS 3.7 knows the algorithm."""
    return isinstance(key, KNOWN)


def is_now(certificate):
    """Whether it is valid now: certtool asks the machine's clock."""
    return certificate.not_valid_before_utc <= NOW <= certificate.not_valid_after_utc


class Desk:
    """A folder for the files of one question after the other."""

    def __init__(self, place):
        self.place = place

    def judge(self, kind, der, trusted, between):
        """What GnuTLS says: accepted or not, and in which words."""
        anchor = self.file("trusted.pem", trusted.public_bytes(Encoding.PEM))
        if kind == "certificate":
            # A root stands before itself; any other certificate with those between it and the root.
            chain = self.file("chain.pem", b"".join(one.public_bytes(Encoding.PEM) for one in between) or trusted.public_bytes(Encoding.PEM))
            return run("certtool", "--verify", "--load-ca-certificate", anchor, "--infile", chain)
        if kind == "crl":
            crl = self.file("crl.pem", x509.load_der_x509_crl(der).public_bytes(Encoding.PEM))
            return run("certtool", "--verify-crl", "--load-ca-certificate", anchor, "--infile", crl)
        return run("ocsptool", "--verify-response", "--load-signer", anchor, "--load-response", self.file("response.der", der))

    def file(self, name, content):
        """Writes a file and gives its path."""
        path = self.place / name
        path.write_bytes(content)
        return path


def run(*words):
    """Exit status and words."""
    done = subprocess.run([str(word) for word in words], capture_output=True, text=True, timeout=30, check=False)
    told = " ".join((done.stdout + done.stderr).split())
    return done.returncode == 0 and "Not verified" not in told and "Failure" not in told, told[-300:]


if __name__ == "__main__":
    sys.exit(main())
