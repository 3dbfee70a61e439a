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
from io import BytesIO
from pathlib import Path
from typing import Final
from uuid import UUID

import cv2
import pikepdf
import zxingcpp
from sqlalchemy import select

from benchmarks.returned_pages import FORMATS, SHARES, WHOLE, Kind, Look, Office, Scanned, Scanner, batch, open_office
from benchmarks.scan_reading import _processor_seconds as processor_seconds
from printserver.cli.demo.paper import append_jpeg_page
from printserver.organisations.permissions import Role
from printserver.print_requests.queries import CopyFacts
from printserver.returns.comparing import IssuedPages, NotCompared
from printserver.returns.matching import Image, find_codes
from printserver.returns.models import ReturnPage
from printserver.returns.pipeline import ReturnTools, process_return
from printserver.returns.reading import read_codes
from printserver.returns.service import hand_in
from printserver.returns.states import KEPT, PageState, Reason
from tests.paper_books import ISSUED_AT

_TIMES: Final = 5
"""How often each printed page is scanned, each time another way."""


class Ended(StrEnum):
    """What became of a page."""

    RIGHT = "right"
    WRONG = "wrong"
    WAITS = "waits"


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


def read_pages(office: Office, dpi: int, look: Look, pages: int) -> Tally:
    """Codes read and judged, page after page, without the books: at least `pages` pages with a whole code."""
    tally, key_list, seed = Tally(), office.books.issuer.key_list(), 0
    while tally.of(WHOLE) < pages:
        (paper,) = office.print_copies(1, 10, dpi)
        scanner, seed = Scanner(seed, dpi, look), seed + 1
        for _ in range(_TIMES):
            for number in range(1, paper.copy.pages + 1):
                kind = WHOLE[int(scanner.random.choice(len(WHOLE), p=SHARES))]
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
        return sum(bool(zxingcpp.read_barcodes(page, formats=FORMATS)) for page in grey)

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
