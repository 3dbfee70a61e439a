"""A new print request in two steps: the document is made safe and shown, then the seal is placed on its picture.

Whatever button sends the form, it is kept first and then shown at an address of its own, so that a reload, the back
button and the other language lose nothing (`printserver/web/kept_forms.py`).
"""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256
from typing import Annotated, Final
from uuid import UUID

from fastapi import File, Form, Query, UploadFile
from fastapi.responses import HTMLResponse, Response

from printserver.approvals.classes import ClassNotFound, ClassNotUsable, classes
from printserver.bootstrap import Adapters, hand_in_rules
from printserver.documents.handing_in import hand_in
from printserver.documents.intake import DocumentRefused
from printserver.foundation.errors import Malformed, PrintServerError, Refused, TooMany
from printserver.foundation.ids import new_id
from printserver.foundation.unit_of_work import Work
from printserver.http_edge.declarations import Lane, requires
from printserver.http_edge.idempotency import Answer, Keyed, answer_once, digest
from printserver.http_edge.problems import status_of
from printserver.http_edge.routes import edge_router
from printserver.http_edge.work import Call, CurrentActor, CurrentAdapters, CurrentCall, CurrentWork
from printserver.organisations.access import Actor
from printserver.organisations.colleagues import colleagues
from printserver.organisations.permissions import Permission
from printserver.print_requests import drafts, pipeline, service
from printserver.print_requests.application import (
    MOST_SEALS,
    Application,
    ApplicationMalformed,
    ConsentMissing,
    ReaderNotFound,
    SealTypeNotAllowed,
    SidesNotPossible,
)
from printserver.print_requests.attachments import as_attachment, keep_attachments
from printserver.print_requests.money import CURRENCIES
from printserver.print_requests.owed_block import ReturnsOverdue, blocked_classes
from printserver.print_requests.parties import PartyKind, PartyMalformed
from printserver.print_requests.placing import PlacesDoubtful
from printserver.print_requests.service import ReferenceTaken
from printserver.print_requests.sides import Sides
from printserver.printing.queries import PrinterNotUsable, printers
from printserver.rendering.layout import CodeCorner
from printserver.rendering.marks import SealPlaceRefused
from printserver.rendering.page_images import page_image
from printserver.rendering.places import Edge
from printserver.seals.service import SealNotUsable
from printserver.web.changes import change
from printserver.web.draft_fields import fields_of, typed_of
from printserver.web.drafts import Draft, keep_document, keep_draft, limits_of, open_draft
from printserver.web.forms import CONSENTS, CheckedRequest, FieldsWrong, TypedRequest, check_request
from printserver.web.kept_forms import KeptForm, Wrong, keep, sent_before
from printserver.web.languages import PARAMETER, parse_language
from printserver.web.pages.placement_preview import ShownPlacement, shown_placement, usable_seals
from printserver.web.placed_seals import first_place
from printserver.web.request_editing import edited, suggested
from printserver.web.view import CurrentView, View

router = edge_router("/requests", "pages")

PICTURE_DPI: Final = 100
_FIELD_OF: Final[Mapping[type[PrintServerError], str]] = {
    SealPlaceRefused: "places",
    PlacesDoubtful: "seen",
    SealNotUsable: "seal_id",
    PrinterNotUsable: "printer_id",
    SidesNotPossible: "sides",
    SealTypeNotAllowed: "seal_id",
    ReferenceTaken: "own_reference",
    PartyMalformed: "parties",
    ConsentMissing: "parties",
    ReaderNotFound: "copy_to",
    ClassNotUsable: "class_code",
    ClassNotFound: "class_code",
    ReturnsOverdue: "class_code",
}


@router.get("/new", response_class=HTMLResponse)
@requires(Permission.CREATE_REQUEST)
def show_new_request(
    view: CurrentView,
    actor: CurrentActor,
    work: CurrentWork,
    adapters: CurrentAdapters,
    draft: Annotated[str, Query(max_length=200)] = "",
    saved: UUID | None = None,
    template: UUID | None = None,
    form: UUID | None = None,
) -> Response:
    """The upload; with a draft, the application.   saved: a draft of the list.   template: values that were kept.

    form: names the application's form; what was sent of it before is shown again.
    """
    sent = sent_before(work, actor, saved or form)
    if saved is not None:
        return _saved_form(view, work, actor, adapters, saved, sent)
    if sent is not None:
        return _form_page(view, work, actor, open_draft(adapters, actor, sent.typed.draft), sent.typed, Wrong())
    if not draft:
        kept_values, blocks = drafts.templates(work, actor), blocked_classes(work, actor)
        return view.page("upload.html", problem=None, templates=kept_values, template=template, blocks=blocks)
    opened = open_draft(adapters, actor, draft)
    if opened.findings.open_questions:
        return view.go(f"/requests/drafts/{draft}/findings?template={template or ''}")
    if form is None:
        return view.go(f"/requests/new?draft={draft}&form={new_id()}{f'&template={template}' if template else ''}")
    title = opened.filename.rpartition(".")[0] or opened.filename
    typed = suggested_by_class(work, actor, TypedRequest(title=title).with_places([first_place(opened.pages)]))
    if template is not None:
        kept = typed_of(drafts.template_facts(work, actor, template).fields)
        typed = kept.model_copy(update={"title": kept.title or title, "own_reference": ""})
        typed = typed.with_places(typed.places or [first_place(opened.pages)])
    typed = typed.model_copy(update={"draft": draft, "key": str(form), "shown": str(opened.pages)})
    return _form_page(view, work, actor, opened, typed, Wrong())


@router.get("/new/checked", response_class=HTMLResponse)
@requires(Permission.CREATE_REQUEST, lane=Lane.DRAWING)
def show_checked_request(view: CurrentView, call: CurrentCall, form: UUID) -> Response:
    """A form that was sent, with what is wrong in it and where its seals would stand."""
    with call.adapters.database.reading() as work:
        actor = call.caller_in(work).actor
        sent = sent_before(work, actor, form)
    if sent is None:
        return view.go("/requests/new")
    draft = open_draft(call.adapters, actor, sent.typed.draft)
    drawn, wrong = _looked_at(view, call, actor, draft, sent)
    with call.adapters.database.reading() as work:
        return _form_page(view, work, actor, draft, sent.typed, wrong, drawn=drawn)


@router.post("/drafts", response_class=HTMLResponse)
@requires(Permission.CREATE_REQUEST, lane=Lane.DRAWING)
def create_draft(
    view: CurrentView,
    call: CurrentCall,
    document: Annotated[UploadFile, File()],
    attachments: Annotated[list[UploadFile] | None, File()] = None,
    template: Annotated[str, Form(max_length=36)] = "",
) -> Response:
    """What cannot be made safe is refused with its reason, and forgotten."""
    adapters = call.adapters
    with adapters.database.reading() as work:
        actor = call.caller_in(work).actor
        kept_values = drafts.templates(work, actor)
    limits = limits_of(adapters.settings)
    files = [(each.filename or "", each.file.read()) for each in attachments or () if each.filename]
    try:
        handed = hand_in(document.file.read(), hand_in_rules(adapters.settings))
        others = keep_attachments(adapters.objects, actor.organisation_id, files, limits)
    except (DocumentRefused, ApplicationMalformed) as problem:
        return view.page(
            "upload.html", status=status_of(problem), problem=problem, templates=kept_values, template=template
        )
    draft = keep_draft(adapters, actor, handed, document.filename or "", others)
    chosen = f"&template={template}" if template in {str(each.id) for each in kept_values} else ""
    return view.go(f"/requests/new?draft={draft.token}&form={new_id()}{chosen}")


@router.get("/drafts/{token}/pages/{page}", response_class=Response)
@requires(Permission.CREATE_REQUEST, lane=Lane.DRAWING)
def read_draft_page(token: str, page: int, actor: CurrentActor, adapters: CurrentAdapters) -> Response:
    draft = open_draft(adapters, actor, token)
    picture = page_image(adapters.objects.get(draft.safe_sha256, actor.organisation_id), page, dpi=PICTURE_DPI)
    return Response(picture, media_type="image/webp", headers={"Cache-Control": "private, max-age=3600"})


@router.post("/forms", status_code=204, response_class=Response)
@requires(Permission.CREATE_REQUEST)
def create_form(call: CurrentCall, typed: Annotated[TypedRequest, Form()]) -> Response:
    """What is typed, sent by the page's script while somebody types; nothing is done with it but that it is kept."""
    keep(call, typed.model_copy(update={"action": ""}))
    return Response(status_code=204)


@router.post("", response_class=HTMLResponse)
@requires(Permission.CREATE_REQUEST, lane=Lane.DRAWING)
def create_request(view: CurrentView, call: CurrentCall, typed: Annotated[TypedRequest, Form()]) -> Response:
    """Also adds and removes places, and shows another page, for browsers without scripts."""
    with call.adapters.database.reading() as work:
        actor = call.caller_in(work).actor
    draft = open_draft(call.adapters, actor, typed.draft)
    if typed.action in ("save", "keep"):
        return _saved(view, call, draft, typed)
    if typed.action == "check":
        return view.go(f"/requests/new/checked?form={keep(call, typed)}#place-findings")
    if typed.action != "submit":
        return _edited(view, call, draft, typed)
    try:
        checked = check_request(typed, most_copies=view.settings.most_copies, pages=draft.pages)
        request_id = _submit(call, actor, draft, typed, checked)
    except FieldsWrong:
        return _refused(view, call, typed)
    except (Malformed, Refused) as problem:
        return _refused(view, call, typed, problem)
    return view.go(f"/requests/{request_id}", "submitted")


def _refused(view: View, call: Call, typed: TypedRequest, problem: PrintServerError | None = None) -> Response:
    """Leads to the words beside what is wrong.   problem: None when fields are wrong, which are looked at anew."""
    wrong = Wrong() if problem is None else Wrong.of(problem, _beside(problem))
    part = f"#{wrong.at}-problem" if wrong.at else ""
    return view.go(f"/requests/new/checked?form={keep(call, typed, wrong)}{part}")


def _edited(view: View, call: Call, draft: Draft, typed: TypedRequest) -> Response:
    """As the button says; `language-zh` shows the form in that language."""
    verb, _, value = typed.action.partition("-")
    with call.adapters.database.reading() as work:
        actor = call.caller_in(work).actor
        if verb == "class":
            changed = suggested_by_class(work, actor, typed)
        else:
            changed = edited(typed, pages=draft.pages, seals=usable_seals(work, actor))
    form_id = keep(call, changed.model_copy(update={"action": ""}))
    language = parse_language(value) if verb == "language" else None
    chosen = f"&{PARAMETER}={language}" if language else ""
    part = {"party": "#parties", "class": "", "language": ""}.get(verb, "#placing")
    return view.go(f"/requests/new?form={form_id}{chosen}{part}")


def _submit(call: Call, actor: Actor, draft: Draft, typed: TypedRequest, checked: CheckedRequest) -> UUID:
    """The same form sent twice makes one request."""
    parts, settings = call.adapters, call.adapters.settings
    saved = _saved_id(typed)
    with parts.database.reading() as work:
        earlier_id = None if saved is None else _earlier_of(work, actor, saved)
    attachments = tuple(as_attachment(each) for each in draft.attachments)
    application = checked.application(draft.filename, attachments, earlier_id)
    safe_pdf = parts.objects.get(draft.safe_sha256, actor.organisation_id)
    taken = pipeline.take_in(
        parts.database,
        parts.objects,
        actor,
        application,
        safe_pdf,
        makers=parts.load_key_list(),
        limits=limits_of(settings),
        most_copies=settings.most_copies,
        seen=typed.seen,
    )
    # The document was rebuilt from itself; what was handed in is the draft's original.
    taken = taken.with_original(draft.original_sha256, draft.findings)
    request_sha256 = digest(checked.model_dump_json().encode(), sha256(safe_pdf).digest())
    keyed = Keyed(actor.id, f"page:{typed.key}", request_sha256)
    with parts.database.work() as work:
        answer = answer_once(work, keyed, lambda: _enter(call, work, application, taken, saved))
    return UUID(answer.body["id"])


def _enter(call: Call, work: Work, application: Application, taken: pipeline.TakenIn, saved: UUID | None) -> Answer:
    settings, actor = call.adapters.settings, call.caller_in(work).actor
    if saved is not None:
        drafts.discard_draft(work, actor, saved)
    request = service.submit_request(
        work,
        actor,
        application,
        taken.safe,
        [page.to_json() for page in taken.layout],
        expires_after_days=settings.request_expires_after_days,
        most_copies=settings.most_copies,
    )
    return Answer(201, {"id": str(request.id)})


def _saved(view: View, call: Call, draft: Draft, typed: TypedRequest) -> Response:
    """Kept as a draft, or its values under a name; nothing is checked yet."""

    def save(work: Work, actor: Actor) -> UUID:
        if typed.action == "keep":
            return drafts.save_template(work, actor, typed.template_name or typed.title, fields_of(typed))
        return drafts.save_draft(work, actor, draft.kept, fields_of(typed), draft_id=_saved_id(typed))

    try:
        made = change(call, save)
    except (Malformed, Refused, TooMany) as problem:
        return _refused(view, call, typed, problem)
    if typed.action == "keep":
        return view.go(f"/requests/new?form={keep(call, typed.model_copy(update={'action': ''}))}", "values-kept")
    keep(call, typed.model_copy(update={"action": "", "saved": str(made)}))
    return view.go(f"/requests/new?saved={made}", "draft-saved")


def _saved_form(
    view: View, work: Work, actor: Actor, adapters: Adapters, saved: UUID, sent: KeptForm | None
) -> Response:
    """sent: its form, which is shown unless the draft was changed since."""
    facts = drafts.draft_facts(work, actor, saved)
    draft = keep_document(adapters, actor, facts.kept)
    if draft.findings.open_questions:
        return view.go(f"/requests/drafts/{draft.token}/findings?saved={saved}")
    if sent is not None and sent.saved_at > facts.saved_at:
        typed = sent.typed
    else:
        typed = typed_of(facts.fields).model_copy(update={"key": str(saved), "shown": "1", "saved": str(saved)})
    return _form_page(view, work, actor, draft, typed.model_copy(update={"draft": draft.token}), Wrong())


def _saved_id(typed: TypedRequest) -> UUID | None:
    try:
        return UUID(typed.saved) if typed.saved else None
    except ValueError:
        return None


def _earlier_of(work: Work, actor: Actor, saved: UUID) -> UUID | None:
    try:
        return drafts.draft_facts(work, actor, saved).earlier_id
    except drafts.SavedDraftNotFound:  # handed in already: the same form a second time
        return None


def _looked_at(
    view: View, call: Call, actor: Actor, draft: Draft, sent: KeptForm
) -> tuple[ShownPlacement | None, Wrong]:
    """Where the seals would stand, and what is wrong or unusual, of a form that was to be checked or handed in."""
    typed, wrong = sent.typed, sent.wrong
    try:
        if typed.action == "submit" and wrong.problem is None:
            check_request(typed, most_copies=view.settings.most_copies, pages=draft.pages)
        if typed.action != "check" and wrong.at not in ("places", "seen"):
            return None, wrong
        return shown_placement(view, call, actor, draft, typed), wrong
    except FieldsWrong as found:
        return None, Wrong(found.fields)
    except (Malformed, Refused) as problem:
        return None, wrong if wrong.problem else Wrong.of(problem, _beside(problem))


def _beside(problem: PrintServerError) -> str:
    return next((field for kind, field in _FIELD_OF.items() if isinstance(problem, kind)), "")


def suggested_by_class(work: Work, actor: Actor, typed: TypedRequest) -> TypedRequest:
    """With what the class of documents suggests, where nothing was chosen."""
    for each in classes(work, actor.organisation_id):
        if each.code == typed.class_code:
            said = each.description
            return suggested(typed, said.hints or {}, said.seal_types, usable_seals(work, actor))
    return typed


def _form_page(
    view: View,
    work: Work,
    actor: Actor,
    draft: Draft,
    typed: TypedRequest,
    wrong: Wrong,
    *,
    drawn: ShownPlacement | None = None,
) -> HTMLResponse:
    """drawn: where the seals would stand on the shown page, when that was asked for."""
    shown = int(typed.shown) if typed.shown.isdecimal() and 1 <= int(typed.shown) <= draft.pages else draft.pages
    return view.page(
        "new_request.html",
        draft=draft,
        typed=typed,
        shown=shown,
        wrong=wrong,
        drawn=drawn,
        edges=list(Edge),
        most_seals=MOST_SEALS,
        seals=usable_seals(work, actor),
        printers=[printer for printer in printers(work, actor) if printer.colour],
        classes=classes(work, actor.organisation_id),
        blocks=blocked_classes(work, actor),
        colleagues=[each for each in colleagues(work, actor.organisation_id) if each.id != actor.person_id],
        currencies=CURRENCIES,
        party_kinds=list(PartyKind),
        consents=list(CONSENTS),
        most_copies=view.settings.most_copies,
        sides=list(Sides),
        corners=list(CodeCorner),
    )
