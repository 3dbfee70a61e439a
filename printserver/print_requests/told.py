"""What messages to people and systems may say of a request, without regard to anybody's rights, and without its words.

What applicants wrote (title, purpose) stays on the pages: a mail goes through other people's machines.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from sqlalchemy import select

from printserver.foundation.unit_of_work import Work
from printserver.print_requests.models import Copy, PrintRequest
from printserver.print_requests.request_seals import seals_of_request
from printserver.print_requests.states import INVALID, CopyState, RequestState

_COMES_NO_MORE: Final = INVALID | {CopyState.PRINTED, CopyState.ELECTRONIC, CopyState.WASTED}
"""Out of a printer: a file never does, and a wasted copy is replaced by one of another request."""


@dataclass(frozen=True)
class ToldRequest:
    """`own_reference`: the caller's own number.   `copies`: as applied for.   seal_ids: all, the first one first."""

    id: UUID
    organisation_id: UUID
    branch_id: UUID
    applicant_id: UUID
    seal_ids: tuple[UUID, ...]
    own_reference: str
    state: RequestState
    copies: int


def told_request(work: Work, request_id: UUID) -> ToldRequest | None:
    row = work.session.get(PrintRequest, request_id)
    if row is None:
        return None
    return ToldRequest(
        id=row.id,
        organisation_id=row.organisation_id,
        branch_id=row.branch_id,
        applicant_id=row.applicant_id,
        seal_ids=tuple(seal.seal_id for seal in seals_of_request(work, row)),
        own_reference=row.own_reference,
        state=RequestState(row.state),
        copies=row.copies,
    )


def request_of_copy(work: Work, copy_id: UUID) -> ToldRequest | None:
    request_id = work.session.scalar(select(Copy.request_id).where(Copy.id == copy_id))
    return None if request_id is None else told_request(work, request_id)


def all_printed(work: Work, request_id: UUID) -> bool:
    """Whether no copy of the request is still to come out of a printer, and at least one did."""
    states = set(work.session.scalars(select(Copy.state).where(Copy.request_id == request_id)))
    return CopyState.PRINTED in states and states <= _COMES_NO_MORE
