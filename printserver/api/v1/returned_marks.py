"""What was found on returned pages: seals and signatures cut out, seals across the edge joined again."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import Path
from fastapi.responses import Response

from printserver.api.v1.common import View, api_router
from printserver.http_edge.declarations import Lane, requires
from printserver.http_edge.work import CurrentActor, CurrentAdapters, CurrentWork
from printserver.organisations.permissions import Permission
from printserver.rendering.places import Edge
from printserver.returns import straddle_joining_service as joining

router = api_router("", "returns")

Number = Annotated[int, Path(ge=1, le=1_000)]


class SealAcross(View):
    """`pages`: those on which a slice was found; none: issued, not seen. Presence, not authenticity.

    missing: pages that were compared and show no slice of it.   not_compared: pages of which that is not known, as
    they have not come home or could not be compared. Both of an issued seal's own pages; of one put on afterwards of
    all of the copy's.

    issued: whether the copy was issued with it; else somebody put it on afterwards.
    """

    number: int
    issued: bool
    edge: Edge
    pages: list[int]
    missing: list[int]
    not_compared: list[int]


@router.get(
    "/return-pages/{page_id}/places/{number}/image",
    summary="A seal, signature or slice cut out of a returned page",
    response_class=Response,
    responses={200: {"content": {"image/png": {}}}},
)
@requires(Permission.READ_RETURNS)
def read_cut_out(page_id: UUID, number: Number, actor: CurrentActor, adapters: CurrentAdapters) -> Response:
    """number: of the page's regions, from 1."""
    picture = joining.place_picture(adapters.database, adapters.objects, actor, page_id, number)
    return Response(picture, media_type="image/png")


@router.get("/copies/{copy_id}/seals-across", summary="Seals across the edge of a copy's returned pages")
@requires(Permission.READ_RETURNS)
def list_seals_across(copy_id: UUID, actor: CurrentActor, work: CurrentWork) -> list[SealAcross]:
    """Issued ones are listed whether they were seen or not, once a page of the copy came home."""
    found = joining.seals_across(work, actor, copy_id)
    return [
        SealAcross(
            number=number,
            issued=each.issued,
            edge=each.edge,
            pages=list(each.pages),
            missing=list(found.missing(each)),
            not_compared=list(found.not_compared(each)),
        )
        for number, each in enumerate(found.seals, 1)
    ]


@router.get(
    "/copies/{copy_id}/seals-across/{number}/image",
    summary="The slices of one seal across the edge, joined",
    response_class=Response,
    responses={200: {"content": {"image/png": {}}}},
)
@requires(Permission.READ_RETURNS, lane=Lane.DRAWING)
def read_seal_across(copy_id: UUID, number: Number, actor: CurrentActor, adapters: CurrentAdapters) -> Response:
    picture = joining.seal_across_picture(adapters.database, adapters.objects, actor, copy_id, number)
    return Response(picture, media_type="image/png")
