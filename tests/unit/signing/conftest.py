"""The token and a PDF for the tests of this room."""

from __future__ import annotations

import io

import pytest
from reportlab.pdfgen.canvas import Canvas

from tests.hsm_token import hsm, hsm_token

__all__ = ["hsm", "hsm_token"]


@pytest.fixture(scope="session")
def contract_pdf() -> bytes:
    """Ten A4 pages of text, one revision."""
    output = io.BytesIO()
    canvas = Canvas(output, pagesize=(595.276, 841.89), invariant=True)
    for page in range(1, 11):
        for line in range(40):
            canvas.drawString(60, 780 - 18 * line, f"Clause {page}.{line}: the parties agree to print this once.")
        canvas.showPage()
    canvas.save()
    return output.getvalue()
