"""The printers' own counters against the books, by printer and day, and the alarms about differences."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Annotated, Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import Query
from fastapi.responses import Response
from pydantic import Field

from printserver.api.v1.common import Before, Limit, Page, View, api_router, attachment, page_of
from printserver.foundation.unit_of_work import Work
from printserver.http_edge.declarations import requires
from printserver.http_edge.work import CurrentActor, CurrentAdapters, CurrentWork
from printserver.organisations.access import Actor
from printserver.organisations.permissions import Permission
from printserver.printing.count_alarms import count_alarms
from printserver.printing.queries import readable_printer
from printserver.printing.reconciliation import Finding
from printserver.returns.day_table import COLUMNS, cells, csv_file
from printserver.returns.printer_days import PrinterDay, close_alarm, reconciliation

router = api_router("", "reconciliation")

USUAL_DAYS: Final = 7


class CountAlarm(View):
    """`day`: of the server's time zone.   `figures`: as of the last look while it was open, or of its closing."""

    id: UUID
    printer_id: UUID
    printer_name: str
    day: date
    figures: Mapping[str, Any]
    opened_at: datetime
    closed_at: datetime | None
    closed_by: str
    reason: str


class Figures(View):
    """`sent…`: copies that went to the printer on this day; `authorised…`: those with a used authorisation.

    `expected…` and `counted…` are of the window between two readings of the counter; null where it is not known.
    `difference…`: above 0 so many too many, below 0 too few.   `scanned_back_pages`: of the day's copies, until now.
    """

    finding: Finding
    window_from: datetime | None
    window_to: datetime | None
    authorised_copies: int
    authorised_impressions: int
    sent_copies: int
    sent_impressions: int
    sent_sheets: int
    reported_impressions: int | None
    expected_impressions_least: int
    expected_impressions_most: int
    counted_impressions: int | None
    difference_impressions: int
    expected_sheets_least: int
    expected_sheets_most: int
    counted_sheets: int | None
    difference_sheets: int
    scanned_back_pages: int


class Papers(View):
    """What became of the day's copies until now: each is archived, ended, owed, kept or unsettled.

    `ended`: void, missing, destroyed or replaced.   `overdue`: among the owed.   `kept`: need not come back.
    """

    archived_copies: int
    ended_copies: int
    owed_copies: int
    overdue_copies: int
    kept_copies: int
    unsettled_copies: int


class ReconciledDay(View):
    printer_id: UUID
    printer_name: str
    day: date
    figures: Figures
    papers: Papers
    alarm: CountAlarm | None


class Closing(View):
    reason: Annotated[str, Field(min_length=1, max_length=500, examples=["two test pages of the technician"])]


class Asked(View):
    """`from` and `to` are days of the server's time zone, inclusive; the last seven days without them."""

    printer_id: UUID | None = None
    first: Annotated[date | None, Field(alias="from")] = None
    last: Annotated[date | None, Field(alias="to")] = None

    def days(self, work: Work, actor: Actor, zone: ZoneInfo) -> tuple[PrinterDay, ...]:
        last = self.last or work.now().astimezone(zone).date()
        first = self.first or last - timedelta(days=USUAL_DAYS - 1)
        return reconciliation(work, actor, zone, first, last, printer_id=self.printer_id)


@router.get("/reconciliation", summary="Printers' days beside their counters, newest first")
@requires(Permission.READ_PRINTERS)
def list_days(
    asked: Annotated[Asked, Query()], actor: CurrentActor, work: CurrentWork, adapters: CurrentAdapters
) -> list[ReconciledDay]:
    """Days on which nothing was sent, read or alarming are left out. At most 100 days at once."""
    zone = ZoneInfo(adapters.settings.time_zone)
    return [ReconciledDay.model_validate(each) for each in asked.days(work, actor, zone)]


@router.get("/reconciliation.csv", summary="The same as a table", response_class=Response)
@requires(Permission.READ_PRINTERS)
def read_table(
    asked: Annotated[Asked, Query()], actor: CurrentActor, work: CurrentWork, adapters: CurrentAdapters
) -> Response:
    """UTF-8 with a byte order mark; texts that a spreadsheet would compute begin with an apostrophe."""
    zone = ZoneInfo(adapters.settings.time_zone)
    rows = [cells(each, zone) for each in asked.days(work, actor, zone)]
    return attachment(csv_file(COLUMNS, rows), "text/csv; charset=utf-8", "reconciliation.csv")


@router.get("/count-alarms", summary="Alarms about counters, newest first")
@requires(Permission.READ_PRINTERS)
def list_alarms(
    actor: CurrentActor,
    work: CurrentWork,
    printer_id: UUID | None = None,
    open_only: Annotated[bool, Query(alias="open", description="Only those that nobody has closed.")] = False,
    before: Before = None,
    limit: Limit = 50,
) -> Page[CountAlarm]:
    if printer_id is not None:
        readable_printer(work, actor, printer_id)
    found = count_alarms(work, actor, printer_id=printer_id, open_only=open_only, before=before, limit=limit)
    return page_of(CountAlarm, found, limit)


@router.post("/count-alarms/{alarm_id}/closings", status_code=201, summary="Close an alarm with a reason")
@requires(Permission.SETTLE_COPIES)
def create_closing(alarm_id: UUID, body: Closing, actor: CurrentActor, work: CurrentWork) -> CountAlarm:
    """It is opened anew when that day's difference grows, or becomes another finding."""
    return CountAlarm.model_validate(close_alarm(work, actor, alarm_id, reason=body.reason))
