"""What people decide on print requests: approve, confirm the seal's use, refuse, withdraw."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from pydantic import AwareDatetime, Field

from printserver.api.v1.common import Limit, View, api_router
from printserver.api.v1.print_request_views import RequestSummary
from printserver.http_edge.declarations import requires
from printserver.http_edge.work import CurrentActor, CurrentAdapters, CurrentWork
from printserver.organisations.permissions import Permission
from printserver.print_requests import flows, queries, service, system_decisions
from printserver.print_requests.as_approved import require_as_approved
from printserver.print_requests.states import RequestState

router = api_router("", "approvals")

ManifestDigest = Annotated[
    str,
    Field(
        pattern=r"^[0-9a-f]{64}$",
        description="Of the manifest that you looked at; another one is not decided on.",
        examples=["9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"],
    ),
]
Words = Annotated[str, Field(max_length=500)]


class Yes(View):
    manifest_sha256: ManifestDigest
    reason: Words = ""


class Approval(Yes):
    to: Annotated[UUID | None, Field(description="Somebody who must agree as well (countersign).")] = None


class Forwarding(Yes):
    to: Annotated[UUID, Field(description="Who decides in my place.")]


class SystemApproval(View):
    """What another system says that a person decided in it.

    evidence: a compact JWS (ES256) with header `kid`, the system's id, and `typ` `print-approval-system+jws`, over the
    claims manifest_sha256, request_id, person_id, step, decision, decided_at, organisation, acts_for and to.
    """

    evidence: Annotated[str, Field(min_length=1, max_length=8192)]
    reason: Words = ""


class HandSealing(View):
    """`papers`: how many were sealed."""

    papers: Annotated[int, Field(ge=1, le=flows.MOST_PAPERS)]
    sealed_at: AwareDatetime
    note: Words = ""


class No(View):
    manifest_sha256: ManifestDigest
    reason: Annotated[str, Field(min_length=1, max_length=500, examples=["wrong annex"])]


class Withdrawal(View):
    reason: Words = ""


class Decided(View):
    """Where the request is now.   step: the one that waits."""

    id: UUID
    state: RequestState
    step: str


@router.get("/approvals/waiting", summary="What waits for my decision")
@requires(Permission.APPROVE_REQUEST, Permission.CONFIRM_SEAL_USE)
def list_waiting(actor: CurrentActor, work: CurrentWork, limit: Limit = 200) -> list[RequestSummary]:
    return [RequestSummary.model_validate(each) for each in queries.waiting_for(work, actor, limit=limit)]


@router.post("/print-requests/{request_id}/approvals", status_code=201, summary="Approve the very pages looked at")
@requires(Permission.APPROVE_REQUEST, step_up=True)
def create_approval(
    request_id: UUID, body: Approval, actor: CurrentActor, work: CurrentWork, adapters: CurrentAdapters
) -> Decided:
    """Nobody approves a request of their own, and nobody counts twice. A deputy takes the principal's place."""
    require_as_approved(work, adapters.objects, request_id)
    return Decided.model_validate(
        flows.approve_request(
            work,
            actor,
            adapters.attestor,
            request_id,
            manifest_sha256=body.manifest_sha256,
            reason=body.reason,
            to=body.to,
        )
    )


@router.post(
    "/print-requests/{request_id}/forwardings", status_code=201, summary="Hand my step to somebody who decides instead"
)
@requires(Permission.APPROVE_REQUEST, step_up=True)
def create_forwarding(
    request_id: UUID, body: Forwarding, actor: CurrentActor, work: CurrentWork, adapters: CurrentAdapters
) -> Decided:
    require_as_approved(work, adapters.objects, request_id)
    return Decided.model_validate(
        flows.forward_request(
            work,
            actor,
            adapters.attestor,
            request_id,
            manifest_sha256=body.manifest_sha256,
            reason=body.reason,
            to=body.to,
        )
    )


@router.post(
    "/print-requests/{request_id}/system-approvals",
    status_code=201,
    summary="A decision that a person took in another system, signed by that system's key",
)
@requires(Permission.MANAGE_INTEGRATIONS, Permission.CREATE_REQUEST, Permission.APPROVE_REQUEST)
def create_system_approval(
    request_id: UUID, body: SystemApproval, actor: CurrentActor, work: CurrentWork, adapters: CurrentAdapters
) -> Decided:
    """The key is registered by two officers (statement `system`); it decides nothing on the custody of seals."""
    require_as_approved(work, adapters.objects, request_id)
    return Decided.model_validate(
        system_decisions.record_system_decision(
            work, actor, adapters.attestor, request_id, evidence=body.evidence, reason=body.reason
        )
    )


@router.post("/print-requests/{request_id}/hand-sealings", status_code=201, summary="Record that it was sealed by hand")
@requires(Permission.CONFIRM_SEAL_USE, step_up=True)
def create_hand_sealing(
    request_id: UUID, body: HandSealing, actor: CurrentActor, work: CurrentWork, adapters: CurrentAdapters
) -> Decided:
    """By the seal's custodian, for a class of documents that is not sealed electronically."""
    require_as_approved(work, adapters.objects, request_id)
    return Decided.model_validate(
        flows.record_sealing_by_hand(
            work, actor, request_id, papers=body.papers, sealed_at=body.sealed_at, note=body.note
        )
    )


@router.post(
    "/print-requests/{request_id}/seal-use-confirmations",
    status_code=201,
    summary="The custodian's last word on the use of the seal (用印确认)",
)
@requires(Permission.CONFIRM_SEAL_USE, step_up=True)
def create_seal_use_confirmation(
    request_id: UUID, body: Yes, actor: CurrentActor, work: CurrentWork, adapters: CurrentAdapters
) -> Decided:
    """Has the copies signed, each once."""
    require_as_approved(work, adapters.objects, request_id)
    return Decided.model_validate(
        flows.confirm_seal_use(
            work, actor, adapters.attestor, request_id, manifest_sha256=body.manifest_sha256, reason=body.reason
        )
    )


@router.post("/print-requests/{request_id}/refusals", status_code=201, summary="Refuse, with a reason")
@requires(Permission.APPROVE_REQUEST, Permission.CONFIRM_SEAL_USE, step_up=True)
def create_refusal(
    request_id: UUID, body: No, actor: CurrentActor, work: CurrentWork, adapters: CurrentAdapters
) -> Decided:
    return Decided.model_validate(
        flows.refuse_request(
            work, actor, adapters.attestor, request_id, manifest_sha256=body.manifest_sha256, reason=body.reason
        )
    )


@router.post("/print-requests/{request_id}/withdrawals", status_code=201, summary="Take back a request of my own")
@requires(Permission.CREATE_REQUEST)
def create_withdrawal(request_id: UUID, body: Withdrawal, actor: CurrentActor, work: CurrentWork) -> Decided:
    return Decided.model_validate(service.withdraw_request(work, actor, request_id, reason=body.reason))
