"""Run in a limited process: opens a PDF from standard input without repairing it and says how many pages it has."""

from __future__ import annotations

import io
import json
import sys

import pikepdf


def inspect(data: bytes) -> dict[str, object]:
    """`pages`: how many; `problem`: None, "encrypted" or "damaged"."""
    try:
        with pikepdf.open(io.BytesIO(data), attempt_recovery=False, suppress_warnings=True) as pdf:
            if pdf.is_encrypted:
                return {"pages": 0, "problem": "encrypted"}
            return {"pages": len(pdf.pages), "problem": None}
    except pikepdf.PasswordError:
        return {"pages": 0, "problem": "encrypted"}
    except (pikepdf.PdfError, ValueError, TypeError):
        return {"pages": 0, "problem": "damaged"}


if __name__ == "__main__":
    sys.stdout.write(json.dumps(inspect(sys.stdin.buffer.read())))
