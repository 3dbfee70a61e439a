"""Proofs of identity: handed in, looked at by a second person, checked again, and what an organisation asks for."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Final
from uuid import UUID

from fastapi import File, Form, Query, UploadFile
from fastapi.responses import Response
from pydantic import Field, Json

from printserver.api.v1.common import Before, Limit, Page, View, api_router, attachment, page_of
from printserver.foundation.unit_of_work import Work
from printserver.http_edge.declarations import Lane, requires, signed_in
from printserver.http_edge.identity_desk import hand_in, shown_evidence, shown_number
from printserver.http_edge.work import CurrentActor, CurrentCall, CurrentWork
from printserver.organisations import identity_proof_policy, identity_proof_queries, identity_proof_secrets
from printserver.organisations.access import Actor
from printserver.organisations.identity_proof import Document, Method, ProofAction, ProofState
from printserver.organisations.identity_proof_intake import NewProof
from printserver.organisations.identity_proof_policy import PolicyFacts
from printserver.organisations.identity_proof_steps import ProofStep, take_proof_step
from printserver.organisations.permissions import Permission
from printserver.organisations.stewards import STEWARDS

router = api_router("", "identity")

EXAMPLE: Final = '{"document":"resident-id","name":"张三","number":"11010519491231002X","valid_until":"2036-12-31"}'
Text = Annotated[str, Field(max_length=200)]


class NewIdentityProof(View):
    """Mine, without `person_id` and `branch_id`; of the company that a branch is, with `branch_id`.

    number: kept sealed; lists show its ends alone.   valid_until: the document's last day; null when it has none.
    """

    document: Document
    name: Text
    number: Annotated[str, Field(max_length=60)]
    valid_until: date | None = None
    person_id: UUID | None = None
    branch_id: UUID | None = None
    legal_representative: Text = ""


class IdentityProof(View):
    """Of a person or of the company that a branch is. `counts`: whether somebody is proved by it now."""

    id: UUID
    person_id: UUID | None
    branch_id: UUID | None
    subject: str
    document: Document
    name: str
    legal_representative: str
    number_masked: str
    valid_until: date | None
    state: ProofState
    counts: bool
    submitted_by: UUID
    submitted_at: datetime
    checked_by: UUID | None
    checked_at: datetime | None
    method: Method | None
    recheck_on: date | None
    ended_at: datetime | None
    erasure_asked_by: UUID | None


class Evidence(View):
    id: UUID
    position: int
    filename: str
    pages: int
    readable: bool


class IdentityStep(View):
    action: ProofAction
    before: ProofState
    after: ProofState
    method: Method | None
    remark: str
    person_id: UUID | None
    at: datetime


class IdentityProofDetails(View):
    """`steps`: oldest first."""

    proof: IdentityProof
    evidence: tuple[Evidence, ...]
    steps: tuple[IdentityStep, ...]


class IdentityStepWish(View):
    """`action`: verify, reverify, refuse or withdraw.   method: of a check.   remark: why, for the other two."""

    action: ProofAction
    remark: Annotated[str, Field(max_length=500)] = ""
    method: Method | None = None
    recheck_on: date | None = None


class ShownNumber(View):
    number: str


class IdentityPolicy(View):
    """Who has to be proved, how often it is checked, and for how many days a proof is kept after its end."""

    custodians: bool = False
    binding_roles: bool = False
    companies: bool = False
    recheck_days: int = 365
    retention_days: int = 30


@router.get("/identity-proofs", summary="My proofs of identity, and those that I look after")
@signed_in()
def list_identity_proofs(
    actor: CurrentActor,
    work: CurrentWork,
    text: Annotated[str, Query(max_length=100)] = "",
    state: ProofState | None = None,
    before: Before = None,
    limit: Limit = 50,
) -> Page[IdentityProof]:
    found = identity_proof_queries.list_proofs(work, actor, text=text, state=state, before=before, limit=limit)
    return page_of(IdentityProof, found, limit)


@router.post("/identity-proofs", status_code=201, summary="Hand in a proof of identity")
@signed_in(lane=Lane.DRAWING)
def create_identity_proof(
    call: CurrentCall,
    actor: CurrentActor,
    proof: Annotated[Json[NewIdentityProof], Form(description="JSON.", examples=[EXAMPLE])],
    evidence: Annotated[list[UploadFile], File(description="Pictures and PDFs of the document; kept sealed.")],
) -> IdentityProofDetails:
    wanted = proof.model_dump()
    if proof.person_id is None and proof.branch_id is None:
        wanted["person_id"] = actor.person_id
    proof_id = hand_in(call, NewProof(**wanted), [(each.filename or "", each.file.read()) for each in evidence])
    with call.adapters.database.reading() as work:
        return _details(work, call.caller_in(work).actor, proof_id)


@router.get("/identity-proofs/{proof_id}", summary="One proof of identity, with its life so far")
@signed_in()
def read_identity_proof(proof_id: UUID, actor: CurrentActor, work: CurrentWork) -> IdentityProofDetails:
    return _details(work, actor, proof_id)


@router.post("/identity-proofs/{proof_id}/steps", status_code=201, summary="Verify, refuse or withdraw it")
@signed_in(step_up=True)
def create_identity_step(
    proof_id: UUID, body: IdentityStepWish, actor: CurrentActor, work: CurrentWork
) -> IdentityProofDetails:
    """A check is the word of somebody who neither is the person nor handed the proof in."""
    take_proof_step(work, actor, proof_id, ProofStep(**body.model_dump()))
    return _after(work, actor, proof_id)


@router.post("/identity-proofs/{proof_id}/number-viewings", status_code=201, summary="See the whole number, on record")
@signed_in(step_up=True, told_once=True)
def view_number(proof_id: UUID, call: CurrentCall) -> ShownNumber:
    return ShownNumber(number=shown_number(call, proof_id))


@router.post(
    "/identity-proofs/{proof_id}/evidence/{evidence_id}/viewings",
    status_code=201,
    summary="See a file of the evidence, on record",
    response_class=Response,
)
@signed_in(step_up=True)
def view_evidence(proof_id: UUID, evidence_id: UUID, call: CurrentCall) -> Response:
    answer = attachment(shown_evidence(call, proof_id, evidence_id), "application/pdf", "evidence.pdf")
    answer.status_code = 201
    return answer


@router.post("/identity-proofs/{proof_id}/erasure-wishes", status_code=201, summary="Ask that it be erased")
@requires(Permission.MANAGE_PEOPLE, step_up=True)
def ask_erasure(proof_id: UUID, actor: CurrentActor, work: CurrentWork) -> IdentityProofDetails:
    """The first of two administrators, once its time is over."""
    identity_proof_secrets.ask_erasure(work, actor, proof_id)
    return _after(work, actor, proof_id)


@router.delete("/identity-proofs/{proof_id}/erasure-wishes", status_code=204, summary="Do not erase it after all")
@requires(Permission.MANAGE_PEOPLE)
def drop_erasure(proof_id: UUID, actor: CurrentActor, work: CurrentWork) -> None:
    identity_proof_secrets.drop_erasure(work, actor, proof_id)


@router.post("/identity-proofs/{proof_id}/erasures", status_code=201, summary="Erase it, as the second person")
@requires(Permission.MANAGE_PEOPLE, step_up=True)
def erase(proof_id: UUID, actor: CurrentActor, work: CurrentWork) -> IdentityProofDetails:
    """Nobody can undo this: the keys of all that was sealed are forgotten."""
    identity_proof_secrets.erase(work, actor, proof_id)
    return _after(work, actor, proof_id)


@router.get("/identity-policy", summary="Who must be proved here")
@requires(*STEWARDS)
def read_policy(actor: CurrentActor, work: CurrentWork) -> IdentityPolicy:
    return IdentityPolicy.model_validate(identity_proof_policy.policy_of(work, actor.organisation_id))


@router.put("/identity-policy", summary="Decide who must be proved here")
@requires(Permission.MANAGE_PEOPLE, step_up=True)
def write_policy(body: IdentityPolicy, actor: CurrentActor, work: CurrentWork) -> IdentityPolicy:
    identity_proof_policy.set_policy(work, actor, PolicyFacts(**body.model_dump()))
    return body


def _after(work: Work, actor: Actor, proof_id: UUID) -> IdentityProofDetails:
    work.session.flush()
    work.session.expire_all()
    return _details(work, actor, proof_id)


def _details(work: Work, actor: Actor, proof_id: UUID) -> IdentityProofDetails:
    return IdentityProofDetails(
        proof=IdentityProof.model_validate(identity_proof_queries.proof_facts(work, actor, proof_id)),
        evidence=tuple(Evidence.model_validate(e) for e in identity_proof_queries.evidence_of(work, proof_id)),
        steps=tuple(IdentityStep.model_validate(e) for e in identity_proof_queries.proof_steps(work, proof_id)),
    )
