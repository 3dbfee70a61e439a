"""Controlled printers: the register, what they say of themselves, their page counters."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import AwareDatetime, Field

from printserver.api.v1.common import Limit, View, api_router
from printserver.foundation.unit_of_work import Work
from printserver.http_edge.declarations import requires
from printserver.http_edge.work import Call, CurrentActor, CurrentCall, CurrentWork
from printserver.organisations.permissions import Permission
from printserver.print_requests.printer_load import unfinished_copies
from printserver.printing import queries, register, service, status
from printserver.printing.service import Counter, PrinterChange, PrinterWishes, ReleaseRule

router = api_router("/printers", "printers")

Name = Annotated[str, Field(min_length=1, max_length=service.LONGEST_NAME)]
Reason = Annotated[str, Field(min_length=1, max_length=500)]
Address = Annotated[str, Field(max_length=500, examples=["ipps://printer-2.branch.example/ipp/print"])]
Fingerprint = Annotated[
    str, Field(max_length=500, description="SHA-256 of the certificate, as the printer's own panel shows it.")
]
Count = Annotated[int, Field(ge=0, le=status.LARGEST_COUNT)]


class Printer(View):
    """`counter`: ipp, panel or none.   `release_rule`: person, second-person or code."""

    id: UUID
    branch_id: UUID
    name: str
    location: str
    model: str
    queue: str
    spooler: str
    uri: str
    certificate_sha256: str
    certificate_not_after: datetime | None
    pinned: bool
    colour: bool
    two_sided: bool
    document_format: str
    resolution_dpi: int
    counter: str
    release_rule: str
    paused: bool
    paused_reason: str
    created_at: datetime
    retired_at: datetime | None


class PrinterInFull(Printer):
    """`capabilities`: what the printer answered when it was asked at `capabilities_at`."""

    capabilities: Mapping[str, Any]
    capabilities_at: datetime | None


class PrinterAddress(View):
    uri: Address


class Certificate(View):
    """What a printer shows. It proves nothing until a person has compared `sha256` with the printer's own panel."""

    certificate_pem: str
    sha256: str
    not_after: datetime


class Enrolment(View):
    """`queue`: its name in CUPS, chosen by the server when left out.   `counter`: by what the printer says."""

    uri: Address
    fingerprint: Fingerprint
    branch_id: UUID
    name: Name
    location: Name
    queue: Annotated[str | None, Field(max_length=127)] = None
    spooler: Annotated[str, Field(max_length=63)] = "local"
    release_rule: ReleaseRule = "person"
    counter: Counter | None = None


class Change(View):
    """What is left out stays as it is."""

    branch_id: UUID | None = None
    name: Name | None = None
    location: Name | None = None
    release_rule: ReleaseRule | None = None
    counter: Counter | None = None


class NewPin(View):
    fingerprint: Fingerprint
    reason: Reason


class Pause(View):
    paused: bool
    reason: Annotated[str, Field(min_length=1, max_length=500, examples=["toner is being changed"])]


class Retirement(View):
    reason: Reason


class PanelReading(View):
    """`taken_at`: when it was read; now when left out."""

    impressions: Count
    sheets: Count | None = None
    taken_at: AwareDatetime | None = None


class Reading(View):
    """`source`: ipp (told by the printer) or panel (read by a person).   Counts since the printer was made."""

    id: UUID
    taken_at: datetime
    impressions: int
    sheets: int | None
    source: str
    taken_by: UUID | None


class Status(View):
    """What the printer said when it was last asked.   `problem`: why it did not answer the last time.

    `supplies`: {"name", "level"}, level in per cent or null.
    `queue_reasons`: what the print queue adds, which knows passwords, certificates, tickets and its own disk.
    """

    state: str
    reasons: list[str]
    queue_reasons: list[str]
    supplies: list[Mapping[str, Any]]
    impressions: int | None
    sheets: int | None
    up_seconds: int | None
    problem: str
    asked_at: datetime
    answered_at: datetime | None


@router.get("", summary="The printers within my rights")
@requires(Permission.READ_PRINTERS)
def list_printers(actor: CurrentActor, work: CurrentWork, *, retired: bool = False) -> list[Printer]:
    """`retired`: also those out of service."""
    return [Printer.model_validate(printer) for printer in queries.printers(work, actor, retired=retired)]


@router.post("/certificates", status_code=201, summary="Fetch the certificate that a printer shows now")
@requires(Permission.MANAGE_PRINTERS)
def fetch_certificate(body: PrinterAddress) -> Certificate:
    """It proves nothing: compare the fingerprint with the one on the printer's own panel, then enrol the printer."""
    return Certificate.model_validate(register.show_certificate(body.uri))


@router.post("", status_code=201, summary="Enrol a printer whose fingerprint I have seen on its panel")
@requires(Permission.MANAGE_PRINTERS, step_up=True)
def create_printer(body: Enrolment, call: CurrentCall) -> PrinterInFull:
    """The printer must answer now, under the certificate with that fingerprint. The server's own spooler has its queue
    within seconds; on a branch's spooler `printserver printers install` makes it."""
    wishes = PrinterWishes(**body.model_dump(exclude={"uri", "fingerprint"}))
    enrolled = register.enrol(call.adapters.database, _asker(call), wishes, uri=body.uri, fingerprint=body.fingerprint)
    return PrinterInFull.model_validate(enrolled)


@router.get("/{printer_id}", summary="All that the register holds of a printer")
@requires(Permission.READ_PRINTERS)
def read_printer(printer_id: UUID, actor: CurrentActor, work: CurrentWork) -> PrinterInFull:
    return PrinterInFull.model_validate(queries.readable_printer(work, actor, printer_id))


@router.patch("/{printer_id}", summary="Change what people decide of a printer")
@requires(Permission.MANAGE_PRINTERS)
def change_printer(printer_id: UUID, body: Change, actor: CurrentActor, work: CurrentWork) -> PrinterInFull:
    service.change_printer(work, actor, printer_id, PrinterChange(**body.model_dump()))
    return _in_full(work, printer_id)


@router.post("/{printer_id}/pins", status_code=201, summary="Trust a printer's new certificate")
@requires(Permission.MANAGE_PRINTERS, step_up=True)
def create_pin(printer_id: UUID, body: NewPin, call: CurrentCall) -> PrinterInFull:
    """The printer must show the certificate with that fingerprint now. Requests approved for the old one name a printer
    that is no longer trusted: they are asked for anew."""
    renewed = register.confirm_new_certificate(
        call.adapters.database, _asker(call), printer_id, fingerprint=body.fingerprint, reason=body.reason
    )
    return PrinterInFull.model_validate(renewed)


@router.post("/{printer_id}/pauses", status_code=201, summary="Pause a printer, or let it go on")
@requires(*service.MAY_PAUSE)
def create_pause(printer_id: UUID, body: Pause, actor: CurrentActor, work: CurrentWork) -> Printer:
    """A paused printer takes no new copies; what is on its way stays on its way."""
    service.set_paused(work, actor, printer_id, paused=body.paused, reason=body.reason)
    return Printer.model_validate(queries.printer_facts(work, printer_id))


@router.post("/{printer_id}/retirements", status_code=201, summary="Take a printer out of service for good")
@requires(Permission.MANAGE_PRINTERS)
def create_retirement(printer_id: UUID, body: Retirement, actor: CurrentActor, work: CurrentWork) -> PrinterInFull:
    """Refused while copies are on their way to it or unsettled there."""
    service.retire_printer(work, actor, printer_id, reason=body.reason, copies_there=unfinished_copies)
    return _in_full(work, printer_id)


@router.post("/{printer_id}/capabilities", status_code=201, summary="Ask a printer again what it can do")
@requires(Permission.MANAGE_PRINTERS)
def ask_capabilities(printer_id: UUID, call: CurrentCall) -> PrinterInFull:
    return PrinterInFull.model_validate(register.ask_capabilities(call.adapters.database, _asker(call), printer_id))


@router.get("/{printer_id}/status", summary="How a printer is")
@requires(Permission.READ_PRINTERS)
def read_status(printer_id: UUID, actor: CurrentActor, work: CurrentWork) -> Status | None:
    """Null before it was asked for the first time; every printer is asked each few seconds."""
    printer = queries.readable_printer(work, actor, printer_id)
    found = status.statuses(work, [printer.id]).get(printer.id)
    return None if found is None else Status.model_validate(found)


@router.get("/{printer_id}/counter-readings", summary="The latest readings of a printer's page counter")
@requires(Permission.READ_PRINTERS)
def list_readings(printer_id: UUID, actor: CurrentActor, work: CurrentWork, limit: Limit = 50) -> list[Reading]:
    printer = queries.readable_printer(work, actor, printer_id)
    return [Reading.model_validate(each) for each in status.counter_readings(work, printer.id, limit=limit)]


@router.post("/{printer_id}/counter-readings", status_code=201, summary="Record what a printer's panel shows")
@requires(Permission.MANAGE_PRINTERS)
def create_reading(printer_id: UUID, body: PanelReading, actor: CurrentActor, work: CurrentWork) -> Reading:
    recorded = status.record_panel_reading(
        work, actor, printer_id, impressions=body.impressions, sheets=body.sheets, taken_at=body.taken_at
    )
    return Reading.model_validate(recorded)


def _in_full(work: Work, printer_id: UUID) -> PrinterInFull:
    return PrinterInFull.model_validate(queries.printer_facts(work, printer_id))


def _asker(call: Call) -> register.Asker:
    return lambda work: call.caller_in(work).actor
