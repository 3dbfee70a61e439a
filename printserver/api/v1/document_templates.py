"""Templates of documents: read them, add versions, make documents of them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import Query
from fastapi.responses import Response
from pydantic import Field

from printserver.api.v1.common import View, api_router
from printserver.api.v1.document_findings import Findings
from printserver.bootstrap import hand_in_rules
from printserver.documents.intake import make_safe
from printserver.documents.template_making import make, make_document, try_out
from printserver.documents.template_schema import read_description
from printserver.documents.template_store import (
    TemplateFacts,
    add_version,
    check_sources,
    document_templates,
    retire_template,
    template_facts,
    usable_template,
)
from printserver.http_edge.declarations import Lane, requires
from printserver.http_edge.work import CurrentActor, CurrentAdapters, CurrentCall, CurrentWork
from printserver.organisations.permissions import Permission
from printserver.print_requests import drafts
from printserver.print_requests.amounts_said import read_amount
from printserver.print_requests.drafts import KeptDocument, KeptFile
from printserver.rendering.page_images import PREVIEW_WATERMARK, page_image

router = api_router("/document-templates", "documents")

READERS = (Permission.CREATE_REQUEST, Permission.MANAGE_DOCUMENTS)
MOST_VERSIONS = 1_000_000
Values = Annotated[dict[str, Any], Field(description="By the template's fields; see its `description`.")]
Language = Annotated[str, Field(pattern="^(zh|en)$", examples=["zh"])]


class Template(View):
    """`description`: names, class, languages, fields and a sample.   built_in: it came with the product."""

    code: str
    version: int
    description: dict[str, Any]
    built_in: bool
    owner_branch_id: UUID | None
    added_at: datetime | None
    retired_at: datetime | None

    @classmethod
    def of(cls, facts: TemplateFacts) -> Template:
        return cls(
            code=facts.code,
            version=facts.version,
            description=facts.description.to_json(),
            built_in=facts.built_in,
            owner_branch_id=facts.owner_branch_id,
            added_at=facts.added_at,
            retired_at=facts.retired_at,
        )


class NewVersion(View):
    """`files`: typst, `zh.typ` and `en.typ` by the description's languages; `house.typ` is there to be imported."""

    description: dict[str, Any]
    files: Annotated[dict[str, str], Field(max_length=4)]


class Filled(View):
    """`version`: the newest without one.   title, fields: of the application, as a draft keeps them."""

    language: Language
    values: Values
    version: Annotated[int | None, Field(ge=1, le=MOST_VERSIONS)] = None
    fields: Annotated[dict[str, Any], Field(default_factory=dict)]


class MadeDocument(View):
    """`draft_id`: the draft of an application that holds the document."""

    draft_id: UUID
    pages: int
    findings: Findings


@router.get("", summary="The newest version of each template")
@requires(*READERS)
def list_templates(actor: CurrentActor, work: CurrentWork, *, retired: bool = False) -> list[Template]:
    return [Template.of(each) for each in document_templates(work, actor, retired=retired)]


@router.get("/{code}", summary="One template with its fields")
@requires(*READERS)
def read_template(
    code: str,
    actor: CurrentActor,
    work: CurrentWork,
    version: Annotated[int | None, Query(ge=1, le=MOST_VERSIONS)] = None,
) -> Template:
    return Template.of(template_facts(work, actor, code, version))


@router.put("/{code}", summary="Add a template, or a new version of one")
@requires(Permission.MANAGE_DOCUMENTS, lane=Lane.DRAWING)
def add_template_version(code: str, body: NewVersion, call: CurrentCall) -> Template:
    """Its sample is set in every language first; earlier versions stay as they are."""
    description = read_description(body.description)
    files = check_sources(description, body.files)
    try_out(description, files, read_amount)
    with call.transaction() as work:
        actor = call.caller_in(work).actor
        return Template.of(add_version(work, actor, call.adapters.objects, code, description, files))


@router.delete("/{code}", status_code=204, summary="Take a template out of use")
@requires(Permission.MANAGE_DOCUMENTS)
def delete_template(code: str, actor: CurrentActor, work: CurrentWork) -> None:
    retire_template(work, actor, code)


@router.post(
    "/{code}/previews",
    summary="A picture of a page with these values, marked as not valid",
    response_class=Response,
    responses={200: {"content": {"image/webp": {}}}},
)
@requires(*READERS, lane=Lane.DRAWING)
def create_preview(code: str, body: Filled, call: CurrentCall, page: Annotated[int, Query(ge=1)] = 1) -> Response:
    """Nothing is kept."""
    adapters = call.adapters
    with adapters.database.reading() as work:
        found = template_facts(work, call.caller_in(work).actor, code, body.version)
    made = make(adapters.objects, found, body.language, body.values, read_amount)
    safe = make_safe(made.pdf, hand_in_rules(adapters.settings).limits)
    return Response(page_image(safe.pdf, page, dpi=96, watermark=PREVIEW_WATERMARK), media_type="image/webp")


@router.post("/{code}/documents", status_code=201, summary="Make a document, as the draft of an application")
@requires(Permission.CREATE_REQUEST, lane=Lane.DRAWING)
def create_document(
    code: str, body: Filled, call: CurrentCall, actor: CurrentActor, adapters: CurrentAdapters
) -> MadeDocument:
    """It is handed in like any other draft; its findings say of what it was made."""
    with adapters.database.reading() as work:
        found = usable_template(work, actor, code, body.version)
    rules = hand_in_rules(adapters.settings)
    handed = make_document(adapters.objects, found, body.language, body.values, read_amount, rules)
    handed.keep(adapters.objects, actor.organisation_id)
    title = found.description.name[body.language]
    file = KeptFile.of(handed.safe, f"{title}.pdf")
    fields = {"title": title, "class_code": found.description.class_code, **body.fields}
    with call.transaction() as work:
        draft_id = drafts.save_draft(work, call.caller_in(work).actor, KeptDocument(file), fields)
    return MadeDocument(draft_id=draft_id, pages=len(file.sizes), findings=Findings.of(handed.findings))
