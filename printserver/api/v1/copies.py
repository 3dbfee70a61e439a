"""Copies: each is one physical print, and in exactly one state at any time."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from fastapi import Query
from pydantic import Field, field_validator

from printserver.api.v1.common import Before, Limit, Page, View, api_router, page_of
from printserver.http_edge.declarations import requires
from printserver.http_edge.work import CurrentActor, CurrentWork
from printserver.organisations.permissions import Permission
from printserver.print_requests import copy_service, queries
from printserver.print_requests.states import CopyState, RequestState

router = api_router("/copies", "copies")

Why = Annotated[str, Field(min_length=1, max_length=500, examples=["lies in the output tray, complete"])]


class Copy(View):
    """`replaced_by`: the print request for the copy in its place."""

    id: UUID
    request_id: UUID
    serial: Annotated[str, Field(examples=["7ZQ4-0HXR-M2N8-K5TB-W"])]
    number: int
    copies: int
    state: CopyState
    pages: int
    title: str
    own_reference: str
    printer_id: UUID
    rendition_sha256: str
    issued_sha256: str | None
    issued_at: datetime | None
    printed_at: datetime | None
    settled_reason: str
    replaced_by: UUID | None

    @field_validator("serial", mode="before")
    @classmethod
    def _as_people_read_it(cls, value: object) -> str:
        return str(value)


class Settlement(View):
    settlement: Literal["seen", "destroyed", "missing"]
    reason: Why


class Voiding(View):
    reason: Why


class Replacement(View):
    """The print request that was made; it needs its own approval."""

    request_id: UUID
    state: RequestState


@router.get("", summary="Copies, newest first")
@requires(Permission.READ_REQUESTS)
def list_copies(
    actor: CurrentActor,
    work: CurrentWork,
    state: Annotated[list[CopyState] | None, Query(description="Any of these; all without it.")] = None,
    printer_id: UUID | None = None,
    before: Before = None,
    limit: Limit = 50,
) -> Page[Copy]:
    found = queries.copies(work, actor, states=state or (), printer_id=printer_id, before=before, limit=limit)
    return page_of(Copy, found, limit)


@router.get("/{copy_id}", summary="One copy")
@requires(Permission.READ_REQUESTS)
def read_copy(copy_id: UUID, actor: CurrentActor, work: CurrentWork) -> Copy:
    return Copy.model_validate(queries.copy_facts_for(work, actor, copy_id))


@router.post("/{copy_id}/settlements", status_code=201, summary="Say what became of a copy whose outcome is unknown")
@requires(Permission.SETTLE_COPIES)
def create_settlement(copy_id: UUID, body: Settlement, actor: CurrentActor, work: CurrentWork) -> Copy:
    copy_service.settle_copy(work, actor, copy_id, settlement=body.settlement, reason=body.reason)
    return Copy.model_validate(queries.copy_facts(work, copy_id))


@router.post("/{copy_id}/voidings", status_code=201, summary="Declare a copy void: its code verifies red from now on")
@requires(Permission.SETTLE_COPIES)
def create_voiding(copy_id: UUID, body: Voiding, actor: CurrentActor, work: CurrentWork) -> Copy:
    copy_service.void_copy(work, actor, copy_id, reason=body.reason)
    return Copy.model_validate(queries.copy_facts(work, copy_id))


@router.post("/{copy_id}/replacements", status_code=201, summary="Ask for another copy in place of a void one")
@requires(Permission.CREATE_REQUEST)
def create_replacement(copy_id: UUID, actor: CurrentActor, work: CurrentWork) -> Replacement:
    request = copy_service.replace_copy(work, actor, copy_id)
    return Replacement(request_id=request.id, state=RequestState(request.state))
