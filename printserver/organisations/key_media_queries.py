"""The register of key media as a list, a ledger for a spreadsheet, one page's facts; and what a leaver still owes."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, and_, or_, select

from printserver.foundation.unit_of_work import Work
from printserver.organisations.access import Actor, within
from printserver.organisations.key_media import (
    EXPIRING_WITHIN,
    OWED,
    WORD_OF,
    By,
    MediumAction,
    MediumKind,
    MediumState,
    actions_of,
    is_expiring,
)
from printserver.organisations.key_media_errors import MediumNotFound
from printserver.organisations.key_media_models import KeyMedium, KeyMediumStep
from printserver.organisations.models import Branch, User
from printserver.organisations.permissions import Permission
from printserver.organisations.stewards import is_one_of, own_accounts, stewarded_people

LONGEST_SEARCH: Final = 100
COLUMNS: Final = (
    *("kind", "maker", "serial_number", "holder", "staff_number", "branch", "state", "purpose", "applied_at"),
    *("received_at", "certificate_serial", "certificate_sha256", "certificate_subject", "certificate_not_after"),
    *("certificate_stopped_at", "holder_left_at"),
)
"""Stable names."""

Cell = str | int | None


class Show(StrEnum):
    """Which ones of the register."""

    ALL = "all"
    EXPIRING = "expiring"
    LOST = "lost"
    LEAVERS = "leavers"
    """Still with people who have left, or are frozen."""
    WAITING = "waiting"
    """For an approval, a signature or a second person."""


@dataclass(frozen=True)
class MediumFacts:
    """`replaced_by_id`: the medium that took its place, or shall.   expiring: its certificate ends within 30 days."""

    id: UUID
    kind: MediumKind
    purpose: str
    maker: str
    serial_number: str
    holder_id: UUID
    holder: str
    staff_number: str
    branch: str
    holder_frozen: bool
    holder_left_at: datetime | None
    state: MediumState
    applied_by: UUID
    applied_at: datetime
    received_at: datetime | None
    replaces_id: UUID | None
    replaced_by_id: UUID | None
    passkey_id: UUID | None
    certificate_serial: str
    certificate_sha256: str
    certificate_subject: str
    certificate_not_after: datetime | None
    certificate_stopped_at: datetime | None
    expiring: bool
    pending_action: MediumAction | None
    pending_by: UUID | None
    pending_remark: str

    @property
    def name(self) -> str:
        """For lists; the kind alone while none is handed out."""
        return " ".join(each for each in (self.maker, self.serial_number) if each)


@dataclass(frozen=True)
class MediumStepFacts:
    """`first_person_id`: who asked for a step that took two."""

    action: MediumAction
    before: MediumState
    after: MediumState
    remark: str
    person_id: UUID
    first_person_id: UUID | None
    at: datetime


def list_media(
    work: Work, actor: Actor, *, show: Show = Show.ALL, text: str = "", before: UUID | None = None, limit: int = 200
) -> tuple[MediumFacts, ...]:
    """One's own and those of the people whom one may read, the newest first.

    text: part of the holder's name or staff number, the maker or the serial number.
    """
    wanted = [_readable(actor), _shown(work, show)]
    if text.strip():
        part = text.strip()[:LONGEST_SEARCH]
        found_in = (User.name, User.staff_number, KeyMedium.maker, KeyMedium.serial_number)
        wanted.append(or_(*(column.icontains(part, autoescape=True) for column in found_in)))
    if before is not None:
        wanted.append(KeyMedium.id < before)
    return _read(work, wanted, limit)


def medium_facts(work: Work, actor: Actor, medium_id: UUID) -> MediumFacts:
    """Raises: MediumNotFound."""
    found = _read(work, [_readable(actor), KeyMedium.id == medium_id], 1)
    if not found:
        raise MediumNotFound("there is no such key medium")
    return found[0]


def owed_media(work: Work, actor: Actor, person_id: UUID) -> tuple[MediumFacts, ...]:
    """What this person has, or should have, and has not given back."""
    return _read(work, [_readable(actor), KeyMedium.holder_id == person_id, KeyMedium.state.in_(OWED)], 100)


def medium_steps(work: Work, medium_id: UUID) -> tuple[MediumStepFacts, ...]:
    """Oldest first, without regard to anybody's rights."""
    rows = work.session.scalars(
        select(KeyMediumStep).where(KeyMediumStep.medium_id == medium_id).order_by(KeyMediumStep.id)
    )
    return tuple(
        MediumStepFacts(
            MediumAction(row.action),
            MediumState(row.before),
            MediumState(row.after),
            row.remark,
            row.person_id,
            row.first_person_id,
            row.at,
        )
        for row in rows
    )


def steps_open_to(work: Work, actor: Actor, medium: MediumFacts) -> tuple[MediumAction, ...]:
    """Which steps this person may take, or ask for, now."""
    mine = is_one_of(work, actor, medium.holder_id)
    steward = work.session.scalar(stewarded_people(actor).where(User.id == medium.holder_id)) is not None
    return tuple(action for action in actions_of(medium.state) if _open_to(action, medium, actor, mine, steward))


def cells(medium: MediumFacts) -> tuple[Cell, ...]:
    """One for each of `COLUMNS`; moments in UTC, as ISO 8601."""
    return tuple(_plain(getattr(medium, name)) for name in COLUMNS)


def _open_to(action: MediumAction, medium: MediumFacts, actor: Actor, mine: bool, steward: bool) -> bool:
    if medium.pending_action is not None and action is not MediumAction.REPORT_LOST:
        return False
    if action is MediumAction.REPLACE and medium.replaced_by_id is not None:
        return False
    match WORD_OF[action]:
        case By.HOLDER:
            return mine
        case By.ANYBODY:
            return mine or steward
        case By.APPLICANT:
            return mine or steward or medium.applied_by == actor.person_id
        case By.SECOND:
            return steward and not mine and medium.applied_by != actor.person_id
        case By.STEWARD | By.TWO:
            return steward and not mine


def _readable(actor: Actor) -> ColumnElement[bool]:
    people = select(User.id).where(within(User.branch_id, actor, Permission.READ_PEOPLE))
    concerned = or_(
        KeyMedium.holder_id.in_(own_accounts(actor)),
        KeyMedium.holder_id.in_(people),
        KeyMedium.holder_id.in_(stewarded_people(actor)),
    )
    return and_(KeyMedium.organisation_id == actor.organisation_id, concerned)


def _shown(work: Work, show: Show) -> ColumnElement[bool]:
    match show:
        case Show.ALL:
            return KeyMedium.id.is_not(None)
        case Show.EXPIRING:
            soon = KeyMedium.certificate_not_after <= work.now() + EXPIRING_WITHIN
            return and_(KeyMedium.state.in_(OWED), soon)
        case Show.LOST:
            return KeyMedium.state == MediumState.LOST
        case Show.LEAVERS:
            return and_(KeyMedium.state.in_(OWED), or_(User.left_at.is_not(None), User.frozen.is_(True)))
        case Show.WAITING:
            open_states = (MediumState.APPLIED, MediumState.APPROVED, MediumState.HANDED_OUT)
            return or_(KeyMedium.state.in_(open_states), KeyMedium.pending_action.is_not(None))


def _read(work: Work, wanted: Iterable[ColumnElement[bool]], limit: int) -> tuple[MediumFacts, ...]:
    rows = work.session.execute(
        select(KeyMedium, User, Branch.name)
        .join(User, User.id == KeyMedium.holder_id)
        .join(Branch, Branch.id == User.branch_id)
        .where(*wanted)
        .order_by(KeyMedium.id.desc())
        .limit(limit)
    ).all()
    later = _successors(work, [row.id for row, _user, _branch in rows])
    now = work.now()
    return tuple(_facts(row, user, branch, later.get(row.id), now) for row, user, branch in rows)


def _successors(work: Work, medium_ids: Collection[UUID]) -> dict[UUID, UUID]:
    """Of the media that another one was applied for in the place of."""
    given_up = (MediumState.REFUSED, MediumState.WITHDRAWN)
    rows = work.session.execute(
        select(KeyMedium.replaces_id, KeyMedium.id)
        .where(KeyMedium.replaces_id.in_(medium_ids), KeyMedium.state.not_in(given_up))
        .order_by(KeyMedium.id)
    )
    return {former: later for former, later in rows if former is not None}


def _facts(row: KeyMedium, user: User, branch: str, replaced_by: UUID | None, now: datetime) -> MediumFacts:
    same: dict[str, Any] = {
        name: getattr(row, name)
        for name in (
            *("id", "purpose", "maker", "serial_number", "holder_id", "applied_by", "applied_at", "received_at"),
            *("replaces_id", "passkey_id", "certificate_not_after", "certificate_stopped_at", "pending_by"),
        )
    }
    state = MediumState(row.state)
    return MediumFacts(
        kind=MediumKind(row.kind),
        holder=user.name,
        staff_number=user.staff_number,
        branch=branch,
        holder_frozen=user.frozen,
        holder_left_at=user.left_at,
        state=state,
        replaced_by_id=replaced_by,
        certificate_serial=row.certificate_serial or "",
        certificate_sha256=row.certificate_sha256 or "",
        certificate_subject=row.certificate_subject or "",
        expiring=is_expiring(state, row.certificate_not_after, now),
        pending_action=MediumAction(row.pending_action) if row.pending_action else None,
        pending_remark=row.pending_remark or "",
        **same,
    )


def _plain(value: object) -> Cell:
    if isinstance(value, datetime):
        return value.isoformat(timespec="seconds")
    return None if value is None else str(value)
