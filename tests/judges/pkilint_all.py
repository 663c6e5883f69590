"""pkilint over every certificate, CRL and OCSP response in a folder, in one process.

    python pkilint_all.py FOLDER [--least KIND=N …]

Prints one line of the Test Anything Protocol per document, and per promise of `--least` (a thin folder proves nothing).
A finding of WARNING or worse fails. Controls: the same documents with one extension's name spoilt must have findings.
What a document is, its bytes say, not its file's name.
"""

import collections
import sys

from ders import Report, arguments, kind_of
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
    asked = arguments(__doc__)
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


if __name__ == "__main__":
    sys.exit(main())
