"""Scan pages a second: the ladder, from encoded page to decided code, beside bare zxing-cpp on the same pages.

Processor time of one thread, in turns in the same run. The bare reader decodes the picture in grey, searches the whole
page for QR and Code 128, and decides nothing. The ladder decodes in colour, as the comparison after it needs; a ratio
over 1 is possible, for it looks at the corners first.
"""

from __future__ import annotations

import io
import resource
import statistics
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

import cv2
import numpy as np
import pikepdf
import zxingcpp

from printserver.cli.demo.paper import append_jpeg_page, office_scan, play_paper, rasterise
from printserver.foundation.serials import CopySerial
from printserver.returns.matching import Evidence, Image, Rung, find_codes, identify_page
from printserver.returns.pages import scan_pages
from tests.unit.returns.made_pages import contract_lines, issued_copy, read_unsigned

DPI: Final = 300
ROUNDS: Final = 5
_SERIALS: Final = (CopySerial(bytes(range(10))), CopySerial(bytes(range(10, 20))))
_FORMATS: Final = [zxingcpp.BarcodeFormat.QRCode, zxingcpp.BarcodeFormat.Code128]


def measure() -> list[dict[str, object]]:
    """Rows {"name", "value", "limit", "ratio", "unit"}; `limit` is the bare reader's rate on the same pages."""
    threads = cv2.getNumThreads()
    cv2.setNumThreads(1)
    try:
        with tempfile.TemporaryDirectory() as folder:
            scan = made_scan(Path(folder))
        pictures = embedded_pictures(scan)
        return [
            _row("scan reading: picture to decided code", lambda: decide(pictures), pictures),
            _row("scan reading: PDF through the limited process to decided code", lambda: decide_file(scan), pictures),
        ]
    finally:
        cv2.setNumThreads(threads)


def made_scan(folder: Path) -> bytes:
    """Ten pages: two played copies of four, one of whose pages lies upside-down, a torn-off QR, and a blank back."""
    printed = [folder / f"{serial}.pdf" for serial in _SERIALS]
    for serial, path in zip(_SERIALS, printed, strict=True):
        path.write_bytes(issued_copy(serial, [contract_lines(seed) for seed in range(4)]))
    played = play_paper(printed, folder / "scan.pdf", seed=1, dpi=DPI)
    random = np.random.default_rng(2)
    torn = office_scan(rasterise(printed[0], 1, DPI), DPI, random)
    torn[: torn.shape[0] // 6, torn.shape[1] * 2 // 3 :] = 240
    blank = office_scan(np.full_like(torn, 255), DPI, random)
    with pikepdf.open(played.path) as scan:
        append_jpeg_page(scan, torn, DPI)
        append_jpeg_page(scan, blank, DPI)
        scan.save(folder / "whole.pdf")
    return (folder / "whole.pdf").read_bytes()


def embedded_pictures(scan: bytes) -> list[Image]:
    """The JPEG bytes of each page."""
    with pikepdf.open(io.BytesIO(scan)) as pdf:
        return [np.frombuffer(page.Resources.XObject.Scan.read_raw_bytes(), np.uint8) for page in pdf.pages]


def decide(pictures: Sequence[Image]) -> int:
    return sum(_decided(np.asarray(cv2.imdecode(jpeg, cv2.IMREAD_COLOR), np.uint8)) for jpeg in pictures)


def decide_file(scan: bytes) -> int:
    return sum(_decided(page.image) for page in scan_pages(scan) if page.image is not None)


def read_bare(pictures: Sequence[Image]) -> int:
    read = 0
    for jpeg in pictures:
        page = cv2.imdecode(jpeg, cv2.IMREAD_GRAYSCALE)
        read += bool(zxingcpp.read_barcodes(page, formats=_FORMATS))
    return read


def _decided(page: Image) -> bool:
    codes = find_codes(page, DPI)
    return codes.rung is Rung.BLANK or identify_page(codes, read_unsigned).evidence is not Evidence.NONE


def _row(name: str, ours: Callable[[], int], pictures: Sequence[Image]) -> dict[str, object]:
    """The median of several rounds, in each of which both take their turn."""
    assert ours() == len(pictures), "the ladder did not decide every page"
    spent = [(_processor_seconds(ours), _processor_seconds(lambda: read_bare(pictures))) for _ in range(ROUNDS)]
    value, limit = (len(pictures) / statistics.median(times) for times in zip(*spent, strict=True))
    return {"name": name, "value": value, "limit": limit, "ratio": value / limit, "unit": "pages per CPU second"}


def _processor_seconds(work: Callable[[], object]) -> float:
    """Of this process and of the processes it waited for."""
    before = _used()
    work()
    return _used() - before


def _used() -> float:
    own, children = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    return own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime


if __name__ == "__main__":
    for row in measure():
        print(row)
