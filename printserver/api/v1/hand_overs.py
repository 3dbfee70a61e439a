"""Who holds which copy: hand-overs against a signature or by courier, and what was said of them before."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import File, Form, Query, UploadFile
from fastapi.responses import Response
from pydantic import AwareDatetime, Field, Json

from printserver.api.v1.common import View, api_router, scan_attachment
from printserver.http_edge.declarations import requires
from printserver.http_edge.work import CurrentActor, CurrentAdapters, CurrentCall, CurrentWork
from printserver.organisations.permissions import Permission
from printserver.print_requests import hand_over_queries, hand_overs
from printserver.print_requests.hand_over_rules import HolderKind, Means, NewHandOver
from printserver.print_requests.states import CopyState

router = api_router("", "hand-overs")

Name = Annotated[str, Field(max_length=200)]
Note = Annotated[str, Field(max_length=500)]


class NewHolder(View):
    """`holder`: a name; for a branch its `holder_branch_id` instead.   receiver: who signed for it.

    holder_kind `us`: it came back.
    """

    holder_kind: HolderKind
    holder: Name = ""
    holder_branch_id: UUID | None = None
    means: Means
    receiver: Name = ""
    courier_number: Name = ""
    handed_at: AwareDatetime
    note: Note = ""

    def checked(self, proof_sha256: str | None = None) -> NewHandOver:
        return NewHandOver(**self.model_dump(include=set(NewHolder.model_fields)), proof_sha256=proof_sha256)


class HandingOver(NewHolder):
    """Several copies at once, to one holder: all or none."""

    copy_ids: Annotated[list[UUID], Field(min_length=1, max_length=hand_overs.MOST_AT_ONCE)]


class Correction(NewHolder):
    """`cancelled`: it never happened; what else is said then describes what was recorded."""

    reason: Annotated[str, Field(min_length=1, max_length=500)]
    cancelled: bool = False


class HandOver(View):
    """`position`: in the copy's chain of holders, from 1.   present: the revision that holds."""

    id: UUID
    copy_id: UUID
    position: int
    revision: int
    holder_kind: HolderKind
    holder: str
    holder_branch_id: UUID | None
    means: Means
    receiver: str
    courier_number: str
    has_proof: bool
    handed_at: datetime
    note: str
    cancelled: bool
    reason: str
    recorded_by: str
    recorded_at: datetime
    present: bool


class HeldCopy(View):
    copy_id: UUID
    request_id: UUID
    serial: str
    number: int
    copies: int
    title: str
    own_reference: str
    state: CopyState
    holder: HandOver


class Made(View):
    ids: list[UUID]


@router.get("/copies/{copy_id}/hand-overs", summary="Who holds a copy, and who held it; the latest first")
@requires(Permission.READ_REQUESTS)
def list_hand_overs(copy_id: UUID, actor: CurrentActor, work: CurrentWork) -> list[HandOver]:
    return [HandOver.model_validate(each) for each in hand_over_queries.chain_of(work, actor, copy_id)]


@router.get("/held-copies", summary="What somebody holds: by holder, by who signed for it, or by courier's number")
@requires(Permission.READ_REQUESTS)
def list_held_copies(
    actor: CurrentActor, work: CurrentWork, text: Annotated[str, Query(min_length=1, max_length=200)]
) -> list[HeldCopy]:
    return [HeldCopy.model_validate(each) for each in hand_over_queries.held_by(work, actor, text)]


@router.post("/hand-overs", status_code=201, summary="Record that copies were handed over, or came back")
@requires(Permission.HAND_IN_RETURNS)
def create_hand_over(body: HandingOver, actor: CurrentActor, work: CurrentWork) -> Made:
    return Made(ids=list(hand_overs.hand_over(work, actor, body.copy_ids, body.checked())))


@router.post("/hand-overs/{hand_over_id}/corrections", status_code=201, summary="Say a hand-over anew")
@requires(Permission.HAND_IN_RETURNS)
def create_correction(hand_over_id: UUID, body: Correction, actor: CurrentActor, work: CurrentWork) -> Made:
    """What it said before stays, and so does its proof."""
    made = hand_overs.correct_hand_over(
        work, actor, hand_over_id, body.checked(), reason=body.reason, cancelled=body.cancelled
    )
    return Made(ids=[made])


@router.post("/hand-overs/with-proof", status_code=201, summary="The same, with a photo or scan of the signature")
@requires(Permission.HAND_IN_RETURNS)
def create_hand_over_with_proof(
    call: CurrentCall,
    actor: CurrentActor,
    adapters: CurrentAdapters,
    hand_over: Annotated[Json[HandingOver], Form(description="JSON, as for POST /hand-overs.")],
    proof: Annotated[UploadFile, File(description="JPEG, PNG or PDF, at most 10 MiB.")],
) -> Made:
    data = proof.file.read(hand_overs.LARGEST_PROOF + 1)
    digest = hand_overs.keep_proof(adapters.database, adapters.objects, actor, hand_over.copy_ids, data)
    with call.transaction() as work:
        said = hand_over.checked(digest)
        return Made(ids=list(hand_overs.hand_over(work, call.caller_in(work).actor, hand_over.copy_ids, said)))


@router.get(
    "/hand-overs/{hand_over_id}/proof",
    summary="The photo or scan of the signature",
    response_class=Response,
    responses={200: {"content": {"image/jpeg": {}, "image/png": {}, "application/pdf": {}}}},
)
@requires(Permission.READ_RETURNS)
def read_proof(hand_over_id: UUID, actor: CurrentActor, adapters: CurrentAdapters) -> Response:
    """That it was read is recorded."""
    data = hand_overs.proof_of(adapters.database, adapters.objects, actor, hand_over_id)
    return scan_attachment(data, f"hand-over-{hand_over_id}")
