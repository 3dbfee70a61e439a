"""Who holds which right: roles and deputies by branch, and for each seal who keeps it, asks for it and approves it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final
from uuid import UUID

from printserver.foundation.unit_of_work import Work
from printserver.organisations.access import Actor, branch_path, custom_permissions
from printserver.organisations.delegations import delegations
from printserver.organisations.people_queries import PersonFacts, PersonState, list_people
from printserver.organisations.permissions import Permission, permissions_of
from printserver.organisations.rights_review import RightKind, RightLine
from printserver.organisations.roles import RightFacts, custom_roles, rights_in_reach
from printserver.seals.queries import SealFacts, permits_of, seals
from printserver.seals.states import SealState

CUSTODIAN: Final = "custodian"
APPLICANT: Final = "applicant"
APPROVER: Final = "approver"
OFFICER: Final = "officer"
_MOST_PEOPLE: Final = 100_000
_OVER: Final = frozenset({SealState.REVOKED, SealState.DESTROYED})


def all_rights(work: Work, actor: Actor) -> tuple[RightLine, ...]:
    """Of people who are at work, as far as `actor` may read of people, branches and seals."""
    people = {each.id: each for each in list_people(work, actor, state=PersonState.ACTIVE, limit=_MOST_PEOPLE)}
    rights = [right for right in rights_in_reach(work, actor) if right.user_id in people]
    lines = [
        *(_line(people[right.user_id], RightKind.ROLE, right.branch_id, right.branch, right) for right in rights),
        *_deputies(work, actor, people),
        *_uses(work, actor, people, rights),
    ]
    return tuple(sorted(lines, key=lambda line: (line.kind, line.subject, line.detail, line.name, str(line.user_id))))


def _line(person: PersonFacts, kind: RightKind, subject_id: UUID, subject: str, right: RightFacts) -> RightLine:
    return RightLine(
        kind,
        person.id,
        person.name,
        person.staff_number,
        subject_id,
        subject,
        right.role,
        right.valid_from,
        right.valid_until,
    )


def _deputies(work: Work, actor: Actor, people: Mapping[UUID, PersonFacts]) -> Iterator[RightLine]:
    for each in delegations(work, actor):
        deputy = people.get(each.deputy_id)
        if deputy is not None:
            yield RightLine(
                RightKind.DEPUTY,
                deputy.id,
                deputy.name,
                deputy.staff_number,
                each.principal_id,
                each.principal,
                each.role,
                each.valid_from,
                each.valid_until,
            )


def _uses(
    work: Work, actor: Actor, people: Mapping[UUID, PersonFacts], rights: Sequence[RightFacts]
) -> Iterator[RightLine]:
    custom = {role.code: custom_permissions(role.permissions) for role in custom_roles(work, actor.organisation_id)}
    holding = {
        permission: [
            right
            for right in rights
            if permission in (permissions_of(right.role) or custom.get(right.role, frozenset()))
        ]
        for permission in (Permission.CREATE_REQUEST, Permission.APPROVE_REQUEST, Permission.CONFIRM_STATEMENTS)
    }
    for seal in seals(work, actor):
        if seal.state in _OVER:
            continue
        users = {(person_id, CUSTODIAN) for person_id in seal.custodians}
        users |= {(person_id, APPLICANT) for person_id in _applicants(work, seal, holding[Permission.CREATE_REQUEST])}
        users |= {
            (right.user_id, APPROVER)
            for right in _meeting(branch_path(work, seal.branch_id), holding[Permission.APPROVE_REQUEST])
        }
        users |= {(right.user_id, OFFICER) for right in holding[Permission.CONFIRM_STATEMENTS]}
        for person_id, use in users:
            person = people.get(person_id)
            if person is not None:
                yield RightLine(RightKind.SEAL, person.id, person.name, person.staff_number, seal.id, seal.name, use)


def _applicants(work: Work, seal: SealFacts, able: Sequence[RightFacts]) -> set[UUID]:
    """Who may ask for the seal by its permits; without any, everybody whom it serves."""
    meeting = _meeting(branch_path(work, seal.branch_id), able)
    permits = permits_of(work, seal.id)
    if not permits.people and not permits.branches:
        return {right.user_id for right in meeting}
    paths = [branch_path(work, branch_id) for branch_id in permits.branches]
    return {
        right.user_id
        for right in meeting
        if right.user_id in permits.people or any(_nested(right.path, path) for path in paths)
    }


def _meeting(path: str, rights: Sequence[RightFacts]) -> list[RightFacts]:
    return [right for right in rights if _nested(right.path, path)]


def _nested(one: str, other: str) -> bool:
    return one.startswith(other) or other.startswith(one)
