"""Who I am here, and the people of my branches."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import Query
from pydantic import Field

from printserver.api.v1.common import Before, Limit, Page, View, api_router, page_of
from printserver.approvals import people_changes
from printserver.approvals.people_changes import NewRight
from printserver.http_edge.declarations import Lane, requires, signed_in
from printserver.http_edge.work import CurrentActor, CurrentAdapters, CurrentWork
from printserver.organisations import people
from printserver.organisations.dormancy import dormant_accounts
from printserver.organisations.people_queries import (
    PersonState,
    dormant_people,
    list_people,
    person_details,
)
from printserver.organisations.permissions import Permission
from printserver.organisations.queries import branch, organisation
from printserver.organisations.second_factor import factors_of
from printserver.organisations.sessions import what_is_owed
from printserver.organisations.sign_in_policy import FactorKind, Obligation
from printserver.print_requests import leavers

router = api_router("", "people")

Reason = Annotated[str, Field(min_length=1, max_length=500, examples=["moved to the Shanghai branch"])]


class Me(View):
    """`permissions`: held at some branch at least.   person_id: the same for all my accounts."""

    id: UUID
    person_id: UUID
    name: str
    organisation_id: UUID
    organisation: str
    branch_id: UUID
    branch: str
    roles: list[str]
    permissions: list[Permission]
    needs: Obligation | None
    second_factors: list[FactorKind]


class Person(View):
    """`person_id`: the same for all accounts of a person.   last_seen: the last sign-in or token made."""

    id: UUID
    person_id: UUID
    name: str
    login: str
    staff_number: str
    kind: str
    branch_id: UUID
    branch: str
    state: PersonState
    frozen_reason: str
    left_at: datetime | None
    created_at: datetime
    last_seen: datetime | None


class Right(View):
    """`role` at the branch and below.   statement_id: by which statement two officers gave it."""

    id: UUID
    user_id: UUID
    role: str
    branch_id: UUID
    branch: str
    path: str
    valid_from: datetime | None
    valid_until: datetime | None
    statement_id: UUID | None


class PersonDetails(View):
    person: Person
    rights: list[Right]
    accounts: list[Person]


class PersonWish(View):
    """`same_person_as`: an account of the same human being, who counts once."""

    branch_id: UUID
    staff_number: Annotated[str, Field(min_length=1, max_length=100, examples=["20031"])]
    name: Annotated[str, Field(min_length=1, max_length=100, examples=["李慧"])]
    login: Annotated[str, Field(min_length=1, max_length=100, examples=["lihui"])]
    same_person_as: UUID | None = None


class MadePerson(View):
    """`password`: the first one, shown this once and changed at the first sign-in."""

    id: UUID
    login: str
    password: str


class PersonChange(View):
    staff_number: Annotated[str, Field(min_length=1, max_length=100)]
    name: Annotated[str, Field(min_length=1, max_length=100)]
    login: Annotated[str, Field(min_length=1, max_length=100)]


class PersonMove(View):
    branch_id: UUID
    reason: Reason


class Because(View):
    reason: Reason


class SamePerson(View):
    same_person_as: UUID


class RightWish(View):
    """At the branch and below.   since, until: at once and for ever unless given."""

    role: Annotated[str, Field(min_length=1, max_length=40, examples=["clerk"])]
    branch_id: UUID
    since: datetime | None = None
    until: datetime | None = None
    reason: Annotated[str, Field(max_length=500)] = ""


class Outcome(View):
    """`done`: it holds now.   statements: what goes to the signer's register, also what officers have yet to sign."""

    done: bool
    statements: list[UUID]


class OpenMatter(View):
    id: UUID
    title: str
    state: str


class KeptSeal(View):
    """`alone`: nobody else keeps it."""

    id: UUID
    name: str
    state: str
    alone: bool


class Estate(View):
    """What a person would leave behind: own requests, seals in custody, requests that wait for the person's word."""

    requests: list[OpenMatter]
    seals: list[KeptSeal]
    decisions: list[OpenMatter]


class Departure(View):
    estate: Estate
    outcome: Outcome


class UpcomingFreeze(View):
    """`id`: of the person.   seen: the last sign-in, else when the account was made.   warned: null before.

    kept: the account stays open, because nobody else could let this person in again.
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


class Dormancy(View):
    days: Annotated[int, Field(ge=30, le=3650)] = 90


@router.get("/me", tags=["access"], summary="Who am I, and what may I do?")
@signed_in(unfinished=True, any_token=True)
def read_me(actor: CurrentActor, work: CurrentWork, adapters: CurrentAdapters) -> Me:
    return Me(
        id=actor.id,
        person_id=actor.person_id,
        name=actor.name,
        organisation_id=actor.organisation_id,
        organisation=organisation(work, actor.organisation_id).name,
        branch_id=actor.branch_id,
        branch=branch(work, actor.branch_id).name,
        roles=sorted({grant.role for grant in actor.grants}),
        permissions=[permission for permission in Permission if actor.may(permission)],
        needs=what_is_owed(work, actor, adapters.settings.sign_in_policy),
        second_factors=sorted(factors_of(work, actor.id)),
    )


@router.get("/people", summary="People of my branches, newest first")
@requires(Permission.READ_PEOPLE)
def read_people(
    actor: CurrentActor,
    work: CurrentWork,
    text: Annotated[str, Query(max_length=100, description="Part of name, staff number or sign-in name.")] = "",
    branch_id: UUID | None = None,
    state: PersonState | None = None,
    before: Before = None,
    limit: Limit = 50,
) -> Page[Person]:
    found = list_people(work, actor, text=text, branch_id=branch_id, state=state, before=before, limit=limit)
    return page_of(Person, found, limit)


@router.post("/people", status_code=201, summary="Register a person, or a second account")
@requires(Permission.MANAGE_PEOPLE, lane=Lane.PASSWORDS, told_once=True)
def create_person(wish: PersonWish, actor: CurrentActor, work: CurrentWork, adapters: CurrentAdapters) -> MadePerson:
    new = people.NewPerson(**wish.model_dump())
    return MadePerson.model_validate(people.create_person(work, actor, new, secrets=adapters.secrets))


@router.get("/people/{user_id}", summary="A person with all rights")
@requires(Permission.READ_PEOPLE)
def read_person(user_id: UUID, actor: CurrentActor, work: CurrentWork) -> PersonDetails:
    return PersonDetails.model_validate(person_details(work, actor, user_id))


@router.patch("/people/{user_id}", summary="Change name, number or sign-in name")
@requires(Permission.MANAGE_PEOPLE)
def change_person(user_id: UUID, body: PersonChange, actor: CurrentActor, work: CurrentWork) -> PersonDetails:
    people.change_person(work, actor, user_id, **body.model_dump())
    return PersonDetails.model_validate(person_details(work, actor, user_id))


@router.post("/people/{user_id}/account-links", status_code=201, summary="Let two accounts count as one person")
@requires(Permission.MANAGE_PEOPLE)
def link_accounts(user_id: UUID, body: SamePerson, actor: CurrentActor, work: CurrentWork) -> PersonDetails:
    people.join_accounts(work, actor, user_id, same_person_as=body.same_person_as)
    return PersonDetails.model_validate(person_details(work, actor, user_id))


@router.post("/people/{user_id}/moves", status_code=201, summary="To another branch; all rights end")
@requires(Permission.MANAGE_PEOPLE, step_up=True)
def move_person(
    user_id: UUID, body: PersonMove, actor: CurrentActor, work: CurrentWork, adapters: CurrentAdapters
) -> Outcome:
    moved = people_changes.move_person(
        work, actor, adapters.attestor, user_id, branch_id=body.branch_id, reason=body.reason
    )
    return Outcome.model_validate(moved)


@router.post("/people/{user_id}/freezes", status_code=201, summary="Let somebody in no more, at once")
@requires(Permission.MANAGE_PEOPLE)
def freeze(user_id: UUID, body: Because, actor: CurrentActor, work: CurrentWork, adapters: CurrentAdapters) -> Outcome:
    """Without a step-up: stopping is always quick."""
    return Outcome.model_validate(
        people_changes.freeze_person(work, actor, adapters.attestor, user_id, reason=body.reason)
    )


@router.post("/people/{user_id}/unfreezes", status_code=201, summary="Let somebody in again")
@requires(Permission.MANAGE_PEOPLE, step_up=True)
def unfreeze(
    user_id: UUID, body: Because, actor: CurrentActor, work: CurrentWork, adapters: CurrentAdapters
) -> Outcome:
    """Whoever can help to seal is let in by two officers."""
    return Outcome.model_validate(
        people_changes.unfreeze_person(work, actor, adapters.attestor, user_id, reason=body.reason)
    )


@router.get("/people/{user_id}/estate", summary="What the person would leave behind")
@requires(Permission.MANAGE_PEOPLE)
def read_estate(user_id: UUID, actor: CurrentActor, work: CurrentWork) -> Estate:
    return Estate.model_validate(leavers.estate_of(work, actor, user_id))


@router.post("/people/{user_id}/departures", status_code=201, summary="The person has left")
@requires(Permission.MANAGE_PEOPLE, step_up=True)
def leave(user_id: UUID, body: Because, actor: CurrentActor, work: CurrentWork, adapters: CurrentAdapters) -> Departure:
    estate, outcome = leavers.leave(work, actor, adapters.attestor, user_id, reason=body.reason)
    return Departure(estate=Estate.model_validate(estate), outcome=Outcome.model_validate(outcome))


@router.post("/people/{user_id}/rights", status_code=201, summary="Give a role, or propose it to the officers")
@requires(Permission.MANAGE_PEOPLE, step_up=True)
def grant_right(
    user_id: UUID, wish: RightWish, actor: CurrentActor, work: CurrentWork, adapters: CurrentAdapters
) -> Outcome:
    new = NewRight(wish.role, wish.branch_id, wish.since, wish.until)
    given = people_changes.grant_right(work, actor, adapters.attestor, user_id, new, reason=wish.reason)
    return Outcome.model_validate(given)


@router.post("/rights/{right_id}/endings", status_code=201, summary="End a right, at once")
@requires(Permission.MANAGE_PEOPLE)
def end_right(
    right_id: UUID, body: Because, actor: CurrentActor, work: CurrentWork, adapters: CurrentAdapters
) -> Outcome:
    return Outcome.model_validate(
        people_changes.end_right(work, actor, adapters.attestor, right_id, reason=body.reason)
    )


@router.get("/dormant-people", summary="Who has not signed in for long, the longest absent first")
@requires(Permission.READ_PEOPLE)
def read_dormant(
    actor: CurrentActor, work: CurrentWork, days: Annotated[int, Query(ge=30, le=3650)] = 90
) -> list[Person]:
    return [Person.model_validate(each) for each in dormant_people(work, actor, days=days)]


@router.get("/dormant-people/upcoming", summary="Who will be frozen for never signing in, and when; the next one first")
@requires(Permission.READ_PEOPLE)
def read_upcoming(actor: CurrentActor, work: CurrentWork, adapters: CurrentAdapters) -> list[UpcomingFreeze]:
    """By the settings `dormant_days` and `dormant_warning_days`; the person is told before, and stays by signing in."""
    found = dormant_accounts(work, actor, adapters.settings.dormancy_policy)
    return [UpcomingFreeze.model_validate(each) for each in found]


@router.post("/dormant-people/freezes", status_code=201, summary="Freeze everybody who is dormant, but myself")
@requires(Permission.MANAGE_PEOPLE, step_up=True)
def freeze_dormant(body: Dormancy, actor: CurrentActor, work: CurrentWork, adapters: CurrentAdapters) -> list[Person]:
    frozen = people_changes.freeze_dormant(work, actor, adapters.attestor, days=body.days)
    return [Person.model_validate(each) for each in frozen]
