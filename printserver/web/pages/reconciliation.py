"""The printers' own counters against the books: open alarms first, then a month by printer and day."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Callable, Sequence
from datetime import date
from typing import Annotated
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import Form, Query
from fastapi.responses import HTMLResponse, Response
from pydantic import BaseModel, Field

from printserver.foundation.errors import PrintServerError
from printserver.foundation.unit_of_work import Work
from printserver.http_edge.declarations import requires
from printserver.http_edge.problems import status_of
from printserver.http_edge.routes import edge_router
from printserver.http_edge.work import CurrentActor, CurrentCall, CurrentWork
from printserver.organisations.access import Actor, branch_path
from printserver.organisations.permissions import Permission
from printserver.printing.count_alarms import count_alarms
from printserver.printing.queries import printers
from printserver.returns.day_table import COLUMNS, Cell, cells, csv_file
from printserver.returns.printer_days import PrinterDay, close_alarm, reconciliation
from printserver.web.changes import refusal
from printserver.web.languages import translations
from printserver.web.view import CurrentView, View
from printserver.web.words import WORDS

router = edge_router("", "pages")


class Shown(BaseModel):
    """What is looked at.   month: as the browser sends it, `2026-11`; one that is none means the present one."""

    printer_id: Annotated[str, Field(max_length=40)] = ""
    month: Annotated[str, Field(max_length=10)] = ""

    @property
    def printer(self) -> UUID | None:
        try:
            return UUID(self.printer_id)
        except ValueError:
            return None

    def first_day(self, today: date) -> date:
        try:
            return date.fromisoformat(f"{self.month}-01")
        except ValueError:
            return today.replace(day=1)


@router.get("/reconciliation", response_class=HTMLResponse)
@requires(Permission.READ_PRINTERS)
def list_days(
    shown: Annotated[Shown, Query()], view: CurrentView, actor: CurrentActor, work: CurrentWork
) -> HTMLResponse:
    return _page(view, work, actor, shown)


@router.get("/reconciliation.csv", response_class=Response)
@requires(Permission.READ_PRINTERS)
def read_table(shown: Annotated[Shown, Query()], view: CurrentView, actor: CurrentActor, work: CurrentWork) -> Response:
    """In the visitor's language."""
    zone = ZoneInfo(view.settings.time_zone)
    words = translations(view.language).gettext
    heads = [words(WORDS["reconciliation_column"][name]) for name in COLUMNS]
    first, days = _days(view, work, actor, shown)
    data = csv_file(heads, [_spoken(cells(each, zone), words) for each in days])
    name = f'attachment; filename="reconciliation-{first:%Y-%m}.csv"'
    return Response(data, media_type="text/csv; charset=utf-8", headers={"Content-Disposition": name})


@router.post("/reconciliation/alarms/{alarm_id}/closings", response_class=HTMLResponse)
@requires(Permission.SETTLE_COPIES)
def create_closing(
    alarm_id: UUID, view: CurrentView, call: CurrentCall, reason: Annotated[str, Form(max_length=500)] = ""
) -> Response:
    problem = refusal(call, lambda work, actor: close_alarm(work, actor, alarm_id, reason=reason))
    if problem is None:
        return view.go("/reconciliation", "alarm-closed")
    with call.adapters.database.reading() as work:
        return _page(view, work, call.caller_in(work).actor, Shown(), problem=problem, at=alarm_id, reason=reason)


def _spoken(row: Sequence[Cell], words: Callable[[str], str]) -> list[Cell]:
    kinds = {"finding": "count_finding", "alarm": "alarm_state"}
    named = zip(COLUMNS, row, strict=True)
    return [words(WORDS[kinds[name]][str(cell)]) if name in kinds and cell else cell for name, cell in named]


def _days(view: View, work: Work, actor: Actor, shown: Shown) -> tuple[date, tuple[PrinterDay, ...]]:
    zone = ZoneInfo(view.settings.time_zone)
    first = shown.first_day(work.now().astimezone(zone).date())
    last = first.replace(day=monthrange(first.year, first.month)[1])
    return first, reconciliation(work, actor, zone, first, last, printer_id=shown.printer)


def _page(
    view: View,
    work: Work,
    actor: Actor,
    shown: Shown,
    *,
    problem: PrintServerError | None = None,
    at: UUID | None = None,
    reason: str = "",
) -> HTMLResponse:
    """at, reason: the alarm that the problem belongs to, and what was typed there."""
    first, days = _days(view, work, actor, shown)
    alarms = count_alarms(work, actor, printer_id=shown.printer, open_only=True)
    branches = {each.branch_id for each in alarms}
    closing = {each for each in branches if actor.may(Permission.SETTLE_COPIES, branch_path(work, each))}
    return view.page(
        "reconciliation.html",
        status=200 if problem is None else status_of(problem),
        days=days,
        alarms=alarms,
        closing=closing,
        printers=printers(work, actor, retired=True),
        chosen=shown.printer,
        month=f"{first:%Y-%m}",
        problem=problem,
        at=at,
        reason=reason,
    )
