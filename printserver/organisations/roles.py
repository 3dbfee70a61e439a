"""Rights of people: given within dates, ended, never deleted; and the roles that an organisation makes for itself."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, select, update

from printserver.audit.log import By, append
from printserver.foundation.clock import as_text
from printserver.foundation.errors import Malformed, NotFound, Refused
from printserver.foundation.ids import new_id
from printserver.foundation.unit_of_work import Work
from printserver.organisations.access import Actor, require, within
from printserver.organisations.holdings import (
    not_over,
    people_holding_role,
    person_of,
    require_compatible_people,
)
from printserver.organisations.models import Branch, CustomRole, RoleBinding, User
from printserver.organisations.people_events import CustomRoleChanged, RightsChanged
from printserver.organisations.permissions import RESERVED, Permission, Role, permissions_of
from printserver.organisations.queries import covers_organisation
from printserver.organisations.rules import require_coherent

LONGEST_NAME: Final = 60
_CODE: Final = re.compile(r"[a-z][a-z0-9-]{1,39}")


class RoleUnknown(Malformed):
    code = "role-unknown"


class RightNotFound(NotFound):
    code = "right-not-found"


class RoleCodeTaken(Refused):
    code = "role-code-taken"


class RoleReserved(Refused):
    """Asked of a custom role: what only a built-in role may hold."""

    code = "permission-reserved"


class CustomRoleMalformed(Malformed):
    code = "custom-role-malformed"


class DatesWrong(Malformed):
    code = "dates-wrong"


class WholeOrganisationNeeded(Refused):
    """A custom role is everybody's: who makes one administers every branch."""

    code = "whole-organisation-needed"


@dataclass(frozen=True)
class RightFacts:
    """A role binding that is not over."""

    id: UUID
    user_id: UUID
    role: str
    branch_id: UUID
    branch: str
    path: str
    valid_from: datetime | None
    valid_until: datetime | None
    statement_id: UUID | None


@dataclass(frozen=True)
class CustomRoleFacts:
    id: UUID
    code: str
    name_zh: str
    name_en: str
    permissions: tuple[Permission, ...]
    retired: bool


def rights_of(work: Work, *user_ids: UUID) -> tuple[RightFacts, ...]:
    """Of these accounts; in force or to be."""
    return _rights(work, RoleBinding.user_id.in_(user_ids))


def right_facts(work: Work, right_id: UUID) -> RightFacts:
    """Raises: RightNotFound."""
    for right in _rights(work, RoleBinding.id == right_id):
        return right
    raise RightNotFound("there is no such right")


def rights_below(work: Work, path: str) -> tuple[RightFacts, ...]:
    """At the branch of `path` and below."""
    return _rights(work, Branch.path.startswith(path, autoescape=True))


def rights_in_reach(work: Work, actor: Actor) -> tuple[RightFacts, ...]:
    """At the branches where `actor` may read of people."""
    return _rights(work, within(RoleBinding.branch_id, actor, Permission.READ_PEOPLE))


def require_known_role(work: Work, organisation_id: UUID, role: str) -> None:
    """Raises: RoleUnknown."""
    if not permissions_of(role) and not any(
        custom.code == role for custom in custom_roles(work, organisation_id) if not custom.retired
    ):
        raise RoleUnknown(f"there is no role {role}")


def bind(
    work: Work,
    by: By,
    user_id: UUID,
    role: str,
    branch_id: UUID,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    statement_id: UUID | None = None,
) -> UUID:
    """Give `role` at the branch and below; given again, the dates are as said now.   Raises: RolesIncompatible.

    Whether `by` may do so has been decided before.
    """
    require_dates(work, since, until)
    with rights_recorded(work, by, (user_id,)):
        facts = {
            "valid_from": since,
            "valid_until": until,
            "granted_by": by.person_id,
            "statement_id": statement_id,
            "ended_at": None,
        }
        same = (RoleBinding.user_id == user_id, RoleBinding.role == role, RoleBinding.branch_id == branch_id)
        found = work.session.scalar(update(RoleBinding).where(*same).values(**facts).returning(RoleBinding.id))
        if found is None:
            found = new_id()
            row = RoleBinding(
                id=found, user_id=user_id, role=str(role), branch_id=branch_id, created_at=work.now(), **facts
            )
            work.session.add(row)
            work.session.flush()
        require_compatible_people(work, [person_of(work, user_id)])
    return found


def end_rights(work: Work, by: By, right_ids: Iterable[UUID]) -> None:
    """Those that are over already stay as they are."""
    ids = list(right_ids)
    holders = work.session.scalars(select(RoleBinding.user_id).where(RoleBinding.id.in_(ids)).distinct()).all()
    with rights_recorded(work, by, holders):
        work.session.execute(
            update(RoleBinding)
            .where(RoleBinding.id.in_(ids), RoleBinding.ended_at.is_(None))
            .values(ended_at=work.now())
        )


@contextmanager
def rights_recorded(work: Work, by: By, user_ids: Sequence[UUID]) -> Iterator[None]:
    """Whatever changes inside is recorded for each of these accounts, with all rights before and after."""
    before = {user_id: rights_in_words(work, user_id) for user_id in user_ids}
    yield
    for user_id, former in before.items():
        present = rights_in_words(work, user_id)
        if present != former:
            append(work, by, RightsChanged(id=user_id, before=former, after=present))


def rights_in_words(work: Work, user_id: UUID) -> tuple[str, ...]:
    """`role @ branch [from – until]`, for the record."""
    return tuple(sorted(_in_words(right) for right in rights_of(work, user_id)))


def require_dates(work: Work, since: datetime | None, until: datetime | None) -> None:
    """Raises: DatesWrong."""
    if until is not None and (until <= work.now() or (since is not None and until <= since)):
        raise DatesWrong("the end lies after the beginning, and not in the past")


def custom_roles(work: Work, organisation_id: UUID) -> tuple[CustomRoleFacts, ...]:
    rows = work.session.scalars(
        select(CustomRole).where(CustomRole.organisation_id == organisation_id).order_by(CustomRole.code)
    )
    return tuple(
        CustomRoleFacts(
            row.id, row.code, row.name_zh, row.name_en, _sorted(row.permissions), row.retired_at is not None
        )
        for row in rows
    )


def create_custom_role(
    work: Work, actor: Actor, *, code: str, name_zh: str, name_en: str, permissions: Iterable[str]
) -> UUID:
    """Raises: Forbidden, WholeOrganisationNeeded, CustomRoleMalformed, RoleCodeTaken, RoleReserved, RolesIncompatible.

    code: 2 to 40 small letters, digits and hyphens, a letter first; never that of a built-in role.
    """
    _require_administrator(work, actor)
    granted = _checked(permissions)
    if not _CODE.fullmatch(code):
        raise CustomRoleMalformed("a code has 2 to 40 small letters, digits and hyphens, a letter first")
    taken = select(CustomRole.id).where(CustomRole.organisation_id == actor.organisation_id, CustomRole.code == code)
    if code in set(Role) or work.session.scalar(taken) is not None:
        raise RoleCodeTaken(f"there is a role {code} already")
    zh, en = _names(name_zh, name_en)
    row = CustomRole(
        id=new_id(),
        organisation_id=actor.organisation_id,
        code=code,
        name_zh=zh,
        name_en=en,
        permissions=list(granted),
        created_at=work.now(),
    )
    work.session.add(row)
    work.session.flush()
    append(work, actor.by, CustomRoleChanged(id=row.id, code=code, before=(), after=granted))
    return row.id


def change_custom_role(
    work: Work, actor: Actor, role_id: UUID, *, name_zh: str, name_en: str, permissions: Iterable[str]
) -> None:
    """For everybody who holds it, at once.

    Raises: Forbidden, WholeOrganisationNeeded, RightNotFound, CustomRoleMalformed, RoleReserved, RolesIncompatible
    also when some holder would then hold what does not go together.
    """
    _require_administrator(work, actor)
    row, granted = _custom_role(work, actor, role_id), _checked(permissions)
    before = _sorted(row.permissions)
    row.name_zh, row.name_en = _names(name_zh, name_en)
    row.permissions = list(granted)
    work.session.flush()
    require_compatible_people(work, people_holding_role(work, actor.organisation_id, row.code))
    append(work, actor.by, CustomRoleChanged(id=row.id, code=row.code, before=before, after=granted))


def retire_custom_role(work: Work, actor: Actor, role_id: UUID) -> None:
    """It grants nothing from now on; its code is not used again.   Raises: as `change_custom_role`."""
    _require_administrator(work, actor)
    row = _custom_role(work, actor, role_id)
    if row.retired_at is None:
        holders = select(User.id).where(User.organisation_id == actor.organisation_id)
        held = select(RoleBinding.id).where(RoleBinding.role == row.code, RoleBinding.user_id.in_(holders))
        end_rights(work, actor.by, work.session.scalars(held).all())
        row.retired_at = work.now()
        append(work, actor.by, CustomRoleChanged(id=row.id, code=row.code, before=_sorted(row.permissions), after=()))


def _rights(work: Work, which: ColumnElement[bool]) -> tuple[RightFacts, ...]:
    rows = work.session.execute(
        select(
            RoleBinding.id,
            RoleBinding.user_id,
            RoleBinding.role,
            RoleBinding.branch_id,
            Branch.name,
            Branch.path,
            RoleBinding.valid_from,
            RoleBinding.valid_until,
            RoleBinding.statement_id,
        )
        .join(Branch, Branch.id == RoleBinding.branch_id)
        .where(which, not_over(work))
        .order_by(RoleBinding.role, Branch.name, RoleBinding.id)
    )
    return tuple(RightFacts(*row) for row in rows)


def _in_words(right: RightFacts) -> str:
    dates = [as_text(moment) if moment else "" for moment in (right.valid_from, right.valid_until)]
    return f"{right.role} @ {right.branch}" + (f" [{' – '.join(dates)}]" if any(dates) else "")


def _require_administrator(work: Work, actor: Actor) -> None:
    require(actor, Permission.MANAGE_PEOPLE)
    if not covers_organisation(work, actor, Permission.MANAGE_PEOPLE):
        raise WholeOrganisationNeeded("only who administers every branch may make roles")


def _custom_role(work: Work, actor: Actor, role_id: UUID) -> CustomRole:
    mine = CustomRole.organisation_id == actor.organisation_id
    row = work.session.scalar(select(CustomRole).where(CustomRole.id == role_id, mine).with_for_update())
    if row is None:
        raise RightNotFound("there is no such role")
    return row


def _checked(permissions: Iterable[str]) -> tuple[Permission, ...]:
    wanted = set(permissions)
    if not wanted or wanted - set(Permission):
        raise CustomRoleMalformed("a role grants at least one permission, and only such that there are")
    granted = frozenset(Permission(one) for one in wanted)
    if granted & RESERVED:
        raise RoleReserved(f"only built-in roles hold: {', '.join(sorted(granted & RESERVED))}")
    require_coherent(granted)
    return _sorted(granted)


def _sorted(permissions: Iterable[object]) -> tuple[Permission, ...]:
    given = set(permissions)
    return tuple(one for one in Permission if one in given)


def _names(name_zh: str, name_en: str) -> tuple[str, str]:
    names = " ".join(name_zh.split())[:LONGEST_NAME], " ".join(name_en.split())[:LONGEST_NAME]
    if not all(names):
        raise CustomRoleMalformed("a role has a name in Chinese and in English")
    return names
