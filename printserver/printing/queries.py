"""What others may know of printers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select

from printserver.foundation.errors import NotFound, Refused
from printserver.foundation.unit_of_work import Work
from printserver.organisations.access import Actor, within
from printserver.organisations.permissions import Permission
from printserver.printing.models import Printer


class PrinterNotUsable(Refused):
    """Paused, or without colour."""

    code = "printer-not-usable"


class PrinterRetired(PrinterNotUsable):
    """Taken out of service for good."""

    code = "printer-retired"


class PrinterNotPinned(PrinterNotUsable):
    """No person has confirmed its certificate yet."""

    code = "printer-not-pinned"


class PrinterCertificateExpired(PrinterNotUsable):
    code = "printer-certificate-expired"


@dataclass(frozen=True)
class PrinterFacts:
    """A row of the register; its words are explained at `models.Printer`."""

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
    created_at: datetime
    model: str
    spooler: str
    certificate_pem: str = field(repr=False)
    certificate_not_after: datetime | None
    document_format: str
    resolution_dpi: int
    two_sided: bool
    counter: str
    release_rule: str
    capabilities: Mapping[str, Any] = field(repr=False)
    capabilities_at: datetime | None
    paused_reason: str
    retired_at: datetime | None
    calibration: Mapping[str, Any] = field(default_factory=dict, repr=False)

    @property
    def pinned(self) -> bool:
        return bool(self.certificate_pem)

    @property
    def retired(self) -> bool:
        return self.retired_at is not None


def printer_facts(work: Work, printer_id: UUID) -> PrinterFacts:
    """Without regard to anybody's rights.   Raises: NotFound."""
    printer = work.session.get(Printer, printer_id)
    if printer is None:
        raise NotFound("there is no such printer")
    return facts_of(printer)


def printers(
    work: Work, actor: Actor, permission: Permission = Permission.READ_PRINTERS, *, retired: bool = False
) -> tuple[PrinterFacts, ...]:
    """Those where `actor` holds `permission`, by name.   retired: also those out of service."""
    rows = work.session.scalars(
        select(Printer).where(within(Printer.branch_id, actor, permission)).order_by(Printer.name, Printer.id)
    )
    return tuple(facts_of(printer) for printer in rows if retired or printer.retired_at is None)


def readable_printer(work: Work, actor: Actor, printer_id: UUID) -> PrinterFacts:
    """Raises: NotFound, also for a printer of another branch."""
    printer = work.session.scalar(
        select(Printer).where(Printer.id == printer_id, within(Printer.branch_id, actor, Permission.READ_PRINTERS))
    )
    if printer is None:
        raise NotFound("there is no such printer")
    return facts_of(printer)


def printers_to_watch(work: Work) -> tuple[PrinterFacts, ...]:
    """All that are in service and pinned, of every organisation."""
    rows = work.session.scalars(
        select(Printer).where(Printer.retired_at.is_(None), Printer.certificate_pem != "").order_by(Printer.id)
    )
    return tuple(facts_of(printer) for printer in rows)


def hold_printer(work: Work, printer_id: UUID) -> None:
    """Until the transaction ends nobody retires it; whoever just has is waited for.   Before its facts are read."""
    held = select(Printer.id).where(Printer.id == printer_id).with_for_update(read=True)
    work.session.scalar(held)


def usable_printer(work: Work, actor: Actor, printer_id: UUID) -> PrinterFacts:
    """A controlled printer where `actor` may apply, that takes sealed copies.   Raises: NotFound, PrinterNotUsable."""
    printer = work.session.scalar(
        select(Printer).where(Printer.id == printer_id, within(Printer.branch_id, actor, Permission.CREATE_REQUEST))
    )
    if printer is None:
        raise NotFound("there is no such printer")
    facts = facts_of(printer)
    require_usable(work, facts)
    return facts


def require_usable(work: Work, printer: PrinterFacts) -> None:
    """Raises: PrinterNotUsable, of the kind that says why."""
    if printer.retired:
        raise PrinterRetired(f"the printer {printer.name} is retired")
    if not printer.pinned:
        raise PrinterNotPinned(f"nobody has confirmed the certificate of the printer {printer.name} yet")
    if printer.certificate_not_after is not None and printer.certificate_not_after <= work.now():
        raise PrinterCertificateExpired(f"the certificate of the printer {printer.name} has expired")
    if printer.paused:
        raise PrinterNotUsable(f"the printer {printer.name} is paused")
    if not printer.colour:
        raise PrinterNotUsable(f"the printer {printer.name} has no colour; a seal must be red")


def facts_of(printer: Printer) -> PrinterFacts:
    return PrinterFacts(**{each.name: getattr(printer, each.name) for each in fields(PrinterFacts)})
