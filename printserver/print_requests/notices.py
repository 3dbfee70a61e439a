"""That a copy is void or replaced is told to whoever holds it, and that this was done is on record."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from sqlalchemy import select

from printserver.archive.copy_records import require_kept
from printserver.audit.log import append
from printserver.foundation.errors import Malformed, NotFound, TransitionRefused
from printserver.foundation.ids import new_id
from printserver.foundation.unit_of_work import Work
from printserver.organisations.access import Actor, within_any
from printserver.organisations.permissions import Permission
from printserver.organisations.queries import names
from printserver.print_requests.application import LONGEST_TEXT
from printserver.print_requests.events import HolderNotified
from printserver.print_requests.models import Copy, CopyNotice
from printserver.print_requests.states import INVALID, CopyState

TELLERS: Final = (Permission.CREATE_REQUEST, Permission.SETTLE_COPIES)


class NoticeKind(StrEnum):
    VOID = "void"
    """The copy is no longer valid."""
    CORRECTION = "correction"
    """Another copy stands in its place."""


class Channel(StrEnum):
    PAPER = "paper"
    COURIER = "courier"
    E_MAIL = "e-mail"
    PHONE = "phone"
    IN_PERSON = "in-person"


class NoticeMalformed(Malformed):
    code = "notice-malformed"


@dataclass(frozen=True)
class NewNotice:
    """`note`: what proves it, such as a courier's number.   delivered_at: when the holder was told."""

    kind: NoticeKind
    holder: str
    channel: Channel
    delivered_at: datetime
    note: str = ""


@dataclass(frozen=True)
class NoticeView:
    id: UUID
    kind: NoticeKind
    holder: str
    channel: Channel
    note: str
    delivered_at: datetime
    recorded_at: datetime
    recorded_by: UUID
    recorded_by_name: str


def record_notice(work: Work, actor: Actor, copy_id: UUID, new: NewNotice) -> NoticeView:
    """A holder of an invalid copy was told so.

    Raises: NotFound, RecordDisposed; TransitionRefused for a copy that is valid, or a correction of one that is not
    replaced; NoticeMalformed without a holder, for long texts, and for a time before the issue or in the future.
    """
    copy = work.session.scalar(select(Copy).where(Copy.id == copy_id, within_any(Copy.branch_id, actor, TELLERS)))
    if copy is None:
        raise NotFound("there is no such copy")
    require_kept(work, copy.organisation_id, copy.id)
    _check(work, copy, new)
    notice = CopyNotice(
        id=new_id(),
        copy_id=copy.id,
        kind=new.kind,
        holder=new.holder.strip(),
        channel=new.channel,
        note=new.note.strip(),
        delivered_at=new.delivered_at.astimezone(UTC),
        recorded_by=actor.id,
        recorded_at=work.now(),
    )
    work.session.add(notice)
    told = HolderNotified(id=copy.id, kind=new.kind, channel=new.channel, delivered_at=new.delivered_at)
    append(work, actor.by, told)
    return _view(notice, actor.name)


def notices_of(work: Work, copy_id: UUID) -> tuple[NoticeView, ...]:
    """Without regard to anybody's rights; the latest first."""
    rows = work.session.scalars(
        select(CopyNotice).where(CopyNotice.copy_id == copy_id).order_by(CopyNotice.delivered_at.desc(), CopyNotice.id)
    ).all()
    people = names(work, {row.recorded_by for row in rows})
    return tuple(_view(row, people.get(row.recorded_by, "")) for row in rows)


def _check(work: Work, copy: Copy, new: NewNotice) -> None:
    if CopyState(copy.state) not in INVALID:
        raise TransitionRefused("this copy is valid: there is nothing to notify its holder of")
    if new.kind is NoticeKind.CORRECTION and copy.state != CopyState.REPLACED:
        raise TransitionRefused("this copy is not replaced: send a notice that it is void")
    if copy.issued_at is None:
        raise TransitionRefused("this copy was never issued: nobody can hold it")
    if not new.holder.strip():
        raise NoticeMalformed("say who was told")
    if max(len(new.holder), len(new.note)) > LONGEST_TEXT:
        raise NoticeMalformed(f"a text is longer than {LONGEST_TEXT} characters")
    if not copy.issued_at <= new.delivered_at <= work.now():
        raise NoticeMalformed("the holder was told after the copy was issued, and not in the future")


def _view(row: CopyNotice, recorded_by_name: str) -> NoticeView:
    return NoticeView(
        id=row.id,
        kind=NoticeKind(row.kind),
        holder=row.holder,
        channel=Channel(row.channel),
        note=row.note,
        delivered_at=row.delivered_at,
        recorded_at=row.recorded_at,
        recorded_by=row.recorded_by,
        recorded_by_name=recorded_by_name,
    )
