"""How many pages of returned batches find their copy, none of them a wrong one, and where the others end.

Copies are drawn by the product itself, codes and marks against copying on them, as the emulated printer receives them;
paper and scanner are simulated, seeded: rates of a simulation, not of a printer. Faults: any order, upside-down,
sideways, skewed, blank backs, doubled and missing pages, foreign barcodes, a torn-off code, pages without any.

`python -m benchmarks.returns_batches --pages 3000` reads so many pages at 300 dpi and a third of that at 200 and 150,
and takes whole batches through handing in, reading, comparing and filing. `make bench` runs a few.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
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
from sqlalchemy import select, update

from benchmarks.scan_reading import _processor_seconds as processor_seconds
from printserver.cli.demo.contract import sample_contract
from printserver.cli.demo.paper import append_jpeg_page, rasterise
from printserver.documents.intake import make_safe
from printserver.foundation.database import open_engines
from printserver.foundation.job_queue import RecordedJobs
from printserver.foundation.serials import PageCode
from printserver.foundation.unit_of_work import Database
from printserver.organisations.permissions import Role
from printserver.print_requests.models import Copy
from printserver.print_requests.process_code import ProcessCode
from printserver.print_requests.queries import CopyFacts
from printserver.rendering.layout import plan_layout
from printserver.rendering.marks import CopyMarks
from printserver.rendering.overlay import put_codes, render_copy
from printserver.returns.comparing import IssuedPages, NotCompared
from printserver.returns.matching import Image, find_codes
from printserver.returns.models import ReturnPage
from printserver.returns.pipeline import ReturnTools, process_return
from printserver.returns.reading import read_codes
from printserver.returns.service import hand_in
from printserver.returns.states import KEPT, PageState, Reason
from tests.databases import FakeClock, create_every_table
from tests.paper_books import ISSUED_AT, Books, make_issuer, open_books

SEED: Final = 20261123
_TIMES: Final = 5
"""How often each printed page is scanned, each time another way."""
_FORMATS: Final = [zxingcpp.BarcodeFormat.QRCode, zxingcpp.BarcodeFormat.Code128]

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
_SHARES: Final = (0.5, 0.12, 0.1, 0.12, 0.08, 0.08)


class Ended(StrEnum):
    """What became of a page."""

    RIGHT = "right"
    WRONG = "wrong"
    WAITS = "waits"


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


@dataclass
class Tally:
    """Pages by kind and end, and the reasons of those that wait."""

    ends: Counter[tuple[Kind, Ended]] = field(default_factory=Counter)
    reasons: Counter[tuple[Kind, str]] = field(default_factory=Counter)

    def add(self, kind: Kind, ended: Ended, reason: str = "") -> None:
        self.ends[kind, ended] += 1
        if ended is Ended.WAITS:
            self.reasons[kind, reason or "WITHOUT A REASON"] += 1

    def count(self, ended: Ended, kinds: Sequence[Kind] = tuple(Kind)) -> int:
        return sum(self.ends[kind, ended] for kind in kinds)

    def of(self, kinds: Sequence[Kind]) -> int:
        return sum(self.count(ended, kinds) for ended in Ended)

    def lines(self) -> Iterator[str]:
        for kind in Kind:
            if self.of([kind]):
                reasons = ", ".join(f"{why} {n}" for (of, why), n in sorted(self.reasons.items()) if of is kind)
                ends = "  ".join(f"{ended} {self.ends[kind, ended]:>5}" for ended in Ended)
                yield f"  {kind:<34}{ends}  {reasons}"


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
        found = zxingcpp.read_barcodes(master, formats=_FORMATS)
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
            kind = WHOLE[int(random.choice(len(WHOLE), p=_SHARES))]
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


def read_pages(office: Office, dpi: int, look: Look, pages: int) -> Tally:
    """Codes read and judged, page after page, without the books: at least `pages` pages with a whole code."""
    tally, key_list, seed = Tally(), office.books.issuer.key_list(), 0
    while tally.of(WHOLE) < pages:
        (paper,) = office.print_copies(1, 10, dpi)
        scanner, seed = Scanner(seed, dpi, look), seed + 1
        for _ in range(_TIMES):
            for number in range(1, paper.copy.pages + 1):
                kind = WHOLE[int(scanner.random.choice(len(WHOLE), p=_SHARES))]
                _read(tally, scanner.page(kind, paper, number), key_list, dpi)
        _read(tally, scanner.page(Kind.UNREADABLE, paper, 1), key_list, dpi)
        _read(tally, scanner.blank(paper.masters[0].shape), key_list, dpi)
        _read(tally, scanner.foreign(paper.masters[0].shape), key_list, dpi)
        sys.stderr.write(f"{tally.of(WHOLE)} pages, {tally.count(Ended.RIGHT, WHOLE)} right\n")
    return tally


def _read(tally: Tally, page: Scanned, key_list: object, dpi: int) -> None:
    codes = find_codes(page.image, dpi)
    if codes.blank:
        tally.add(page.kind, Ended.RIGHT if page.kind is Kind.BLANK else Ended.WRONG)
        return
    reading = read_codes(codes, key_list, ISSUED_AT)  # type: ignore[arg-type]  # the books' own
    if reading.code is None:
        tally.add(page.kind, Ended.WAITS, reading.reason or "")
    else:
        tally.add(page.kind, Ended.RIGHT if reading.code == page.code else Ended.WRONG)


def return_batch(
    office: Office, pages: Sequence[Scanned], dpi: int, issued: type[IssuedPages] = IssuedPages
) -> tuple[UUID, Tally]:
    """Hand the pages in as one file and have them read as the worker does.   issued: compares, or does not."""
    with pikepdf.new() as pdf:
        for page in pages:
            append_jpeg_page(pdf, page.image, dpi, jpeg_quality=90)
        out = BytesIO()
        pdf.save(out)
    books = office.books
    return_id = hand_in(books.database, books.objects, books.actor(Role.CLERK), filename="b.pdf", data=out.getvalue())
    process_return(ReturnTools(books.database, books.objects, books.issuer.key_list, issued), return_id)
    tally = Tally()
    with books.database.reading() as work:
        rows = work.session.scalars(
            select(ReturnPage).where(ReturnPage.return_id == return_id).order_by(ReturnPage.position)
        )
        for page, row in zip(pages, rows, strict=True):
            tally.add(page.kind, _ended(page, row, issued), row.reason)
    return return_id, tally


def _ended(page: Scanned, row: ReturnPage, issued: type[IssuedPages]) -> Ended:
    """Where nothing is compared, a page whose code is believed waits for that alone, and is right."""
    state = PageState(row.state)
    said = (row.findings.get("serial"), row.findings.get("page"))
    is_it = page.code is not None and said == (str(page.code.serial), page.code.page)
    if issued is not IssuedPages and row.reason == Reason.NOT_COMPARED:
        return Ended.RIGHT if is_it else Ended.WRONG
    if state is PageState.DOUBTFUL:
        return Ended.WAITS
    if state in KEPT:
        return Ended.RIGHT if is_it else Ended.WRONG
    if state is PageState.BLANK:
        return Ended.RIGHT if page.kind is Kind.BLANK else Ended.WRONG
    expected = {PageState.SHEET: Kind.SHEET, PageState.ATTACHED: Kind.BEHIND}.get(state)
    return Ended.RIGHT if page.kind is expected and row.request_id == page.request else Ended.WRONG


def return_batches(office: Office, dpi: int, look: Look, batches: int) -> Tally:
    """Whole batches of two copies, compared and filed."""
    whole = Tally()
    for seed in range(batches):
        scanner = Scanner(1000 + seed, dpi, look)
        _, tally = return_batch(office, batch(scanner, office.print_copies(2, 8, dpi)), dpi)
        whole.ends += tally.ends
        whole.reasons += tally.reasons
    return whole


def measure(pages: int = 30) -> Iterator[dict[str, object]]:
    """Rows {"name", "value", "limit", "ratio", "unit"}: whole codes read, in per cent, and the cost of intake."""
    with tempfile.TemporaryDirectory(prefix="psr-") as folder:
        office = open_office(Path(folder))
        for dpi, least in ((300, 99.9), (200, 99.0)):
            tally = read_pages(office, dpi, Look.COLOUR, pages)
            assert not tally.count(Ended.WRONG), "a page was taken for another"
            value = 100 * tally.count(Ended.RIGHT, WHOLE) / tally.of(WHOLE)
            yield _row(f"returned codes read, {dpi} dpi ({tally.of(WHOLE)})", value, least, "% of pages")
        yield _intake_row(office)


def _row(name: str, value: float, limit: float, unit: str) -> dict[str, object]:
    return {"name": name, "value": value, "limit": limit, "ratio": value / limit, "unit": unit}


def _intake_row(office: Office) -> dict[str, object]:
    """Pages a processor second from handing in to the recorded fate, without the comparison, beside bare zxing-cpp."""
    pages = batch(Scanner(7, 300, Look.COLOUR), office.print_copies(2, 5, 300))
    pictures = [cv2.imencode(".jpg", page.image, [cv2.IMWRITE_JPEG_QUALITY, 90])[1] for page in pages]

    def bare() -> int:
        grey = (cv2.imdecode(picture, cv2.IMREAD_GRAYSCALE) for picture in pictures)
        return sum(bool(zxingcpp.read_barcodes(page, formats=_FORMATS)) for page in grey)

    def ours() -> int:
        return return_batch(office, pages, 300, Uncompared)[1].count(Ended.RIGHT)

    rates = [len(pages) / processor_seconds(work) for work in (ours, bare)]
    return _row("intake: handed in to recorded, beside bare zxing-cpp", rates[0], rates[1], "pages per CPU second")


class Uncompared(IssuedPages):
    """Compares nothing, so that reading alone is measured."""

    def compare(self, copy: CopyFacts, page: int, scan: Image, dpi: float):  # type: ignore[no-untyped-def]  # never returns
        raise NotCompared("not asked for")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pages", type=int, default=3_000, help="with a whole code, at 300 dpi")
    parser.add_argument("--batches", type=int, default=6, help="whole ones, for each resolution and look")
    parser.add_argument("--dpi", type=int, nargs="*", default=[300, 200, 150])
    asked = parser.parse_args()
    wrong = short = 0
    cv2.setNumThreads(1)
    with tempfile.TemporaryDirectory(prefix="psr-") as folder:
        office = open_office(Path(folder))
        for dpi in asked.dpi:
            share, least = {300: (1, 99.9), 200: (3, 99.0)}.get(dpi, (3, 0.0))
            for look, part in ((Look.COLOUR, 1), (Look.GREY, 5), (Look.BILEVEL, 5)):
                tally = read_pages(office, dpi, look, asked.pages // share // part)
                rate = 100 * tally.count(Ended.RIGHT, WHOLE) / tally.of(WHOLE)
                short += rate < least and look is Look.COLOUR
                wrong += tally.count(Ended.WRONG)
                _say(f"codes read, {dpi} dpi, {look}: {rate:.2f} % of {tally.of(WHOLE)} whole ones", tally)
        for dpi in asked.dpi:
            for look in Look:
                tally = return_batches(office, dpi, look, asked.batches)
                wrong += tally.count(Ended.WRONG)
                _say(f"batches filed, {dpi} dpi, {look}: {tally.of(tuple(Kind))} pages", tally)
    sys.exit(1 if wrong or short else 0)


def _say(title: str, tally: Tally) -> None:
    sys.stdout.write("\n".join([title, *tally.lines()]) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
