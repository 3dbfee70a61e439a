"""Runs in a limited child process: reads the code and the barcode of each page of a PDF where they should stand.

Standard input: one line of JSON, for each page [code's box, barcode's box] as left, top, width, height in µm; then the
PDF. Writes JSON: for each page the texts that were read in the first and in the second box.
"""

from __future__ import annotations

import json
import sys
from typing import Any, Final

import pypdfium2
import zxingcpp

DPI: Final = 200
"""What an ordinary office scans at."""
_UM_PER_POINT: Final = 25_400 / 72
_FORMATS: Final = (zxingcpp.BarcodeFormat.QRCode, zxingcpp.BarcodeFormat.Code128)


def _texts(page: Any, box: list[int], wanted: zxingcpp.BarcodeFormat) -> list[str]:
    width, height = page.get_size()
    left, top, right, bottom = (at / _UM_PER_POINT for at in (box[0], box[1], box[0] + box[2], box[1] + box[3]))
    cut = (max(0, left), max(0, height - bottom), max(0, width - right), max(0, top))
    drawn = page.render(scale=DPI / 72, crop=cut, grayscale=True, draw_annots=False, may_draw_forms=False)
    found = zxingcpp.read_barcodes(drawn.to_numpy(), formats=[wanted], try_invert=False)
    return sorted({barcode.text for barcode in found})


def main() -> None:
    boxes = json.loads(sys.stdin.buffer.readline())
    document = pypdfium2.PdfDocument(sys.stdin.buffer.read())
    if len(document) != len(boxes):
        sys.exit("the file has another number of pages")
    texts = []
    for at, marks in enumerate(boxes):
        page = document[at]
        texts.append([_texts(page, box, wanted) for box, wanted in zip(marks, _FORMATS, strict=True)])
        page.close()
    json.dump(texts, sys.stdout)


if __name__ == "__main__":
    main()
