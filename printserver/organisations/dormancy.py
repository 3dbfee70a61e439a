"""Accounts that nobody uses: warned, and frozen when their time has come, all of a person's at once.

Nobody is frozen whom nobody could let in again: the last administrator of a branch, and the last two officers.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import ClassVar, Final
from uuid import UUID

from sqlalchemy import ColumnElement, func, select, update

from printserver.audit.log import By, Event, append
from printserver.foundation.unit_of_work import Database, Work
from printserver.organisations.access import Actor, within
from printserver.organisations.colleagues import HeldRole, held_roles
from printserver.organisations.dormancy_rule import DormancyPolicy
from printserver.organisations.frozen_places import frozen_places
from printserver.organisations.holdings import counted_person
from printserver.organisations.models import ApiToken, Branch, User, WebSession
from printserver.organisations.people import freeze_person
from printserver.organisations.permissions import Permission, permissions_of, roles_granting
from printserver.organisations.queries import organisations
from printserver.signing.signatories import OFFICERS_NEEDED

BY_DORMANCY: Final = By(process="dormancy")
KEEPERS_NEEDED: Final = {Permission.MANAGE_PEOPLE: 1, Permission.CONFIRM_STATEMENTS: OFFICERS_NEEDED}
"""How many others must be left, who hold the permission wherever a person does."""


@dataclass(frozen=True, kw_only=True)
class DormancyWarned(Event):
    """`freezes_at`: unless the person signs in before."""

    subject: ClassVar[str] = "user"
    freezes_at: datetime


@dataclass(frozen=True)
class DormantPerson:
    """`id`: of the person.   seen: the last sign-in, else when the account was made.   warned: None before.

    kept: nobody could let this person in again, so the account stays open.
    """

    id: UUID
    name: str
    staff_number: str
    branch: str
    branch_id: UUID
    seen: datetime
    warned: datetime | None
    freezes_at: datetime
    kept: bool


def freeze_dormant_accounts(database: Database, policy: DormancyPolicy) -> int:
    """Warn and freeze whose time has come; how many. It may run at any time, and any number of times."""
    if not policy.on:
        return 0
    with database.reading() as work:
        ids = [each.id for each in organisations(work)]
    return sum(_look_at(database, policy, each) for each in ids)


def dormant_accounts(work: Work, actor: Actor, policy: DormancyPolicy) -> tuple[DormantPerson, ...]:
    """Who will be frozen, the next one first: of the actor's branches, from the time of the warning on."""
    if not policy.on:
        return ()
    readable = within(User.branch_id, actor, Permission.READ_PEOPLE)
    found = _dormant(work, actor.organisation_id, policy, readable)
    held = _keepers(work, actor.organisation_id)
    return tuple(_shown(each, kept=not may_be_frozen(each.id, held)) for each in found)


def may_be_frozen(person_id: UUID, held: Iterable[HeldRole], out: Collection[UUID] = ()) -> bool:
    """Whether enough others are left, wherever this person administers people or is an officer.

    held: by everybody who is at work.   out: who of them has just been frozen.
    """
    known = [each for each in held if each.person_id not in out]
    for permission, needed in KEEPERS_NEEDED.items():
        keepers = [each for each in known if permission in permissions_of(each.role)]
        for own in (each for each in keepers if each.person_id == person_id):
            others = {each.person_id for each in keepers if own.path.startswith(each.path)} - {person_id}
            if len(others) < needed:
                return False
    return True


def _look_at(database: Database, policy: DormancyPolicy, organisation_id: UUID) -> int:
    changed, out = 0, set[UUID]()
    with database.work() as work:
        by, held = BY_DORMANCY.within(organisation_id), _keepers(work, organisation_id)
        for person in _dormant(work, organisation_id, policy):
            if not policy.is_warned(person.seen, person.warned):
                _warn(work, by, person)
            elif person.freezes_at <= work.now() and may_be_frozen(person.id, held, out):
                freeze_person(work, by, person.id, reason=f"no sign-in for {policy.days} days")
                out.add(person.id)
            else:
                continue
            changed += 1
    return changed


def _warn(work: Work, by: By, person: DormantPerson) -> None:
    work.session.execute(update(User).where(User.id == person.id).values(dormancy_warned_at=work.now()))
    append(work, by, DormancyWarned(id=person.id, freezes_at=person.freezes_at))


def _dormant(
    work: Work, organisation_id: UUID, policy: DormancyPolicy, which: ColumnElement[bool] | None = None
) -> tuple[DormantPerson, ...]:
    """Persons at work whose time of the warning has come, the next to be frozen first.   which: of first accounts."""
    session = select(func.max(WebSession.created_at)).where(WebSession.user_id == User.id).scalar_subquery()
    token = select(func.max(ApiToken.created_at)).where(ApiToken.user_id == User.id).scalar_subquery()
    accounts = work.session.execute(
        select(counted_person(), User.created_at, session, token).where(
            User.organisation_id == organisation_id, User.left_at.is_(None), User.kind == "person"
        )
    )
    seen: dict[UUID, datetime] = {}
    for person_id, *moments in accounts:
        latest = max(filter(None, moments))
        seen[person_id] = max(latest, seen.get(person_id, latest))
    due = [person_id for person_id, at in seen.items() if policy.warns_at(at) <= work.now()]
    rows = work.session.execute(
        select(User.id, User.name, User.staff_number, Branch.name, Branch.path, User.branch_id, User.dormancy_warned_at)
        .join(Branch, Branch.id == User.branch_id)
        .where(User.id.in_(due), User.frozen.is_(False), *(() if which is None else (which,)))
    )
    places = frozen_places(work, organisation_id)
    found = (
        DormantPerson(
            id=id_,
            name=name,
            staff_number=number,
            branch=branch,
            branch_id=branch_id,
            seen=seen[id_],
            warned=warned,
            freezes_at=policy.freezes_at(seen[id_], warned, work.now()),
            kept=False,
        )
        for id_, name, number, branch, path, branch_id, warned in rows
        if not places.covers(path)  # who cannot come in is not absent
    )
    return tuple(sorted(found, key=lambda each: (each.freezes_at, each.seen, each.id)))


def _keepers(work: Work, organisation_id: UUID) -> tuple[HeldRole, ...]:
    roles = {role for permission in KEEPERS_NEEDED for role in roles_granting(permission)}
    return held_roles(work, organisation_id, roles)


def _shown(person: DormantPerson, *, kept: bool) -> DormantPerson:
    return replace(person, kept=kept)
