"""Seals: the register, one seal with its life and its picture, the log of its uses, its steps and its stop."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import Form, UploadFile
from fastapi.responses import HTMLResponse, Response

from printserver.approvals.classes import classes as document_classes
from printserver.foundation.errors import PrintServerError, TooLarge
from printserver.foundation.unit_of_work import Work
from printserver.http_edge.declarations import Lane, requires
from printserver.http_edge.problems import status_of
from printserver.http_edge.routes import edge_router
from printserver.http_edge.work import Call, CurrentActor, CurrentAdapters, CurrentCall, CurrentWork
from printserver.organisations.access import Actor
from printserver.organisations.branch_paths import branches_of
from printserver.organisations.colleagues import colleagues
from printserver.organisations.identity_proof_queries import company_standing, people_proved
from printserver.organisations.permissions import Permission
from printserver.organisations.queries import branch, names
from printserver.print_requests import seal_uses
from printserver.rendering.page_images import PREVIEW_WATERMARK, page_image
from printserver.seals import applications, ledger, service, steps
from printserver.seals.artworks import artwork_of
from printserver.seals.queries import is_custodian, permits_of, readable_seal, seal_facts
from printserver.seals.states import FORMS, MEANS, REASON_NEEDED, Means, SealAction, actions_of
from printserver.web.changes import SHOWN_BESIDE, refusal
from printserver.web.languages import Language, translations
from printserver.web.seal_forms import TypedStep
from printserver.web.view import CurrentView, View
from printserver.web.words import WORDS

router = edge_router("", "pages")

PAGE: Final = 50
PICTURE_DPI: Final = 200
LARGEST_ATTACHMENT: Final = 10 << 20
PROPOSERS: Final = (Permission.MANAGE_SEALS, Permission.CONFIRM_STATEMENTS)
STOPPERS: Final = (Permission.CONFIRM_SEAL_USE, Permission.CONFIRM_STATEMENTS)
CSV: Final = "text/csv; charset=utf-8"

Reason = Annotated[str, Form(max_length=500)]


class SentStep(TypedStep):
    """`attachment`: a paper; a form in which none was chosen sends one without a name."""

    attachment: UploadFile | None = None


class AttachmentTooLarge(TooLarge):
    code = "seal-attachment-too-large"


@router.get("/seals", response_class=HTMLResponse)
@requires(Permission.READ_SEALS)
def list_seals(view: CurrentView, actor: CurrentActor, work: CurrentWork) -> HTMLResponse:
    return view.page("seals.html", lines=ledger.ledger(work, actor), now=work.now())


@router.get("/seals.csv", response_class=Response)
@requires(Permission.READ_SEALS)
def read_ledger(view: CurrentView, actor: CurrentActor, work: CurrentWork) -> Response:
    """In the visitor's language."""
    words = translations(view.language).gettext
    heads = [words(WORDS["seal_column"][name]) for name in ledger.COLUMNS]
    rows = [_spoken(view, line) for line in ledger.ledger(work, actor)]
    return _file(ledger.csv_file(heads, rows), "seals.csv")


@router.get("/seals/{seal_id}", response_class=HTMLResponse)
@requires(Permission.READ_SEALS)
def show_seal(seal_id: UUID, view: CurrentView, actor: CurrentActor, work: CurrentWork) -> HTMLResponse:
    return _seal_page(view, work, actor, seal_id)


@router.get("/seals/{seal_id}/artwork", response_class=Response)
@requires(Permission.READ_SEALS, lane=Lane.DRAWING)
def read_artwork(seal_id: UUID, call: CurrentCall, adapters: CurrentAdapters) -> Response:
    """Marked as not valid: a picture of a seal from here must not pass as the seal."""
    with adapters.database.reading() as work:
        seal = readable_seal(work, call.caller_in(work).actor, seal_id)
    pdf = artwork_of(adapters.objects, seal)
    picture = page_image(pdf, 1, dpi=PICTURE_DPI, watermark=PREVIEW_WATERMARK, format="png")
    return Response(picture, media_type="image/png", headers={"Cache-Control": "private, max-age=3600"})


@router.get("/seals/{seal_id}/steps/{step_id}/attachment", response_class=Response)
@requires(Permission.READ_SEALS)
def read_attachment(
    seal_id: UUID, step_id: UUID, actor: CurrentActor, work: CurrentWork, adapters: CurrentAdapters
) -> Response:
    digest, _name = steps.step_attachment(work, actor, seal_id, step_id)
    headers = {"Content-Disposition": f'attachment; filename="attachment-{step_id}"'}
    found = adapters.objects.get(digest, actor.organisation_id)
    return Response(found, media_type="application/octet-stream", headers=headers)


@router.get("/seals/{seal_id}/uses", response_class=HTMLResponse)
@requires(Permission.READ_SEALS)
def list_uses(
    seal_id: UUID, view: CurrentView, actor: CurrentActor, work: CurrentWork, before: UUID | None = None
) -> HTMLResponse:
    found = seal_uses.seal_uses(work, actor, seal_id, before=before, limit=PAGE)
    following = found[-1].id if len(found) == PAGE else None
    return view.page("seal_uses.html", seal=seal_facts(work, seal_id), uses=found, next=following)


@router.get("/seals/{seal_id}/uses.csv", response_class=Response)
@requires(Permission.READ_SEALS)
def read_uses(seal_id: UUID, view: CurrentView, actor: CurrentActor, work: CurrentWork) -> Response:
    words = translations(view.language).gettext
    heads = [words(WORDS["seal_use_column"][name]) for name in seal_uses.COLUMNS]
    kinds = {"state": "request_state", "copy_state": "copy_state"}

    def said(row: Sequence[ledger.Cell]) -> list[ledger.Cell]:
        named = zip(seal_uses.COLUMNS, row, strict=True)
        return [_word(words, kinds[name], cell) if name in kinds else cell for name, cell in named]

    spoken = [said(row) for use in seal_uses.seal_uses(work, actor, seal_id) for row in seal_uses.cells(use)]
    return _file(ledger.csv_file(heads, spoken), "seal-uses.csv")


@router.post("/seals/{seal_id}/steps", response_class=HTMLResponse)
@requires(*PROPOSERS, step_up=True)
def create_step(seal_id: UUID, view: CurrentView, call: CurrentCall, sent: Annotated[SentStep, Form()]) -> Response:
    """What two officers decide, with a paper that explains it."""
    attestor = call.adapters.attestor
    reasons = {sent.action: sent.reason}
    try:
        step = _step(call, seal_id, sent)
    except SHOWN_BESIDE as problem:
        return _after(view, call, seal_id, problem, "", reasons)
    refused = refusal(call, lambda work, actor: steps.propose_step(work, actor, attestor, seal_id, step))
    return _after(view, call, seal_id, refused, "seal-step-proposed", reasons)


@router.post("/seals/{seal_id}/suspensions", response_class=HTMLResponse)
@requires(*STOPPERS)
def create_suspension(seal_id: UUID, view: CurrentView, call: CurrentCall, reason: Reason = "") -> Response:
    """At once and on one word: nothing is asked for that would take time."""
    attestor = call.adapters.attestor
    problem = refusal(call, lambda work, actor: service.suspend_seal(work, actor, attestor, seal_id, reason=reason))
    return _after(view, call, seal_id, problem, "seal-suspended", {"suspend": reason})


@router.post("/seals/{seal_id}/refusals", response_class=HTMLResponse)
@requires(*PROPOSERS)
def create_refusal(seal_id: UUID, view: CurrentView, call: CurrentCall, reason: Reason = "") -> Response:
    problem = refusal(call, lambda work, actor: applications.refuse_application(work, actor, seal_id, reason=reason))
    return _after(view, call, seal_id, problem, "seal-application-ended", {"refuse": reason})


@router.post("/seals/{seal_id}/withdrawals", response_class=HTMLResponse)
@requires(*applications.MAY_APPLY)
def create_withdrawal(seal_id: UUID, view: CurrentView, call: CurrentCall, reason: Reason = "") -> Response:
    problem = refusal(call, lambda work, actor: applications.withdraw_application(work, actor, seal_id, reason=reason))
    return _after(view, call, seal_id, problem, "seal-application-ended", {"withdraw": reason})


def _step(call: Call, seal_id: UUID, sent: SentStep) -> steps.NewStep:
    action, form = sent.checked()
    attached = None
    if sent.attachment and sent.attachment.filename:
        with call.adapters.database.reading() as work:
            readable_seal(work, call.caller_in(work).actor, seal_id)
        attached = _stored(call, sent.attachment)
    return steps.NewStep(action, sent.reason, form, attached)


def _stored(call: Call, attachment: UploadFile) -> tuple[str, str]:
    data = attachment.file.read(LARGEST_ATTACHMENT + 1)
    if len(data) > LARGEST_ATTACHMENT:
        raise AttachmentTooLarge("an attachment has at most 10 MiB")
    return call.adapters.objects.put(data, call.organisation_id), (attachment.filename or "")[-200:]


def _after(
    view: View, call: Call, seal_id: UUID, problem: PrintServerError | None, notice: str, reasons: dict[str, str]
) -> Response:
    if problem is None:
        return view.go(f"/seals/{seal_id}", notice)
    with call.adapters.database.reading() as work:
        return _seal_page(view, work, call.caller_in(work).actor, seal_id, problem=problem, reasons=reasons)


def _seal_page(
    view: View,
    work: Work,
    actor: Actor,
    seal_id: UUID,
    *,
    problem: PrintServerError | None = None,
    reasons: dict[str, str] | None = None,
) -> HTMLResponse:
    seal = readable_seal(work, actor, seal_id)
    history = steps.steps_of(work, seal_id)
    former = None if seal.replaces_id is None else seal_facts(work, seal.replaces_id)
    permits = permits_of(work, seal_id)
    people = {*seal.custodians, *permits.people} | {step.person_id for step in history if step.person_id}
    people |= {each for each in (seal.applicant_id, seal.owner_id) if each}
    people |= {person for step in history if step.statement for person in step.statement.signers}
    people |= {UUID(each) for step in history for name in ("custodians", "people") for each in step.form.get(name, ())}
    waits = next((step for step in history if step.outcome == steps.OPEN), None)
    proposes = steps.may_propose(work, actor, seal)
    called, places = names(work, people), _branch_names(work, seal.organisation_id)
    return view.page(
        "seal.html",
        proved=people_proved(work, seal.custodians),
        company=company_standing(work, seal.branch_id),
        status=200 if problem is None else status_of(problem),
        seal=seal,
        branch=branch(work, seal.branch_id).name,
        former=former,
        history=history,
        permits=permits,
        names=called,
        branch_names=places,
        id_names={str(each): name for each, name in (called | places).items()},
        waits=waits,
        actions=[each for each in actions_of(seal.state) if proposes and not waits and _by_officers(each)],
        may_stop=SealAction.SUSPEND in actions_of(seal.state) and _stops(work, actor, seal_id),
        may_refuse=proposes and SealAction.REFUSE in actions_of(seal.state),
        may_withdraw=seal.applicant_id == actor.person_id and SealAction.WITHDRAW in actions_of(seal.state),
        may_renew=SealAction.RENEW in actions_of(seal.state) and any(map(actor.may, applications.MAY_APPLY)),
        may_read_uses=seal_uses.may_read_uses(work, actor, seal),
        forms=FORMS,
        reason_needed=REASON_NEEDED,
        reasons=reasons or {},
        problem=problem,
        **_choices(view, work, actor, proposes),
    )


def _choices(view: View, work: Work, actor: Actor, proposes: bool) -> dict[str, Any]:
    """What the forms of an officer offer; nobody else needs it."""
    if not proposes:
        return {"keepers": (), "everybody": (), "all_branches": (), "all_classes": ()}
    organisation, chinese = actor.organisation_id, view.language is Language.ZH
    said = [each.description for each in document_classes(work, organisation)]
    return {
        "keepers": [(each.id, each.name) for each in colleagues(work, organisation, Permission.CONFIRM_SEAL_USE)],
        "everybody": [(each.id, each.name) for each in colleagues(work, organisation, Permission.CREATE_REQUEST)],
        "all_branches": [(each.id, each.name) for each in branches_of(work, organisation)],
        "all_classes": [(each.code, each.name_zh if chinese else each.name_en) for each in said],
    }


def _branch_names(work: Work, organisation_id: UUID) -> dict[UUID, str]:
    return {each.id: each.name for each in branches_of(work, organisation_id)}


def _by_officers(action: SealAction) -> bool:
    return MEANS[action] in (Means.ORDER, Means.STATEMENT)


def _stops(work: Work, actor: Actor, seal_id: UUID) -> bool:
    return is_custodian(work, seal_id, actor.person_id) or actor.may(Permission.CONFIRM_STATEMENTS)


def _spoken(view: View, line: ledger.LedgerLine) -> list[ledger.Cell]:
    words = translations(view.language).gettext
    states = "seal_state" if line.kind == ledger.ELECTRONIC else "physical_state"
    kinds = {"kind": "seal_kind", "type": "seal_type", "state": states, "origin": "seal_origin_short"}
    zone = ZoneInfo(view.settings.time_zone)
    days = {"valid_from": line.valid_from, "valid_until": line.valid_until, "entered_at": line.entered_at}
    spoken: list[ledger.Cell] = []
    for name, cell in zip(ledger.COLUMNS, ledger.cells(line), strict=True):
        if name in kinds:
            spoken.append(_word(words, kinds[name], cell))
        elif (at := days.get(name)) is not None:
            spoken.append(at.astimezone(zone).date().isoformat())
        else:
            spoken.append(cell)
    return spoken


def _word(words: Any, kind: str, cell: ledger.Cell) -> ledger.Cell:
    said = WORDS[kind].get(str(cell))
    return cell if said is None else str(words(said))


def _file(data: bytes, filename: str) -> Response:
    return Response(data, media_type=CSV, headers={"Content-Disposition": f'attachment; filename="{filename}"'})
