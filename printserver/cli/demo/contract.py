"""The demonstration's own contract, set by typst from `templates/documents/`."""

from __future__ import annotations

from typing import Final

import typst

from printserver.settings import REPOSITORY

TEMPLATE: Final = REPOSITORY / "templates" / "documents" / "equipment-sales-contract.typ"
SEAL_X_UM: Final = 62_000
SEAL_Y_UM: Final = 82_000
"""Over the seller's name on the signature page, from its top-left corner."""


def sample_contract() -> bytes:
    """Ten pages, Chinese and English."""
    return bytes(typst.compile(str(TEMPLATE)))
