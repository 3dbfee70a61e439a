"""Somebody leaves: what is to be handed on, and the seals that nobody keeps then are stopped."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from sqlalchemy import select

from printserver.approvals import people_changes
from printserver.approvals.flows import Attestor
from printserver.approvals.people_changes import Outcome
from printserver.approvals.statements import propose
from printserver.foundation.unit_of_work import Work
from printserver.organisations.access import Actor, actor_of
from printserver.organisations.holdings import accounts_of, person_of
from printserver.organisations.people import Handover, another_person, required_reason
from printserver.print_requests.models import PrintRequest
from printserver.print_requests.queries import waiting_for
from printserver.print_requests.states import RequestState
from printserver.seals.queries import SealFacts, seal_facts, seals_kept_by
from printserver.seals.states import SealState
from printserver.signing.statements import StatementKind

UNDER_WAY: Final = (
    RequestState.RENDERING,
    RequestState.PENDING_APPROVAL,
    RequestState.PENDING_CUSTODY,
    RequestState.PHYSICAL_SEAL,
    RequestState.APPROVED,
    RequestState.ISSUED,
)


@dataclass(frozen=True)
class OpenMatter:
    id: UUID
    title: str
    state: str


@dataclass(frozen=True)
class KeptSeal:
    """`alone`: nobody else keeps it, so that it rests until another custodian is named."""

    id: UUID
    name: str
    state: str
    alone: bool


@dataclass(frozen=True)
class Estate:
    """What a person would leave behind: own requests, seals in custody, requests that wait for the person's word."""

    requests: tuple[OpenMatter, ...]
    seals: tuple[KeptSeal, ...]
    decisions: tuple[OpenMatter, ...]

    @property
    def handover(self) -> Handover:
        return Handover(
            tuple(each.id for each in self.requests),
            tuple(each.id for each in self.seals),
            tuple(each.id for each in self.decisions),
        )


def estate_of(work: Work, actor: Actor, user_id: UUID) -> Estate:
    """Raises: PersonNotFound, NotOneself, PersonGone."""
    user = another_person(work, actor, user_id)
    accounts = accounts_of(work, person_of(work, user.id))
    own = work.session.execute(
        select(PrintRequest.id, PrintRequest.title, PrintRequest.state)
        .where(PrintRequest.applicant_id.in_(accounts), PrintRequest.state.in_(UNDER_WAY))
        .order_by(PrintRequest.id)
    )
    waiting = waiting_for(work, actor_of(work, user))
    kept = (seal_facts(work, seal_id) for seal_id in seals_kept_by(work, accounts))
    return Estate(
        tuple(OpenMatter(*row) for row in own),
        tuple(_kept(seal, accounts) for seal in kept),
        tuple(OpenMatter(each.id, each.title, each.state) for each in waiting),
    )


def leave(work: Work, actor: Actor, attestor: Attestor, user_id: UUID, *, reason: str) -> tuple[Estate, Outcome]:
    """The person goes, with everything at once; a seal that nobody else keeps is stopped until it is handed over.

    Raises: PersonNotFound, NotOneself, PersonGone, ReasonNeeded.
    """
    said = required_reason(reason)
    estate = estate_of(work, actor, user_id)
    stopped = tuple(
        propose(
            work,
            actor,
            attestor,
            StatementKind.SEAL_STOP,
            {"seal_id": str(seal.id), "reason": said},
            subject_id=seal.id,
            reason=said,
        )
        for seal in estate.seals
        if seal.alone and seal.state == SealState.ACTIVE
    )
    gone = people_changes.leave(work, actor, attestor, user_id, reason=said, handover=estate.handover)
    return estate, Outcome(done=True, statements=(*gone.statements, *stopped))


def _kept(seal: SealFacts, accounts: tuple[UUID, ...]) -> KeptSeal:
    return KeptSeal(seal.id, seal.name, seal.state, alone=set(seal.custodians) <= set(accounts))
