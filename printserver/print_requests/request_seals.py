"""The seals that a request asks for, in the order applied for: the first one's number stands in the codes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, or_, select

from printserver.approvals.rules import custody_step
from printserver.foundation.unit_of_work import Work
from printserver.print_requests.models import PrintRequest, RequestSeal
from printserver.rendering.marks import SealPlace
from printserver.rendering.places import Place, place_from_json
from printserver.rendering.straddle import SeamSeal, SeamSlice, seals_cut, seam_seal, seam_slice
from printserver.seals.queries import SealFacts, seal_facts
from printserver.signing.evidence import CUSTODY_PREFIX


@dataclass(frozen=True)
class SealWanted:
    """A seal, and where somebody wants it."""

    seal_id: UUID
    places: tuple[Place, ...]


@dataclass(frozen=True)
class RequestedSeal:
    """`places`: where it is drawn, as the manifest names it; None before the copies are drawn."""

    seal_id: UUID
    wanted: tuple[Mapping[str, Any], ...]
    places: tuple[Mapping[str, Any], ...] | None

    @property
    def wishes(self) -> tuple[Place, ...]:
        return tuple(map(place_from_json, self.wanted))


def keep_seals(work: Work, request_id: UUID, seals: Sequence[tuple[UUID, Sequence[Mapping[str, Any]]]]) -> None:
    """Of a new request: each seal with its places as JSON."""
    for position, (seal_id, wanted) in enumerate(seals, 1):
        row = RequestSeal(request_id=request_id, position=position, seal_id=seal_id, wanted=[dict(at) for at in wanted])
        work.session.add(row)
    work.session.flush()


def keep_drawn(work: Work, request_id: UUID, places: Sequence[Sequence[SealPlace]]) -> None:
    """Where each seal was drawn, in their order; a request of an earlier release has no rows for it."""
    for row, drawn in zip(_rows(work, request_id), places, strict=False):
        row.places = [place.to_json() for place in drawn]


def seals_of_request(work: Work, request: PrintRequest) -> tuple[RequestedSeal, ...]:
    """At least one. A request from before there were several has one, drawn where it was wanted."""
    rows = _rows(work, request.id)
    if not rows:
        places = tuple(request.places)
        return (RequestedSeal(request.seal_id, places, places),)
    return tuple(
        RequestedSeal(row.seal_id, tuple(row.wanted), None if row.places is None else tuple(row.places)) for row in rows
    )


def slices_on(work: Work, request_id: UUID, page: int) -> tuple[SeamSlice, ...]:
    """Of every seal of the request, on that page (1-based) of its copies; without regard to anybody's rights."""
    found = []
    for seal in seals_of_request(work, work.session.get_one(PrintRequest, request_id)):
        places = [place for place in seal.places or () if place.get("page") == page and place.get("part")]
        size = seal_facts(work, seal.seal_id) if places else None
        found += [seam_slice(SealPlace.from_json(place), size.width_um, size.height_um) for place in places if size]
    return tuple(found)


def seals_across_edges(work: Work, request_id: UUID) -> tuple[SeamSeal, ...]:
    """Each seal drawn across the edges of the pages; without regard to anybody's rights."""
    found: list[SeamSeal] = []
    for seal in seals_of_request(work, work.session.get_one(PrintRequest, request_id)):
        places = [SealPlace.from_json(place) for place in seal.places or () if place.get("part")]
        if places:
            size = seal_facts(work, seal.seal_id)
            cut = seals_cut(places, size.width_um, size.height_um)
            found += [seam_seal(group, size.width_um, size.height_um) for group in cut]
    return tuple(found)


def facts_of_request(work: Work, request: PrintRequest) -> tuple[SealFacts, ...]:
    """Of each seal, in the same order."""
    return tuple(seal_facts(work, each.seal_id) for each in seals_of_request(work, request))


def facts_of_copy_seals(work: Work, request_id: UUID) -> tuple[SealFacts, ...]:
    """Of each seal of a copy's request."""
    return facts_of_request(work, work.session.get_one(PrintRequest, request_id))


def asks_for(seal_ids: Sequence[UUID]) -> ColumnElement[bool]:
    """The condition that a request asks for one of these seals."""
    further = select(RequestSeal.request_id).where(RequestSeal.seal_id.in_(seal_ids))
    return or_(PrintRequest.seal_id.in_(seal_ids), PrintRequest.id.in_(further))


def waits_for_keeper_of(seal_ids: Sequence[UUID]) -> ColumnElement[bool]:
    """The condition that a request in custody waits for whoever keeps one of these seals."""
    unnamed = (PrintRequest.step == "") & PrintRequest.seal_id.in_(seal_ids)
    return or_(PrintRequest.step.in_([custody_step(seal_id) for seal_id in seal_ids]), unnamed)


def waiting_seal(request: PrintRequest) -> UUID:
    """Whose custodian the request waits for; the first seal when it waits for none."""
    prefix, step = CUSTODY_PREFIX, request.step
    return UUID(step.removeprefix(prefix)) if step.startswith(prefix) else request.seal_id


def _rows(work: Work, request_id: UUID) -> Sequence[RequestSeal]:
    return work.session.scalars(
        select(RequestSeal).where(RequestSeal.request_id == request_id).order_by(RequestSeal.position)
    ).all()
