"""Seals: those that one may ask for or read, applications for new ones, steps of their life, their stop, their uses."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import File, Form, UploadFile
from pydantic import AwareDatetime, Field

from printserver.api.v1.common import Before, Limit, Page, View, api_router, page_of
from printserver.approvals.statement_states import StatementState
from printserver.foundation.errors import NotFound
from printserver.foundation.unit_of_work import Work
from printserver.http_edge.declarations import Lane, requires
from printserver.http_edge.work import CurrentActor, CurrentAdapters, CurrentCall, CurrentWork
from printserver.organisations.permissions import Permission
from printserver.print_requests.seal_uses import seal_uses
from printserver.print_requests.states import CopyState, RequestState
from printserver.rendering.seal_artwork import GlyphMissing, seal_svg
from printserver.rendering.seal_artwork_image import LARGEST_BYTES
from printserver.rendering.seal_artwork_types import SealType
from printserver.seals import applications, queries, service, steps
from printserver.seals.artworks import artwork_facts, keep_artwork, take_image
from printserver.seals.states import SealAction, SealState

router = api_router("/seals", "seals")

PROPOSERS = (Permission.MANAGE_SEALS, Permission.CONFIRM_STATEMENTS)
Reason = Annotated[str, Field(min_length=1, max_length=500)]
Millimetres = Annotated[int, Field(ge=10, le=100)]


class Seal(View):
    """Sizes in micrometres.   origin: `internal` or `filed`.   classes: of documents, empty for all."""

    id: UUID
    branch_id: UUID
    custodian_id: UUID
    custodians: tuple[UUID, ...]
    owner_id: UUID | None
    name: str
    type: str
    registration_number: str
    origin: str
    state: SealState
    width_um: int
    height_um: int
    valid_from: datetime
    valid_until: datetime
    classes: tuple[str, ...]
    evidence: str
    uses: int
    uses_limit: int | None
    object_sha256: str
    code_id: str
    replaces_id: UUID | None
    purpose: str


class SealDrawing(View):
    """What a seal would show.   inner, star: left out for what seals of the type usually have."""

    type: SealType
    name: Annotated[str, Field(max_length=100)]
    registration_number: Annotated[str, Field(max_length=18)] = ""
    inner: Annotated[str, Field(max_length=12)] | None = None
    star: bool | None = None
    width_mm: Millimetres | None = None
    height_mm: Millimetres | None = None


class SealApplication(SealDrawing):
    """artwork_id: of a picture that was handed in; without one the seal is drawn.   custodians: person ids."""

    branch_id: UUID
    valid_from: AwareDatetime
    valid_until: AwareDatetime
    custodians: Annotated[tuple[UUID, ...], Field(max_length=20)] = ()
    owner_id: UUID | None = None
    classes: Annotated[tuple[str, ...], Field(max_length=100)] = ()
    evidence: str = "attested"
    uses_limit: int | None = None
    purpose: Annotated[str, Field(max_length=500)] = ""
    replaces_id: UUID | None = None
    artwork_id: UUID | None = None


class Preview(View):
    """`missing`: characters that no seal can show; `svg` is empty then."""

    svg: str
    missing: tuple[str, ...]


class SealArtwork(View):
    """A picture after its paper was taken away.   dpi: as handed in."""

    id: UUID
    filename: str
    width_um: int
    height_um: int
    dpi: int
    artwork_sha256: str


class SealStepWish(View):
    """form: by action, `custodians`, `classes`, `uses_limit`, `evidence`, `people`, `branches`, `handed_over`, `place`
    or `witness`."""

    action: SealAction
    reason: Annotated[str, Field(max_length=500)] = ""
    form: dict[str, Any] = Field(default_factory=dict)


class SealStep(View):
    """`outcome`: open, done or dropped.   `statement_id`: what officers sign for it."""

    id: UUID
    action: SealAction
    before: SealState
    after: SealState
    outcome: str
    reason: str
    form: dict[str, Any]
    person_id: UUID | None
    statement_id: UUID | None
    statement_state: StatementState | None
    at: datetime
    done_at: datetime | None


class Proposed(View):
    """`statement_id`: what officers sign."""

    statement_id: UUID


class ReasonGiven(View):
    reason: Reason


class UsedCopy(View):
    id: UUID
    number: int
    serial: str
    state: CopyState
    printed_at: datetime | None


class Agreed(View):
    name: str
    step: str
    at: datetime


class SealUse(View):
    """`id`: of the print request."""

    id: UUID
    title: str
    purpose: str
    own_reference: str
    document_sha256: str
    filename: str
    applicant: str
    branch: str
    printer: str
    state: RequestState
    asked_at: datetime
    agreed: tuple[Agreed, ...]
    copies: tuple[UsedCopy, ...]


@router.get("", summary="The seals within my rights")
@requires(Permission.READ_SEALS)
def list_seals(actor: CurrentActor, work: CurrentWork) -> list[Seal]:
    return [Seal.model_validate(seal) for seal in queries.seals(work, actor)]


@router.get("/{seal_id}", summary="One seal")
@requires(Permission.READ_SEALS)
def read_seal(seal_id: UUID, actor: CurrentActor, work: CurrentWork) -> Seal:
    return Seal.model_validate(queries.readable_seal(work, actor, seal_id))


@router.post("", status_code=201, summary="Apply for a seal")
@requires(*applications.MAY_APPLY, lane=Lane.DRAWING)
def create_application(body: SealApplication, call: CurrentCall, adapters: CurrentAdapters) -> Seal:
    """Two officers decide on it (`/statements`); then the signer makes it."""
    wanted = applications.SealApplication(**body.model_dump(exclude={"artwork_id"}))
    with adapters.database.reading() as work:
        applications.require_reach(work, call.caller_in(work).actor, wanted.branch_id)
    drawn = None if body.artwork_id else applications.draw_artwork(adapters.objects, wanted, call.organisation_id)
    with call.transaction() as work:
        actor = call.caller_in(work).actor
        if drawn is None and body.artwork_id is not None:
            drawn = applications.registered_artwork(work, actor, body.artwork_id, wanted)
        if drawn is None:
            raise NotFound("there is no such picture of a seal")
        seal_id = applications.apply_for_seal(work, actor, wanted, drawn)
        return Seal.model_validate(queries.seal_facts(work, seal_id))


@router.post("/previews", summary="What a seal would look like")
@requires(*applications.MAY_APPLY, lane=Lane.DRAWING)
def read_preview(body: SealDrawing, call: CurrentCall) -> Preview:
    """Nothing is stored."""
    at = call.adapters.database.clock.now()
    wanted = applications.SealApplication(**body.model_dump(), branch_id=UUID(int=0), valid_from=at, valid_until=at)
    try:
        return Preview(svg=seal_svg(wanted.design()), missing=())
    except GlyphMissing as problem:
        return Preview(svg="", missing=problem.characters)


@router.post("/artworks", status_code=201, summary="Hand in a picture of a registered seal")
@requires(*applications.MAY_APPLY, lane=Lane.DRAWING)
def create_artwork(
    call: CurrentCall,
    picture: Annotated[UploadFile, File(description="PNG, JPEG, TIFF, BMP or WebP, at least 300 dpi")],
    width_mm: Annotated[int, Form(ge=10, le=100)],
    height_mm: Annotated[int, Form(ge=10, le=100)],
) -> SealArtwork:
    """Its red is taken out of the paper; name the answer's `id` in the application."""
    objects = call.adapters.objects
    data = picture.file.read(LARGEST_BYTES + 1)
    stored = take_image(objects, data, call.organisation_id, width_mm=width_mm, height_mm=height_mm)
    with call.transaction() as work:
        actor = call.caller_in(work).actor
        facts = artwork_facts(work, actor, keep_artwork(work, actor, stored, picture.filename or ""))
    return SealArtwork(
        id=facts.id,
        filename=facts.filename,
        width_um=stored.width_um,
        height_um=stored.height_um,
        dpi=stored.dpi,
        artwork_sha256=stored.artwork_sha256,
    )


@router.get("/{seal_id}/steps", summary="The life of a seal so far")
@requires(Permission.READ_SEALS)
def list_steps(seal_id: UUID, actor: CurrentActor, work: CurrentWork) -> list[SealStep]:
    queries.readable_seal(work, actor, seal_id)
    return [_step(facts) for facts in steps.steps_of(work, seal_id)]


@router.post("/{seal_id}/steps", status_code=201, summary="Propose a step that two officers decide")
@requires(*PROPOSERS, step_up=True)
def create_step(
    seal_id: UUID, body: SealStepWish, actor: CurrentActor, work: CurrentWork, adapters: CurrentAdapters
) -> Proposed:
    """An officer's own word counts at once; another officer signs the statement."""
    step = steps.NewStep(body.action, body.reason, body.form)
    return Proposed(statement_id=steps.propose_step(work, actor, adapters.attestor, seal_id, step))


@router.post("/{seal_id}/suspensions", status_code=201, summary="Stop a seal at once; also: report it lost")
@requires(Permission.CONFIRM_SEAL_USE, Permission.CONFIRM_STATEMENTS)
def create_suspension(
    seal_id: UUID, body: ReasonGiven, actor: CurrentActor, work: CurrentWork, adapters: CurrentAdapters
) -> Seal:
    """On one word: a custodian's or an officer's."""
    service.suspend_seal(work, actor, adapters.attestor, seal_id, reason=body.reason)
    return _fresh(work, seal_id)


@router.post("/{seal_id}/refusals", status_code=201, summary="Refuse an application for a seal")
@requires(*PROPOSERS)
def create_refusal(seal_id: UUID, body: ReasonGiven, actor: CurrentActor, work: CurrentWork) -> Seal:
    applications.refuse_application(work, actor, seal_id, reason=body.reason)
    return _fresh(work, seal_id)


@router.post("/{seal_id}/withdrawals", status_code=201, summary="Withdraw my application for a seal")
@requires(*applications.MAY_APPLY)
def create_withdrawal(seal_id: UUID, body: ReasonGiven, actor: CurrentActor, work: CurrentWork) -> Seal:
    applications.withdraw_application(work, actor, seal_id, reason=body.reason)
    return _fresh(work, seal_id)


@router.get("/{seal_id}/uses", summary="The log of a seal's uses")
@requires(Permission.READ_SEALS)
def list_uses(
    seal_id: UUID, actor: CurrentActor, work: CurrentWork, before: Before = None, limit: Limit = 50
) -> Page[SealUse]:
    """For its custodians, those who keep the seals of its branch, officers and auditors; newest first."""
    return page_of(SealUse, seal_uses(work, actor, seal_id, before=before, limit=limit), limit)


def _fresh(work: Work, seal_id: UUID) -> Seal:
    work.session.expire_all()
    return Seal.model_validate(queries.seal_facts(work, seal_id))


def _step(facts: steps.StepFacts) -> SealStep:
    statement = facts.statement
    return SealStep(
        id=facts.id,
        action=facts.action,
        before=facts.before,
        after=facts.after,
        outcome=facts.outcome,
        reason=facts.reason,
        form=dict(facts.form),
        person_id=facts.person_id,
        statement_id=None if statement is None else statement.id,
        statement_state=None if statement is None else statement.state,
        at=facts.at,
        done_at=facts.done_at,
    )
