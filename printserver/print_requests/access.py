"""The one way to reach a request or a copy with permission; what lies outside a person's branches is not found."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select

from printserver.foundation.errors import NotFound
from printserver.foundation.unit_of_work import Work
from printserver.organisations.access import Actor, within
from printserver.organisations.permissions import Permission
from printserver.print_requests.models import Copy, PrintRequest


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


def copies_of(work: Work, request_id: UUID) -> Sequence[Copy]:
    return work.session.scalars(select(Copy).where(Copy.request_id == request_id).order_by(Copy.number)).all()
