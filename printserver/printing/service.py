"""The printer register: only an enrolled, pinned, unpaused colour printer takes a sealed copy."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from printserver.audit.log import By, append
from printserver.foundation.errors import Malformed, NotFound, Refused
from printserver.foundation.ids import new_id
from printserver.foundation.unit_of_work import Work
from printserver.organisations.access import Actor, branch_path, within, within_any
from printserver.organisations.permissions import Permission
from printserver.printing.events import (
    PrinterCapabilitiesAsked,
    PrinterChanged,
    PrinterEnrolled,
    PrinterPaused,
    PrinterPinRenewed,
    PrinterTakenOutOfService,
)
from printserver.printing.ipp_answer import PrinterAnswer, harmless
from printserver.printing.models import Printer
from printserver.printing.pin import Pin
from printserver.printing.queries import PrinterRetired

ReleaseRule = Literal["person", "second-person", "code"]
Counter = Literal["ipp", "panel", "none"]

MAY_PAUSE: Final = (Permission.MANAGE_PRINTERS, Permission.SETTLE_COPIES)
LONGEST_NAME: Final = 200
_QUEUE: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,126}")
_SPOOLER: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")


class PrinterMalformed(Malformed):
    code = "printer-malformed"


class PrinterQueueTaken(Refused):
    code = "printer-queue-taken"


class PrinterWithoutColour(Refused):
    code = "printer-without-colour"


class PrinterFormatsUnsupported(Refused):
    code = "printer-formats-unsupported"


class PrinterEnrolledAlready(Refused):
    """Twice in the register, one printer would get two copies at once, and its counter would belong to nobody."""

    code = "printer-enrolled-already"


class PrinterHasCopies(Refused):
    code = "printer-has-copies"


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
    counter: Counter = "none"
    release_rule: ReleaseRule = "person"


@dataclass(frozen=True)
class PrinterWishes:
    """What a person decides of a printer. `queue` and `counter`: chosen by the server when not given."""

    branch_id: UUID
    name: str
    location: str
    queue: str | None = None
    spooler: str = "local"
    release_rule: ReleaseRule = "person"
    counter: Counter | None = None


@dataclass(frozen=True)
class PrinterChange:
    """What is None stays as it is."""

    branch_id: UUID | None = None
    name: str | None = None
    location: str | None = None
    release_rule: ReleaseRule | None = None
    counter: Counter | None = None


def enrol_printer(work: Work, by: By, new: NewPrinter) -> Printer:
    """Raises: PrinterQueueTaken."""
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
    try:
        with work.session.begin_nested():
            work.session.add(printer)
    except IntegrityError:
        raise PrinterQueueTaken(f"there is a queue {new.queue} already") from None
    enrolled = PrinterEnrolled(
        id=printer.id, name=printer.name, queue=printer.queue, certificate_sha256=printer.certificate_sha256
    )
    append(work, by, enrolled)
    return printer


def enrol_asked_printer(
    work: Work, actor: Actor, wishes: PrinterWishes, *, uri: str, pin: Pin, answer: PrinterAnswer
) -> Printer:
    """Take a printer into the register whose certificate a person has confirmed, and that has answered under it.

    Raises: NotFound, PrinterMalformed, PrinterWithoutColour, PrinterFormatsUnsupported, PrinterQueueTaken,
    PrinterEnrolledAlready.
    """
    require_branch(work, actor, wishes.branch_id)
    _require_own_certificate(work, pin, but=None)
    document_format = _require_seals(answer)
    queue = wishes.queue or f"p{new_id().hex[-12:]}"
    if not _QUEUE.fullmatch(queue) or not _SPOOLER.fullmatch(wishes.spooler):
        raise PrinterMalformed("a queue is named by A-Z a-z 0-9 _ -, a spooler by a-z 0-9 -")
    new = NewPrinter(
        organisation_id=actor.organisation_id,
        branch_id=wishes.branch_id,
        name=_name(wishes.name),
        location=_name(wishes.location),
        queue=queue,
        uri=uri,
        pin=pin,
        model=answer.make_and_model,
        spooler=wishes.spooler,
        document_format=document_format,
        resolution_dpi=answer.resolution_dpi,
        two_sided=answer.two_sided,
        counter=wishes.counter or ("none" if answer.impressions is None else "ipp"),
        release_rule=wishes.release_rule,
    )
    printer = enrol_printer(work, actor.by, new)
    printer.capabilities, printer.capabilities_at = answer.capabilities(), work.now()
    return printer


def renew_pin(work: Work, actor: Actor, printer_id: UUID, pin: Pin, *, reason: str) -> None:
    """Trust another certificate from now on, on a person's word; requests approved for the old one are asked anew.

    Raises: NotFound, PrinterRetired, PrinterEnrolledAlready.
    """
    printer = printer_to_manage(work, actor, printer_id)
    _require_own_certificate(work, pin, but=printer.id)
    before = printer.certificate_sha256
    printer.certificate_sha256 = pin.sha256
    printer.certificate_pem, printer.certificate_not_after = pin.certificate_pem, pin.not_after
    append(work, actor.by, PrinterPinRenewed(id=printer.id, before=before, after=pin.sha256, reason=reason))


def change_printer(work: Work, actor: Actor, printer_id: UUID, change: PrinterChange) -> None:
    """Raises: NotFound, also for a branch where `actor` manages no printers; PrinterRetired, PrinterMalformed."""
    printer = printer_to_manage(work, actor, printer_id)
    wanted = {name: value for name, value in vars(change).items() if value is not None}
    for name in wanted.keys() & {"name", "location"}:
        wanted[name] = _name(wanted[name])
    if change.branch_id is not None:
        require_branch(work, actor, change.branch_id)
    different = {name: value for name, value in wanted.items() if getattr(printer, name) != value}
    if not different:
        return
    before = {name: str(getattr(printer, name)) for name in different}
    for name, value in different.items():
        setattr(printer, name, value)
    after = {name: str(value) for name, value in different.items()}
    append(work, actor.by, PrinterChanged(id=printer.id, before=before, after=after))


def store_capabilities(work: Work, actor: Actor, printer_id: UUID, answer: PrinterAnswer) -> None:
    """What a printer can do, as it has just answered.   Raises: NotFound, PrinterRetired, PrinterFormatsUnsupported."""
    _store_capabilities(work, actor.by, printer_to_manage(work, actor, printer_id), answer)


def store_first_capabilities(work: Work, by: By, printer_id: UUID, answer: PrinterAnswer) -> None:
    """By the server itself, of a printer that was enrolled while it was off; later only a person asks again."""
    printer = work.session.get(Printer, printer_id)
    if printer is not None and printer.capabilities_at is None and answer.document_format is not None:
        _store_capabilities(work, by.within(printer.organisation_id), printer, answer)


def set_paused(work: Work, actor: Actor, printer_id: UUID, *, paused: bool, reason: str) -> None:
    """Stop or resume taking new copies; what is on its way stays on its way.   Raises: NotFound, PrinterRetired."""
    printer = _required(
        work.session.scalar(
            select(Printer).where(Printer.id == printer_id, within_any(Printer.branch_id, actor, MAY_PAUSE))
        )
    )
    printer.paused, printer.paused_reason = paused, reason if paused else ""
    append(work, actor.by, PrinterPaused(id=printer.id, paused=paused, reason=reason))


def retire_printer(
    work: Work, actor: Actor, printer_id: UUID, *, reason: str, copies_there: Callable[[Work, UUID], int]
) -> None:
    """Take a printer out of service for good; its row stays.

    copies_there: how many copies are on their way to it, or of unknown outcome there.
    Raises: NotFound, PrinterRetired, PrinterHasCopies.
    """
    printer = printer_to_manage(work, actor, printer_id)
    printer.retired_at = work.now()
    # The row is held from here on: a release at the same time has happened before, or sees a retired printer.
    work.session.flush()
    count = copies_there(work, printer.id)
    if count:
        raise PrinterHasCopies(f"{count} copies are on their way to this printer or unsettled there; settle them first")
    append(work, actor.by, PrinterTakenOutOfService(id=printer.id, reason=reason))


def require_branch(work: Work, actor: Actor, branch_id: UUID) -> None:
    """Raises: NotFound unless `actor` manages printers there."""
    if not actor.may(Permission.MANAGE_PRINTERS, branch_path(work, branch_id)):
        raise NotFound("there is no such branch")


def printer_to_manage(work: Work, actor: Actor, printer_id: UUID) -> Printer:
    """The row, for who manages printers at its branch.   Raises: NotFound, PrinterRetired."""
    return _required(
        work.session.scalar(
            select(Printer).where(
                Printer.id == printer_id, within(Printer.branch_id, actor, Permission.MANAGE_PRINTERS)
            )
        )
    )


def _required(printer: Printer | None) -> Printer:
    if printer is None:
        raise NotFound("there is no such printer")
    if printer.retired_at is not None:
        raise PrinterRetired(f"the printer {printer.name} is retired")
    return printer


def _store_capabilities(work: Work, by: By, printer: Printer, answer: PrinterAnswer) -> None:
    document_format = answer.document_format
    if document_format is None:
        raise _unsupported()
    printer.model, printer.colour, printer.two_sided = answer.make_and_model, answer.colour, answer.two_sided
    printer.document_format, printer.resolution_dpi = document_format, answer.resolution_dpi
    printer.capabilities, printer.capabilities_at = answer.capabilities(), work.now()
    asked = PrinterCapabilitiesAsked(
        id=printer.id,
        model=printer.model,
        colour=printer.colour,
        two_sided=printer.two_sided,
        document_format=document_format,
        resolution_dpi=printer.resolution_dpi,
    )
    append(work, by, asked)


def _require_own_certificate(work: Work, pin: Pin, *, but: UUID | None) -> None:
    """Raises: PrinterEnrolledAlready."""
    same = select(Printer.id).where(Printer.certificate_sha256 == pin.sha256, Printer.retired_at.is_(None))
    if any(found != but for found in work.session.scalars(same)):
        raise PrinterEnrolledAlready("a printer with this very certificate is in service; each needs one of its own")


def _require_seals(answer: PrinterAnswer) -> str:
    """The format to send it."""
    if not answer.colour:
        raise PrinterWithoutColour("this printer has no colour, and a seal must be red: it cannot print sealed copies")
    if answer.document_format is None:
        raise _unsupported()
    return answer.document_format


def _unsupported() -> PrinterFormatsUnsupported:
    return PrinterFormatsUnsupported("this printer takes neither PDF nor PWG raster nor URF")


def _name(text: str) -> str:
    """Raises: PrinterMalformed."""
    name = harmless(text)
    if not name or name != " ".join(text.split()):
        raise PrinterMalformed(f"a name and a location have 1 to {LONGEST_NAME} printable characters")
    return name
