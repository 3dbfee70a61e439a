"""Makes the papers and scans for `benchmarks.page_comparison`: a contract page, one thing in it altered, scanned.

A simulation, not calibrated to any real machine: laser print and flatbed scanner of `printserver.cli.demo.paper`, and
worse: skew of 2°, the shadow of a fold, specks, thick or thin toner, a streak, strong JPEG compression.
"""

from __future__ import annotations

import json
import random
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from pathlib import Path
from typing import Final

import cv2
import numpy as np
import typst
from numpy.typing import NDArray

from printserver.cli.demo.paper import Image, office_scan, rasterise
from printserver.foundation.serials import CopySerial, PageCode
from printserver.rendering.page_glyphs import PageGlyphs, page_glyphs
from printserver.returns.comparison import WORKING_DPI
from tests.unit.returns.made_pages import code_128_svg, contract_lines, qr_svg, verification_text

SERIAL: Final = CopySerial(bytes(range(10)))
_LOOK_ALIKE: Final = {"0": "8", "8": "0", "3": "8", "5": "6", "6": "5", "1": "7", "7": "1", "9": "8"}
_WORDS: Final = {"buyer": "payer", "thirty": "ninety", "written": "spoken", "CNY": "USD", "either": "neither"}
_PAGE: Final = """
#set page(paper: "a4", margin: (x: 25mm, top: 48mm, bottom: 42mm))
#set text(size: 10.5pt, font: ("Libertinus Serif", "Noto Serif CJK SC"), fallback: true)
#set par(leading: 0.75em)
#let data = json(bytes(sys.inputs.data))
#place(top + right, dx: 13mm, dy: -36mm, image(bytes(data.qr), format: "svg", width: 28mm))
#place(bottom + left, dx: -10mm, dy: 28mm, image(bytes(data.bars), format: "svg", width: 72mm, height: 9mm))
#place(bottom + right, dx: 5mm, dy: 10mm, circle(radius: 20mm, stroke: 1mm + rgb("#d9261c"))[
  #set align(center + horizon)
  #text(fill: rgb("#d9261c"), size: 20pt)[★]])
#for line in data.lines { par(line) }
#table(columns: (1fr, 2fr, 1fr, 1fr), ..data.table.flatten())
"""


class Alteration(StrEnum):
    NONE = "none"
    DIGIT = "digit"
    LOOK_ALIKE = "look-alike digit"
    WORD = "word"
    LINE = "line"
    POINT = "decimal point"
    INSERTION = "insertion"
    OTHER_PAGE = "swapped page"


class Quality(StrEnum):
    CLEAN = "clean"
    OFFICE = "office"
    BAD = "bad"


@dataclass(frozen=True)
class Content:
    lines: tuple[str, ...]
    table: tuple[tuple[str, ...], ...]

    def pdf(self) -> bytes:
        codes = {"qr": qr_svg(verification_text(SERIAL, 1)), "bars": code_128_svg(PageCode(SERIAL, 1).digits())}
        data = json.dumps({"lines": self.lines, "table": self.table, **codes})
        return bytes(typst.compile(_PAGE.encode(), sys_inputs={"data": data}))


def content(seed: int) -> Content:
    choose = random.Random(seed)
    rows = [("No.", "Goods 货物", "Price 单价", "Amount 金额")]
    for number in range(1, choose.randint(3, 6)):
        rows.append(
            (str(number), choose.choice(["pump 水泵", "valve 阀门", "motor 电机"]), _amount(choose), _amount(choose))
        )
    return Content(tuple(contract_lines(seed, 11)), tuple(rows))


def altered(page: Content, how: Alteration, seed: int) -> Content:
    """The page with one thing in it altered, at a place chosen by the seed."""
    choose = random.Random(seed)
    if how is Alteration.NONE:
        return page
    if how is Alteration.OTHER_PAGE:
        return content(seed + 1_000_003)
    lines = list(page.lines)
    if how is Alteration.LINE:
        at = choose.randrange(len(lines))
        lines[at] = contract_lines(seed + 7, at + 1)[at]
        return Content(tuple(lines), page.table)
    cells = [(-1, at) for at in range(len(lines))]
    cells += [(row, at) for row in range(1, len(page.table)) for at in (2, 3)]
    choose.shuffle(cells)
    table = [list(row) for row in page.table]
    for row, at in cells:
        before = lines[at] if row < 0 else table[row][at]
        after = _edited(before, how, choose)
        if after != before:
            if row < 0:
                lines[at] = after
            else:
                table[row][at] = after
            break
    return Content(tuple(lines), tuple(map(tuple, table)))


def scanned(drawn: Image, dpi: int, quality: Quality, seed: int) -> Image:
    """In colour; `drawn` at the same dpi."""
    chance = np.random.default_rng(seed)
    if quality is Quality.CLEAN:
        return office_scan(drawn, dpi, chance, skew_degrees=float(chance.uniform(-0.4, 0.4)), jpeg_quality=90)
    if quality is Quality.OFFICE:
        return office_scan(drawn, dpi, chance, skew_degrees=float(chance.uniform(-1.2, 1.2)))
    worn = _worn(drawn, dpi, chance)
    return office_scan(worn, dpi, chance, skew_degrees=float(chance.uniform(-2, 2)), jpeg_quality=60)


def _amount(choose: random.Random) -> str:
    return f"{choose.randint(1, 999)},{choose.randint(100, 999)}.{choose.randint(0, 99):02}"


def _edited(text: str, how: Alteration, choose: random.Random) -> str:
    if how is Alteration.WORD:
        words = [word for word in _WORDS if word in text]
        word = choose.choice(words) if words else ""
        return text.replace(word, _WORDS[word], 1) if word else text
    if how is Alteration.INSERTION:
        return text + choose.choice([" not", "不", "0", " net"]) if len(text) < 60 else text
    if how is Alteration.POINT:
        return (
            text.replace(".00", "00", 1)
            if ".00" in text
            else text.replace(".", "", 1)
            if text[0].isdigit() and len(text) < 12
            else text
        )
    places = [at for at, letter in enumerate(text) if letter.isdigit() and at > 2]
    if how is Alteration.LOOK_ALIKE:
        places = [at for at in places if text[at] in _LOOK_ALIKE]
    if not places:
        return text
    at = choose.choice(places)
    other = _LOOK_ALIKE[text[at]] if how is Alteration.LOOK_ALIKE else choose.choice("0123456789".replace(text[at], ""))
    return text[:at] + other + text[at + 1 :]


def _worn(page: Image, dpi: int, chance: np.random.Generator) -> Image:
    """Thick, thin or pale toner with gaps, uneven paper feed, the shadow of a fold, a streak of the scanner, specks."""
    height, width = page.shape[:2]
    thick = (np.ones((3, 3)) if dpi >= 300 else np.ones((2, 2))).astype(np.uint8)
    toner = [cv2.erode(page, thick), page, cv2.addWeighted(page, 0.6, np.full_like(page, 255), 0.4, 0)]
    worn: NDArray[np.float32] = toner[int(chance.integers(0, 3))].astype(np.float32)
    gaps = cv2.GaussianBlur(chance.standard_normal((height, width), np.float32), (0, 0), dpi / 150) * dpi / 60
    worn += (255 - worn) * np.clip(gaps - 1.6, 0, 0.6)[:, :, None]
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    fed = (
        np.sin(y / height * 2 * np.pi * float(chance.uniform(1, 3)) + 1) * float(chance.uniform(0.1, 0.35)) * dpi / 25.4
    )
    fed_x, fed_y = (x + fed / 2).astype(np.float32), (y + fed).astype(np.float32)
    worn = np.asarray(cv2.remap(worn, fed_x, fed_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE), np.float32)
    fold = y - height * float(chance.uniform(0.3, 0.7)) - x * float(chance.uniform(-0.02, 0.02))
    worn *= (1 - float(chance.uniform(0.1, 0.4)) * np.exp(-((fold / (0.4 * dpi / 25.4)) ** 2)))[:, :, None]
    streak = int(width * chance.uniform(0.1, 0.9))
    worn[:, streak : streak + max(1, dpi // 150)] *= float(chance.uniform(0.6, 0.95))
    pixels = np.clip(worn, 0, 255).astype(np.uint8)
    for _ in range(int(chance.integers(20, 80))):
        middle = (int(chance.integers(0, width)), int(chance.integers(0, height)))
        cv2.circle(pixels, middle, max(1, round(dpi / 25.4 * chance.uniform(0.05, 0.15))), (70, 70, 70), -1)
    return np.asarray(pixels, np.uint8)


def without_colour(scan: Image, *, bilevel: bool) -> Image:
    grey = np.asarray(cv2.cvtColor(scan, cv2.COLOR_BGR2GRAY), np.uint8)
    return np.where(grey > 150, 255, 0).astype(np.uint8) if bilevel else grey


INKS: Final = {"red": (48, 36, 205), "blue": (150, 60, 40), "black": (45, 45, 45)}


def stamp(width_mm: float, height_mm: float, dpi: int) -> Image:
    """A ring with a star and some letters, as cover 0 to 255."""
    mm = dpi / 25.4
    size = (round(height_mm * mm), round(width_mm * mm))
    cover = np.zeros(size, np.uint8)
    middle, reach = (size[1] // 2, size[0] // 2), (size[1] // 2 - round(mm), size[0] // 2 - round(mm))
    cv2.ellipse(cover, middle, reach, 0, 0, 360, 255, max(2, round(1.1 * mm)), cv2.LINE_AA)
    for number, letter in enumerate("COUNTERPARTY LTD"):
        angle = np.pi * (0.8 + 1.4 * number / 15)
        at = (middle[0] + np.cos(angle) * reach[0] * 0.72 - mm, middle[1] + np.sin(angle) * reach[1] * 0.72 + mm)
        cv2.putText(
            cover, letter, (int(at[0]), int(at[1])), cv2.FONT_HERSHEY_SIMPLEX, mm / 9, 255, max(1, round(mm / 4))
        )
    cv2.circle(cover, middle, round(3 * mm), 255, -1, cv2.LINE_AA)
    return cover


def pressed(
    page: Image, cover: Image, left: int, top: int, ink: tuple[int, int, int], chance: np.random.Generator
) -> Image:
    """The stamp on the page, patchy and translucent; what reaches over the edge is lost."""
    height, width = page.shape[:2]
    x0, y0 = max(0, left), max(0, top)
    x1, y1 = min(width, left + cover.shape[1]), min(height, top + cover.shape[0])
    patchy = cv2.GaussianBlur(chance.standard_normal(cover.shape, np.float32), (0, 0), 4) * 2
    share = cover / np.float32(255) * np.clip(0.85 + patchy, 0.5, 0.95)
    share = share[y0 - top : y1 - top, x0 - left : x1 - left, None]
    marked = page.copy()
    beneath = marked[y0:y1, x0:x1].astype(np.float32)
    marked[y0:y1, x0:x1] = (beneath * (1 - share * (1 - np.array(ink, np.float32) / 255))).astype(np.uint8)
    return marked


def fanned(
    pages: list[Image], dpi: int, ink: tuple[int, int, int], chance: np.random.Generator, inset_um: int = 0
) -> list[Image]:
    """A round stamp over the right edges of the fanned-out pages: page 1 on top bears the leftmost slice."""
    cover, inset = stamp(40, 40, dpi), round(inset_um * dpi / 25_400)
    each, top = -(-cover.shape[1] // len(pages)), round(pages[0].shape[0] * 0.55)
    slices = [cover[:, number * each : (number + 1) * each] for number in range(len(pages))]
    return [
        pressed(page, part, page.shape[1] - inset - part.shape[1], top, ink, chance)
        for page, part in zip(pages, slices, strict=True)
    ]


def signed(page: Image, dpi: int, ink: tuple[int, int, int], chance: np.random.Generator) -> Image:
    """Handwriting below the text."""
    mm = dpi / 25.4
    along, bends = np.linspace(0, 1, 400), chance.uniform(0.6, 1.4, 4)
    width, height = float(chance.uniform(22, 55)), float(chance.uniform(6, 14))
    x = float(chance.uniform(25, 80)) + along * width + np.cos(along * 34 * bends[0]) * height * 0.25
    y = float(chance.uniform(205, 240)) + np.sin(along * 29 * bends[1]) * height * 0.3
    y += np.sin(along * 7 * bends[2]) * height * 0.2
    return _stroked(page, np.stack([x, y], 1) * mm, float(chance.uniform(0.3, 0.7)) * mm, ink)


def drawn_line(page: Image, dpi: int, ink: tuple[int, int, int], chance: np.random.Generator) -> Image:
    """A line or two by hand in an empty place: across the blank, short, level, in the margin, there and back."""
    top, bottom = _blank_mm(page, dpi), 255.0
    x, y = float(chance.uniform(28, 60)), float(chance.uniform(top, max(top + 1, bottom)))
    length = float(chance.uniform(20, 90))
    turn, slope = float(chance.uniform(0, np.pi)), float(chance.uniform(-1.5, 1.5))
    short = float(chance.uniform(10, 20))
    shapes = [
        [(30, bottom), (130, top)],
        [(x, y), (x + short * np.cos(turn), y + 0.6 * (bottom - y) * np.sin(turn) + 1)],
        [(x, y), (x + length, y + slope)],
        [(35, top + 2), (125, top + 2), (35, bottom), (125, bottom)],
        [(16, 60 + length), (16 + slope, 75 + 2 * length)],
    ]
    corners = np.array(shapes[int(chance.integers(5)) if bottom - top > 20 else 4], np.float64)
    way = [_by_hand(start, end, chance) for start, end in pairwise(corners)]
    return _stroked(page, np.concatenate(way) * dpi / 25.4, float(chance.choice([0.3, 0.45, 0.6])) * dpi / 25.4, ink)


def edge_shadow(scan: Image, dpi: int, chance: np.random.Generator) -> Image:
    """What a scanner's lid and a sheet that lies askew leave at one edge: a dark wedge, over all of it or a part."""
    turns = int(chance.integers(4))
    shaded = np.rot90(scan, turns).copy()
    mm, height = dpi / 25.4, shaded.shape[0]
    first, last = np.sort(chance.uniform(0, 2.5, 2) * mm)
    start = round(height * float(chance.choice([0, 0, chance.uniform(0, 0.6)])))
    corners = np.array([[0, start], [first, start], [last, height], [0, height]], np.int32)
    cv2.fillPoly(shaded, [corners], [float(chance.uniform(20, 110))] * 3)
    return np.ascontiguousarray(np.rot90(shaded, -turns))


def _by_hand(start: NDArray[np.float64], end: NDArray[np.float64], chance: np.random.Generator) -> NDArray[np.float64]:
    """Points in millimetres, a little off the straight way."""
    length = float(np.hypot(*(end - start)))
    share = np.linspace(0, 1, max(3, int(length / 4)))
    off = np.cumsum(chance.normal(0, 0.075, len(share)))
    off -= off[0] + (off[-1] - off[0]) * share
    aside = np.array([start[1] - end[1], end[0] - start[0]]) / length
    return np.asarray(start + (end - start) * share[:, None] + aside * off[:, None], np.float64)


def _stroked(page: Image, points: NDArray[np.float64], width: float, ink: tuple[int, int, int]) -> Image:
    cover = np.zeros(page.shape[:2], np.uint8)
    cv2.polylines(
        cover, [np.round(points * 16).astype(np.int32)], isClosed=False, color=255, thickness=max(1, round(width)),
        lineType=cv2.LINE_AA, shift=4,
    )  # fmt: skip
    share = cover[:, :, None] / np.float32(255) * np.float32(0.92)
    return np.asarray(page * (1 - share * (1 - np.array(ink, np.float32) / 255)), np.uint8)


def _blank_mm(page: Image, dpi: int) -> float:
    """Where the text ends, and a little more."""
    mm = dpi / 25.4
    inked = (page[: int(255 * mm), int(25 * mm) : int(140 * mm)].min(axis=2) < 128).any(axis=1)
    return float(np.flatnonzero(inked).max(initial=0)) / mm + 6


@dataclass(frozen=True, eq=False)
class Issued:
    drawn: Image
    text: PageGlyphs


class Papers:
    """Draws pages.   folder: where their PDFs are written, one after the other."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "page.pdf"

    def issued(self, page: Content) -> Issued:
        return Issued(self.drawn(page, WORKING_DPI), page_glyphs(self._path.read_bytes(), 1))

    def drawn(self, page: Content, dpi: int) -> Image:
        self._path.write_bytes(page.pdf())
        return rasterise(self._path, 1, dpi)
