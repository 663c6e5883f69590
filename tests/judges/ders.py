"""A folder of DER documents, and the report of a judge over all of them."""

import argparse
import collections
import pathlib

from cryptography import x509


def arguments(purpose):
    """The folder, and how many documents of each kind it must hold at least."""
    parser = argparse.ArgumentParser(description=purpose, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--least", metavar="KIND=N", action="append", default=[])
    asked = parser.parse_args()
    asked.least = {kind: int(number) for kind, number in (promise.split("=") for promise in asked.least)}
    return asked


def kind_of(der):
    """Certificate, CRL, OCSP response, or one of the other things that tests leave, told by the first fields."""
    outer = inside(der, 0x30)
    if outer is None:
        return "unknown"
    if outer[:1] == b"\x0a":
        return "ocsp"
    if outer[:1] == b"\x06":
        return "cms"
    signed = inside(outer, 0x30) or b""
    # A certificate begins with its version in [0], a CRL with version 2 (written 1), a request with version 1 (written 0).
    for start, kind in ((b"\xa0\x03\x02\x01\x02", "certificate"), (b"\x02\x01\x01", "crl"), (b"\x02\x01\x00", "request")):
        if signed.startswith(start):
            return kind
    return "unknown"


def inside(der, tag):
    """The contents of the first element if it has that tag (X.690, 8.1.3), or None."""
    if len(der) < 2 or der[0] != tag:
        return None
    if der[1] < 0x80:
        return der[2:]
    return der[2 + (der[1] & 0x7F) :]


def issuers_in(ders):
    """Certificates by their subjects."""
    issuers = collections.defaultdict(list)
    for der in ders:
        certificate = x509.load_der_x509_certificate(der)
        issuers[certificate.subject.public_bytes()].append(certificate)
    return issuers


def signers(kind, document, issuers):
    """The certificates that may have signed it: those in the answer itself, or those that have the issuer's name and key id."""
    if kind == "ocsp":
        return document.certificates or [one for named in issuers.values() for one in named if sha1(one) == document.responder_key_hash]
    named = issuers[document.issuer.public_bytes()]
    try:
        wanted = document.extensions.get_extension_for_class(x509.AuthorityKeyIdentifier).value.key_identifier
    except x509.ExtensionNotFound:
        return named
    return [one for one in named if key_identifier(one) == wanted]


def key_identifier(certificate):
    """The subject key identifier."""
    try:
        return certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.digest
    except x509.ExtensionNotFound:
        return None


def sha1(certificate):
    """RFC 5280's first way to name a key."""
    return x509.SubjectKeyIdentifier.from_public_key(certificate.public_key()).digest


class Report:
    """Lines of the Test Anything Protocol, with the plan at the end."""

    def __init__(self):
        self.lines = 0
        self.failed = 0

    def line(self, faults, sentence):
        """One check: passed if there are no faults; the faults follow as remarks."""
        self.lines += 1
        self.failed += bool(faults)
        print(f"{'not ok' if faults else 'ok'} {self.lines} - {sentence}" + (f": {faults[0]}" if faults else ""))
        for fault in faults[1:]:
            print(f"# {fault}")

    def end(self):
        """The plan, and the exit status."""
        print(f"1..{self.lines}")
        return 1 if self.failed else 0
