"""Who looks after other people's proofs and media: administrators of people, and officers, each at their branches."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from sqlalchemy import Select, or_, select

from printserver.foundation.errors import Refused
from printserver.foundation.unit_of_work import Work
from printserver.organisations.access import Actor, within_any
from printserver.organisations.branches import BranchNotFound
from printserver.organisations.holdings import counted_person, person_of
from printserver.organisations.models import Branch, User
from printserver.organisations.people import PersonNotFound
from printserver.organisations.permissions import Permission

STEWARDS: Final = (Permission.MANAGE_PEOPLE, Permission.CONFIRM_STATEMENTS)


class AnotherPersonNeeded(Refused):
    """This takes two people, or somebody whom it does not concern."""

    code = "not-by-the-same-person"


def is_steward(actor: Actor) -> bool:
    """Of anybody."""
    return any(actor.may(permission) for permission in STEWARDS)


def stewarded_branches(actor: Actor) -> Select[UUID]:
    return select(Branch.id).where(within_any(Branch.id, actor, STEWARDS))


def stewarded_people(actor: Actor) -> Select[UUID]:
    """First accounts of people, also of those who have left."""
    return select(User.id).where(within_any(User.branch_id, actor, STEWARDS))


def own_accounts(actor: Actor) -> Select[UUID]:
    """All of the person who acts, also those that were joined later."""
    return select(User.id).where(counted_person() == actor.person_id)


def is_one_of(work: Work, actor: Actor, *accounts: UUID | None) -> bool:
    """Whether one of these is an account of the person who acts."""
    return any(each is not None and person_of(work, each) == actor.person_id for each in accounts)


def concerned_person(work: Work, actor: Actor, person_id: UUID) -> User:
    """The person's first account, when it is oneself or a steward's business.

    Raises: PersonNotFound, also for a program's account and a person's further ones.
    """
    user = work.session.scalar(
        select(User).where(
            User.id == person_id,
            User.organisation_id == actor.organisation_id,
            User.kind == "person",
            or_(User.person_id.is_(None), User.person_id == User.id),
            or_(User.id == actor.person_id, User.id.in_(stewarded_people(actor))),
        )
    )
    if user is None:
        raise PersonNotFound("there is no such person")
    return user


def concerned_branch(work: Work, actor: Actor, branch_id: UUID) -> Branch:
    """Which company one is a steward of.   Raises: BranchNotFound."""
    branch = work.session.scalar(select(Branch).where(Branch.id == branch_id, Branch.id.in_(stewarded_branches(actor))))
    if branch is None:
        raise BranchNotFound("there is no such branch")
    return branch
