"""Seeded scans of printed copies, with every fault: what batches of returned paper are made of."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Final
from uuid import UUID

import cv2
import numpy as np
import pikepdf
import zxingcpp
from PIL import Image as Picture

from printserver.cli.demo.paper import rasterise
from printserver.foundation.serials import PageCode
from printserver.foundation.unit_of_work import Database
from printserver.organisations.access import Actor
from printserver.print_requests.process_code import ProcessCode
from printserver.print_requests.queries import CopyFacts
from printserver.returns.matching import Image
from printserver.signing.key_list import KeyList
from printserver.storage.objects import Objects

SEED: Final = 20261123
FORMATS: Final = [zxingcpp.BarcodeFormat.QRCode, zxingcpp.BarcodeFormat.Code128]

Random = np.random.Generator


class Look(StrEnum):
    COLOUR = "colour"
    GREY = "grey"
    BILEVEL = "bilevel"


class Kind(StrEnum):
    """What is odd about a page. Those up to BARS_ONLY carry a code that is whole."""

    PLAIN = "as printed"
    UPSIDE_DOWN = "upside-down"
    SIDEWAYS = "sideways"
    SKEWED = "skewed by 3 to 6 degrees"
    FOREIGN_BARS = "foreign barcodes beside its own"
    BARS_ONLY = "QR code torn off"
    DOUBLED = "scanned twice"
    UNREADABLE = "both codes gone"
    BLANK = "blank back"
    FOREIGN = "foreign page with barcodes"
    SHEET = "process sheet"
    BEHIND = "behind the process sheet"


WHOLE: Final = (Kind.PLAIN, Kind.UPSIDE_DOWN, Kind.SIDEWAYS, Kind.SKEWED, Kind.FOREIGN_BARS, Kind.BARS_ONLY)
SHARES: Final = (0.5, 0.12, 0.1, 0.12, 0.08, 0.08)


@dataclass(frozen=True)
class Desk:
    """Where batches are handed in and read: books, store and keys of a server, and who hands in."""

    database: Database
    objects: Objects
    load_key_list: Callable[[], KeyList]
    clerk: Actor


@dataclass(frozen=True)
class Paper:
    """One printed copy.   file: the PDF that was printed."""

    copy: CopyFacts
    file: Path

    def master(self, number: int, dpi: int) -> Image:
        """Page `number` (1-based) without paper and scanner, blue-green-red."""
        return rasterise(self.file, number, dpi)


@dataclass(frozen=True, eq=False)
class Scanned:
    """A page as the scanner wrote it, and what it is.   sheet: a PDF of this page alone.

    code: of the copy's page.   request: of a process sheet and of what lies behind it.
    """

    kind: Kind
    sheet: bytes
    code: PageCode | None = None
    request: UUID | None = None


class Scanner:
    """Prints and scans by simulation, seeded.   dpi: of masters and scans."""

    def __init__(self, seed: int, dpi: int, look: Look) -> None:
        self.random = np.random.default_rng([SEED, seed, dpi, list(Look).index(look)])
        self.dpi, self.look = dpi, look

    def page(self, kind: Kind, paper: Paper, number: int) -> Scanned:
        """Page `number` (1-based) of the copy."""
        master = paper.master(number, self.dpi)
        if kind in (Kind.BARS_ONLY, Kind.UNREADABLE):
            master = self._torn(master, both=kind is Kind.UNREADABLE)
        if kind is Kind.FOREIGN_BARS:
            master = self._with_foreign_bars(master)
        skew = float(self.random.uniform(3, 6) if kind is Kind.SKEWED else self.random.uniform(-1.2, 1.2))
        turns = {Kind.UPSIDE_DOWN: 2, Kind.SIDEWAYS: int(self.random.choice([1, 3]))}.get(kind, 0)
        seen = np.rot90(self._seen(master, skew * (1 if self.random.random() < 0.5 else -1)), turns)
        code = None if kind is Kind.UNREADABLE else PageCode(paper.copy.serial, number)
        return Scanned(kind, self._written(seen), code)

    def blank(self) -> Scanned:
        return Scanned(Kind.BLANK, self._written(self._seen(self._empty(), 0.5)))

    def foreign(self) -> Scanned:
        """A page of somebody else: lines, an address in a QR code, a parcel's number in Code 128."""
        return Scanned(Kind.FOREIGN, self._written(self._seen(self._with_foreign_bars(self._text()), 0.5)))

    def section(self, request: UUID, pages: int) -> list[Scanned]:
        """A process sheet and the uncoded pages behind it."""
        sheet = self._text()
        self._put_bars(sheet, ProcessCode(request).digits(), x_mm=50, y_mm=30, width_mm=103)
        self._put_bars(sheet, ProcessCode(request).digits(), x_mm=50, y_mm=270, width_mm=103)
        texts = [self._written(self._seen(self._text(), 0.4)) for _ in range(pages)]
        behind = [Scanned(Kind.BEHIND, text, None, request) for text in texts]
        return [Scanned(Kind.SHEET, self._written(self._seen(sheet, 0.8)), None, request), *behind]

    def _seen(self, master: Image, skew: float) -> Image:
        """Toner spread, not quite black; warm paper that lies askew; noise."""
        height, width = master.shape[:2]
        scale = self.dpi / 300
        ink = cv2.GaussianBlur(master, (0, 0), float(self.random.uniform(0.5, 0.8)) * scale + 0.2)
        turn = cv2.getRotationMatrix2D((width / 2, height / 2), skew, float(self.random.uniform(0.997, 1.003)))
        turn = np.hstack([turn[:, :2], turn[:, 2:] + self.random.uniform(-1.5, 1.5, (2, 1)) * self.dpi / 25.4])
        lying = cv2.warpAffine(ink, turn, (width, height), borderValue=(255, 255, 255))
        black = float(self.random.uniform(0.08, 0.18))
        paper = np.array([0.92, 0.95, 0.96]) * float(self.random.uniform(0.96, 1.03))
        ramp = (black + (1 - black) * np.arange(256)[:, None] / 255) * paper
        lit = cv2.LUT(lying, np.clip(ramp * 255, 0, 255).astype(np.uint8)[None])
        at = self.random.integers(0, 199, 2)
        noise = _noise(height + 200, width + 200)[at[0] : at[0] + height, at[1] : at[1] + width]
        return np.asarray(cv2.subtract(cv2.add(lit, cv2.merge([noise] * 3)), np.full_like(lit, 8)), np.uint8)

    def _written(self, seen: Image) -> bytes:
        """As scanners write a page: JPEG in colour or grey, or black and white as a fax."""
        shown = Picture.fromarray(np.ascontiguousarray(seen[:, :, ::-1]))
        if self.look is not Look.COLOUR:
            shown = shown.convert("L")
        if self.look is Look.BILEVEL:
            shown = shown.point(lambda value: 255 if value >= 140 else 0, "1")
        jpeg = {} if self.look is Look.BILEVEL else {"quality": int(self.random.integers(70, 88))}
        out = BytesIO()
        shown.save(out, "PDF", resolution=self.dpi, **jpeg)
        return out.getvalue()

    def _torn(self, master: Image, *, both: bool) -> Image:
        """The corner with the QR code is gone; with `both` the bars too."""
        torn, edge = master.copy(), round(3 * self.dpi / 25.4)
        found = zxingcpp.read_barcodes(master, formats=FORMATS)
        assert found, "a master page shows no code"
        for barcode in found:
            is_qr = barcode.format.symbology == zxingcpp.BarcodeFormat.QRCode
            if is_qr or both:
                place = barcode.position
                corners = [place.top_left, place.top_right, place.bottom_right, place.bottom_left]
                xs, ys = [corner.x for corner in corners], [corner.y for corner in corners]
                tall = 0 if is_qr else round(14 * self.dpi / 25.4)
                top, bottom = max(0, min(ys) - edge - tall), max(ys) + edge + tall
                torn[top:bottom, max(0, min(xs) - edge) : max(xs) + edge] = 255
        return torn

    def _empty(self) -> Image:
        """A4."""
        return np.full((round(297 * self.dpi / 25.4), round(210 * self.dpi / 25.4), 3), 255, np.uint8)

    def _text(self) -> Image:
        page, dot = self._empty(), self.dpi / 25.4
        for line in range(45, 250, 7):
            for word in range(25, 180, 12):
                x, y, w = (round(value * dot) for value in (word, line, float(self.random.uniform(3, 10))))
                cv2.rectangle(page, (x, y), (x + w, y + round(2.2 * dot)), (30, 30, 30), 2)
        return page

    def _with_foreign_bars(self, master: Image) -> Image:
        page = master.copy()
        address = f"https://parcel.example/{self.random.integers(10**9)}"
        self._put_picture(page, _barcode(address, zxingcpp.BarcodeFormat.QRCode), 92, 12, 22)
        self._put_bars(page, str(self.random.integers(10**13, 10**14)), x_mm=112, y_mm=280, width_mm=40)
        return page

    def _put_bars(self, page: Image, digits: str, *, x_mm: float, y_mm: float, width_mm: float) -> None:
        bars = _barcode(digits, zxingcpp.BarcodeFormat.Code128)[:1]
        self._put_picture(page, np.repeat(bars, 20, axis=0), x_mm, y_mm, width_mm, height_mm=10)

    def _put_picture(
        self, page: Image, picture: Image, x_mm: float, y_mm: float, width_mm: float, height_mm: float = 0
    ) -> None:
        dot = self.dpi / 25.4
        width, height = round(width_mm * dot), round((height_mm or width_mm) * dot)
        x, y = round(x_mm * dot), round(y_mm * dot)
        edge = round(2 * dot)
        page[y - edge : y + height + edge, x - edge : x + width + edge] = 255
        page[y : y + height, x : x + width] = cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA)[
            ..., None
        ]


@cache
def _noise(height: int, width: int) -> Image:
    random = np.random.default_rng(SEED)
    return np.clip(random.normal(8, 3, (height, width)), 0, 16).astype(np.uint8)


def _barcode(text: str, format_: zxingcpp.BarcodeFormat) -> Image:
    return np.array(zxingcpp.write_barcode_to_image(zxingcpp.create_barcode(text, format_), scale=4))


def batch(scanner: Scanner, parts: Sequence[tuple[Paper, Sequence[int]]]) -> list[Scanned]:
    """Pages of copies in any order with every fault, at the end a process sheet with three pages behind it.

    parts: of each copy the numbers of the pages that come; now and then one of them is missing all the same.
    """
    random, sheets = scanner.random, list[list[Scanned]]()
    for paper, numbers in parts:
        missing = int(random.choice(numbers)) if random.random() < 0.3 else 0
        for number in numbers:
            if number == missing:
                continue
            kind = WHOLE[int(random.choice(len(WHOLE), p=SHARES))]
            sheets.append([scanner.page(kind, paper, number)])
            if random.random() < 0.15:
                sheets[-1].append(scanner.blank())
    again, numbers = parts[int(random.integers(len(parts)))]
    came = [each[0].code.page for each in sheets if each[0].code and each[0].code.serial == again.copy.serial]
    if came:
        doubled = scanner.page(Kind.PLAIN, again, came[0])
        sheets.append([Scanned(Kind.DOUBLED, doubled.sheet, doubled.code)])
    sheets.append([scanner.page(Kind.UNREADABLE, again, int(random.choice(numbers)))])
    sheets.append([scanner.foreign()])
    random.shuffle(sheets)
    return [page for sheet in sheets for page in sheet] + scanner.section(again.copy.request_id, 3)


def written(pages: Sequence[Scanned]) -> bytes:
    """One PDF of all of them."""
    with pikepdf.new() as whole:
        for page in pages:
            with pikepdf.open(BytesIO(page.sheet)) as single:
                whole.pages.append(single.pages[0])
        out = BytesIO()
        whole.save(out)
    return out.getvalue()
