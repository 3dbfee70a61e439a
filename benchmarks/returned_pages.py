"""Seeded scans of really drawn copies, with every fault: what batches of returned paper are made of."""

from __future__ import annotations

from collections.abc import Sequence
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
from sqlalchemy import update

from printserver.cli.demo.contract import sample_contract
from printserver.cli.demo.paper import rasterise
from printserver.documents.intake import make_safe
from printserver.foundation.database import open_engines
from printserver.foundation.job_queue import RecordedJobs
from printserver.foundation.serials import PageCode
from printserver.foundation.unit_of_work import Database
from printserver.print_requests.models import Copy
from printserver.print_requests.process_code import ProcessCode
from printserver.print_requests.queries import CopyFacts
from printserver.rendering.layout import plan_layout
from printserver.rendering.marks import CopyMarks
from printserver.rendering.overlay import put_codes, render_copy
from printserver.returns.matching import Image
from tests.databases import FakeClock, create_every_table
from tests.paper_books import Books, make_issuer, open_books

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


@dataclass(frozen=True, eq=False)
class Paper:
    """One printed copy.   masters: its pages without paper and scanner, blue-green-red."""

    copy: CopyFacts
    masters: tuple[Image, ...]


@dataclass(frozen=True, eq=False)
class Scanned:
    """A page as the scanner saw it, and what it is.   request: of a sheet and of what lies behind it."""

    kind: Kind
    image: Image
    code: PageCode | None = None
    request: UUID | None = None


@dataclass(frozen=True)
class Office:
    """A branch with an empty database, a store and keys."""

    books: Books
    folder: Path

    def print_copies(self, count: int, pages: int, dpi: int) -> list[Paper]:
        """Draw, sign and book `count` copies of one request with so many pages of the sample contract."""
        copies = self.books.copies(count, pages=pages)
        return [Paper(copy, self._printed(copy, dpi)) for copy in copies]

    def _printed(self, copy: CopyFacts, dpi: int) -> tuple[Image, ...]:
        safe = _document(copy.pages)
        layout = plan_layout(safe)
        rendition = render_copy(safe, layout, CopyMarks(copy.serial, copy.number, copy.copies, ()))
        issued = put_codes(rendition, layout, [self.books.text(copy, page) for page in range(1, copy.pages + 1)])
        digest = self.books.objects.put(issued, self.books.organisation_id)
        with self.books.database.work() as work:
            work.session.execute(update(Copy).where(Copy.id == copy.id).values(issued_sha256=digest))
        path = self.folder / f"{copy.id}.pdf"
        path.write_bytes(issued)
        masters = tuple(rasterise(path, page, dpi) for page in range(1, copy.pages + 1))
        path.unlink()
        return masters


@cache
def _document(pages: int) -> bytes:
    with pikepdf.open(BytesIO(sample_contract())) as pdf:
        del pdf.pages[pages:]
        out = BytesIO()
        pdf.save(out)
    return make_safe(out.getvalue()).pdf


def open_office(folder: Path) -> Office:
    """folder: empty."""
    url = f"sqlite:///{folder / 'books.sqlite'}"
    create_every_table(url)
    database = Database(open_engines(url), RecordedJobs(), FakeClock())
    return Office(open_books(database, make_issuer(), folder), folder)


class Scanner:
    """Prints and scans by simulation, seeded.   dpi: of masters and scans."""

    def __init__(self, seed: int, dpi: int, look: Look) -> None:
        self.random = np.random.default_rng([SEED, seed, dpi, list(Look).index(look)])
        self.dpi, self.look = dpi, look

    def page(self, kind: Kind, paper: Paper, number: int) -> Scanned:
        """Page `number` (1-based) of the copy."""
        master = paper.masters[number - 1]
        if kind in (Kind.BARS_ONLY, Kind.UNREADABLE):
            master = self._torn(master, both=kind is Kind.UNREADABLE)
        if kind is Kind.FOREIGN_BARS:
            master = self._with_foreign_bars(master)
        skew = float(self.random.uniform(3, 6) if kind is Kind.SKEWED else self.random.uniform(-1.2, 1.2))
        seen = self.seen(master, skew * (1 if self.random.random() < 0.5 else -1))
        turns = {Kind.UPSIDE_DOWN: 2, Kind.SIDEWAYS: int(self.random.choice([1, 3]))}.get(kind, 0)
        code = None if kind is Kind.UNREADABLE else PageCode(paper.copy.serial, number)
        return Scanned(kind, np.ascontiguousarray(np.rot90(seen, turns)), code)

    def blank(self, shape: tuple[int, ...]) -> Scanned:
        return Scanned(Kind.BLANK, self.seen(np.full(shape, 255, np.uint8), 0.5))

    def foreign(self, shape: tuple[int, ...]) -> Scanned:
        """A page of somebody else: lines, an address in a QR code, a parcel's number in Code 128."""
        return Scanned(Kind.FOREIGN, self.seen(self._with_foreign_bars(self._text(shape)), 0.5))

    def section(self, request: UUID, shape: tuple[int, ...], pages: int) -> list[Scanned]:
        """A process sheet and the uncoded pages behind it."""
        sheet = self._text(shape)
        self._put_bars(sheet, ProcessCode(request).digits(), x_mm=50, y_mm=30, width_mm=103)
        self._put_bars(sheet, ProcessCode(request).digits(), x_mm=50, y_mm=270, width_mm=103)
        behind = [Scanned(Kind.BEHIND, self.seen(self._text(shape), 0.4), request=request) for _ in range(pages)]
        return [Scanned(Kind.SHEET, self.seen(sheet, 0.8), request=request), *behind]

    def seen(self, master: Image, skew: float) -> Image:
        """Toner spread, not quite black; warm paper that lies askew; noise; JPEG or 1-bit."""
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
        noisy = np.asarray(cv2.subtract(cv2.add(lit, cv2.merge([noise] * 3)), np.full_like(lit, 8)), np.uint8)
        if self.look is Look.COLOUR:
            return _as_jpeg(noisy, int(self.random.integers(70, 88)))
        grey = cv2.cvtColor(noisy, cv2.COLOR_BGR2GRAY)
        if self.look is Look.GREY:
            return cv2.cvtColor(_as_jpeg(np.asarray(grey, np.uint8), 75), cv2.COLOR_GRAY2BGR).astype(np.uint8)
        return np.asarray(np.where(cv2.cvtColor(grey, cv2.COLOR_GRAY2BGR) < 140, 0, 255), np.uint8)

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

    def _text(self, shape: tuple[int, ...]) -> Image:
        page, dot = np.full(shape, 255, np.uint8), self.dpi / 25.4
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


def _as_jpeg(picture: Image, quality: int) -> Image:
    encoded = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
    return np.asarray(cv2.imdecode(encoded, cv2.IMREAD_UNCHANGED), np.uint8)


def batch(scanner: Scanner, papers: Sequence[Paper]) -> list[Scanned]:
    """The copies' pages in any order with every fault, at the end a process sheet with three pages behind it."""
    random, sheets = scanner.random, list[list[Scanned]]()
    for paper in papers:
        missing = int(random.integers(1, paper.copy.pages + 1)) if random.random() < 0.3 else 0
        for number in range(1, paper.copy.pages + 1):
            if number == missing:
                continue
            kind = WHOLE[int(random.choice(len(WHOLE), p=SHARES))]
            sheets.append([scanner.page(kind, paper, number)])
            if random.random() < 0.15:
                sheets[-1].append(scanner.blank(paper.masters[0].shape))
    again = papers[int(random.integers(len(papers)))]
    shape = again.masters[0].shape
    number = next(each[0].code.page for each in sheets if each[0].code and each[0].code.serial == again.copy.serial)
    doubled = scanner.page(Kind.PLAIN, again, number)
    sheets.append([Scanned(Kind.DOUBLED, doubled.image, doubled.code)])
    sheets.append([scanner.page(Kind.UNREADABLE, again, int(random.integers(1, again.copy.pages + 1)))])
    sheets.append([scanner.foreign(shape)])
    random.shuffle(sheets)
    return [page for sheet in sheets for page in sheet] + scanner.section(again.copy.request_id, shape, 3)
