"""Plays the paper: prints what the printer received, has the other party seal and sign it, and scans it back.

A simulation of an office printer and a flatbed scanner, not calibrated to any real machine.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import cv2
import numpy as np
import pikepdf
import pypdfium2
from numpy.typing import NDArray

Image = NDArray[np.uint8]
"""(height, width, 3), blue, green, red."""

_MM_PER_INCH: Final = 25.4
_SEAL_MM: Final = 38
_STROKE_MM: Final = (45, 14)
_SEAL_RED: Final = (48, 36, 205)
_PEN_BLUE: Final = (120, 45, 30)


@dataclass(frozen=True)
class PlayedPage:
    """What was done to one page on its way."""

    number: int
    """1-based place in the scan."""
    source: Path
    source_page: int
    """1-based page of the printed PDF."""
    done: tuple[str, ...]


@dataclass(frozen=True)
class PaperScan:
    path: Path
    pages: tuple[PlayedPage, ...]


def play_paper(printed_pdfs: Sequence[Path], out: Path, *, seed: int, dpi: int = 300) -> PaperScan:
    """Print, seal, sign and scan the copies, and write the scan: one PDF, one JPEG a page.

    printed_pdfs: what the printer received, one file a copy, at least one page in all.
    Every page is slightly skewed, one lies upside-down; the last page of each copy bears the other party's round red
    seal and a stroke of handwriting. The same input, seed and dpi give the same bytes.
    """
    random = np.random.default_rng(seed)
    sheets = [(path, number) for path in printed_pdfs for number in range(1, _page_count(path) + 1)]
    turned = int(random.integers(len(sheets)))
    last = dict(sheets)
    played: list[PlayedPage] = []
    with pikepdf.new() as scan:
        for place, (path, number) in enumerate(sheets):
            page, done = rasterise(path, number, dpi), []
            if number == last[path]:
                page = with_handwriting(with_counter_seal(page, dpi, random), dpi, random)
                done += ["counter-sealed in red", "signed by hand"]
            skew = float(random.uniform(-1.2, 1.2))
            page = office_scan(page, dpi, random, skew_degrees=skew)
            done.append(f"skewed by {skew:.1f}°")
            if place == turned:
                page = np.ascontiguousarray(page[::-1, ::-1])
                done.append("turned upside-down")
            append_jpeg_page(scan, page, dpi)
            played.append(PlayedPage(place + 1, path, number, tuple(done)))
        scan.save(out, deterministic_id=True)
    return PaperScan(out, tuple(played))


def rasterise(path: Path, number: int, dpi: float) -> Image:
    """Page `number` (1-based) of a PDF of our own as a person sees it."""
    pdf = pypdfium2.PdfDocument(path)
    try:
        bitmap = pdf[number - 1].render(scale=dpi / 72, rev_byteorder=False)
        return np.array(bitmap.to_numpy()[:, :, :3], np.uint8)
    finally:
        pdf.close()


def office_scan(
    page: Image, dpi: float, random: np.random.Generator, *, skew_degrees: float = 0.0, jpeg_quality: int = 75
) -> Image:
    """What a flatbed scanner makes of a laser print of `page`, at the same dpi.

    Spread toner, not quite black; warm paper, unevenly lit; the sheet shifted by up to 1.5 mm, 0.3 % too large or
    small, turned clockwise by `skew_degrees`; noise; JPEG.
    """
    height, width = page.shape[:2]
    ink = cv2.GaussianBlur(page.astype(np.float32) / 255, (0, 0), float(random.uniform(0.5, 0.8)) * dpi / 300 + 0.2)
    shift = random.uniform(-1.5, 1.5, 2) * dpi / _MM_PER_INCH
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), -skew_degrees, float(random.uniform(0.997, 1.003)))
    turn = np.hstack([turn[:, :2], turn[:, 2:] + shift[:, None]])
    lying = cv2.warpAffine(ink, turn, (width, height), flags=cv2.INTER_LINEAR, borderValue=(1.0, 1.0, 1.0))
    seen = np.asarray(lying, np.float32)
    del ink  # from here on in place: a page has a hundred megabytes
    black = float(random.uniform(0.08, 0.18))
    paper = np.array([0.92, 0.95, 0.96], np.float32) * float(random.uniform(0.96, 1.03))
    light = np.linspace(1.0, float(random.uniform(0.94, 1.0)), width, dtype=np.float32)[None, :, None]
    seen *= 1 - black
    seen += black
    seen *= paper
    seen *= light
    noise = random.standard_normal(seen.shape, np.float32)
    noise *= float(random.uniform(0.008, 0.016))
    seen += noise
    del noise
    np.clip(seen, 0, 1, out=seen)
    seen *= 255
    return np.asarray(cv2.imdecode(_jpeg(seen.astype(np.uint8), jpeg_quality), cv2.IMREAD_COLOR), np.uint8)


def with_counter_seal(page: Image, dpi: float, random: np.random.Generator) -> Image:
    """The other party's round seal in red ink, where the page is emptiest."""
    size = round(_SEAL_MM * dpi / _MM_PER_INCH)
    left, top = _emptiest(page, size, size, dpi)
    stamp = np.zeros((size, size), np.uint8)
    middle, radius = size // 2, size // 2 - size // 32
    cv2.circle(stamp, (middle, middle), radius, 255, max(2, size // 32), cv2.LINE_AA)
    angles = np.arange(11) * np.pi / 5 - np.pi / 2
    reach = np.where(np.arange(11) % 2 == 0, radius * 0.36, radius * 0.14)
    star = np.stack([middle + np.cos(angles) * reach, middle + np.sin(angles) * reach], 1)
    cv2.fillPoly(stamp, [star.astype(np.int32)], 255, cv2.LINE_AA)
    for angle in np.linspace(-0.8 * np.pi, -0.2 * np.pi, 9):
        x, y = middle + np.cos(angle) * radius * 0.72, middle + np.sin(angle) * radius * 0.72
        half, bar = radius * 0.11, max(1, size // 90)
        cv2.rectangle(stamp, (int(x - half), int(y - half)), (int(x + half), int(y + half)), 255, bar)
        cv2.line(stamp, (int(x), int(y - half)), (int(x), int(y + half)), 255, bar)
    patchy = cv2.GaussianBlur(random.standard_normal((size, size), np.float32), (0, 0), dpi / 60)
    cover = np.asarray(stamp / np.float32(255) * np.clip(0.85 + patchy, 0.6, 0.95), np.float32)
    return _inked(page, left, top, cover, _SEAL_RED)


def with_handwriting(page: Image, dpi: float, random: np.random.Generator) -> Image:
    """A stroke of blue handwriting where the page is emptiest."""
    width, height = (round(side * dpi / _MM_PER_INCH) for side in _STROKE_MM)
    left, top = _emptiest(page, width, height, dpi)
    along = np.linspace(0, 1, 240)
    bends = random.uniform(0.6, 1.4, 3)
    x = (0.05 + 0.85 * along) * width + np.cos(along * 31 * bends[0]) * height * 0.22
    y = height / 2 + (np.sin(along * 29 * bends[1]) * 0.28 + np.sin(along * 7 * bends[2]) * 0.14) * height
    stroke = np.zeros((height, width), np.uint8)
    line = np.stack([x, y], 1).clip(2, [width - 3, height - 3]).astype(np.int32)
    cv2.polylines(stroke, [line], isClosed=False, color=255, thickness=max(2, round(dpi / 55)), lineType=cv2.LINE_AA)
    return _inked(page, left, top, np.asarray(stroke / np.float32(255) * 0.92, np.float32), _PEN_BLUE)


def append_jpeg_page(scan: pikepdf.Pdf, page: Image, dpi: float, *, jpeg_quality: int = 75) -> None:
    """Add a page that shows `page` as one JPEG over the whole sheet, the way scanners write their PDFs."""
    height, width = page.shape[:2]
    picture = pikepdf.Stream(scan, _jpeg(page, jpeg_quality).tobytes())
    picture.update(
        {
            "/Type": pikepdf.Name.XObject,
            "/Subtype": pikepdf.Name.Image,
            "/Width": width,
            "/Height": height,
            "/BitsPerComponent": 8,
            "/ColorSpace": pikepdf.Name.DeviceRGB,
            "/Filter": pikepdf.Name.DCTDecode,
        }
    )
    across, down = round(width * 72 / dpi, 3), round(height * 72 / dpi, 3)
    sheet = scan.add_blank_page(page_size=(across, down))
    sheet.Resources = pikepdf.Dictionary(XObject=pikepdf.Dictionary(Scan=picture))
    sheet.Contents = pikepdf.Stream(scan, f"q {across} 0 0 {down} 0 0 cm /Scan Do Q".encode())


def _jpeg(pixels: Image, quality: int) -> NDArray[np.uint8]:
    return np.asarray(cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, quality])[1], np.uint8)


def _page_count(path: Path) -> int:
    with pikepdf.open(path) as pdf:
        return len(pdf.pages)


def _inked(page: Image, left: int, top: int, cover: NDArray[np.float32], colour: tuple[int, int, int]) -> Image:
    """Lay translucent ink on the paper: black beneath it stays black."""
    marked = page.copy()
    height, width = cover.shape
    beneath = marked[top : top + height, left : left + width].astype(np.float32)
    through = 1 - cover[:, :, None] * (1 - np.array(colour, np.float32) / 255)
    marked[top : top + height, left : left + width] = (beneath * through).astype(np.uint8)
    return marked


def _emptiest(page: Image, width: int, height: int, dpi: float) -> tuple[int, int]:
    """Left and top of the lowest of the places with the least ink on and around them, in the lower two thirds."""
    around, step = round(4 * dpi / _MM_PER_INCH), round(5 * dpi / _MM_PER_INCH)
    sums = cv2.integral(255 - page.min(axis=2))
    edge = round(20 * dpi / _MM_PER_INCH)
    right, bottom = page.shape[1] - edge - width, page.shape[0] - edge - height

    def inked(place: tuple[int, int]) -> float:
        x0, y0 = place[0] - around, place[1] - around
        x1, y1 = place[0] + width + around, place[1] + height + around
        return float(sums[y1, x1] - sums[y0, x1] - sums[y1, x0] + sums[y0, x0])

    places = [(x, y) for y in range(bottom, page.shape[0] // 3, -step) for x in range(edge, right, step)]
    return min(places, key=inked)
