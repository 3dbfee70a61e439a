"""What pages and the API may read of legal holds."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Final
from uuid import UUID

from sqlalchemy import select

from printserver.archive.holds import HoldNotFound, is_unproved, works
from printserver.archive.models import ArchiveRecord
from printserver.archive.retention_models import HeldRecord, LegalHold
from printserver.archive.states import HoldState
from printserver.foundation.unit_of_work import Work
from printserver.organisations.access import Actor, require, within
from printserver.organisations.permissions import Permission
from printserver.organisations.queries import branch, names
from printserver.signing.key_list import KeyList

LONGEST_LIST: Final = 200


@dataclass(frozen=True)
class HoldFacts:
    """`scope`: records, search or branch.   records: how many it names, 0 for a branch's.

    unproved: it is lifted by its row, but the log does not prove that two persons signed that; so it still holds.
    """

    id: UUID
    branch_id: UUID
    branch: str
    scope: str
    said: str
    records: int
    matter: str
    reason: str
    state: HoldState
    set_by: UUID
    set_by_name: str
    set_at: datetime
    confirmed_by_name: str
    confirmed_at: datetime | None
    lift_reason: str
    lift_asked_by: UUID | None
    lift_asked_by_name: str
    lift_asked_at: datetime | None
    lifted_by_name: str
    lifted_at: datetime | None
    unproved: bool


def holds(
    work: Work, actor: Actor, load_key_list: Callable[[], KeyList], *, lifted: bool = False
) -> tuple[HoldFacts, ...]:
    """Those that work; with `lifted` all.   load_key_list: under which liftings are proved.

    Raises: Forbidden, KeyListRefused.
    """
    require(actor, Permission.READ_ARCHIVE)
    chosen = select(LegalHold).where(within(LegalHold.branch_id, actor, Permission.READ_ARCHIVE))
    if not lifted:
        chosen = chosen.where(works())
    rows = work.session.scalars(chosen.order_by(LegalHold.id.desc()).limit(LONGEST_LIST))
    return holds_shown(work, rows.all(), load_key_list)


def hold_facts(work: Work, actor: Actor, hold_id: UUID, load_key_list: Callable[[], KeyList]) -> HoldFacts:
    """Raises: Forbidden, HoldNotFound, KeyListRefused."""
    require(actor, Permission.READ_ARCHIVE)
    row = work.session.scalar(
        select(LegalHold).where(LegalHold.id == hold_id, within(LegalHold.branch_id, actor, Permission.READ_ARCHIVE))
    )
    if row is None:
        raise HoldNotFound("there is no such legal hold")
    (shown,) = holds_shown(work, [row], load_key_list)
    return shown


def held_numbers(work: Work, hold_id: UUID) -> tuple[tuple[UUID, str], ...]:
    """Id and number of the records that a hold names; the caller may read the hold."""
    rows = work.session.execute(
        select(ArchiveRecord.id, ArchiveRecord.number)
        .join(HeldRecord, HeldRecord.record_id == ArchiveRecord.id)
        .where(HeldRecord.hold_id == hold_id)
        .order_by(ArchiveRecord.number)
        .limit(LONGEST_LIST)
    )
    return tuple((record_id, number) for record_id, number in rows)


def holds_shown(work: Work, rows: Sequence[LegalHold], load_key_list: Callable[[], KeyList]) -> tuple[HoldFacts, ...]:
    """The caller may read the holds. The key list is read once, and only for one that is lifted."""
    people = [one for row in rows for one in (row.set_by, row.confirmed_by, row.lift_asked_by, row.lifted_by)]
    known, keys = names(work, {one for one in people if one is not None}), cache(load_key_list)
    places = {each: branch(work, each).name for each in {row.branch_id for row in rows}}
    return tuple(_shown(work, row, known, places[row.branch_id], keys) for row in rows)


def _shown(
    work: Work, row: LegalHold, known: Mapping[UUID, str], place: str, load_key_list: Callable[[], KeyList]
) -> HoldFacts:
    def named(person_id: UUID | None) -> str:
        return "" if person_id is None else known.get(person_id, str(person_id))

    return HoldFacts(
        id=row.id,
        branch_id=row.branch_id,
        branch=place,
        scope=row.scope,
        said=row.said,
        records=row.records,
        matter=row.matter,
        reason=row.reason,
        state=HoldState(row.state),
        set_by=row.set_by,
        set_by_name=named(row.set_by),
        set_at=row.set_at,
        confirmed_by_name=named(row.confirmed_by),
        confirmed_at=row.confirmed_at,
        lift_reason=row.lift_reason,
        lift_asked_by=row.lift_asked_by,
        lift_asked_by_name=named(row.lift_asked_by),
        lift_asked_at=row.lift_asked_at,
        lifted_by_name=named(row.lifted_by),
        lifted_at=row.lifted_at,
        unproved=is_unproved(work, row, load_key_list),
    )
