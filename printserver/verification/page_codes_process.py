"""Run in a limited process: draws each page of a PDF from standard input and reads the QR codes on it.

Arguments: the most pages that the file may have, and how many of them are read.
Writes a JSON list, for each page the list of the texts found.
"""

from __future__ import annotations

import json
import sys
from typing import Any, Final

import pypdfium2
import zxingcpp

DPI: Final = 200
MOST_PIXELS: Final = 40_000_000
TOO_MUCH: Final = 3
UNREADABLE: Final = 4


def main(most_pages: int, first: int) -> None:
    try:
        document = pypdfium2.PdfDocument(sys.stdin.buffer.read())
    except pypdfium2.PdfiumError:
        sys.exit(UNREADABLE)
    if len(document) > most_pages:
        sys.exit(TOO_MUCH)
    json.dump([_texts(document[at]) for at in range(min(first, len(document)))], sys.stdout)


def _texts(page: Any) -> list[str]:
    scale = DPI / 72
    if page.get_width() * page.get_height() * scale * scale > MOST_PIXELS:
        sys.exit(TOO_MUCH)
    picture = page.render(scale=scale, grayscale=True).to_numpy()
    found = zxingcpp.read_barcodes(picture, formats=[zxingcpp.BarcodeFormat.QRCode], try_invert=False)
    page.close()
    return sorted({barcode.text for barcode in found})


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
