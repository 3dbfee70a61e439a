"""What waits at a printer to be released, and what became of it: for whoever stands beside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import exists, func, or_, select

from printserver.foundation.errors import NotFound, Refused
from printserver.foundation.serials import ELECTRONIC_ORIGINAL, CopySerial
from printserver.foundation.unit_of_work import Work
from printserver.organisations.access import Actor, within
from printserver.organisations.frozen_places import is_frozen
from printserver.organisations.permissions import Permission
from printserver.organisations.queries import names
from printserver.print_requests.access import releasable
from printserver.print_requests.models import Copy, PrintRequest
from printserver.print_requests.release import obstacle
from printserver.print_requests.sides import Sides, sheets_of
from printserver.print_requests.states import CopyState
from printserver.printing.queries import PrinterFacts, PrinterNotUsable, printer_facts, printers, require_usable

SHOWN_AFTERWARDS: Final = timedelta(hours=12)
"""How long a released copy stays in the list."""
MOST_REQUESTS: Final = 100
_UNDER_WAY: Final = (CopyState.ISSUED, CopyState.RELEASED, CopyState.SENT)


@dataclass(frozen=True)
class QueuedCopy:
    id: UUID
    number: int
    serial: CopySerial
    state: CopyState
    released_at: datetime | None
    printed_at: datetime | None


@dataclass(frozen=True)
class QueuedRequest:
    """`obstacle`: why this person cannot release its copies now; a missing code is one.

    `readable`: whether this person may also open the request and its copies; not all that comes out here is theirs.
    """

    id: UUID
    title: str
    own_reference: str
    applicant_name: str
    expires_at: datetime
    pages: int
    sides: Sides
    copies: tuple[QueuedCopy, ...]
    obstacle: Refused | None
    readable: bool

    @property
    def remaining(self) -> int:
        """Copies that still wait to be released."""
        return sum(copy.state is CopyState.ISSUED for copy in self.copies)

    @property
    def sheets(self) -> int:
        """Of one copy."""
        return sheets_of(self.pages, self.sides)


@dataclass(frozen=True)
class ReleaseQueue:
    """`problem`: why this printer takes no copy now."""

    printer: PrinterFacts
    problem: Refused | None
    requests: tuple[QueuedRequest, ...]

    @property
    def asks_for_code(self) -> bool:
        """Whether copies wait here that only a code releases."""
        return self.printer.release_rule == "code"


def release_printers(work: Work, actor: Actor) -> tuple[tuple[PrinterFacts, int], ...]:
    """Printers where `actor` may release something, each with the number of copies that wait there, by name."""
    counts = (
        select(PrintRequest.printer_id, func.count())
        .join(Copy, Copy.request_id == PrintRequest.id)
        .where(releasable(work, actor), Copy.state == CopyState.ISSUED, PrintRequest.expires_at > work.now())
        .group_by(PrintRequest.printer_id)
    )
    waiting: Mapping[UUID, int] = {printer: int(count) for printer, count in work.session.execute(counts)}
    beside = {printer.id: printer for printer in printers(work, actor, Permission.RELEASE_COPIES)}
    elsewhere = {printer_id: printer_facts(work, printer_id) for printer_id in waiting if printer_id not in beside}
    reachable = sorted((beside | elsewhere).values(), key=lambda printer: (printer.name, printer.id))
    return tuple((printer, waiting.get(printer.id, 0)) for printer in reachable)


def release_queue(work: Work, actor: Actor, printer_id: UUID) -> ReleaseQueue:
    """What `actor` may release at the printer, oldest first, with what was released lately.   Raises: NotFound."""
    beside = {printer.id for printer in printers(work, actor, Permission.RELEASE_COPIES, retired=True)}
    here = select(PrintRequest).where(PrintRequest.printer_id == printer_id, releasable(work, actor))
    if printer_id not in beside and work.session.scalar(here.limit(1)) is None:
        raise NotFound("there is no such printer")
    lately = Copy.released_at > work.now() - SHOWN_AFTERWARDS
    shown = exists().where(Copy.request_id == PrintRequest.id, or_(Copy.state.in_(_UNDER_WAY), lately))
    found = work.session.scalars(here.where(shown).order_by(PrintRequest.id).limit(MOST_REQUESTS)).all()
    printer = printer_facts(work, printer_id)
    return ReleaseQueue(printer, _problem(work, printer), _requests(work, actor, printer, found))


def _requests(
    work: Work, actor: Actor, printer: PrinterFacts, found: Sequence[PrintRequest]
) -> tuple[QueuedRequest, ...]:
    people = names(work, {request.applicant_id for request in found})
    rows = work.session.scalars(
        select(Copy)
        .where(Copy.request_id.in_([request.id for request in found]), Copy.number != ELECTRONIC_ORIGINAL)
        .order_by(Copy.number)
    )
    readable = _readable(work, actor, found)
    frozen = {
        branch_id: is_frozen(work, actor.organisation_id, (branch_id, printer.branch_id))
        for branch_id in {request.branch_id for request in found}
    }
    copies: dict[UUID, list[QueuedCopy]] = {request.id: [] for request in found}
    for row in rows:
        serial, state = CopySerial(row.serial), CopyState(row.state)
        copies[row.request_id].append(QueuedCopy(row.id, row.number, serial, state, row.released_at, row.printed_at))
    return tuple(
        QueuedRequest(
            id=request.id,
            title=request.title,
            own_reference=request.own_reference,
            applicant_name=people.get(request.applicant_id, ""),
            expires_at=request.expires_at,
            pages=len(request.layout),
            sides=Sides(request.sides),
            copies=tuple(copies[request.id]),
            obstacle=obstacle(actor, request, printer.release_rule, at=work.now(), frozen=frozen[request.branch_id]),
            readable=request.id in readable,
        )
        for request in found
    )


def _readable(work: Work, actor: Actor, found: Sequence[PrintRequest]) -> set[UUID]:
    within_reach = within(PrintRequest.branch_id, actor, Permission.READ_REQUESTS)
    listed = PrintRequest.id.in_([request.id for request in found])
    return set(work.session.scalars(select(PrintRequest.id).where(listed, within_reach)))


def _problem(work: Work, printer: PrinterFacts) -> Refused | None:
    try:
        require_usable(work, printer)
    except PrinterNotUsable as problem:
        return problem
    return None
