"""A new print request in two steps: the document is made safe and shown, then the seal is placed on its picture."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Annotated, Final
from uuid import UUID

from fastapi import File, Form, Query, UploadFile
from fastapi.responses import HTMLResponse, Response

from printserver.documents.intake import DocumentRefused, make_safe
from printserver.foundation.errors import Malformed, PrintServerError, Refused
from printserver.foundation.ids import new_id
from printserver.foundation.unit_of_work import Work
from printserver.http_edge.declarations import Lane, requires
from printserver.http_edge.idempotency import Answer, Keyed, answer_once, digest
from printserver.http_edge.problems import status_of
from printserver.http_edge.routes import edge_router
from printserver.http_edge.work import Call, CurrentActor, CurrentAdapters, CurrentCall, CurrentWork
from printserver.organisations.access import Actor
from printserver.organisations.permissions import Permission
from printserver.print_requests import pipeline, service
from printserver.print_requests.application import Application, SidesNotPossible
from printserver.print_requests.sides import Sides
from printserver.printing.queries import PrinterNotUsable, printers
from printserver.rendering.marks import SealPlaceRefused
from printserver.rendering.page_images import page_image
from printserver.seals.queries import seals
from printserver.seals.service import SealNotUsable
from printserver.seals.states import SealState
from printserver.web.drafts import Draft, keep_draft, limits_of, open_draft
from printserver.web.forms import MOST_PLACES, CheckedRequest, FieldsWrong, TypedRequest, check_request
from printserver.web.view import CurrentView, View

router = edge_router("/requests", "pages")

PICTURE_DPI: Final = 100
FIRST_PLACE_MM: Final = ("150", "225")
_FIELD_OF: Final[Mapping[type[PrintServerError], str]] = {
    SealPlaceRefused: "places",
    SealNotUsable: "seal_id",
    PrinterNotUsable: "printer_id",
    SidesNotPossible: "sides",
}


@dataclass(frozen=True)
class Wrong:
    """What is shown beside the fields: `fields` have their own sentences, `problem` stands at `at`."""

    fields: frozenset[str] = frozenset()
    problem: PrintServerError | None = None
    at: str = ""

    @property
    def status(self) -> int:
        if self.problem is not None:
            return status_of(self.problem)
        return 422 if self.fields else 200


@router.get("/new", response_class=HTMLResponse)
@requires(Permission.CREATE_REQUEST)
def show_new_request(
    view: CurrentView,
    actor: CurrentActor,
    work: CurrentWork,
    adapters: CurrentAdapters,
    draft: Annotated[str, Query(max_length=200)] = "",
) -> HTMLResponse:
    """The upload; with a draft, the application."""
    if not draft:
        return view.page("upload.html", problem=None)
    opened = open_draft(adapters, actor, draft)
    title = opened.filename.rpartition(".")[0] or opened.filename
    typed = TypedRequest(draft=draft, key=str(new_id()), title=title, shown=str(opened.pages))
    typed = typed.with_places([(str(opened.pages), *FIRST_PLACE_MM)])
    return _form_page(view, work, actor, opened, typed, Wrong())


@router.post("/drafts", response_class=HTMLResponse)
@requires(Permission.CREATE_REQUEST, lane=Lane.DRAWING)
def create_draft(
    view: CurrentView,
    actor: CurrentActor,
    adapters: CurrentAdapters,
    document: Annotated[UploadFile, File()],
) -> Response:
    """What cannot be made safe is refused with its reason, and forgotten."""
    try:
        safe = make_safe(document.file.read(), limits_of(adapters.settings))
    except DocumentRefused as problem:
        return view.page("upload.html", status=status_of(problem), problem=problem)
    draft = keep_draft(adapters, actor, safe, document.filename or "")
    return view.go(f"/requests/new?draft={draft.token}")


@router.get("/drafts/{token}/pages/{page}", response_class=Response)
@requires(Permission.CREATE_REQUEST, lane=Lane.DRAWING)
def read_draft_page(token: str, page: int, actor: CurrentActor, adapters: CurrentAdapters) -> Response:
    draft = open_draft(adapters, actor, token)
    picture = page_image(adapters.objects.get(draft.safe_sha256), page, dpi=PICTURE_DPI)
    return Response(picture, media_type="image/webp", headers={"Cache-Control": "private, max-age=3600"})


@router.post("", response_class=HTMLResponse)
@requires(Permission.CREATE_REQUEST, lane=Lane.DRAWING)
def create_request(view: CurrentView, call: CurrentCall, typed: Annotated[TypedRequest, Form()]) -> Response:
    """Also adds and removes places, and shows another page, for browsers without scripts."""
    with call.adapters.database.reading() as work:
        actor = call.caller_in(work).actor
    draft = open_draft(call.adapters, actor, typed.draft)
    if typed.action != "submit":
        return _shown_again(view, call, draft, _edited(typed, draft), Wrong())
    try:
        checked = check_request(typed, most_copies=view.settings.most_copies, pages=draft.pages)
        request_id = _submit(call, actor, draft, typed.key, checked)
    except FieldsWrong as wrong:
        return _shown_again(view, call, draft, typed, Wrong(wrong.fields))
    except (Malformed, Refused) as problem:
        at = next((field for kind, field in _FIELD_OF.items() if isinstance(problem, kind)), "")
        return _shown_again(view, call, draft, typed, Wrong(problem=problem, at=at))
    return view.go(f"/requests/{request_id}", "submitted")


def _submit(call: Call, actor: Actor, draft: Draft, key: str, checked: CheckedRequest) -> UUID:
    """The same form sent twice makes one request."""
    parts, settings = call.adapters, call.adapters.settings
    application = checked.application(draft.filename)
    safe_pdf = parts.objects.get(draft.safe_sha256)
    taken = pipeline.take_in(
        parts.database,
        parts.objects,
        actor,
        application,
        safe_pdf,
        makers=parts.load_key_list(),
        limits=limits_of(settings),
        most_copies=settings.most_copies,
    )
    # The document was rebuilt from itself; what was handed in is the draft's original.
    taken = replace(taken, safe=replace(taken.safe, original_sha256=draft.original_sha256))
    request_sha256 = digest(checked.model_dump_json().encode(), sha256(safe_pdf).digest())
    keyed = Keyed(actor.id, f"page:{key}", request_sha256)
    with parts.database.work() as work:
        answer = answer_once(work, keyed, lambda: _enter(call, work, application, taken))
    return UUID(answer.body["id"])


def _enter(call: Call, work: Work, application: Application, taken: pipeline.TakenIn) -> Answer:
    settings = call.adapters.settings
    request = service.submit_request(
        work,
        call.caller_in(work).actor,
        application,
        taken.safe,
        [page.to_json() for page in taken.layout],
        expires_after_days=settings.request_expires_after_days,
        most_copies=settings.most_copies,
    )
    return Answer(201, {"id": str(request.id)})


def _edited(typed: TypedRequest, draft: Draft) -> TypedRequest:
    verb, _, number = typed.action.partition("-")
    places = typed.places
    if verb == "add" and len(places) < MOST_PLACES:
        places = [*places, (typed.shown, *FIRST_PLACE_MM)]
    elif verb == "remove" and number.isdecimal() and len(places) > 1:
        places = [place for at, place in enumerate(places) if at != int(number)]
    elif verb == "show" and number.isdecimal() and 1 <= int(number) <= draft.pages:
        typed = typed.model_copy(update={"shown": number})
    return typed.with_places(places)


def _shown_again(view: View, call: Call, draft: Draft, typed: TypedRequest, wrong: Wrong) -> HTMLResponse:
    with call.adapters.database.reading() as work:
        return _form_page(view, work, call.caller_in(work).actor, draft, typed, wrong)


def _form_page(view: View, work: Work, actor: Actor, draft: Draft, typed: TypedRequest, wrong: Wrong) -> HTMLResponse:
    shown = int(typed.shown) if typed.shown.isdecimal() and 1 <= int(typed.shown) <= draft.pages else draft.pages
    return view.page(
        "new_request.html",
        status=wrong.status,
        draft=draft,
        typed=typed,
        shown=shown,
        wrong=wrong,
        seals=[seal for seal in seals(work, actor) if seal.state is SealState.ACTIVE],
        printers=[printer for printer in printers(work, actor) if printer.colour],
        most_copies=view.settings.most_copies,
        sides=list(Sides),
    )
