"""Run in a limited process: judges every signature of a PDF from standard input.

Input: a 4-byte big-endian length, JSON {"roots": [PEM], "keys": [base64 of DER], "at": time or null} of that length,
and the PDF. Writes JSON: {"revisions": n, "signatures": [{"field", "signer", "key", "signed_at", "revision", "intact",
"trusted", "whole_file", "changes"}]}.
"""

from __future__ import annotations

import base64
import io
import json
import logging
import sys
from datetime import datetime
from typing import Any, Final

from asn1crypto import pem, x509
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import SignatureCoverageLevel, validate_pdf_signature
from pyhanko_certvalidator import ValidationContext

MOST_SIGNATURES: Final = 20
UNREADABLE: Final = 4
_LONGEST: Final = 300
_NAMED: Final = ("common_name", "organization_name", "organizational_unit_name")
"""What people know somebody by, in the order in which it is said; the rest follows."""
_CODES: Final = ("country_name", "serial_number", "organization_identifier")
"""Says nothing to people."""


def main() -> None:
    source = sys.stdin.buffer
    given = json.loads(source.read(int.from_bytes(source.read(4), "big")))
    logging.disable(logging.CRITICAL)
    try:
        reader = PdfFileReader(io.BytesIO(source.read()), strict=False)
        signatures = list(reader.embedded_regular_signatures)
        revisions = reader.xrefs.total_revisions
    except Exception:  # noqa: BLE001 - whatever a reader raises on hostile bytes, this file is not judged
        sys.exit(UNREADABLE)
    if len(signatures) > MOST_SIGNATURES:
        sys.exit(UNREADABLE)
    json.dump({"revisions": revisions, "signatures": [_judged(each, given) for each in signatures]}, sys.stdout)


def _judged(signature: Any, given: dict[str, Any]) -> dict[str, Any]:
    said = {
        "field": str(signature.field_name)[:_LONGEST],
        "signer": "",
        "key": "",
        "signed_at": None,
        "revision": 0,
        "intact": False,
        "trusted": False,
        "whole_file": False,
        "changes": "other",
    }
    try:
        certificate = signature.signer_cert
        said |= {
            "signer": _names(certificate.subject)[:_LONGEST],
            "key": base64.b64encode(certificate.public_key.dump()).decode("ascii"),
            "revision": signature.signed_revision + 1,
        }
        status = validate_pdf_signature(signature, _context(certificate, given))
    except Exception:  # noqa: BLE001 - a signature that breaks the reader is one that does not hold
        return said
    changes = status.modification_level
    return said | {
        "signed_at": None if status.signer_reported_dt is None else status.signer_reported_dt.isoformat(),
        "intact": bool(status.intact and status.valid),
        "trusted": bool(status.trusted),
        "whole_file": status.coverage is SignatureCoverageLevel.ENTIRE_FILE,
        "changes": "none" if changes is None else changes.name.lower().replace("_", "-"),
    }


def _names(subject: x509.Name) -> str:
    """Who it is, in whatever language the certificate says it: its own name first, no labels."""
    said = dict.fromkeys(_NAMED) | {kind: value for kind, value in subject.native.items() if kind not in _CODES}
    values = [value if isinstance(value, str) else " · ".join(map(str, value)) for value in said.values() if value]
    return " · ".join(dict.fromkeys(values))


def _context(certificate: x509.Certificate, given: dict[str, Any]) -> ValidationContext:
    roots = [x509.Certificate.load(pem.unarmor(text.encode("ascii"))[2]) for text in given["roots"]]
    if base64.b64encode(certificate.public_key.dump()).decode("ascii") in given["keys"]:
        roots.append(certificate)
    at = None if given["at"] is None else datetime.fromisoformat(given["at"])
    return ValidationContext(trust_roots=roots, moment=at, allow_fetching=False, revocation_mode="soft-fail")


if __name__ == "__main__":
    main()
