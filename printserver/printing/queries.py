"""What others may know of printers."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select

from printserver.foundation.errors import NotFound, Refused
from printserver.foundation.unit_of_work import Work
from printserver.organisations.access import Actor, within
from printserver.organisations.permissions import Permission
from printserver.printing.models import Printer


class PrinterNotUsable(Refused):
    code = "printer-not-usable"


@dataclass(frozen=True)
class PrinterFacts:
    id: UUID
    organisation_id: UUID
    branch_id: UUID
    name: str
    location: str
    queue: str
    uri: str
    certificate_sha256: str
    colour: bool
    paused: bool


def printer_facts(work: Work, printer_id: UUID) -> PrinterFacts:
    """Without regard to anybody's rights.   Raises: NotFound."""
    printer = work.session.get(Printer, printer_id)
    if printer is None:
        raise NotFound("there is no such printer")
    return _facts(printer)


def printers(work: Work, actor: Actor) -> tuple[PrinterFacts, ...]:
    rows = work.session.scalars(
        select(Printer)
        .where(within(Printer.branch_id, actor, Permission.READ_PRINTERS))
        .order_by(Printer.name, Printer.id)
    )
    return tuple(_facts(printer) for printer in rows)


def usable_printer(work: Work, actor: Actor, printer_id: UUID) -> PrinterFacts:
    """A controlled printer where `actor` may apply, that takes sealed copies.   Raises: NotFound, PrinterNotUsable."""
    printer = work.session.scalar(
        select(Printer).where(Printer.id == printer_id, within(Printer.branch_id, actor, Permission.CREATE_REQUEST))
    )
    if printer is None:
        raise NotFound("there is no such printer")
    facts = _facts(printer)
    require_usable(facts)
    return facts


def require_usable(printer: PrinterFacts) -> None:
    """Raises: PrinterNotUsable."""
    if printer.paused:
        raise PrinterNotUsable(f"the printer {printer.name} is paused")
    if not printer.colour:
        raise PrinterNotUsable(f"the printer {printer.name} has no colour; a seal must be red")


def _facts(printer: Printer) -> PrinterFacts:
    return PrinterFacts(
        printer.id,
        printer.organisation_id,
        printer.branch_id,
        printer.name,
        printer.location,
        printer.queue,
        printer.uri,
        printer.certificate_sha256,
        printer.colour,
        printer.paused,
    )
