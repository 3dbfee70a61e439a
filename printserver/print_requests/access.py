"""The one way to reach a request or a copy with permission; what lies outside a person's branches is not found."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import ColumnElement, or_, select

from printserver.foundation.errors import NotFound
from printserver.foundation.unit_of_work import Work
from printserver.organisations.access import Actor, within
from printserver.organisations.permissions import Permission
from printserver.print_requests.models import Copy, PrintRequest
from printserver.printing.queries import printers


def request_for(work: Work, actor: Actor, request_id: UUID, permission: Permission) -> PrintRequest:
    """Raises: NotFound."""
    request = work.session.scalar(
        select(PrintRequest).where(PrintRequest.id == request_id, within(PrintRequest.branch_id, actor, permission))
    )
    if request is None:
        raise NotFound("there is no such print request")
    return request


def copy_for(work: Work, actor: Actor, copy_id: UUID, permission: Permission) -> Copy:
    """Raises: NotFound."""
    copy = work.session.scalar(select(Copy).where(Copy.id == copy_id, within(Copy.branch_id, actor, permission)))
    if copy is None:
        raise NotFound("there is no such copy")
    return copy


def releasable(work: Work, actor: Actor) -> ColumnElement[bool]:
    """The condition that `actor` holds the right to release at a request's branch, or at its printer's."""
    beside = [printer.id for printer in printers(work, actor, Permission.RELEASE_COPIES, retired=True)]
    own = within(PrintRequest.branch_id, actor, Permission.RELEASE_COPIES)
    return or_(own, PrintRequest.printer_id.in_(beside))


def may_release(work: Work, actor: Actor, request: PrintRequest) -> bool:
    held = select(PrintRequest.id).where(PrintRequest.id == request.id, releasable(work, actor))
    return work.session.scalar(held) is not None


def request_to_release(work: Work, actor: Actor, request_id: UUID) -> PrintRequest:
    """Also one of another branch whose copies come out at a printer of the actor's.   Raises: NotFound."""
    request = work.session.scalar(select(PrintRequest).where(PrintRequest.id == request_id, releasable(work, actor)))
    if request is None:
        raise NotFound("there is no such print request")
    return request


def copies_of(work: Work, request_id: UUID) -> Sequence[Copy]:
    return work.session.scalars(select(Copy).where(Copy.request_id == request_id).order_by(Copy.number)).all()
