"""Runs in a limited child process: the signatures in a PDF on standard input, as JSON on standard output.

[{"signer": name, "intact": bool, "whole": bool, "signed_at": ISO 8601 or ""}, …]; whole: nothing came after it.
Whether the signer is to be believed is not asked: nothing here vouches for outside certificates.
"""

from __future__ import annotations

import io
import json
import sys
from typing import Any, Final

from pyhanko.pdf_utils.misc import PdfError
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.general import SigningError
from pyhanko.sign.validation.errors import SignatureValidationError
from pyhanko.sign.validation.generic_cms import validate_sig_integrity
from pyhanko.sign.validation.status import SignatureCoverageLevel

MOST: Final = 50
_UNREADABLE: Final = (PdfError, SigningError, SignatureValidationError, ValueError, TypeError, KeyError, AttributeError)


def found(pdf: bytes) -> list[dict[str, object]]:
    reader = PdfFileReader(io.BytesIO(pdf), strict=False)
    return [_facts(each) for each in reader.embedded_regular_signatures[:MOST]]


def _facts(signature: Any) -> dict[str, object]:
    """What cannot be read is not intact."""
    try:
        signature.compute_integrity_info()
        digest_fits, is_signed = validate_sig_integrity(
            signature.signer_info, signature.signer_cert, "data", signature.compute_digest()
        )
        whole = signature.evaluate_signature_coverage() >= SignatureCoverageLevel.ENTIRE_FILE
        signer, at = _signer(signature), signature.self_reported_timestamp
    except _UNREADABLE as problem:
        print(repr(problem), file=sys.stderr)  # noqa: T201 - the parent's diagnosis
        return {"signer": "", "intact": False, "whole": False, "signed_at": ""}
    intact = bool(digest_fits and is_signed)
    return {"signer": signer, "intact": intact, "whole": whole, "signed_at": at.isoformat() if at else ""}


def _signer(signature: Any) -> str:
    names = signature.signer_cert.subject.native
    said = [names.get(key) for key in ("common_name", "organization_name")]
    return " · ".join(str(each) for each in said if each)[:200]


if __name__ == "__main__":
    sys.stdout.buffer.write(json.dumps(found(sys.stdin.buffer.read())).encode("ascii"))
