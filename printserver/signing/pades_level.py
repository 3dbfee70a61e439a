"""How much a PDF signature carries. Source: ETSI EN 319 142-1 (unverified against the text)."""

from __future__ import annotations

from enum import StrEnum


class PdfLevel(StrEnum):
    """PAdES levels."""

    B_B = "B-B"
    """The signature alone."""
    B_T = "B-T"
    """With a time-stamp on it."""
    B_LT = "B-LT"
    """With all that proves its certificates good, so that it verifies when the authorities are gone."""
    B_LTA = "B-LTA"
    """With a time-stamp on the whole document besides."""

    @property
    def is_stamped(self) -> bool:
        return self is not PdfLevel.B_B

    @property
    def carries_proofs(self) -> bool:
        return self in {PdfLevel.B_LT, PdfLevel.B_LTA}
