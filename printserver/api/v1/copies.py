"""Copies: each is one physical print, and in exactly one state at any time."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from fastapi import Query
from fastapi.responses import Response
from pydantic import AwareDatetime, Field, field_validator

from printserver.api.v1.common import Before, Limit, Page, View, api_router, attachment, page_of
from printserver.http_edge.declarations import Lane, requires
from printserver.http_edge.work import CurrentActor, CurrentAdapters, CurrentWork
from printserver.organisations.permissions import Permission
from printserver.print_requests import copy_service, notice_letter, notices, queries
from printserver.print_requests.notices import Channel, NoticeKind
from printserver.print_requests.sides import Sides
from printserver.print_requests.states import CopyState, RequestState

router = api_router("/copies", "copies")

Why = Annotated[str, Field(min_length=1, max_length=500, examples=["lies in the output tray, complete"])]


class Copy(View):
    """`sheets`: of paper.   replaced_by: the print request for the copy in its place.

    `confirmed_at`: when a second person confirmed that the copy is gone.
    """

    id: UUID
    request_id: UUID
    serial: Annotated[str, Field(examples=["7ZQ4-0HXR-M2N8-K5TB-W"])]
    number: int
    copies: int
    state: CopyState
    pages: int
    sides: Sides
    sheets: int
    title: str
    own_reference: str
    printer_id: UUID
    rendition_sha256: str
    issued_sha256: str | None
    issued_at: datetime | None
    released_at: datetime | None
    sent_at: datetime | None
    printed_at: datetime | None
    settled_reason: str
    settled_at: datetime | None
    confirmed_at: datetime | None
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


class Confirmation(View):
    reason: Annotated[str, Field(min_length=1, max_length=500, examples=["I saw the torn sheets in the shredder"])]


class Recall(View):
    reason: Annotated[str, Field(min_length=1, max_length=500, examples=["released at the wrong printer"])]


class GivingUp(View):
    reason: Annotated[str, Field(min_length=1, max_length=500, examples=["the printer is gone for repair"])]


class NewNotice(View):
    """`note`: what proves it, such as a courier's number.   delivered_at: when the holder was told."""

    kind: NoticeKind
    holder: Annotated[str, Field(min_length=1, max_length=500)]
    channel: Channel
    delivered_at: AwareDatetime
    note: Annotated[str, Field(max_length=500)] = ""


class Notice(View):
    id: UUID
    kind: NoticeKind
    holder: str
    channel: Channel
    note: str
    delivered_at: datetime
    recorded_at: datetime
    recorded_by: UUID
    recorded_by_name: str


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


@router.post(
    "/{copy_id}/loss-confirmations",
    status_code=201,
    summary="Confirm, as a second person, that a copy which may have come to paper is gone",
)
@requires(Permission.SETTLE_COPIES, step_up=True)
def create_loss_confirmation(copy_id: UUID, body: Confirmation, actor: CurrentActor, work: CurrentWork) -> Copy:
    """Without it such a copy is not replaced. Neither the applicant confirms, nor who settled or voided the copy."""
    copy_service.confirm_loss(work, actor, copy_id, reason=body.reason)
    return Copy.model_validate(queries.copy_facts(work, copy_id))


@router.post("/{copy_id}/recalls", status_code=201, summary="Call back a released copy that still waits")
@requires(Permission.RELEASE_COPIES, Permission.SETTLE_COPIES)
def create_recall(copy_id: UUID, body: Recall, actor: CurrentActor, work: CurrentWork) -> Copy:
    """It may be released again. Refused (409) once its printing has begun."""
    copy_service.recall_copy(work, actor, copy_id, reason=body.reason)
    return Copy.model_validate(queries.copy_facts(work, copy_id))


@router.post("/{copy_id}/give-ups", status_code=201, summary="No longer wait for the word of a copy at the printer")
@requires(Permission.SETTLE_COPIES)
def create_give_up(copy_id: UUID, body: GivingUp, actor: CurrentActor, work: CurrentWork) -> Copy:
    """Its outcome is unknown from then on, and a person settles it."""
    copy_service.give_up_waiting(work, actor, copy_id, reason=body.reason)
    return Copy.model_validate(queries.copy_facts(work, copy_id))


@router.get("/{copy_id}/notices", summary="Which holders were told that the copy is void or replaced")
@requires(Permission.READ_REQUESTS)
def list_notices(copy_id: UUID, actor: CurrentActor, work: CurrentWork) -> list[Notice]:
    copy = queries.copy_facts_for(work, actor, copy_id)
    return [Notice.model_validate(each) for each in notices.notices_of(work, copy.id)]


@router.post("/{copy_id}/notices", status_code=201, summary="Record that a holder was told")
@requires(*notices.TELLERS)
def create_notice(copy_id: UUID, body: NewNotice, actor: CurrentActor, work: CurrentWork) -> Notice:
    new = notices.NewNotice(body.kind, body.holder, body.channel, body.delivered_at, body.note)
    return Notice.model_validate(notices.record_notice(work, actor, copy_id, new))


@router.get(
    "/{copy_id}/notice.pdf",
    summary="A letter for the holder of an invalid copy, to print",
    response_class=Response,
    responses={200: {"content": {"application/pdf": {}}}},
)
@requires(Permission.READ_REQUESTS, lane=Lane.DRAWING)
def read_notice(copy_id: UUID, actor: CurrentActor, adapters: CurrentAdapters) -> Response:
    with adapters.database.reading() as work:
        letter = notice_letter.letter_of(work, actor, copy_id, verify_at=adapters.settings.public_url + "/verify")
    name = f"notice-{letter.serial}.pdf"
    zone = adapters.settings.time_zone
    return attachment(notice_letter.draw_letter(letter, time_zone=zone), "application/pdf", name)


@router.post("/{copy_id}/replacements", status_code=201, summary="Ask for another copy in place of a void one")
@requires(Permission.CREATE_REQUEST, step_up=True)
def create_replacement(copy_id: UUID, actor: CurrentActor, work: CurrentWork) -> Replacement:
    request = copy_service.replace_copy(work, actor, copy_id)
    return Replacement(request_id=request.id, state=RequestState(request.state))
