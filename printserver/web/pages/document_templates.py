"""Templates: choose one, fill it in, look at the pages, and go on to the application; administrators add their own."""

from __future__ import annotations

import json
from typing import Annotated, Final
from uuid import UUID

from fastapi import Depends, File, Form, Query, UploadFile
from fastapi.responses import HTMLResponse, Response
from starlette.datastructures import FormData

from printserver.bootstrap import hand_in_rules
from printserver.documents.intake import DocumentRefused
from printserver.documents.template_making import make_document, try_out
from printserver.documents.template_schema import TemplateMalformed, read_description
from printserver.documents.template_setting import TemplateTooDemanding
from printserver.documents.template_store import (
    LARGEST_SOURCE,
    TemplateFacts,
    add_version,
    check_sources,
    document_templates,
    retire_template,
    template_facts,
    usable_template,
)
from printserver.documents.template_values import ValuesWrong
from printserver.foundation.errors import PrintServerError
from printserver.foundation.unit_of_work import Work
from printserver.http_edge.csrf import form_of
from printserver.http_edge.declarations import Lane, requires
from printserver.http_edge.problems import status_of
from printserver.http_edge.routes import edge_router
from printserver.http_edge.work import Call, CurrentActor, CurrentCall, CurrentWork
from printserver.organisations.access import Actor
from printserver.organisations.permissions import Permission
from printserver.organisations.queries import organisation
from printserver.print_requests.amounts_said import read_amount
from printserver.print_requests.drafts import save_draft
from printserver.print_requests.money import CURRENCIES
from printserver.web.changes import SHOWN_BESIDE, change
from printserver.web.draft_fields import fields_of
from printserver.web.drafts import Draft, keep_draft
from printserver.web.pages.new_request import suggested_by_class
from printserver.web.placed_seals import first_place
from printserver.web.template_form import TypedTemplate
from printserver.web.view import CurrentView, View

router = edge_router("/document-templates", "pages")

READERS: Final = (Permission.CREATE_REQUEST, Permission.MANAGE_DOCUMENTS)
Language = Annotated[str, Query(pattern="^(zh|en|)$")]


@router.get("", response_class=HTMLResponse)
@requires(*READERS)
def list_templates(view: CurrentView, actor: CurrentActor, work: CurrentWork) -> HTMLResponse:
    return _list(view, document_templates(work, actor, retired=view.may(Permission.MANAGE_DOCUMENTS)))


@router.get("/{code}", response_class=HTMLResponse)
@requires(*READERS)
def show_template(
    code: str,
    view: CurrentView,
    actor: CurrentActor,
    work: CurrentWork,
    language: Language = "",
    *,
    sample: bool = False,
) -> HTMLResponse:
    """sample: with every field filled in, to see what the template makes."""
    found = template_facts(work, actor, code)
    chosen = _language(view, found, language)
    values = found.description.sample_in(chosen) if sample else {}
    return _form(view, found, TypedTemplate.of_values(found.description, values), chosen)


@router.post("/{code}/documents", response_class=HTMLResponse)
@requires(Permission.CREATE_REQUEST, lane=Lane.DRAWING)
def create_document(
    code: str,
    view: CurrentView,
    call: CurrentCall,
    form: Annotated[FormData | None, Depends(form_of)],
    language: Annotated[str, Form(pattern="^(zh|en)$")] = "zh",
    action: Annotated[str, Form(max_length=60)] = "preview",
) -> Response:
    """`preview` shows the pages, `use` goes on with them to the application, `row-NAME` adds a row to a table."""
    adapters = call.adapters
    with adapters.database.reading() as work:
        actor = call.caller_in(work).actor
        found = usable_template(work, actor, code)
    typed = TypedTemplate.of_form(form)
    if action.startswith("row-"):
        return _form(view, found, typed, language, more=action.removeprefix("row-"))
    rules, values = hand_in_rules(adapters.settings), typed.values(found.description)
    try:
        handed = make_document(adapters.objects, found, language, values, read_amount, rules)
    except (ValuesWrong, TemplateMalformed, TemplateTooDemanding, DocumentRefused) as problem:
        return _form(view, found, typed, language, problem=problem)
    name = found.description.name[language]
    number = typed.text("number")
    draft = keep_draft(adapters, actor, handed, f"{name} {number}".strip() + ".pdf")
    if action == "use":
        return view.go(f"/requests/new?saved={_saved(call, found, typed, language, draft)}")
    return _form(view, found, typed, language, draft=draft)


def _saved(call: Call, found: TemplateFacts, typed: TypedTemplate, language: str, draft: Draft) -> UUID:
    """A draft of the application, which knows what the template was told."""

    def save(work: Work, actor: Actor) -> UUID:
        own = organisation(work, actor.organisation_id).name
        wish = typed.application(found.description, language, own=own).with_places([first_place(draft.pages)])
        return save_draft(work, actor, draft.kept, fields_of(suggested_by_class(work, actor, wish)))

    return change(call, save)


@router.post("", response_class=HTMLResponse)
@requires(Permission.MANAGE_DOCUMENTS, lane=Lane.DRAWING)
def create_version(
    view: CurrentView,
    call: CurrentCall,
    description: Annotated[UploadFile, File()],
    sources: Annotated[list[UploadFile] | None, File()] = None,
    code: Annotated[str, Form(max_length=60)] = "",
) -> Response:
    """The sample is set in every language before the template is taken."""
    try:
        said = read_description(_json(description.file.read(LARGEST_SOURCE + 1)))
        given = {each.filename or "": _text(each.file.read(LARGEST_SOURCE + 1)) for each in sources or ()}
        files = check_sources(said, given)
        try_out(said, files, read_amount)
        objects = call.adapters.objects
        change(call, lambda work, actor: add_version(work, actor, objects, code, said, files))
    except SHOWN_BESIDE as problem:
        with call.adapters.database.reading() as work:
            found = document_templates(work, call.caller_in(work).actor, retired=True)
        return _list(view, found, problem)
    return view.go(f"/document-templates/{code}?sample=1", "template-added")


@router.post("/{code}/retirements", response_class=HTMLResponse)
@requires(Permission.MANAGE_DOCUMENTS)
def create_retirement(code: str, view: CurrentView, call: CurrentCall) -> Response:
    change(call, lambda work, actor: retire_template(work, actor, code))
    return view.go("/document-templates", "template-retired")


def _json(data: bytes) -> object:
    try:
        given = json.loads(_text(data))
    except ValueError:
        raise TemplateMalformed("the description is no JSON") from None
    if isinstance(given, dict):
        given.pop("version", None)
    return given


def _text(data: bytes) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise TemplateMalformed("the files are text in UTF-8") from None


def _language(view: View, found: TemplateFacts, asked: str) -> str:
    languages = found.description.languages
    return next((each for each in (asked, view.language.value) if each in languages), languages[0])


def _list(view: View, found: tuple[TemplateFacts, ...], problem: PrintServerError | None = None) -> HTMLResponse:
    status = 200 if problem is None else status_of(problem)
    return view.page("document_templates.html", status=status, templates=found, problem=problem)


def _form(
    view: View,
    found: TemplateFacts,
    typed: TypedTemplate,
    language: str,
    *,
    more: str = "",
    draft: Draft | None = None,
    problem: PrintServerError | None = None,
) -> HTMLResponse:
    return view.page(
        "document_template.html",
        status=200 if problem is None else status_of(problem),
        template=found,
        typed=typed,
        language=language,
        more=more,
        draft=draft,
        problem=problem,
        wrong=problem.fields if isinstance(problem, ValuesWrong) else frozenset(),
        currencies=CURRENCIES,
    )
