"""What was found in a document, with both engines' pictures, for the person who hands it in to look at and confirm."""

from __future__ import annotations

from typing import Annotated, Final
from uuid import UUID

from fastapi import Form, Query
from fastapi.responses import HTMLResponse, Response

from printserver.documents.engines import ENGINES, Engine, engine_picture
from printserver.documents.findings import NotConfirmed, Question
from printserver.foundation.errors import PrintServerError
from printserver.http_edge.declarations import Lane, requires
from printserver.http_edge.problems import status_of
from printserver.http_edge.routes import edge_router
from printserver.http_edge.work import CurrentActor, CurrentAdapters, CurrentCall
from printserver.organisations.permissions import Permission
from printserver.print_requests import drafts
from printserver.web.changes import change
from printserver.web.drafts import Draft, keep_document, open_draft
from printserver.web.view import CurrentView, View

router = edge_router("/requests/drafts", "pages")

MOST_PAGES_SHOWN: Final = 10
Id = Annotated[str, Query(max_length=36)]


@router.get("/{token}/findings", response_class=HTMLResponse)
@requires(Permission.CREATE_REQUEST)
def show_findings(
    token: str, view: CurrentView, actor: CurrentActor, adapters: CurrentAdapters, template: Id = "", saved: Id = ""
) -> HTMLResponse:
    """template: values that were kept.   saved: the draft of the list that holds the document."""
    return _page(view, open_draft(adapters, actor, token), template, saved)


@router.post("/{token}/confirmations", response_class=HTMLResponse)
@requires(Permission.CREATE_REQUEST)
def create_confirmation(
    token: str,
    view: CurrentView,
    call: CurrentCall,
    questions: Annotated[list[Question] | None, Form()] = None,
    template: Annotated[str, Form(max_length=36)] = "",
    saved: Annotated[UUID | None, Form()] = None,
) -> Response:
    """On to the application once everything that was asked is confirmed."""
    with call.adapters.database.reading() as work:
        actor = call.caller_in(work).actor
    draft = open_draft(call.adapters, actor, token)
    kept = draft.kept.confirm(questions or ())
    left = kept.document.findings.open_questions
    if left:
        return _page(view, draft, template, "" if saved is None else str(saved), NotConfirmed(left))
    if saved is not None:
        change(call, lambda work, person: drafts.confirm_findings(work, person, saved, questions or ()))
        return view.go(f"/requests/new?saved={saved}")
    confirmed = keep_document(call.adapters, actor, kept)
    return view.go(f"/requests/new?draft={confirmed.token}{f'&template={template}' if template else ''}")


@router.get("/{token}/pages/{page}/engines/{engine}", response_class=Response)
@requires(Permission.CREATE_REQUEST, lane=Lane.DRAWING)
def read_engine_page(token: str, page: int, engine: Engine, actor: CurrentActor, adapters: CurrentAdapters) -> Response:
    draft = open_draft(adapters, actor, token)
    picture = engine_picture(adapters.objects.get(draft.safe_sha256, actor.organisation_id), page, engine)
    return Response(picture, media_type="image/webp", headers={"Cache-Control": "private, max-age=3600"})


def _page(view: View, draft: Draft, template: str, saved: str, problem: PrintServerError | None = None) -> HTMLResponse:
    return view.page(
        "document_findings.html",
        status=200 if problem is None else status_of(problem),
        draft=draft,
        found=draft.findings,
        engines=ENGINES,
        shown=draft.findings.differing_pages[:MOST_PAGES_SHOWN],
        template=template,
        saved=saved,
        problem=problem,
    )
