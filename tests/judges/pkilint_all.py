"""pkilint over every certificate, CRL and OCSP response in a folder, in one process.

    python pkilint_all.py FOLDER [--least KIND=N …]

Prints one line of the Test Anything Protocol per document, and per promise of `--least` (a thin folder proves nothing).
A finding of WARNING or worse fails. Controls: the same documents with one extension's name spoilt must have findings.
What a document is, its bytes say, not its file's name.
"""

import argparse
import collections
import pathlib
import sys

from pkilint import loader, pkix
from pkilint.pkix import certificate, crl, extension, name, ocsp
from pkilint.validation import ValidationFindingSeverity

FAILS = ValidationFindingSeverity.WARNING

# One byte changed takes away what the document must have:
# the authority key identifier of a certificate, the number of a CRL; an OCSP response is made to say tryLater and to answer all the same.
SPOILS = {
    "certificate": (bytes.fromhex("0603551d23"), bytes.fromhex("0603551d77")),
    "crl": (bytes.fromhex("0603551d14"), bytes.fromhex("0603551d77")),
    "ocsp": (bytes.fromhex("0a0100a0"), bytes.fromhex("0a0103a0")),
}


def main():
    """Judges the folder; ends with 1 if anything failed."""
    asked = arguments()
    judges = {
        "certificate": (loader.RFC5280CertificateDocumentLoader(), certificate_judge()),
        "crl": (loader.RFC5280CertificateListDocumentLoader(), crl_judge()),
        "ocsp": (loader.RFC6960OCSPResponseDocumentLoader(), ocsp_judge()),
    }
    report = Report()
    seen = collections.Counter()
    samples = {}
    for path in sorted(path for path in asked.folder.rglob("*") if path.is_file()):
        der = path.read_bytes()
        kind = kind_of(der)
        seen[kind] += 1
        if kind in judges:
            samples.setdefault(kind, []).append(der)
            report.line(findings(judges[kind], der), f"{kind} {path.relative_to(asked.folder)}")
        elif kind == "unknown":
            report.line([f"{len(der)} bytes that are no DER we know"], f"{path.relative_to(asked.folder)}")
    for kind, least in asked.least.items():
        report.line([] if seen[kind] >= least else [f"only {seen[kind]}"], f"the folder holds at least {least} of kind {kind} ({seen[kind]})")
    for kind, ders in samples.items():
        whole, spoilt = SPOILS[kind]
        worse = [findings(judges[kind], der.replace(whole, spoilt)) for der in ders if whole in der]
        report.line([] if any(worse) else ["nothing was found"], f"control: a spoilt {kind} has a finding")
    return report.end()


def arguments():
    """The folder, and how many documents of each kind it must hold at least."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--least", metavar="KIND=N", action="append", default=[])
    asked = parser.parse_args()
    asked.least = {kind: int(number) for kind, number in (promise.split("=") for promise in asked.least)}
    return asked


def findings(judge, der):
    """What the judge has against a document, as lines."""
    load, container = judge
    try:
        document = load.load_der_document(der)
    except ValueError as fault:
        return [f"cannot be read: {fault}"]
    return [
        f"{described.finding.severity.name} {described.finding.code} at {result.node.path}: {described.message or ''}"
        for result in container.validate(document.root)
        for described in result.finding_descriptions
        if described.finding.severity <= FAILS
    ]


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


def certificate_judge():
    """As pkilint's lint_pkix_cert has it."""
    return certificate.create_pkix_certificate_validator_container(
        certificate.create_decoding_validators(name.ATTRIBUTE_TYPE_MAPPINGS, extension.EXTENSION_MAPPINGS),
        [
            certificate.create_issuer_validator_container([]),
            certificate.create_validity_validator_container(),
            certificate.create_subject_validator_container([]),
            certificate.create_extensions_validator_container([]),
            certificate.create_spki_validator_container([]),
        ],
    )


def crl_judge():
    """As pkilint's lint_crl has it for the PKIX profile."""
    return crl.create_pkix_crl_validator_container(
        [pkix.create_attribute_decoder(name.ATTRIBUTE_TYPE_MAPPINGS), pkix.create_extension_decoder(extension.EXTENSION_MAPPINGS)],
        [
            crl.create_issuer_validator_container([]),
            crl.create_validity_validator_container([]),
            crl.create_extensions_validator_container([]),
        ],
    )


def ocsp_judge():
    """As pkilint's lint_ocsp_response has it."""
    return ocsp.create_pkix_ocsp_response_validator_container(
        [
            ocsp.create_response_decoder(),
            pkix.create_attribute_decoder(name.ATTRIBUTE_TYPE_MAPPINGS),
            pkix.create_extension_decoder(extension.EXTENSION_MAPPINGS),
        ],
        [],
    )


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


if __name__ == "__main__":
    sys.exit(main())
