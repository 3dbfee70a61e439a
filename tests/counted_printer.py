"""A printer of the books of `tests.paper_books` whose counter is read: copies go to it at chosen moments."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import select, update

from printserver.approvals.models import Authorisation
from printserver.foundation.ids import new_id
from printserver.print_requests.models import Copy, PrintRequest
from printserver.print_requests.queries import CopyFacts
from printserver.print_requests.sides import Sides
from printserver.print_requests.states import CopyState
from printserver.printing.models import CounterReading, Printer, PrinterStatus
from tests.databases import FakeClock, clock_of
from tests.paper_books import Books

NOON: Final = datetime.fromisoformat("2026-11-22T12:00:00+08:00")
MINUTE: Final = timedelta(minutes=1)
HOUR: Final = timedelta(hours=1)
DAY: Final = timedelta(days=1)


@dataclass(frozen=True)
class CountedPrinter:
    books: Books

    @property
    def clock(self) -> FakeClock:
        return clock_of(self.books.database)

    def sent(
        self,
        at: datetime,
        *,
        pages: int = 1,
        state: CopyState = CopyState.PRINTED,
        sides: Sides = Sides.ONE_SIDED,
        authorised: bool = True,
        reported: int | None = None,
    ) -> CopyFacts:
        """A copy that was at the printer for a minute, or still is."""
        copy = self.books.copy(pages=pages, state=state)
        over = None if state is CopyState.SENT else at + MINUTE
        printed = over if state in (CopyState.PRINTED, CopyState.VOID) else None
        moments = {"released_at": at, "sent_at": at, "printed_at": printed, "settled_at": None if printed else over}
        with self.books.database.work() as work:
            work.session.execute(
                update(Copy).where(Copy.id == copy.id).values(**moments, impressions_reported=reported)
            )
            work.session.execute(
                update(PrintRequest).where(PrintRequest.id == copy.request_id).values(sides=str(sides))
            )
            if authorised:
                work.session.add(_authorisation(copy, at))
        return copy

    def read(
        self, at: datetime, impressions: int, sheets: int | None = None, *, printer_id: UUID | None = None
    ) -> None:
        printer = printer_id or self.books.printer
        with self.books.database.work() as work:
            work.session.add(
                CounterReading(
                    id=new_id(), printer_id=printer, taken_at=at, impressions=impressions, sheets=sheets, source="ipp"
                )
            )

    def says(self, at: datetime, impressions: int, sheets: int | None = None) -> None:
        """What it answered when it was asked last."""
        with self.books.database.work() as work:
            work.session.execute(update(Printer).where(Printer.id == self.books.printer).values(counter="ipp"))
            work.session.merge(
                PrinterStatus(
                    printer_id=self.books.printer, state="idle", reasons=[], supplies=[], problem="",
                    impressions=impressions, sheets=sheets, asked_at=at, answered_at=at,
                )
            )  # fmt: skip

    def printed(self, copy: CopyFacts, at: datetime) -> None:
        with self.books.database.work() as work:
            row = work.session.scalars(select(Copy).where(Copy.id == copy.id)).one()
            work.session.execute(update(Copy).where(Copy.id == row.id).values(state=CopyState.PRINTED, printed_at=at))


def _authorisation(copy: CopyFacts, at: datetime) -> Authorisation:
    return Authorisation(
        id=new_id(),
        request_id=copy.request_id,
        organisation_id=copy.organisation_id,
        copy_id=copy.id,
        manifest_sha256="e" * 64,
        content_sha256="f" * 64,
        created_at=at,
        expires_at=at + DAY,
        redeemed_at=at,
    )
