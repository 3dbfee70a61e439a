"""Whom a message may be sent to: people's e-mail addresses, and who holds a permission somewhere."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.orm import load_only

from printserver.audit.log import Event, append
from printserver.foundation.unit_of_work import Work
from printserver.organisations.access import Actor, actor_of
from printserver.organisations.email_address import check_email
from printserver.organisations.models import Delegation, RoleBinding, User
from printserver.organisations.permissions import Permission


@dataclass(frozen=True, kw_only=True)
class EmailChanged(Event):
    """The addresses themselves stay out of the log, which nobody can make forget."""

    subject: ClassVar[str] = "user"
    given: bool


@dataclass(frozen=True)
class Addressee:
    id: UUID
    organisation_id: UUID
    name: str
    email: str


def own_email(work: Work, actor: Actor) -> str:
    return work.session.scalars(select(User.email).where(User.id == actor.id)).one() or ""


def set_own_email(work: Work, actor: Actor, email: str) -> None:
    """email: empty for none.   Raises: EmailMalformed."""
    address = check_email(email) if email.strip() else None
    user = work.session.get_one(User, actor.id)
    if user.email == address:
        return
    user.email = address
    append(work, actor.by, EmailChanged(id=actor.id, given=address is not None))


def addressees(work: Work, person_ids: Collection[UUID]) -> tuple[Addressee, ...]:
    """Those of them who can be written to: with an address, neither frozen nor gone."""
    rows = work.session.scalars(_people().where(User.id.in_(person_ids), _reachable()).order_by(User.id))
    return tuple(_addressee(row) for row in rows)


def holders(
    work: Work, organisation_id: UUID, permission: Permission, path: str | None = None
) -> tuple[tuple[Addressee, Actor], ...]:
    """Who can be written to and holds `permission` now, with all that this person may.

    path: of a branch where it must be held; without one, anywhere in the organisation.
    """
    granted = User.id.in_(select(RoleBinding.user_id)) | User.id.in_(select(Delegation.deputy_id))
    rows = work.session.scalars(
        _people().where(User.organisation_id == organisation_id, granted, _reachable()).order_by(User.id)
    )
    found = ((_addressee(row), actor_of(work, row)) for row in rows)
    return tuple((person, actor) for person, actor in found if actor.may(permission, path))


def _people() -> Select[User]:
    """With what the worker may read of an account: no hashes of passwords."""
    columns = (User.organisation_id, User.branch_id, User.name, User.person_id, User.frozen, User.left_at, User.email)
    return select(User).options(load_only(*columns, raiseload=True))


def _reachable() -> ColumnElement[bool]:
    return User.email.is_not(None) & User.frozen.is_(False) & User.left_at.is_(None)


def _addressee(row: User) -> Addressee:
    return Addressee(row.id, row.organisation_id, row.name, row.email or "")
