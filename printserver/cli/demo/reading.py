"""Reads a printed PDF as a recipient would: rasterised, then with a barcode reader."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pikepdf
import zxingcpp

from printserver.cli.demo.client import DemoFailed
from printserver.cli.demo.paper import rasterise

DPI: Final = 200
UPRIGHT_SEAL_UM: Final = (105_000, 215_000)
LYING_SEAL_UM: Final = (148_000, 140_000)
"""Where a seal goes on a contract we know nothing of: the middle of its last page's lower part."""


@dataclass(frozen=True)
class LastPage:
    """`number`: from 1."""

    number: int
    lying: bool

    @property
    def seal_um(self) -> tuple[int, int]:
        return LYING_SEAL_UM if self.lying else UPRIGHT_SEAL_UM


def last_page(pdf: bytes) -> LastPage:
    """Raises: DemoFailed for a file that is no PDF."""
    try:
        with pikepdf.open(io.BytesIO(pdf)) as opened:
            page = opened.pages[-1]
            left, bottom, right, top = (float(each) for each in page.cropbox)
            turned = page.rotation % 180 != 0
            return LastPage(len(opened.pages), (right - left > top - bottom) != turned)
    except (pikepdf.PdfError, IndexError) as problem:
        raise DemoFailed(f"the contract cannot be opened: {problem}") from None


def page_codes(path: Path) -> list[str]:
    """The QR code of each page, in order.   Raises: DemoFailed for a page without exactly one."""
    with pikepdf.open(path) as pdf:
        pages = len(pdf.pages)
    texts = []
    for number in range(1, pages + 1):
        found = zxingcpp.read_barcodes(rasterise(path, number, DPI), formats=zxingcpp.BarcodeFormat.QRCode)
        if len(found) != 1:
            raise DemoFailed(f"page {number} of {path.name} shows {len(found)} QR codes instead of one")
        texts.append(found[0].text)
    return texts
