"""The register of key media: mine, and for stewards everybody's; applied for, handed out, lost, given back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Final
from uuid import UUID

from fastapi import File, Form, Query, UploadFile
from fastapi.responses import HTMLResponse, Response

from printserver.approvals.media_losses import take_step
from printserver.foundation.errors import PrintServerError
from printserver.foundation.unit_of_work import Work
from printserver.http_edge.declarations import requires, signed_in
from printserver.http_edge.problems import status_of
from printserver.http_edge.routes import edge_router
from printserver.http_edge.work import Call, CurrentActor, CurrentCall, CurrentWork
from printserver.organisations import key_media_steps
from printserver.organisations.access import Actor
from printserver.organisations.key_media import OUT_OF_USE, REMARK_NEEDED, WORD_OF, By, MediumAction, MediumKind
from printserver.organisations.key_media_errors import MediumMalformed
from printserver.organisations.key_media_queries import (
    COLUMNS,
    Show,
    cells,
    list_media,
    medium_facts,
    medium_steps,
    steps_open_to,
)
from printserver.organisations.media_certificates import LARGEST_BYTES, read_certificate
from printserver.organisations.passkeys import passkeys
from printserver.organisations.permissions import Permission
from printserver.organisations.queries import names
from printserver.organisations.stewards import STEWARDS, concerned_person, is_one_of, is_steward
from printserver.seals.ledger import csv_file
from printserver.web.changes import SHOWN_BESIDE, change, refusal
from printserver.web.identity_forms import TypedMedium, TypedMediumStep
from printserver.web.view import CurrentView, View

router = edge_router("/media", "pages")

PAGE: Final = 50
MOST_LINES: Final = 10_000


@router.get("", response_class=HTMLResponse)
@signed_in()
def show_media(
    view: CurrentView,
    actor: CurrentActor,
    work: CurrentWork,
    text: Annotated[str, Query(max_length=100)] = "",
    show: Annotated[str, Query(max_length=20)] = "",
    before: UUID | None = None,
) -> HTMLResponse:
    wanted = Show(show) if show in set(Show) else Show.ALL
    found = list_media(work, actor, show=wanted, text=text, before=before, limit=PAGE)
    return view.page(
        "media.html",
        media=found,
        text=text,
        show=wanted,
        shows=list(Show),
        next=found[-1].id if len(found) == PAGE else None,
    )


@router.get("/ledger.csv", response_class=Response)
@requires(Permission.READ_PEOPLE)
def read_ledger(actor: CurrentActor, work: CurrentWork, show: Annotated[str, Query(max_length=20)] = "") -> Response:
    wanted = Show(show) if show in set(Show) else Show.ALL
    rows = [cells(each) for each in list_media(work, actor, show=wanted, limit=MOST_LINES)]
    headers = {"Content-Disposition": 'attachment; filename="key-media.csv"'}
    return Response(csv_file(COLUMNS, rows), media_type="text/csv; charset=utf-8", headers=headers)


@router.get("/new", response_class=HTMLResponse)
@signed_in()
def show_form(
    view: CurrentView,
    actor: CurrentActor,
    work: CurrentWork,
    holder_id: UUID | None = None,
    replaces_id: UUID | None = None,
) -> HTMLResponse:
    """For me, unless somebody is named.   replaces_id: the medium whose place it takes."""
    typed = TypedMedium(holder_id=str(holder_id or actor.person_id))
    if replaces_id is not None:
        former = medium_facts(work, actor, replaces_id)
        typed = TypedMedium(
            holder_id=str(former.holder_id), kind=former.kind, purpose=former.purpose, replaces_id=str(former.id)
        )
    return _form_page(view, work, actor, typed)


@router.post("", response_class=HTMLResponse)
@signed_in()
def create_medium(view: CurrentView, call: CurrentCall, typed: Annotated[TypedMedium, Form()]) -> Response:
    try:
        new = typed.checked()
        medium_id = change(call, lambda work, actor: key_media_steps.apply_for_medium(work, actor, new))
    except SHOWN_BESIDE as problem:
        with call.adapters.database.reading() as work:
            return _form_page(view, work, call.caller_in(work).actor, typed, problem)
    return view.go(f"/media/{medium_id}", "medium-applied")


@router.get("/{medium_id}", response_class=HTMLResponse)
@signed_in()
def show_medium(medium_id: UUID, view: CurrentView, actor: CurrentActor, work: CurrentWork) -> HTMLResponse:
    return _medium_page(view, work, actor, medium_id)


@router.post("/{medium_id}/steps", response_class=HTMLResponse)
@signed_in(step_up=True)
def create_step(
    medium_id: UUID, view: CurrentView, call: CurrentCall, typed: Annotated[TypedMediumStep, Form()]
) -> Response:
    attestor = call.adapters.attestor

    def act(work: Work, actor: Actor) -> None:
        take_step(work, actor, attestor, medium_id, typed.checked())

    return _done(view, call, medium_id, act, "medium-step-taken", typed.action)


@router.post("/{medium_id}/losses", response_class=HTMLResponse)
@signed_in()
def create_loss(
    medium_id: UUID, view: CurrentView, call: CurrentCall, remark: Annotated[str, Form(max_length=500)] = ""
) -> Response:
    """Without a step-up: what is lost may be what it would be done with."""
    attestor, step = call.adapters.attestor, key_media_steps.MediumStep(MediumAction.REPORT_LOST, remark)

    def act(work: Work, actor: Actor) -> None:
        take_step(work, actor, attestor, medium_id, step)

    return _done(view, call, medium_id, act, "medium-lost", step.action)


@router.post("/{medium_id}/confirmations", response_class=HTMLResponse)
@requires(*STEWARDS, step_up=True)
def create_confirmation(
    medium_id: UUID, view: CurrentView, call: CurrentCall, typed: Annotated[TypedMediumStep, Form()]
) -> Response:
    def act(work: Work, actor: Actor) -> None:
        key_media_steps.confirm_medium_step(work, actor, medium_id, typed.checked().action)

    return _done(view, call, medium_id, act, "medium-step-taken")


@router.post("/{medium_id}/confirmations/endings", response_class=HTMLResponse)
@requires(*STEWARDS)
def drop_step(medium_id: UUID, view: CurrentView, call: CurrentCall) -> Response:
    return _done(
        view,
        call,
        medium_id,
        lambda work, actor: key_media_steps.drop_medium_step(work, actor, medium_id),
        "medium-step-dropped",
    )


@router.post("/{medium_id}/certificates", response_class=HTMLResponse)
@requires(*STEWARDS)
def create_certificate(
    medium_id: UUID, view: CurrentView, call: CurrentCall, certificate: Annotated[UploadFile, File()]
) -> Response:
    def act(work: Work, actor: Actor) -> None:
        key_media_steps.medium_for(work, actor, medium_id)
        facts = read_certificate(certificate.file.read(LARGEST_BYTES + 1))
        key_media_steps.enter_certificate(work, actor, medium_id, facts)

    return _done(view, call, medium_id, act, "medium-certificate-kept")


@router.post("/{medium_id}/passkeys", response_class=HTMLResponse)
@signed_in()
def link_passkey(
    medium_id: UUID, view: CurrentView, call: CurrentCall, passkey: Annotated[str, Form(max_length=40)] = ""
) -> Response:
    def act(work: Work, actor: Actor) -> None:
        key_media_steps.medium_for(work, actor, medium_id)
        key_media_steps.link_passkey(work, actor, medium_id, _optional_id(passkey))

    return _done(view, call, medium_id, act, "medium-passkey-linked")


def _done(
    view: View, call: Call, medium_id: UUID, act: Callable[[Work, Actor], None], notice: str, at: str = ""
) -> Response:
    """at: the step whose form it was."""
    waits = False

    def acted(work: Work, actor: Actor) -> None:
        nonlocal waits
        act(work, actor)
        work.session.flush()
        waits = notice == "medium-step-taken" and medium_facts(work, actor, medium_id).pending_action is not None

    problem = refusal(call, acted)
    if problem is None:
        return view.go(f"/media/{medium_id}", "medium-step-asked" if waits else notice)
    with call.adapters.database.reading() as work:
        return _medium_page(view, work, call.caller_in(work).actor, medium_id, problem=problem, at=at)


def _medium_page(
    view: View,
    work: Work,
    actor: Actor,
    medium_id: UUID,
    *,
    problem: PrintServerError | None = None,
    at: str = "",
) -> HTMLResponse:
    medium, history = medium_facts(work, actor, medium_id), medium_steps(work, medium_id)
    people = {medium.applied_by} | {step.person_id for step in history}
    people |= {step.first_person_id for step in history if step.first_person_id}
    people |= {medium.pending_by} if medium.pending_by else set()
    mine = is_one_of(work, actor, medium.holder_id)
    steward = is_steward(actor) and not mine
    return view.page(
        "medium.html",
        status=200 if problem is None else status_of(problem),
        medium=medium,
        history=history,
        names=names(work, people),
        actions=steps_open_to(work, actor, medium),
        needs_remark=REMARK_NEEDED,
        two=[action for action in MediumAction if WORD_OF[action] is By.TWO],
        may_confirm=steward and not is_one_of(work, actor, medium.pending_by),
        may_drop=steward,
        may_enter=is_steward(actor) and medium.state not in OUT_OF_USE,
        passkeys=passkeys(work, actor, view.secrets) if mine and medium.state not in OUT_OF_USE else (),
        problem=problem,
        at=at,
    )


def _form_page(
    view: View, work: Work, actor: Actor, typed: TypedMedium, problem: PrintServerError | None = None
) -> HTMLResponse:
    holder = _optional_id(typed.holder_id) or actor.person_id
    return view.page(
        "medium_new.html",
        status=200 if problem is None else status_of(problem),
        typed=typed,
        holder=concerned_person(work, actor, holder).name,
        kinds=list(MediumKind),
        problem=problem,
    )


def _optional_id(text: str) -> UUID | None:
    """Raises: MediumMalformed."""
    try:
        return UUID(text) if text else None
    except ValueError:
        raise MediumMalformed("some fields cannot be used") from None
