"""Changes of people's rights, with the statements that the signer's register needs for them.

Rights that can help to seal are asked for here and given by two officers; whatever takes rights away works at once in
the rows and is stated besides, so that the signer refuses that person too.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from printserver.approvals.flows import Attestor
from printserver.approvals.statement_queries import statements
from printserver.approvals.statement_states import StatementState
from printserver.approvals.statements import propose
from printserver.foundation.clock import as_text
from printserver.foundation.errors import Refused
from printserver.foundation.unit_of_work import Work
from printserver.organisations import branches, people
from printserver.organisations.access import Actor, branch_path
from printserver.organisations.delegations import (
    DelegationFacts,
    NewDelegation,
    delegations_of_person,
    end_delegation,
    own_delegation,
    require_delegable,
    write_delegation,
)
from printserver.organisations.holdings import holdings_of, person_of
from printserver.organisations.identity_proof_policy import require_proved_for_role
from printserver.organisations.people import Handover, PersonNotFound, another_person, required_reason
from printserver.organisations.people_queries import PersonFacts, dormant_people
from printserver.organisations.permissions import Permission, is_binding, permissions_of
from printserver.organisations.roles import (
    RightFacts,
    RightNotFound,
    bind,
    end_rights,
    require_dates,
    require_known_role,
    right_facts,
    rights_below,
    rights_of,
)
from printserver.organisations.rules import Holding, require_compatible
from printserver.signing.statements import StatementKind


class SecondAccount(Refused):
    """A right to help sealing belongs to a person's first account."""

    code = "second-account"


@dataclass(frozen=True)
class NewRight:
    """`role` at the branch and below.   since, until: None for at once, and for ever."""

    role: str
    branch_id: UUID
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True)
class Outcome:
    """`done`: it holds now.   statements: what officers have yet to sign, by id."""

    done: bool
    statements: tuple[UUID, ...] = ()


def grant_right(
    work: Work, actor: Actor, attestor: Attestor, user_id: UUID, new: NewRight, *, reason: str = ""
) -> Outcome:
    """At once, or as a statement for two officers when the role can help to seal.

    Raises: PersonNotFound, NotOneself, PersonGone, BranchNotFound, RoleUnknown, DatesWrong, RolesIncompatible,
    SecondAccount, IdentityNotProved.
    """
    user = another_person(work, actor, user_id)
    branch = branches.branch_for(work, actor, new.branch_id, Permission.MANAGE_PEOPLE)
    if branch.closed_at is not None:
        raise people.BranchClosedToPeople("this branch is closed")
    require_known_role(work, user.organisation_id, new.role)
    require_dates(work, new.since, new.until)
    if not is_binding(new.role):
        bind(work, actor.by, user.id, new.role, branch.id, since=new.since, until=new.until)
        return Outcome(done=True)
    if person_of(work, user.id) != user.id:
        raise SecondAccount("give this role to the person's first account")
    require_proved_for_role(work, user.organisation_id, user.id, new.role)
    wanted = Holding(new.role, permissions_of(new.role), branch.path, new.since, new.until)
    require_compatible((*holdings_of(work, user.id), wanted))
    body: dict[str, Any] = {"person_id": str(user.id), "role": new.role, "path": branch.path}
    waiting = tuple(
        each.id
        for each in statements(work, actor, state=StatementState.PROPOSED, kind=StatementKind.SEAT, subject_id=user.id)
        if body.items() <= each.body.items()
    )
    if waiting:
        return Outcome(done=False, statements=waiting)
    body["from"] = as_text(new.since or work.now())
    if new.until is not None:
        body["until"] = as_text(new.until)
    return _stated(propose(work, actor, attestor, StatementKind.SEAT, body, subject_id=user.id, reason=reason))


def end_right(work: Work, actor: Actor, attestor: Attestor, right_id: UUID, *, reason: str) -> Outcome:
    """At once; the signer's register follows when an officer has signed.

    Raises: RightNotFound, NotOneself, PersonGone, ReasonNeeded.
    """
    right = right_facts(work, right_id)
    try:
        another_person(work, actor, right.user_id)
    except PersonNotFound:  # whoever may not see the person learns nothing of the right
        raise RightNotFound("there is no such right") from None
    said = required_reason(reason)
    end_rights(work, actor.by, [right.id])
    return Outcome(done=True, statements=_unseat(work, actor, attestor, [right], said))


def move_person(
    work: Work, actor: Actor, attestor: Attestor, user_id: UUID, *, branch_id: UUID, reason: str
) -> Outcome:
    """All rights and deputyships end everywhere at once.   Raises: as `people.move_person`, ReasonNeeded."""
    said, lent = required_reason(reason), delegations_of_person(work, person_of(work, user_id))
    ended = people.move_person(work, actor, user_id, branch_id=branch_id)
    kept = {each.id for each in delegations_of_person(work, person_of(work, user_id))}
    unlent = _unlend(work, actor, attestor, [each for each in lent if each.id not in kept])
    return Outcome(done=True, statements=(*_unseat(work, actor, attestor, ended, said), *unlent))


def move_branch(
    work: Work, actor: Actor, attestor: Attestor, branch_id: UUID, *, parent_id: UUID, reason: str
) -> Outcome:
    """With all below it. Rights there that can help to seal end, and are proposed again for the new place.

    Raises: as `branches.move_branch`, ReasonNeeded.
    """
    said = required_reason(reason)
    before, after = branches.move_branch(work, actor, branch_id, parent_id=parent_id)
    seats = [right for right in rights_below(work, after) if is_binding(right.role)]
    end_rights(work, actor.by, [seat.id for seat in seats])
    made = []
    for seat in seats:
        old = before + seat.path.removeprefix(after)
        made.append(_propose_unseat(work, actor, attestor, seat.user_id, seat.role, old, said))
        body = {"person_id": str(seat.user_id), "role": seat.role, "path": seat.path, "from": as_text(work.now())}
        if seat.valid_until is not None:
            body["until"] = as_text(seat.valid_until)
        made.append(propose(work, actor, attestor, StatementKind.SEAT, body, subject_id=seat.user_id, reason=said))
    return Outcome(done=True, statements=tuple(made))


def freeze_person(work: Work, actor: Actor, attestor: Attestor, user_id: UUID, *, reason: str) -> Outcome:
    """Sessions end at once and nothing opens any more; who holds a right to help sealing is barred by statement.

    Raises: PersonNotFound, NotOneself, PersonGone, ReasonNeeded.
    """
    user = another_person(work, actor, user_id)
    said = required_reason(reason)
    if user.frozen:
        return Outcome(done=True)
    people.freeze_person(work, actor.by, user.id, reason=said)
    return Outcome(done=True, statements=_bar(work, actor, attestor, person_of(work, user.id), said))


def freeze_dormant(work: Work, actor: Actor, attestor: Attestor, *, days: int) -> tuple[PersonFacts, ...]:
    """Whoever has not signed in for so many days, within the branches that `actor` administers, but not oneself."""
    frozen = []
    for person in dormant_people(work, actor, days=days):
        if person.person_id != actor.person_id and actor.may(
            Permission.MANAGE_PEOPLE, branch_path(work, person.branch_id)
        ):
            freeze_person(work, actor, attestor, person.id, reason=f"no sign-in for {days} days")
            frozen.append(person)
    return tuple(frozen)


def unfreeze_person(work: Work, actor: Actor, attestor: Attestor, user_id: UUID, *, reason: str) -> Outcome:
    """At once, unless the person is barred: then two officers let the person in.

    Raises: PersonNotFound, NotOneself, PersonGone, ReasonNeeded.
    """
    user = another_person(work, actor, user_id)
    said, person_id = required_reason(reason), person_of(work, user.id)
    if not user.frozen:
        return Outcome(done=True)
    if not _helps_to_seal(work, person_id):
        people.unfreeze_person(work, actor.by, user.id, reason=said)
        return Outcome(done=True)
    waiting = statements(work, actor, state=StatementState.PROPOSED, kind=StatementKind.UNBAR, subject_id=person_id)
    if waiting:
        return Outcome(done=False, statements=tuple(each.id for each in waiting))
    body = {"person_id": str(person_id)}
    return _stated(propose(work, actor, attestor, StatementKind.UNBAR, body, subject_id=person_id, reason=said))


def leave(work: Work, actor: Actor, attestor: Attestor, user_id: UUID, *, reason: str, handover: Handover) -> Outcome:
    """The person is gone: sessions, tokens, rights, deputyships end at once; barred and unseated by statement.

    handover: what is to be handed on, for the record; requests that waited for the person's word become the others'.
    Raises: PersonNotFound, NotOneself, PersonGone, ReasonNeeded.
    """
    said, person_id = required_reason(reason), person_of(work, user_id)
    barred, lent = _bar(work, actor, attestor, person_id, said), delegations_of_person(work, person_id)
    ended = people.leave(work, actor, user_id, reason=said, handover=handover)
    stated = (*barred, *_unseat(work, actor, attestor, ended, said), *_unlend(work, actor, attestor, lent))
    return Outcome(done=True, statements=stated)


def name_deputy(work: Work, actor: Actor, attestor: Attestor, new: NewDelegation) -> Outcome:
    """By the principal's own word; a custodian's needs an officer's consent besides.

    Raises: RoleNotDelegable, RoleNotHeld, DeputyUnfit, DatesWrong, DelegationTooLong, RolesIncompatible,
    IdentityNotProved.
    """
    require_delegable(work, actor, new)
    if not is_binding(new.role):
        write_delegation(work, actor.by, actor.id, new)
        return Outcome(done=True)
    deputy = person_of(work, new.deputy_id)
    require_proved_for_role(work, actor.organisation_id, deputy, new.role)
    lent = (
        Holding(right.role, permissions_of(right.role), right.path, new.since, new.until)
        for right in rights_of(work, actor.id)
        if right.role == new.role
    )
    require_compatible((*holdings_of(work, deputy), *lent))
    body = {
        **_between(actor.person_id, deputy, new.role),
        "from": as_text(new.since),
        "until": as_text(new.until),
    }
    made = propose(work, actor, attestor, StatementKind.DELEGATION, body, subject_id=actor.person_id, reason=new.reason)
    return _stated(made)


def end_deputyship(work: Work, actor: Actor, attestor: Attestor, delegation_id: UUID) -> Outcome:
    """By principal, deputy or who administers the principal; at once.   Raises: DelegationNotFound."""
    found = own_delegation(work, actor, delegation_id)
    end_delegation(work, actor.by, found.id)
    return Outcome(done=True, statements=_unlend(work, actor, attestor, (found,)))


def _helps_to_seal(work: Work, person_id: UUID) -> bool:
    return any(is_binding(holding.role) for holding in holdings_of(work, person_id))


def _bar(work: Work, actor: Actor, attestor: Attestor, person_id: UUID, reason: str) -> tuple[UUID, ...]:
    if not _helps_to_seal(work, person_id):
        return ()
    body = {"person_id": str(person_id), "reason": reason}
    return (propose(work, actor, attestor, StatementKind.BAR, body, subject_id=person_id, reason=reason),)


def _unseat(work: Work, actor: Actor, attestor: Attestor, ended: Iterable[RightFacts], reason: str) -> tuple[UUID, ...]:
    return tuple(
        _propose_unseat(work, actor, attestor, right.user_id, right.role, right.path, reason)
        for right in ended
        if is_binding(right.role)
    )


def _unlend(work: Work, actor: Actor, attestor: Attestor, ended: Iterable[DelegationFacts]) -> tuple[UUID, ...]:
    """The signer takes the deputies' words no longer."""
    return tuple(
        propose(
            work,
            actor,
            attestor,
            StatementKind.DELEGATION_END,
            _between(each.principal_person, each.deputy_person, each.role),
            subject_id=each.principal_person,
        )
        for each in ended
        if is_binding(each.role)
    )


def _propose_unseat(
    work: Work, actor: Actor, attestor: Attestor, user_id: UUID, role: str, path: str, reason: str
) -> UUID:
    body = {"person_id": str(person_of(work, user_id)), "role": role, "path": path}
    return propose(work, actor, attestor, StatementKind.UNSEAT, body, subject_id=user_id, reason=reason)


def _between(principal: UUID, deputy: UUID, role: str) -> dict[str, str]:
    return {"principal": str(principal), "deputy": str(deputy), "role": role}


def _stated(statement_id: UUID) -> Outcome:
    return Outcome(done=False, statements=(statement_id,))
