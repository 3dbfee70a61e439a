"""The register of key media: USB keys, cards and tokens that people carry."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Final
from uuid import UUID

from fastapi import File, Query, UploadFile
from fastapi.responses import Response
from pydantic import Field

from printserver.api.v1.common import Before, Limit, Page, View, api_router, attachment, page_of
from printserver.approvals.media_losses import take_step
from printserver.foundation.unit_of_work import Work
from printserver.http_edge.declarations import requires, signed_in
from printserver.http_edge.work import CurrentActor, CurrentAdapters, CurrentWork
from printserver.organisations import key_media_queries, key_media_steps
from printserver.organisations.access import Actor
from printserver.organisations.key_media import MediumAction, MediumKind, MediumState
from printserver.organisations.key_media_queries import Show
from printserver.organisations.media_certificates import LARGEST_BYTES, read_certificate
from printserver.organisations.permissions import Permission
from printserver.organisations.stewards import STEWARDS
from printserver.seals.ledger import csv_file

router = api_router("", "key media")

MOST_LINES: Final = 10_000
Short = Annotated[str, Field(max_length=100)]
Remark = Annotated[str, Field(max_length=500)]


class KeyMedium(View):
    """`pending_action`: what one person asked for and another has yet to confirm."""

    id: UUID
    kind: MediumKind
    purpose: str
    maker: str
    serial_number: str
    holder_id: UUID
    holder: str
    staff_number: str
    branch: str
    holder_frozen: bool
    holder_left_at: datetime | None
    state: MediumState
    applied_by: UUID
    applied_at: datetime
    received_at: datetime | None
    replaces_id: UUID | None
    replaced_by_id: UUID | None
    passkey_id: UUID | None
    certificate_serial: str
    certificate_sha256: str
    certificate_subject: str
    certificate_not_after: datetime | None
    certificate_stopped_at: datetime | None
    expiring: bool
    pending_action: MediumAction | None
    pending_by: UUID | None
    pending_remark: str


class KeyMediumStep(View):
    """`first_person_id`: who asked for a step that took two."""

    action: MediumAction
    before: MediumState
    after: MediumState
    remark: str
    person_id: UUID
    first_person_id: UUID | None
    at: datetime


class KeyMediumDetails(View):
    """`steps`: oldest first.   open_steps: what I may do, or ask for, now."""

    medium: KeyMedium
    steps: tuple[KeyMediumStep, ...]
    open_steps: tuple[MediumAction, ...]


class MediumWish(View):
    """holder_id: whose it shall be; mine without it.   replaces_id: in the place of which."""

    kind: MediumKind
    purpose: Annotated[str, Field(min_length=1, max_length=100)]
    holder_id: UUID | None = None
    replaces_id: UUID | None = None


class MediumStepWish(View):
    """maker, serial_number: which one is handed out."""

    action: MediumAction
    remark: Remark = ""
    maker: Short = ""
    serial_number: Short = ""


class Loss(View):
    remark: Annotated[str, Field(min_length=1, max_length=500)]


class Confirmation(View):
    action: MediumAction


class LinkedPasskey(View):
    passkey_id: UUID | None


@router.get("/key-media", summary="My key media, and those of the people whom I may read")
@signed_in()
def list_key_media(
    actor: CurrentActor,
    work: CurrentWork,
    show: Show = Show.ALL,
    text: Annotated[str, Query(max_length=100)] = "",
    before: Before = None,
    limit: Limit = 50,
) -> Page[KeyMedium]:
    found = key_media_queries.list_media(work, actor, show=show, text=text, before=before, limit=limit)
    return page_of(KeyMedium, found, limit)


@router.get("/key-media.csv", summary="The register as a file for a spreadsheet", response_class=Response)
@requires(Permission.READ_PEOPLE)
def read_ledger(actor: CurrentActor, work: CurrentWork, show: Show = Show.ALL) -> Response:
    rows = [
        key_media_queries.cells(each) for each in key_media_queries.list_media(work, actor, show=show, limit=MOST_LINES)
    ]
    return attachment(csv_file(key_media_queries.COLUMNS, rows), "text/csv; charset=utf-8", "key-media.csv")


@router.post("/key-media", status_code=201, summary="Apply for a key medium")
@signed_in()
def create_key_medium(body: MediumWish, actor: CurrentActor, work: CurrentWork) -> KeyMediumDetails:
    new = key_media_steps.NewMedium(body.holder_id or actor.person_id, body.kind, body.purpose, body.replaces_id)
    return _after(work, actor, key_media_steps.apply_for_medium(work, actor, new))


@router.get("/key-media/{medium_id}", summary="One key medium, with its life so far")
@signed_in()
def read_key_medium(medium_id: UUID, actor: CurrentActor, work: CurrentWork) -> KeyMediumDetails:
    return _details(work, actor, medium_id)


@router.post("/key-media/{medium_id}/steps", status_code=201, summary="Take a step, or ask for one that takes two")
@signed_in(step_up=True)
def create_medium_step(
    medium_id: UUID, body: MediumStepWish, actor: CurrentActor, work: CurrentWork, adapters: CurrentAdapters
) -> KeyMediumDetails:
    take_step(work, actor, adapters.attestor, medium_id, key_media_steps.MediumStep(**body.model_dump()))
    return _after(work, actor, medium_id)


@router.post("/key-media/{medium_id}/losses", status_code=201, summary="Report it lost, at once")
@signed_in()
def create_loss(
    medium_id: UUID, body: Loss, actor: CurrentActor, work: CurrentWork, adapters: CurrentAdapters
) -> KeyMediumDetails:
    """Without a step-up: what is lost may be what it would be done with."""
    step = key_media_steps.MediumStep(MediumAction.REPORT_LOST, body.remark)
    take_step(work, actor, adapters.attestor, medium_id, step)
    return _after(work, actor, medium_id)


@router.post("/key-media/{medium_id}/confirmations", status_code=201, summary="The second person's word")
@requires(*STEWARDS, step_up=True)
def create_confirmation(
    medium_id: UUID, body: Confirmation, actor: CurrentActor, work: CurrentWork
) -> KeyMediumDetails:
    key_media_steps.confirm_medium_step(work, actor, medium_id, body.action)
    return _after(work, actor, medium_id)


@router.delete("/key-media/{medium_id}/confirmations", status_code=204, summary="Drop what waits for a second person")
@requires(*STEWARDS)
def drop_step(medium_id: UUID, actor: CurrentActor, work: CurrentWork) -> None:
    key_media_steps.drop_medium_step(work, actor, medium_id)


@router.post("/key-media/{medium_id}/certificates", status_code=201, summary="Enter the certificate that it carries")
@requires(*STEWARDS)
def create_certificate(
    medium_id: UUID,
    actor: CurrentActor,
    work: CurrentWork,
    certificate: Annotated[UploadFile, File(description="X.509, DER or PEM")],
) -> KeyMediumDetails:
    key_media_steps.medium_for(work, actor, medium_id)
    facts = read_certificate(certificate.file.read(LARGEST_BYTES + 1))
    key_media_steps.enter_certificate(work, actor, medium_id, facts)
    return _after(work, actor, medium_id)


@router.put("/key-media/{medium_id}/passkey", summary="Say which of the holder's passkeys lives on it")
@signed_in()
def write_passkey(medium_id: UUID, body: LinkedPasskey, actor: CurrentActor, work: CurrentWork) -> KeyMediumDetails:
    key_media_steps.link_passkey(work, actor, medium_id, body.passkey_id)
    return _after(work, actor, medium_id)


def _after(work: Work, actor: Actor, medium_id: UUID) -> KeyMediumDetails:
    work.session.flush()
    work.session.expire_all()
    return _details(work, actor, medium_id)


def _details(work: Work, actor: Actor, medium_id: UUID) -> KeyMediumDetails:
    facts = key_media_queries.medium_facts(work, actor, medium_id)
    return KeyMediumDetails(
        medium=KeyMedium.model_validate(facts),
        steps=tuple(KeyMediumStep.model_validate(each) for each in key_media_queries.medium_steps(work, medium_id)),
        open_steps=key_media_queries.steps_open_to(work, actor, facts),
    )
