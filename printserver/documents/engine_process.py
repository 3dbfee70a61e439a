"""Runs in a limited child process: draws every page of a PDF with pdfium and with poppler, and tells them apart.

The answer is one JSON line a page: {"page": n, "differing_um2": area}; or pictures of one page.
Arguments: `compare`; or `picture`, the page from 1, `pdfium` or `poppler`, dots per inch.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from typing import Any, BinaryIO, Final

import cv2
import numpy as np
import numpy.typing as npt
import pypdfium2

from printserver.documents.engine_difference import DPI, differing_um2

Grey = npt.NDArray[np.uint8]
_POPPLER: Final = "/usr/bin/pdftoppm"


def by_pdfium(page: Any, dpi: int) -> Grey:
    grey: Grey = page.render(scale=dpi / 72, grayscale=True).to_numpy()
    return np.ascontiguousarray(grey.reshape(grey.shape[0], grey.shape[1], -1)[:, :, 0])


def by_poppler(pdf: bytes, dpi: int, *range_: str) -> Iterator[Grey]:
    """All pages in turn."""
    command = [_POPPLER, "-gray", "-r", str(dpi), *range_, "-"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as drawing:
        if drawing.stdin is None or drawing.stdout is None:
            raise OSError("poppler cannot be talked to")
        drawing.stdin.write(pdf)
        drawing.stdin.close()
        yield from _pictures(drawing.stdout)


def _pictures(stream: BinaryIO | Any) -> Iterator[Grey]:
    """Portable grey maps, one after the other."""
    while stream.readline() == b"P5\n":
        width, height = map(int, stream.readline().split())
        stream.readline()
        yield np.frombuffer(stream.read(width * height), np.uint8).reshape(height, width)


def compare(pdf: bytes) -> Iterator[dict[str, int]]:
    """A page that poppler does not draw differs wholly."""
    others = by_poppler(pdf, DPI)
    with pypdfium2.PdfDocument(pdf) as document:
        for number, page in enumerate(document, 1):
            mine = by_pdfium(page, DPI)
            other = next(others, None)
            area = 10**12 if other is None else differing_um2(mine, other)
            yield {"page": number, "differing_um2": area}


def picture(pdf: bytes, number: int, engine: str, dpi: int) -> bytes:
    if engine == "poppler":
        drawn = next(by_poppler(pdf, dpi, "-f", str(number), "-l", str(number)))
    else:
        with pypdfium2.PdfDocument(pdf) as document:
            drawn = by_pdfium(document[number - 1], dpi)
    return cv2.imencode(".webp", drawn, [cv2.IMWRITE_WEBP_QUALITY, 85])[1].tobytes()


def main() -> None:
    pdf = sys.stdin.buffer.read()
    if sys.argv[1] == "picture":
        sys.stdout.buffer.write(picture(pdf, int(sys.argv[2]), sys.argv[3], int(sys.argv[4])))
        return
    for line in compare(pdf):
        sys.stdout.buffer.write(json.dumps(line).encode("ascii") + b"\n")
        sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
