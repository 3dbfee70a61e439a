"""Enrolling a printer and renewing its pin: the certificate is fetched and shown, then a person vouches for it.

Two steps, and the second one names the fingerprint that the person has compared with the printer's own panel.
"""

from __future__ import annotations

from typing import Annotated, ClassVar
from uuid import UUID

from fastapi import Form
from fastapi.responses import HTMLResponse, Response
from pydantic import BaseModel, ConfigDict, Field

from printserver.foundation.errors import Malformed, PrintServerError
from printserver.foundation.unit_of_work import Work
from printserver.http_edge.declarations import requires
from printserver.http_edge.problems import status_of
from printserver.http_edge.routes import edge_router
from printserver.http_edge.work import Call, CurrentActor, CurrentCall, CurrentWork
from printserver.organisations.access import Actor
from printserver.organisations.permissions import Permission
from printserver.organisations.queries import branches_with
from printserver.printing import register
from printserver.printing.pin import Pin
from printserver.printing.queries import PrinterFacts
from printserver.printing.service import PrinterWishes, ReleaseRule
from printserver.web.pages.printers import Reason, printer_page, problem_of_printer, require_reason
from printserver.web.view import CurrentView, View
from printserver.web.words import WORDS

router = edge_router("/printers", "pages")


class NotCompared(Malformed):
    code: ClassVar[str] = "fingerprint-not-compared"


class TypedPrinter(BaseModel):
    """The form of a new printer, as typed.   fingerprint, compared: of the second step."""

    model_config = ConfigDict(frozen=True)

    uri: Annotated[str, Field(max_length=500)] = ""
    branch_id: UUID | None = None
    name: Annotated[str, Field(max_length=300)] = ""
    location: Annotated[str, Field(max_length=300)] = ""
    queue: Annotated[str, Field(max_length=127)] = ""
    spooler: Annotated[str, Field(max_length=63)] = "local"
    release_rule: ReleaseRule = "person"
    fingerprint: Annotated[str, Field(max_length=500)] = ""
    compared: bool = False

    @property
    def wishes(self) -> PrinterWishes:
        """Raises: Malformed."""
        if self.branch_id is None:
            raise Malformed("choose the branch")
        return PrinterWishes(
            branch_id=self.branch_id,
            name=self.name,
            location=self.location,
            queue=self.queue.strip() or None,
            spooler=self.spooler.strip(),
            release_rule=self.release_rule,
        )


@router.get("/enrolment", response_class=HTMLResponse)
@requires(Permission.MANAGE_PRINTERS)
def show_enrolment(view: CurrentView, actor: CurrentActor, work: CurrentWork) -> HTMLResponse:
    return _enrolment_page(view, work, actor, TypedPrinter())


@router.post("/certificates", response_class=HTMLResponse)
@requires(Permission.MANAGE_PRINTERS)
def fetch_certificate(view: CurrentView, call: CurrentCall, typed: Annotated[TypedPrinter, Form()]) -> HTMLResponse:
    """The first step's answer: the same form, and what the printer shows."""
    shown, problem = _fetched(typed.uri.strip())
    with call.adapters.database.reading() as work:
        return _enrolment_page(view, work, call.caller_in(work).actor, typed, shown=shown, problem=problem)


@router.post("", response_class=HTMLResponse)
@requires(Permission.MANAGE_PRINTERS, step_up=True)
def create_printer(view: CurrentView, call: CurrentCall, typed: Annotated[TypedPrinter, Form()]) -> Response:
    """The second step. What was refused is shown with the form, and the certificate has to be fetched again."""
    enrolled: list[PrinterFacts] = []

    def enrol() -> None:
        _require_compared(compared=typed.compared)
        database, uri = call.adapters.database, typed.uri.strip()
        printer = register.enrol(database, _asker(call), typed.wishes, uri=uri, fingerprint=typed.fingerprint)
        enrolled.append(printer)

    problem = problem_of_printer(enrol)
    if problem is None:
        return view.go(f"/printers/{enrolled[0].id}", "printer-enrolled")
    with call.adapters.database.reading() as work:
        return _enrolment_page(view, work, call.caller_in(work).actor, typed, problem=problem)


@router.post("/{printer_id}/certificates", response_class=HTMLResponse)
@requires(Permission.MANAGE_PRINTERS)
def fetch_new_certificate(printer_id: UUID, view: CurrentView, call: CurrentCall) -> Response:
    """What a known printer shows now, beside what is trusted."""
    printer = register.managed_printer(call.adapters.database, _asker(call), printer_id)
    shown, problem = _fetched(printer.uri)
    return _pin_page(view, call, printer_id, shown, problem)


@router.post("/{printer_id}/pins", response_class=HTMLResponse)
@requires(Permission.MANAGE_PRINTERS, step_up=True)
def create_pin(
    printer_id: UUID,
    view: CurrentView,
    call: CurrentCall,
    fingerprint: Annotated[str, Form(max_length=500)] = "",
    reason: Reason = "",
    *,
    compared: Annotated[bool, Form()] = False,
) -> Response:
    def renew() -> None:
        _require_compared(compared=compared)
        register.confirm_new_certificate(
            call.adapters.database,
            _asker(call),
            printer_id,
            fingerprint=fingerprint,
            reason=require_reason(reason),
        )

    problem = problem_of_printer(renew)
    if problem is None:
        return view.go(f"/printers/{printer_id}", "pin-renewed")
    return _pin_page(view, call, printer_id, None, problem)


def _fetched(uri: str) -> tuple[Pin | None, PrintServerError | None]:
    found: list[Pin] = []
    problem = problem_of_printer(lambda: found.append(register.show_certificate(uri)))
    return (found[0] if found else None), problem


def _enrolment_page(
    view: View,
    work: Work,
    actor: Actor,
    typed: TypedPrinter,
    *,
    shown: Pin | None = None,
    problem: PrintServerError | None = None,
) -> HTMLResponse:
    return view.page(
        "printer_enrolment.html",
        status=200 if problem is None else status_of(problem),
        typed=typed,
        branches=branches_with(work, actor, Permission.MANAGE_PRINTERS),
        rules=tuple(WORDS["release_rule"]),
        shown=shown,
        fingerprint=None if shown is None else register.shown_fingerprint(shown.sha256),
        problem=problem,
    )


def _pin_page(
    view: View, call: Call, printer_id: UUID, shown: Pin | None, problem: PrintServerError | None
) -> HTMLResponse:
    with call.adapters.database.reading() as work:
        return printer_page(view, work, call.caller_in(work).actor, printer_id, problem=problem, shown=shown)


def _asker(call: Call) -> register.Asker:
    return lambda work: call.caller_in(work).actor


def _require_compared(*, compared: bool) -> None:
    """Raises: NotCompared."""
    if not compared:
        raise NotCompared("compare the fingerprint with the one on the printer's own panel, and say that you have")
