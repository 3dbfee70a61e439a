"""The seals on a copy, and each seal's signature as evidence."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import Path
from fastapi.responses import Response

from printserver.api.v1.common import View, api_router, attachment
from printserver.http_edge.declarations import requires
from printserver.http_edge.work import CurrentActor, CurrentAdapters, CurrentWork
from printserver.organisations.permissions import Permission
from printserver.print_requests import copy_seals

router = api_router("/copies/{copy_id}/seals", "copies")


class SealOnCopy(View):
    """`signature_sha256`: of the signature (SES_Signature, GB/T 38540) over the SHA-256 of the copy's rendition."""

    position: int
    seal_id: UUID
    name: str
    signature_sha256: str
    sealed_at: datetime


@router.get("", summary="The seals on a copy, in the request's order; none before it is issued")
@requires(Permission.READ_REQUESTS)
def list_seals(copy_id: UUID, actor: CurrentActor, work: CurrentWork) -> list[SealOnCopy]:
    return [SealOnCopy.model_validate(each) for each in copy_seals.seals_on_for(work, actor, copy_id)]


@router.get(
    "/{position}/signature",
    summary="A seal's signature over the copy, as evidence",
    response_class=Response,
    responses={200: {"content": {"application/octet-stream": {}}}},
)
@requires(Permission.READ_ARCHIVE)
def read_signature(
    copy_id: UUID,
    position: Annotated[int, Path(ge=1, le=1000)],
    actor: CurrentActor,
    work: CurrentWork,
    adapters: CurrentAdapters,
) -> Response:
    """It carries the seal with its picture, so it is only for those who keep the archive. Check it at /verify/seal."""
    seal = copy_seals.seal_evidence(work, actor, copy_id, position)
    name = f"seal-{copy_id}-{position}.der"
    return attachment(
        adapters.objects.get(seal.signature_sha256, actor.organisation_id), "application/octet-stream", name
    )
