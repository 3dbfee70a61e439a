"""Pages with codes as PDF files, as pixels, and as what a scanner makes of them."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from typing import Final

import cv2
import numpy as np
import pikepdf
import pypdfium2
import typst

from printserver.cli.demo.paper import append_jpeg_page
from printserver.foundation.serials import PageCode
from tests.unit.returns.made_pages import _PAGE, code_128_svg, contract_lines, qr_svg

SCAN_DPI: Final = 200


def pages_with_codes(texts: Sequence[str], bars: Sequence[PageCode], lines: Sequence[list[str]] = ()) -> bytes:
    """A PDF of one page a text: contract lines, a red seal, QR top right, Code 128 bottom left."""
    entries = [
        {
            "qr": qr_svg(text),
            "bars": code_128_svg(bar.digits()),
            "lines": lines[number] if lines else contract_lines(number),
        }
        for number, (text, bar) in enumerate(zip(texts, bars, strict=True))
    ]
    data = json.dumps({"pages": entries, "seal": True})
    return bytes(typst.compile(_PAGE.encode(), sys_inputs={"data": data}))


def pages_with_many_codes(pages: Sequence[Sequence[str]]) -> bytes:
    """A PDF of nothing but QR codes: of each page the texts of its codes."""
    source = (
        '#set page(paper: "a4")\n#for page in json(bytes(sys.inputs.data)) [#for each in page '
        '[#image(bytes(each), format: "svg", width: 40mm) #v(20mm)] #pagebreak(weak: true)]'
    )
    data = json.dumps([[qr_svg(text) for text in texts] for texts in pages])
    return bytes(typst.compile(source.encode(), sys_inputs={"data": data}))


def page_pixels(pdf: bytes, page: int = 1) -> np.ndarray:
    """Blue-green-red at SCAN_DPI, as a perfect scanner would see it."""
    document = pypdfium2.PdfDocument(pdf)
    pixels = document[page - 1].render(scale=SCAN_DPI / 72).to_numpy()[:, :, :3].copy()
    document.close()
    return np.asarray(pixels, np.uint8)


def scan_of(*pages: np.ndarray) -> bytes:
    """A scanner's PDF, one JPEG a page."""
    scan = pikepdf.new()
    for page in pages:
        append_jpeg_page(scan, page, SCAN_DPI, jpeg_quality=90)
    target = io.BytesIO()
    scan.save(target, deterministic_id=True)
    return target.getvalue()


def png_of(page: np.ndarray) -> bytes:
    return cv2.imencode(".png", page)[1].tobytes()
