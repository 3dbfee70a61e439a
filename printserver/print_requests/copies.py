"""Change a copy's state: one conditional statement and its audit entry. Nothing else assigns it.

From the moment it is printed its signed paper is owed.
"""

from __future__ import annotations

from datetime import datetime
from typing import TypedDict, Unpack
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from printserver.audit.log import By, append
from printserver.foundation.errors import NotFound, TransitionRefused
from printserver.foundation.serials import ELECTRONIC_ORIGINAL
from printserver.foundation.unit_of_work import Work
from printserver.print_requests.events import CopyMoved, CopySigned
from printserver.print_requests.models import Copy
from printserver.print_requests.owed import lay_owed
from printserver.print_requests.states import CopyAction, CopyState, next_copy_state


class CopyFields(TypedDict, total=False):
    issued_sha256: str
    issued_at: datetime
    job_uuid: UUID
    cups_job_id: int | None
    released_by: UUID
    released_at: datetime
    printed_at: datetime
    settled_reason: str
    settled_by: UUID
    settled_at: datetime
    confirmed_by: UUID
    confirmed_at: datetime
    sent_at: datetime | None
    impressions_reported: int | None


def move_copy(
    work: Work, by: By, copy_id: UUID, action: CopyAction, *, reason: str = "", **fields: Unpack[CopyFields]
) -> CopyState:
    """Take `action` on the copy and return its new state.

    Raises: NotFound, TransitionRefused, also when another transaction was faster.
    """
    row = work.session.execute(select(Copy.state, Copy.organisation_id).where(Copy.id == copy_id)).one_or_none()
    if row is None:
        raise NotFound("there is no such copy")
    before = CopyState(row.state)
    after = next_copy_state(before, action)
    moved = work.session.scalar(
        update(Copy).where(Copy.id == copy_id, Copy.state == before).values(state=after, **fields).returning(Copy.id)
    )
    if moved is None:
        raise TransitionRefused(f"cannot {action} a copy that has just changed")
    append(work, by.within(row.organisation_id), CopyMoved(id=copy_id, before=before, after=after, reason=reason))
    if after is CopyState.PRINTED:
        lay_owed(work, copy_id)
    return after


def record_issued(
    work: Work, by: By, copy_id: UUID, issued_sha256: str, *, journal_lines: int = 0, journal_head: str = ""
) -> None:
    """The signer's own verification has passed and the bytes are stored.

    journal_lines, journal_head: of the signer's spent journal at this moment.   Raises: NotFound, TransitionRefused.
    """
    row = work.session.execute(select(Copy.organisation_id, Copy.number).where(Copy.id == copy_id)).one_or_none()
    if row is None:
        raise NotFound("there is no such copy")
    action = CopyAction.ISSUE_ELECTRONIC if row.number == ELECTRONIC_ORIGINAL else CopyAction.ISSUE
    move_copy(work, by, copy_id, action, issued_sha256=issued_sha256, issued_at=work.now())
    append(
        work,
        by.within(row.organisation_id),
        CopySigned(id=copy_id, issued_sha256=issued_sha256, journal_lines=journal_lines, journal_head=journal_head),
    )


def send_copy(work: Work, by: By, copy_id: UUID, job_uuid: UUID) -> bool:
    """A backend may print the released copy; False while another copy is on its way to the same printer.

    Raises: TransitionRefused when the copy is no longer released for `job_uuid`.
    """
    if not is_under_way_as(work, copy_id, job_uuid):
        raise TransitionRefused("the copy was released anew since")
    try:
        with work.session.begin_nested():
            move_copy(work, by, copy_id, CopyAction.SEND, sent_at=work.now(), impressions_reported=None)
    except IntegrityError:
        return False
    return True


def is_under_way_as(work: Work, copy_id: UUID, job_uuid: UUID) -> bool:
    """Whether the copy's present job, not an earlier one, is `job_uuid`."""
    return work.session.scalar(select(Copy.job_uuid).where(Copy.id == copy_id)) == job_uuid
