"""How many pages of returned batches find their copy, none of them a wrong one, and where the others end.

The copies were really printed (`benchmarks.printed_copies`); paper and scanner are simulated, seeded: rates of a
simulation, not of a scanner. Faults: any order, upside-down, sideways, skewed, blank backs, doubled and missing pages,
foreign barcodes, a torn-off code, pages without any, a process sheet with pages behind it; each copy comes in two
batches. Every batch goes the whole way from handing in to the recorded fate of each page; `--compare` has the pages
compared, kept and archived as well, else a page whose code is believed is right.

`python -m benchmarks.returns_batches --pages 3000 --dpi 300 --mode colour` writes a line for each page and each batch
to `--out`; batches that the file holds already are not read again. It exits with 1 when a page was taken for another,
waits without a reason, or too few whole codes were read.
"""

from __future__ import annotations

import argparse
import json
import resource
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from io import BytesIO
from pathlib import Path
from typing import Any, Final, NoReturn
from uuid import UUID

import cv2
import numpy as np
import pikepdf
import zxingcpp
from sqlalchemy import func, select

from benchmarks.printed_copies import PrintedOffice, printed_office
from benchmarks.returned_pages import FORMATS, SEED, WHOLE, Desk, Kind, Look, Paper, Scanned, Scanner, batch, written
from benchmarks.scan_reading import _processor_seconds as processor_seconds
from printserver.archive.models import ArchiveRecord
from printserver.returns.comparing import IssuedPages, NotCompared
from printserver.returns.matching import Image
from printserver.returns.models import ReturnPage
from printserver.returns.pipeline import ReturnTools, process_return
from printserver.returns.service import hand_in
from printserver.returns.states import KEPT, PageState, Reason

OUT: Final = Path(__file__).parent.parent / "var" / "returned-batches"
LEAST: Final = {(300, Look.COLOUR): 99.9, (200, Look.COLOUR): 99.0}
"""Per cent of the whole codes that have to be read."""


class Ended(StrEnum):
    """What became of a page."""

    RIGHT = "right"
    WRONG = "wrong"
    WAITS = "waits"


@dataclass
class Tally:
    """Pages by kind and end, the reasons of those that wait, and what the comparison said."""

    ends: Counter[tuple[Kind, Ended]] = field(default_factory=Counter)
    reasons: Counter[tuple[Kind, str]] = field(default_factory=Counter)
    verdicts: Counter[tuple[Kind, str]] = field(default_factory=Counter)

    def add(self, line: Any) -> None:
        """line: of a page."""
        kind, ended = Kind(line["kind"]), Ended(line["ended"])
        self.ends[kind, ended] += 1
        if ended is Ended.WAITS:
            self.reasons[kind, line["reason"]] += 1
        if line["verdict"]:
            self.verdicts[kind, line["verdict"]] += 1

    def count(self, ended: Ended, kinds: Sequence[Kind] = tuple(Kind)) -> int:
        return sum(self.ends[kind, ended] for kind in kinds)

    def of(self, kinds: Sequence[Kind] = tuple(Kind)) -> int:
        return sum(self.count(ended, kinds) for ended in Ended)

    @property
    def read_share(self) -> float:
        """Per cent of the pages with a whole code."""
        return 100 * self.count(Ended.RIGHT, WHOLE) / self.of(WHOLE)

    def lines(self) -> Iterator[str]:
        for kind in Kind:
            if self.of([kind]):
                ends = "  ".join(f"{ended} {self.ends[kind, ended]:>5}" for ended in Ended)
                yield f"  {kind:<34}{ends}  {_listed(kind, self.reasons)}  {_listed(kind, self.verdicts)}".rstrip()


def _listed(kind: Kind, counted: Counter[tuple[Kind, str]]) -> str:
    return ", ".join(f"{why or 'WITHOUT A REASON'} {n}" for (of, why), n in sorted(counted.items()) if of is kind)


class Uncompared(IssuedPages):
    """Compares nothing, so that reading alone is measured."""

    def compare(self, *given: object) -> NoReturn:
        raise NotCompared("not asked for")


def return_batch(
    desk: Desk, pages: Sequence[Scanned], issued: type[IssuedPages] = IssuedPages
) -> tuple[UUID, list[dict[str, Any]]]:
    """Hand the pages in as one file and have them read as the worker does; a line of each page.

    issued: compares, or does not.
    """
    return_id = hand_in(desk.database, desk.objects, desk.clerk, filename="batch.pdf", data=written(pages))
    process_return(ReturnTools(desk.database, desk.objects, desk.load_key_list, issued), return_id)
    with desk.database.reading() as work:
        rows = work.session.scalars(
            select(ReturnPage).where(ReturnPage.return_id == return_id).order_by(ReturnPage.position)
        )
        return return_id, [_line(page, row, issued) for page, row in zip(pages, rows, strict=True)]


def _line(page: Scanned, row: ReturnPage, issued: type[IssuedPages]) -> dict[str, Any]:
    said = {"position": row.position, "state": row.state, "reason": row.reason, "verdict": row.verdict}
    return {"kind": page.kind, "ended": _ended(page, row, issued), **said, "rung": row.findings.get("rung", "")}


def _ended(page: Scanned, row: ReturnPage, issued: type[IssuedPages]) -> Ended:
    """Where nothing is compared, a page whose code is believed waits for that alone, and is right."""
    state = PageState(row.state)
    said = (row.findings.get("serial"), row.findings.get("page"))
    is_it = page.code is not None and said == (str(page.code.serial), page.code.page)
    if issued is not IssuedPages and row.reason == Reason.NOT_COMPARED:
        return Ended.RIGHT if is_it else Ended.WRONG
    if state is PageState.DOUBTFUL:
        return Ended.WAITS if row.copy_id is None or is_it else Ended.WRONG
    if state in KEPT:
        return Ended.RIGHT if is_it else Ended.WRONG
    if state is PageState.BLANK:
        return Ended.RIGHT if page.kind is Kind.BLANK else Ended.WRONG
    expected = {PageState.SHEET: Kind.SHEET, PageState.ATTACHED: Kind.BEHIND}.get(state)
    return Ended.RIGHT if page.kind is expected and row.request_id == page.request else Ended.WRONG


def parts_of_batch(papers: Sequence[Paper], number: int) -> list[tuple[Paper, Sequence[int]]]:
    """The first pages of a copy together with the last ones of the copy before, which came in the batch before."""
    here, before = number % len(papers), (number - 1) % len(papers)
    first = range(1, _cut(papers[here], here) + 1)
    rest = range(_cut(papers[before], before) + 1, papers[before].copy.pages + 1)
    return [(papers[here], first), (papers[before], rest)]


def _cut(paper: Paper, place: int) -> int:
    return int(np.random.default_rng([SEED, place]).integers(paper.copy.pages // 2, paper.copy.pages))


def read_batch(
    office: PrintedOffice, number: int, dpi: int, look: Look, issued: type[IssuedPages]
) -> list[dict[str, Any]]:
    """A line of each page, and at last one of the batch."""
    made, begun = batch(Scanner(number, dpi, look), parts_of_batch(office.papers, number)), time.monotonic()
    lines: list[dict[str, Any]] = []
    cpu = processor_seconds(lambda: lines.extend(return_batch(office.desk, made, issued)[1]))
    spent = {"cpu_seconds": round(cpu, 2), "seconds": round(time.monotonic() - begun, 2), "peak_mib": _peak_mib()}
    return [{"batch": number, **line} for line in lines] + [{"read": number, "pages": len(made), **spent}]


def _peak_mib() -> int:
    used = (resource.getrusage(whose).ru_maxrss for whose in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(used) // 1024


def measure(pages: int = 10) -> Iterator[dict[str, object]]:
    """Rows {"name", "value", "limit", "ratio", "unit"}: whole codes read, in per cent, and the cost of intake.

    pages: of each of the two copies.
    """
    with printed_office(2, pages) as office:
        for dpi in (300, 200):
            tally = Tally()
            for line in (
                line for number in range(2) for line in read_batch(office, number, dpi, Look.COLOUR, Uncompared)
            ):
                if "kind" in line:
                    tally.add(line)
            assert not tally.count(Ended.WRONG), "a page was taken for another"
            name = f"returned codes read, {dpi} dpi ({tally.of(WHOLE)})"
            yield _row(name, tally.read_share, LEAST[dpi, Look.COLOUR], "% of pages")
        yield _intake_row(office)


def _row(name: str, value: float, limit: float, unit: str) -> dict[str, object]:
    return {"name": name, "value": value, "limit": limit, "ratio": value / limit, "unit": unit}


def _intake_row(office: PrintedOffice) -> dict[str, object]:
    """Pages a processor second from handing in to the recorded fate, without the comparison, beside bare zxing-cpp."""
    pages = batch(Scanner(7, 300, Look.COLOUR), [(paper, range(1, 6)) for paper in office.papers])
    pictures = [_jpeg(page) for page in pages]

    def bare() -> int:
        grey = (cv2.imdecode(picture, cv2.IMREAD_GRAYSCALE) for picture in pictures)
        return sum(bool(zxingcpp.read_barcodes(page, formats=FORMATS)) for page in grey)

    def ours() -> int:
        return len(return_batch(office.desk, pages, Uncompared)[1])

    rates = [len(pages) / processor_seconds(work) for work in (ours, bare)]
    return _row("intake: handed in to recorded, beside bare zxing-cpp", rates[0], rates[1], "pages per CPU second")


def _jpeg(page: Scanned) -> Image:
    with pikepdf.open(BytesIO(page.sheet)) as pdf:
        (picture,) = pdf.pages[0].images.values()
        return np.frombuffer(picture.read_raw_bytes(), np.uint8)


def main() -> None:
    asked = _asked()
    out = asked.out or OUT / f"{asked.dpi}-{asked.mode}{'-compared' if asked.compare else ''}.jsonl"
    out.parent.mkdir(parents=True, exist_ok=True)
    cv2.setNumThreads(1)
    copies = -(-asked.pages // (asked.length * (1 if asked.compare else 2)))
    if not _enough(out, asked.pages, copies, asked.compare):
        with printed_office(max(copies, 2), asked.length) as office:
            _say(f"{len(office.papers)} copies of {asked.length} pages were printed")
            _read_all(office, out, asked)
            if asked.compare:
                _say(f"{_archived(office)} of {len(office.papers)} copies are whole and archived")
    sys.exit(_summary(out, asked.dpi, asked.mode, compared=asked.compare))


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pages", type=int, default=3_000, help="with a whole code, at least")
    parser.add_argument("--dpi", type=int, default=300)
    parser.add_argument("--mode", type=Look, choices=list(Look), default=Look.COLOUR)
    parser.add_argument("--compare", action="store_true", help="pages are compared, kept and archived as well")
    parser.add_argument("--length", type=int, default=75, help="pages of a copy")
    parser.add_argument("--out", type=Path, help=f"JSON lines; below {OUT.name}/ in var/ when not given")
    return parser.parse_args()


def _enough(out: Path, pages: int, copies: int, compare: bool) -> bool:
    """Compared batches come once for each copy; else as many as hold so many pages with a whole code."""
    read, tally = _known(out)
    return len(read) >= max(copies, 2) if compare else tally.of(WHOLE) >= pages


def _read_all(office: PrintedOffice, out: Path, asked: argparse.Namespace) -> None:
    issued = IssuedPages if asked.compare else Uncompared
    number = 0
    while not _enough(out, asked.pages, len(office.papers), asked.compare):
        if number not in {line["read"] for line in _known(out)[0]}:
            lines = read_batch(office, number, asked.dpi, asked.mode, issued)
            with out.open("a", encoding="utf-8") as file:
                file.write("".join(json.dumps(line) + "\n" for line in lines))
            tally = _known(out)[1]
            right, wrong = tally.count(Ended.RIGHT), tally.count(Ended.WRONG)
            _say(f"batch {number}: {tally.of()} pages so far, {right} right, {wrong} wrong; {lines[-1]}")
        number += 1


def _known(out: Path) -> tuple[list[Any], Tally]:
    """The batches that are in the file, and their pages."""
    lines = [json.loads(line) for line in out.read_text("utf-8").splitlines()] if out.exists() else []
    tally = Tally()
    for line in lines:
        if "kind" in line:
            tally.add(line)
    return [line for line in lines if "read" in line], tally


def _archived(office: PrintedOffice) -> int:
    with office.desk.database.reading() as work:
        return work.session.scalar(select(func.count()).select_from(ArchiveRecord)) or 0


def _summary(out: Path, dpi: int, look: Look, *, compared: bool) -> int:
    """Printed; 1 when something is not as it has to be."""
    read, tally = _known(out)
    least = 0.0 if compared else LEAST.get((dpi, look), 0.0)
    cpu, seconds = (sum(line[each] for line in read) for each in ("cpu_seconds", "seconds"))
    wrong, mute = tally.count(Ended.WRONG), sum(n for (_, why), n in tally.reasons.items() if not why)
    _say(f"{dpi} dpi, {look}{', compared' if compared else ''}: {tally.of()} pages in {len(read)} batches; {out}")
    _say("\n".join(tally.lines()))
    _say(f"whole codes: {tally.count(Ended.RIGHT, WHOLE)} of {tally.of(WHOLE)} right, {tally.read_share:.3f} %")
    _say(f"wrongly matched: {wrong}   waiting without a reason: {mute}   limit: {least} %")
    _say(f"{tally.of() / cpu:.2f} pages a processor second, {tally.of() / seconds:.2f} pages a second")
    _say(f"at most {max(line['peak_mib'] for line in read)} MiB of memory")
    return int(bool(wrong or mute or tally.read_share < least))


def _say(words: str) -> None:
    sys.stdout.write(f"{words}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
