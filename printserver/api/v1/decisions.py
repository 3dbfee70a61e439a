"""What people decide on print requests: approve, confirm the seal's use, refuse, withdraw."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from pydantic import Field

from printserver.api.v1.common import Limit, View, api_router
from printserver.api.v1.print_request_views import RequestSummary
from printserver.http_edge.declarations import requires
from printserver.http_edge.work import CurrentActor, CurrentAdapters, CurrentWork
from printserver.organisations.permissions import Permission
from printserver.print_requests import flows, queries, service
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


class No(View):
    manifest_sha256: ManifestDigest
    reason: Annotated[str, Field(min_length=1, max_length=500, examples=["wrong annex"])]


class Withdrawal(View):
    reason: Words = ""


class Decided(View):
    """Where the request is now."""

    id: UUID
    state: RequestState


@router.get("/approvals/waiting", summary="What waits for my decision")
@requires(Permission.APPROVE_REQUEST, Permission.CONFIRM_SEAL_USE)
def list_waiting(actor: CurrentActor, work: CurrentWork, limit: Limit = 200) -> list[RequestSummary]:
    return [RequestSummary.model_validate(each) for each in queries.waiting_for(work, actor, limit=limit)]


@router.post("/print-requests/{request_id}/approvals", status_code=201, summary="Approve the very pages looked at")
@requires(Permission.APPROVE_REQUEST)
def create_approval(
    request_id: UUID, body: Yes, actor: CurrentActor, work: CurrentWork, adapters: CurrentAdapters
) -> Decided:
    """Nobody approves a request of their own, and nobody counts twice."""
    return Decided.model_validate(
        flows.approve_request(
            work, actor, adapters.attestor, request_id, manifest_sha256=body.manifest_sha256, reason=body.reason
        )
    )


@router.post(
    "/print-requests/{request_id}/seal-use-confirmations",
    status_code=201,
    summary="The custodian's last word on the use of the seal (用印确认)",
)
@requires(Permission.CONFIRM_SEAL_USE)
def create_seal_use_confirmation(
    request_id: UUID, body: Yes, actor: CurrentActor, work: CurrentWork, adapters: CurrentAdapters
) -> Decided:
    """Has the copies signed, each once."""
    return Decided.model_validate(
        flows.confirm_seal_use(
            work, actor, adapters.attestor, request_id, manifest_sha256=body.manifest_sha256, reason=body.reason
        )
    )


@router.post("/print-requests/{request_id}/refusals", status_code=201, summary="Refuse, with a reason")
@requires(Permission.APPROVE_REQUEST, Permission.CONFIRM_SEAL_USE)
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
