"""Deputies: who takes the steps of whom, and for how long."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field

from printserver.api.v1.common import View, api_router
from printserver.api.v1.people import Outcome
from printserver.approvals import people_changes
from printserver.http_edge.declarations import requires, signed_in
from printserver.http_edge.work import CurrentActor, CurrentAdapters, CurrentWork
from printserver.organisations import delegations
from printserver.organisations.delegations import NewDelegation
from printserver.organisations.permissions import Permission

router = api_router("", "people")


class Delegation(View):
    """Until before `valid_until`. The deputy counts as the principal."""

    id: UUID
    principal_id: UUID
    principal: str
    deputy_id: UUID
    deputy: str
    role: str
    valid_from: datetime
    valid_until: datetime
    reason: str
    principal_person: UUID
    deputy_person: UUID
    ended_at: datetime | None


class DelegationWish(View):
    """For a role that I hold: approver, custodian, printer administrator or archivist."""

    deputy_id: UUID
    role: Annotated[str, Field(max_length=40, examples=["approver"])]
    since: datetime
    until: datetime
    reason: Annotated[str, Field(max_length=500)] = ""


@router.get("/delegations", summary="My deputies, and whom I stand in for")
@signed_in()
def read_mine(actor: CurrentActor, work: CurrentWork) -> list[Delegation]:
    return [Delegation.model_validate(each) for each in delegations.my_delegations(work, actor)]


@router.get("/people-delegations", summary="Deputies of the people of my branches")
@requires(Permission.READ_PEOPLE)
def read_all(actor: CurrentActor, work: CurrentWork) -> list[Delegation]:
    return [Delegation.model_validate(each) for each in delegations.delegations(work, actor)]


@router.post("/delegations", status_code=201, summary="Name a deputy")
@signed_in(step_up=True)
def create_delegation(
    wish: DelegationWish, actor: CurrentActor, work: CurrentWork, adapters: CurrentAdapters
) -> Outcome:
    """A custodian's deputy needs an officer's consent besides; a personal seal is never lent."""
    new = NewDelegation(**wish.model_dump())
    return Outcome.model_validate(people_changes.name_deputy(work, actor, adapters.attestor, new))


@router.post("/delegations/{delegation_id}/endings", status_code=201, summary="End a deputyship early")
@signed_in()
def end_delegation(delegation_id: UUID, actor: CurrentActor, work: CurrentWork, adapters: CurrentAdapters) -> Outcome:
    """By principal, deputy, or who administers the principal."""
    return Outcome.model_validate(people_changes.end_deputyship(work, actor, adapters.attestor, delegation_id))
