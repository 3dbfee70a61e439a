"""The printer register: only an enrolled, pinned, unpaused colour printer takes a sealed copy."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select

from printserver.audit.log import By, append
from printserver.foundation.errors import NotFound
from printserver.foundation.ids import new_id
from printserver.foundation.unit_of_work import Work
from printserver.organisations.access import Actor, within
from printserver.organisations.permissions import Permission
from printserver.printing.events import PrinterEnrolled, PrinterPaused
from printserver.printing.models import Printer


@dataclass(frozen=True)
class NewPrinter:
    """`certificate_sha256`: hexadecimal digest of the pinned certificate's DER."""

    organisation_id: UUID
    branch_id: UUID
    name: str
    location: str
    queue: str
    uri: str
    certificate_sha256: str
    colour: bool = True


def enrol_printer(work: Work, by: By, new: NewPrinter) -> Printer:
    printer = Printer(id=new_id(), **vars(new), paused=False, created_at=work.now())
    work.session.add(printer)
    work.session.flush()
    append(
        work,
        by,
        PrinterEnrolled(
            id=printer.id, name=printer.name, queue=printer.queue, certificate_sha256=printer.certificate_sha256
        ),
    )
    return printer


def set_paused(work: Work, actor: Actor, printer_id: UUID, *, paused: bool, reason: str) -> None:
    """Stop or resume taking new copies; what is on its way stays on its way.   Raises: NotFound."""
    printer = work.session.scalar(
        select(Printer).where(Printer.id == printer_id, within(Printer.branch_id, actor, Permission.SETTLE_COPIES))
    )
    if printer is None:
        raise NotFound("there is no such printer")
    printer.paused = paused
    append(work, actor.by, PrinterPaused(id=printer.id, paused=paused, reason=reason))
