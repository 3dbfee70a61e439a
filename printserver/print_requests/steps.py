"""The steps that a request must pass: laid when it is handed in, looked up while it waits."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import ColumnElement, and_, false, or_, select

from printserver.approvals.flows import decisions_taken
from printserver.approvals.rules import Taken, custody_step, step_of_json
from printserver.foundation.ids import new_id
from printserver.foundation.unit_of_work import Work
from printserver.organisations.access import Actor, branch_path
from printserver.organisations.branch_paths import branch_at, branches_at_or_below, branches_below
from printserver.organisations.permissions import Permission
from printserver.print_requests.models import PrintRequest, RequestTurn
from printserver.print_requests.money import CNY
from printserver.print_requests.states import RequestState
from printserver.seals.queries import SealFacts
from printserver.signing.evidence import CUSTODY_PREFIX
from printserver.signing.flow import Case, Flow, Scope, Sealing, Step, parse_flow, steps_of

CUSTODIAN = "custodian"


def case_of_request(work: Work, request: PrintRequest, seal_types: Sequence[str] = ()) -> Case:
    """What the flow's conditions look at."""
    fen = request.amount_minor if request.amount_currency == CNY else None
    return Case(branch_path(work, request.branch_id), request.copies, fen, tuple(seal_types))


def lay_steps(work: Work, request: PrintRequest, flow: Flow, seals: Sequence[SealFacts]) -> None:
    """Freeze the flow into the request, and note who may be asked. The request must be in the session.

    seals: all that it asks for, in its order; the custodians of each confirm its use, one after the other.
    """
    steps = [*steps_of(flow, case_of_request(work, request, tuple(seal.type for seal in seals)))]
    if flow.sealing is Sealing.ELECTRONIC:
        steps += [Step(custody_step(seal.id), 1, (CUSTODIAN,)) for seal in seals]
    request.flow, request.steps = flow.to_json(), [step.to_json() for step in steps]
    request.step = steps[0].name
    for step in steps:
        if not step.name.startswith(CUSTODY_PREFIX):
            _note_turns(work, request.id, step)


def frozen_flow(request: PrintRequest) -> Flow | None:
    """None for a request from before there were classes."""
    return None if request.flow is None else parse_flow(request.flow)


def steps_of_request(request: PrintRequest) -> tuple[Step, ...]:
    return tuple(step_of_json(step) for step in request.steps or ())


def is_by_hand(request: PrintRequest) -> bool:
    flow = frozen_flow(request)
    return flow is not None and flow.sealing is Sealing.PHYSICAL


def taken_of(work: Work, request: PrintRequest) -> tuple[Taken, ...]:
    return () if request.manifest_sha256 is None else decisions_taken(work, request.id, request.manifest_sha256)


def give_turn(work: Work, request_id: UUID, step: str, person_id: UUID) -> None:
    """Somebody was asked by name: to agree as well, or to decide instead."""
    work.session.add(RequestTurn(id=new_id(), request_id=request_id, step=step, person_id=person_id))
    work.session.flush()


def has_turn(actor: Actor, *, now: bool) -> ColumnElement[bool]:
    """The condition that a step of the request names the actor, or a role that the actor holds within its scope.

    now: only the step that waits.
    """
    own = select(RequestTurn.request_id).join(PrintRequest, PrintRequest.id == RequestTurn.request_id)
    own = own.where(PrintRequest.organisation_id == actor.organisation_id, _names(actor))
    if now:
        own = own.where(
            RequestTurn.step == PrintRequest.step, PrintRequest.state == RequestState.PENDING_APPROVAL.value
        )
    return PrintRequest.id.in_(own)


def _names(actor: Actor) -> ColumnElement[bool]:
    by_role = (
        and_(RequestTurn.role == str(grant.role), _covers(grant.path))
        for grant in actor.grants
        if Permission.APPROVE_REQUEST in grant.permissions
    )
    return or_(false(), RequestTurn.person_id == actor.person_id, *by_role)


def _covers(path: str) -> ColumnElement[bool]:
    branch = PrintRequest.branch_id
    return or_(
        RequestTurn.scope == Scope.ANY.value,
        and_(RequestTurn.scope == Scope.BRANCH.value, branch.in_(branch_at(path))),
        and_(RequestTurn.scope == Scope.BRANCH_OR_ABOVE.value, branch.in_(branches_at_or_below(path))),
        and_(RequestTurn.scope == Scope.ABOVE.value, branch.in_(branches_below(path))),
    )


def _note_turns(work: Work, request_id: UUID, step: Step) -> None:
    for role in step.roles:
        scope = step.scope.value
        work.session.add(RequestTurn(id=new_id(), request_id=request_id, step=step.name, role=role, scope=scope))
    for person in step.persons:
        work.session.add(RequestTurn(id=new_id(), request_id=request_id, step=step.name, person_id=UUID(person)))
