"""What live pages watch of requests and copies, and who may."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select

from printserver.foundation.unit_of_work import Work
from printserver.organisations.access import Actor, within, within_any
from printserver.organisations.permissions import Permission
from printserver.print_requests.models import Copy, PrintRequest
from printserver.print_requests.states import CopyState, RequestState


@dataclass(frozen=True)
class CopyPlace:
    """Where else a copy is shown."""

    request_id: UUID
    printer_id: UUID


def readable_copies(work: Work, actor: Actor, copy_ids: Collection[UUID]) -> set[UUID]:
    """Those of `copy_ids` that `actor` may read."""
    readable = within(Copy.branch_id, actor, Permission.READ_REQUESTS)
    return set(work.session.scalars(select(Copy.id).where(Copy.id.in_(copy_ids), readable)))


def readable_requests(work: Work, actor: Actor, request_ids: Collection[UUID]) -> set[UUID]:
    """Those of `request_ids` that `actor` may read."""
    readable = within_any(
        PrintRequest.branch_id,
        actor,
        (Permission.READ_REQUESTS, Permission.APPROVE_REQUEST, Permission.CONFIRM_SEAL_USE),
    )
    return set(work.session.scalars(select(PrintRequest.id).where(PrintRequest.id.in_(request_ids), readable)))


def places_of_copies(work: Work, copy_ids: Collection[UUID]) -> dict[UUID, CopyPlace]:
    """Without regard to anybody's rights."""
    rows = work.session.execute(select(Copy.id, Copy.request_id, Copy.printer_id).where(Copy.id.in_(copy_ids)))
    return {copy_id: CopyPlace(request_id, printer_id) for copy_id, request_id, printer_id in rows}


def copies_drawn(work: Work) -> dict[UUID, int]:
    """How many copies are drawn so far of the requests that are being drawn, without regard to anybody's rights."""
    being_drawn = PrintRequest.state == RequestState.RENDERING
    rows = work.session.execute(select(PrintRequest.id, PrintRequest.drawn).where(being_drawn))
    return {row.id: row.drawn for row in rows}


def jobs_waiting(work: Work) -> dict[UUID, list[UUID]]:
    """The jobs, by printer, of copies that were released and are not in the printer yet."""
    waiting = select(Copy.printer_id, Copy.job_uuid).where(Copy.state == CopyState.RELEASED, Copy.job_uuid.is_not(None))
    found: dict[UUID, list[UUID]] = {}
    for printer_id, job_uuid in work.session.execute(waiting.order_by(Copy.released_at)):
        if job_uuid is not None:
            found.setdefault(printer_id, []).append(job_uuid)
    return found


def sides_reported(work: Work) -> dict[UUID, int | None]:
    """How many sides the printers have reported so far of the copies that lie in them, without regard to rights."""
    rows = work.session.execute(select(Copy.id, Copy.impressions_reported).where(Copy.state == CopyState.SENT))
    return {row.id: row.impressions_reported for row in rows}
