"""Propose the flow of a class of documents, after making sure that in every branch somebody could complete it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import product
from typing import Any, Final
from uuid import UUID

from printserver.approvals.class_events import FlowProposed
from printserver.approvals.classes import ClassMalformed, class_facts, require_lawful
from printserver.approvals.filling import Demand, unfilled_step
from printserver.approvals.flows import Attestor
from printserver.approvals.statement_queries import StatementFacts, statements, waiting_statements
from printserver.approvals.statements import propose
from printserver.audit.log import append
from printserver.foundation.errors import Refused
from printserver.foundation.unit_of_work import Work
from printserver.organisations.access import Actor, require
from printserver.organisations.branch_paths import branches_of
from printserver.organisations.colleagues import Colleague, HeldRole, colleagues, held_roles, people_of_organisation
from printserver.organisations.permissions import Permission, roles_granting
from printserver.organisations.queries import BranchFacts
from printserver.seals.queries import SealFacts, seals_of
from printserver.seals.states import SealState
from printserver.signing.flow import (
    AmountCondition,
    Case,
    CopiesCondition,
    Flow,
    FlowMalformed,
    Sealing,
    Seat,
    Step,
    eligible,
    parse_flow,
    steps_of,
)
from printserver.signing.statements import StatementKind

MOST_CASES: Final = 4_096
CUSTODY: Final = "custody:"
"""No step of a flow can have this name."""


@dataclass(frozen=True)
class Obstacle:
    """A case in which nobody is left.   step: None for the seal's custodian.   amount_fen: of that case, if any."""

    branch: str
    step: Step | None
    amount_fen: int | None
    copies: int
    seal_type: str

    def __str__(self) -> str:
        amount = "" if self.amount_fen is None else f", with {self.amount_fen} fen"
        step = "the seal's custodian" if self.step is None else f"the step {self.step.name_en or self.step.name}"
        return f"in the branch {self.branch}{amount} nobody is left for {step}"


class FlowNotCompletable(Refused):
    """In some branch nobody could take a step of it."""

    code = "flow-not-completable"

    def __init__(self, obstacle: Obstacle) -> None:
        super().__init__(str(obstacle))
        self.obstacle = obstacle


class FlowTooManyCases(ClassMalformed):
    code = "flow-too-many-cases"


class FlowWaitsAlready(Refused):
    """Officers have another version of it before them."""

    code = "flow-waits-already"


@dataclass(frozen=True)
class Preview:
    """For one case: each step, and who could act in it, by name."""

    steps: tuple[tuple[Step, tuple[Colleague, ...]], ...]
    custodians: tuple[Colleague, ...]
    obstacle: Obstacle | None


@dataclass(frozen=True)
class WaitingFlow:
    """`readable`: whether whoever asks may open the statement."""

    flow: Flow
    statement: StatementFacts
    readable: bool


@dataclass(frozen=True)
class _Company:
    """Who is there, read once."""

    branches: tuple[BranchFacts, ...]
    people: Mapping[UUID, Colleague]
    held: tuple[HeldRole, ...]
    seals: tuple[SealFacts, ...]
    at: datetime

    def applicants(self, branch: BranchFacts) -> list[UUID]:
        roles = set(roles_granting(Permission.CREATE_REQUEST))
        able = {one.person_id for one in self.held if one.role in roles and branch.path.startswith(one.path)}
        return [person.id for person in self.people.values() if person.branch_id == branch.id and person.id in able]

    def able(self, step: Step, case: Case) -> frozenset[UUID]:
        seats = [Seat(str(one.person_id), one.role, one.path, self.at) for one in self.held]
        return frozenset(one for one in self.people if eligible(step, case, str(one), seats, self.at))

    def seals_for(self, branch: BranchFacts, class_code: str) -> list[SealFacts]:
        above = {UUID(part) for part in branch.path.strip("/").split("/")}
        return [
            seal for seal in self.seals if seal.branch_id in above and (not seal.classes or class_code in seal.classes)
        ]


def propose_flow(
    work: Work, actor: Actor, attestor: Attestor, given: Mapping[str, Any], *, reason: str = ""
) -> UUID | None:
    """Ask two officers to confirm the flow; None when it is the current one already.

    given: as `parse_flow` reads it; its version is set here.
    Raises: Forbidden, FlowMalformed, ClassNotFound, SealingForbiddenByLaw, FlowNotCompletable, FlowWaitsAlready.
    """
    require(actor, Permission.MANAGE_DOCUMENTS)
    flow = parse_flow({**given, "version": 1})
    facts = class_facts(work, actor.organisation_id, flow.class_code)
    require_lawful(flow)
    _require_deciders(work, actor, flow)
    if facts.flow is not None and replace_version(flow, facts.flow.version) == facts.flow:
        return None
    if waiting_flow(work, actor, flow.class_code) is not None:
        raise FlowWaitsAlready("officers have another version of this flow before them; withdraw that one first")
    flow = replace_version(flow, (0 if facts.flow is None else facts.flow.version) + 1)
    obstacle = obstacle_of(work, actor.organisation_id, flow)
    if obstacle is not None:
        raise FlowNotCompletable(obstacle)
    statement_id = propose(
        work, actor, attestor, StatementKind.FLOW, {"flow": flow.to_json()}, subject_id=facts.id, reason=reason
    )
    event = FlowProposed(id=facts.id, code=flow.class_code, version=flow.version, flow_sha256=flow.digest())
    append(work, actor.by, event)
    return statement_id


def waiting_flow(work: Work, actor: Actor, code: str) -> WaitingFlow | None:
    """The flow of a class that officers have before them; None when there is none.   Raises: Forbidden."""
    require(actor, Permission.MANAGE_DOCUMENTS)
    for each in waiting_statements(work, actor.organisation_id, StatementKind.FLOW):
        try:
            flow = parse_flow(each.body["flow"])
        except FlowMalformed:  # changed by somebody: the signer takes no such flow
            continue
        if flow.class_code == code:
            known = statements(work, actor, kind=StatementKind.FLOW, state=each.state)
            return WaitingFlow(flow, each, readable=each.id in {one.id for one in known})
    return None


def obstacle_of(work: Work, organisation_id: UUID, flow: Flow) -> Obstacle | None:
    """Why nobody could complete it; None when somebody always can.

    Every branch with people who may apply is looked at, each of them as the applicant, and every case that the
    conditions tell apart; a person counts once, the seal's custodian included.
    """
    company = _company(work, organisation_id)
    for branch in company.branches:
        for applicant in company.applicants(branch):
            for seal, case in _cases(flow, branch, company.seals_for(branch, flow.class_code)):
                step = _unfilled(company, flow, case, applicant, seal)
                if step is not None:
                    called = {each.name: each for each in steps_of(flow, case)}.get(step)
                    return Obstacle(branch.name, called, case.amount_fen, case.copies, "".join(case.seal_types))
    return None


def preview_flow(work: Work, actor: Actor, flow: Flow, case: Case, seal: SealFacts | None) -> Preview:
    """Who could act in this very case, were the applicant somebody else.   Raises: Forbidden."""
    require(actor, Permission.MANAGE_DOCUMENTS)
    company = _company(work, actor.organisation_id)
    steps = tuple(
        (step, tuple(sorted((company.people[one] for one in company.able(step, case)), key=lambda each: each.name)))
        for step in steps_of(flow, case)
    )
    keepers = () if seal is None else tuple(company.people[one] for one in seal.custodians if one in company.people)
    return Preview(steps, keepers, obstacle_of(work, actor.organisation_id, flow))


def replace_version(flow: Flow, version: int) -> Flow:
    return flow.model_copy(update={"version": version})


def _require_deciders(work: Work, actor: Actor, flow: Flow) -> None:
    """Roles and people that can approve at all."""
    roles = {str(role) for role in roles_granting(Permission.APPROVE_REQUEST)}
    for step in flow.steps:
        unknown = set(step.roles) - roles
        if unknown:
            raise ClassMalformed(f"step {step.name}: {', '.join(sorted(unknown))} may not approve requests")
        named = {UUID(person) for person in step.persons}
        known = people_of_organisation(work, actor.organisation_id, named)
        able = {each.id for each in colleagues(work, actor.organisation_id, Permission.APPROVE_REQUEST)}
        if named - (known & able):
            raise ClassMalformed(f"step {step.name} names somebody who may not approve requests")


def _company(work: Work, organisation_id: UUID) -> _Company:
    roles = {*roles_granting(Permission.CREATE_REQUEST), *roles_granting(Permission.APPROVE_REQUEST)}
    return _Company(
        branches=branches_of(work, organisation_id),
        people={each.id: each for each in colleagues(work, organisation_id)},
        held=held_roles(work, organisation_id, [str(role) for role in roles]),
        seals=tuple(seal for seal in seals_of(work, organisation_id) if seal.state is SealState.ACTIVE),
        at=work.now(),
    )


def _cases(flow: Flow, branch: BranchFacts, seals: Sequence[SealFacts]) -> Iterator[tuple[SealFacts | None, Case]]:
    """One for each way in which the conditions can fall. A branch without seals is looked at as well."""
    conditions = [condition for step in flow.steps for condition in step.when]
    amounts: set[int | None] = {None, 0}
    copies = {1}
    for condition in conditions:
        if isinstance(condition, AmountCondition):
            amounts |= {condition.value, max(0, condition.value - 1)}
        elif isinstance(condition, CopiesCondition):
            copies |= {condition.value, max(1, condition.value - 1)}
    of_types: list[SealFacts | None] = [*{(seal.type, seal.custodians): seal for seal in seals}.values()]
    of_types = of_types or [None]
    if len(amounts) * len(copies) * len(of_types) > MOST_CASES:
        raise FlowTooManyCases("the conditions make too many cases to look at each")
    for seal, amount, count in product(of_types, sorted(amounts, key=lambda fen: fen or 0), sorted(copies)):
        yield seal, Case(branch.path, count, amount, () if seal is None else (seal.type,))


def _unfilled(company: _Company, flow: Flow, case: Case, applicant: UUID, seal: SealFacts | None) -> str | None:
    demands = [Demand(step.name, step.quorum, company.able(step, case)) for step in steps_of(flow, case)]
    if seal is not None and applicant not in seal.custodians[:1] and flow.sealing is Sealing.ELECTRONIC:
        demands.append(Demand(CUSTODY, 1, frozenset(seal.custodians)))
    return unfilled_step(demands, besides={applicant})
