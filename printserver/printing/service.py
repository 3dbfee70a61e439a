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
from printserver.printing.pin import Pin


@dataclass(frozen=True)
class NewPrinter:
    """`pin`: the certificate that a person has confirmed.   The other words are those of `models.Printer`."""

    organisation_id: UUID
    branch_id: UUID
    name: str
    location: str
    queue: str
    uri: str
    pin: Pin
    colour: bool = True
    model: str = ""
    spooler: str = "local"
    document_format: str = "application/pdf"
    resolution_dpi: int = 600
    two_sided: bool = False
    counter: str = "none"
    release_rule: str = "person"


def enrol_printer(work: Work, by: By, new: NewPrinter) -> Printer:
    columns = {name: value for name, value in vars(new).items() if name != "pin"}
    printer = Printer(
        id=new_id(),
        **columns,
        certificate_sha256=new.pin.sha256,
        certificate_pem=new.pin.certificate_pem,
        certificate_not_after=new.pin.not_after,
        paused=False,
        capabilities={},
        created_at=work.now(),
    )
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
