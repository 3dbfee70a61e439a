"""Controlled printers: how they are and what waits at each; pause, change, count, ask again, retire."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Annotated, Final
from uuid import UUID

from fastapi import Form
from fastapi.responses import HTMLResponse, Response

from printserver.foundation.errors import PrintServerError, Unavailable
from printserver.foundation.unit_of_work import Work
from printserver.http_edge.declarations import requires
from printserver.http_edge.problems import status_of
from printserver.http_edge.routes import edge_router
from printserver.http_edge.work import Call, CurrentActor, CurrentCall, CurrentWork
from printserver.organisations.access import Actor, branch_path
from printserver.organisations.permissions import Permission
from printserver.organisations.queries import branch, branches_with, names
from printserver.print_requests import queries
from printserver.print_requests.printer_load import unfinished_copies
from printserver.print_requests.service import ReasonMissing
from printserver.print_requests.states import CopyState
from printserver.printing import queries as printing
from printserver.printing import register, status
from printserver.printing.pin import Pin
from printserver.printing.queries import PrinterFacts
from printserver.printing.service import (
    MAY_PAUSE,
    PrinterChange,
    ReleaseRule,
    change_printer,
    retire_printer,
    set_paused,
)
from printserver.printing.service import Counter as CounterSource
from printserver.web.changes import SHOWN_BESIDE, refusal
from printserver.web.view import CurrentView, View
from printserver.web.words import WORDS

router = edge_router("/printers", "pages")

AT_PRINTER: Final = (CopyState.ISSUED, CopyState.RELEASED, CopyState.SENT, CopyState.OUTCOME_UNKNOWN)
READINGS_SHOWN: Final = 10
NOTHING_TYPED: Final[Mapping[str, str]] = MappingProxyType({})
Reason = Annotated[str, Form(max_length=500)]
Typed = Annotated[str, Form(max_length=300)]
Count = Annotated[int, Form(ge=0, le=status.LARGEST_COUNT)]


@router.get("", response_class=HTMLResponse)
@requires(Permission.READ_PRINTERS)
def list_printers(view: CurrentView, actor: CurrentActor, work: CurrentWork, *, retired: bool = False) -> HTMLResponse:
    found = printing.printers(work, actor, retired=retired)
    waiting = Counter((copy.printer_id, copy.state) for copy in queries.copies(work, actor, states=AT_PRINTER))
    return view.page(
        "printers.html",
        printers=found,
        statuses=status.statuses(work, [each.id for each in found]),
        branches={each.branch_id: branch(work, each.branch_id).name for each in found},
        waiting=waiting,
        states=AT_PRINTER,
        retired=retired,
    )


@router.get("/{printer_id}", response_class=HTMLResponse)
@requires(Permission.READ_PRINTERS)
def show_printer(printer_id: UUID, view: CurrentView, actor: CurrentActor, work: CurrentWork) -> HTMLResponse:
    return printer_page(view, work, actor, printer_id)


@router.post("/{printer_id}/pauses", response_class=HTMLResponse)
@requires(*MAY_PAUSE)
def create_pause(
    printer_id: UUID, view: CurrentView, call: CurrentCall, paused: Annotated[bool, Form()], reason: Reason = ""
) -> Response:
    def pause(work: Work, actor: Actor) -> None:
        set_paused(work, actor, printer_id, paused=paused, reason=require_reason(reason))

    typed = {"pause-reason": reason}
    return _done(view, call, printer_id, refusal(call, pause), "paused" if paused else "resumed", typed)


@router.post("/{printer_id}/changes", response_class=HTMLResponse)
@requires(Permission.MANAGE_PRINTERS)
def create_change(
    printer_id: UUID,
    view: CurrentView,
    call: CurrentCall,
    name: Typed,
    location: Typed,
    branch_id: Annotated[UUID, Form()],
    release_rule: Annotated[ReleaseRule, Form()],
    counter: Annotated[CounterSource, Form()],
) -> Response:
    def change(work: Work, actor: Actor) -> None:
        change_printer(work, actor, printer_id, PrinterChange(branch_id, name, location, release_rule, counter))

    typed = {"name": name, "location": location}
    return _done(view, call, printer_id, refusal(call, change), "printer-changed", typed)


@router.post("/{printer_id}/capabilities", response_class=HTMLResponse)
@requires(Permission.MANAGE_PRINTERS)
def ask_capabilities(printer_id: UUID, view: CurrentView, call: CurrentCall) -> Response:
    problem = problem_of_printer(
        lambda: register.ask_capabilities(call.adapters.database, lambda work: call.caller_in(work).actor, printer_id)
    )
    return _done(view, call, printer_id, problem, "capabilities-asked")


@router.post("/{printer_id}/counter-readings", response_class=HTMLResponse)
@requires(Permission.MANAGE_PRINTERS)
def create_reading(
    printer_id: UUID,
    view: CurrentView,
    call: CurrentCall,
    impressions: Count,
    sheets: Annotated[int | None, Form(ge=0, le=status.LARGEST_COUNT)] = None,
) -> Response:
    def record(work: Work, actor: Actor) -> None:
        status.record_panel_reading(work, actor, printer_id, impressions=impressions, sheets=sheets, taken_at=None)

    typed = {"impressions": str(impressions), "sheets": "" if sheets is None else str(sheets)}
    return _done(view, call, printer_id, refusal(call, record), "counter-read", typed)


@router.post("/{printer_id}/retirements", response_class=HTMLResponse)
@requires(Permission.MANAGE_PRINTERS)
def create_retirement(printer_id: UUID, view: CurrentView, call: CurrentCall, reason: Reason = "") -> Response:
    def retire(work: Work, actor: Actor) -> None:
        retire_printer(work, actor, printer_id, reason=require_reason(reason), copies_there=unfinished_copies)

    return _done(view, call, printer_id, refusal(call, retire), "printer-retired", {"retire-reason": reason})


def printer_page(
    view: View,
    work: Work,
    actor: Actor,
    printer_id: UUID,
    *,
    problem: PrintServerError | None = None,
    shown: Pin | None = None,
    typed: Mapping[str, str] = NOTHING_TYPED,
) -> HTMLResponse:
    """shown: the certificate that the printer shows now, to be compared.   typed: what a refused form keeps, by field.

    Raises: NotFound.
    """
    printer = printing.readable_printer(work, actor, printer_id)
    path = branch_path(work, printer.branch_id)
    managed = actor.may(Permission.MANAGE_PRINTERS, path) and not printer.retired
    readings = status.counter_readings(work, printer.id, limit=READINGS_SHOWN)
    copies = queries.copies(work, actor, states=AT_PRINTER)
    return view.page(
        "printer.html",
        status=200 if problem is None else status_of(problem),
        printer=printer,
        said=status.statuses(work, [printer.id]).get(printer.id),
        fingerprint=register.shown_fingerprint(printer.certificate_sha256),
        branch=branch(work, printer.branch_id).name,
        branches=branches_with(work, actor, Permission.MANAGE_PRINTERS) if managed else (),
        waiting=Counter(copy.state for copy in copies if copy.printer_id == printer.id),
        states=AT_PRINTER,
        readings=readings,
        people=names(work, {each.taken_by for each in readings if each.taken_by is not None}),
        may_pause=any(actor.may(each, path) for each in MAY_PAUSE) and not printer.retired,
        may_manage=managed,
        rules=tuple(WORDS["release_rule"]),
        counters=tuple(WORDS["counter"]),
        obstacle=_obstacle(work, printer),
        shown=shown,
        shown_fingerprint=None if shown is None else register.shown_fingerprint(shown.sha256),
        problem=problem,
        typed=typed,
    )


def problem_of_printer(ask: Callable[[], object]) -> PrintServerError | None:
    """What the register or the printer itself refused, to be shown beside its form; None when it is done."""
    try:
        ask()
    except (*SHOWN_BESIDE, Unavailable) as problem:
        return problem
    return None


def _done(
    view: View,
    call: Call,
    printer_id: UUID,
    problem: PrintServerError | None,
    notice: str,
    typed: Mapping[str, str] = NOTHING_TYPED,
) -> Response:
    if problem is None:
        return view.go(f"/printers/{printer_id}", notice)
    with call.adapters.database.reading() as work:
        return printer_page(view, work, call.caller_in(work).actor, printer_id, problem=problem, typed=typed)


def _obstacle(work: Work, printer: PrinterFacts) -> PrintServerError | None:
    """Why it takes no copies."""
    try:
        printing.require_usable(work, printer)
    except printing.PrinterNotUsable as problem:
        return problem
    return None


def require_reason(reason: str) -> str:
    """Raises: ReasonMissing."""
    if not reason.strip():
        raise ReasonMissing("say why, for whoever reads the log")
    return reason.strip()
