"""Applications that are not handed in yet, and values kept under a name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import File, Form, UploadFile
from pydantic import Field, Json, ValidationError

from printserver.api.v1.common import View, api_router
from printserver.api.v1.document_findings import Confirmation, Confirmed, Findings
from printserver.api.v1.print_request_views import NewPrintRequest, Submitted
from printserver.api.v1.seal_places import Placement
from printserver.bootstrap import hand_in_rules
from printserver.documents.handing_in import hand_in
from printserver.foundation.errors import Malformed
from printserver.http_edge.declarations import Lane, requires
from printserver.http_edge.work import CurrentActor, CurrentAdapters, CurrentCall, CurrentWork
from printserver.organisations.permissions import Permission
from printserver.print_requests import drafts, pipeline, service
from printserver.print_requests.attachments import as_attachment, keep_attachments
from printserver.print_requests.drafts import KeptDocument, KeptFile
from printserver.print_requests.placing import preview
from printserver.print_requests.states import RequestState

router = api_router("", "print requests")

Fields = Annotated[
    dict[str, Any], Field(description="As an application; what is missing or wrong is refused when it is handed in.")
]


class DraftIncomplete(Malformed):
    """The draft is no whole application yet."""

    code = "draft-incomplete"


class Draft(View):
    """`fields`: as an application. `earlier_id`: the request that it would follow."""

    id: UUID
    title: str
    filename: str
    pages: int
    attachments: list[str]
    findings: Findings
    fields: dict[str, Any]
    earlier_id: UUID | None
    saved_at: datetime

    @classmethod
    def of(cls, facts: drafts.DraftFacts) -> Draft:
        document = facts.kept.document
        return cls(
            id=facts.id,
            title=facts.title,
            filename=document.filename,
            pages=len(document.sizes),
            attachments=[each.filename for each in facts.kept.attachments],
            findings=Findings.of(document.findings),
            fields=dict(facts.fields),
            earlier_id=facts.earlier_id,
            saved_at=facts.saved_at,
        )


class Made(View):
    id: UUID


class Changed(View):
    fields: Fields


class Template(View):
    id: UUID
    name: str
    fields: dict[str, Any]


class NewTemplate(View):
    name: Annotated[str, Field(min_length=1, max_length=100)]
    fields: Fields


@router.post("/request-drafts", status_code=201, summary="Save an application without handing it in")
@requires(Permission.CREATE_REQUEST, lane=Lane.DRAWING)
def create_draft(
    document: Annotated[UploadFile, File(description="A PDF, a picture or an Office file.")],
    call: CurrentCall,
    fields: Annotated[Json[dict[str, Any]], Form(description="JSON, as of an application.")] = {},  # noqa: B006 -- FastAPI copies it
    attachments: Annotated[list[UploadFile] | None, File()] = None,
    confirmed: Confirmed = [],  # noqa: B006 -- FastAPI copies it
) -> Made:
    parts = call.adapters
    rules = hand_in_rules(parts.settings)
    handed = hand_in(document.file.read(), rules)
    handed.keep(parts.objects, call.organisation_id)
    safe = replace(handed.safe, findings=handed.findings.confirm(confirmed))
    file = KeptFile.of(safe, document.filename or "")
    files = [(each.filename or "", each.file.read()) for each in attachments or ()]
    others = keep_attachments(parts.objects, call.organisation_id, files, rules.limits)
    with call.transaction() as work:
        actor = call.caller_in(work).actor
        return Made(id=drafts.save_draft(work, actor, KeptDocument(file, others), fields))


@router.get("/request-drafts", summary="My drafts, the one saved last first")
@requires(Permission.CREATE_REQUEST)
def list_drafts(actor: CurrentActor, work: CurrentWork) -> list[Draft]:
    return [Draft.of(each) for each in drafts.drafts(work, actor)]


@router.get("/request-drafts/{draft_id}", summary="A draft of mine")
@requires(Permission.CREATE_REQUEST)
def read_draft(draft_id: UUID, actor: CurrentActor, work: CurrentWork) -> Draft:
    return Draft.of(drafts.draft_facts(work, actor, draft_id))


@router.put("/request-drafts/{draft_id}", summary="Change a draft's values")
@requires(Permission.CREATE_REQUEST)
def change_draft(draft_id: UUID, body: Changed, actor: CurrentActor, work: CurrentWork) -> Draft:
    facts = drafts.draft_facts(work, actor, draft_id)
    drafts.save_draft(work, actor, facts.kept, body.fields, draft_id=draft_id)
    return Draft.of(drafts.draft_facts(work, actor, draft_id))


@router.post("/request-drafts/{draft_id}/confirmations", status_code=204, summary="Say that somebody has looked")
@requires(Permission.CREATE_REQUEST)
def create_confirmation(draft_id: UUID, body: Confirmation, actor: CurrentActor, work: CurrentWork) -> None:
    """Of what was found in the document; questions that it does not raise count for nothing."""
    drafts.confirm_findings(work, actor, draft_id, [question.value for question in body.questions])


@router.delete("/request-drafts/{draft_id}", status_code=204, summary="Discard a draft")
@requires(Permission.CREATE_REQUEST)
def delete_draft(draft_id: UUID, actor: CurrentActor, work: CurrentWork) -> None:
    drafts.discard_draft(work, actor, draft_id)


@router.post("/request-drafts/{draft_id}/placements", summary="Where the seals of a draft would stand")
@requires(Permission.CREATE_REQUEST, lane=Lane.DRAWING)
def create_placement(draft_id: UUID, actor: CurrentActor, adapters: CurrentAdapters) -> Placement:
    """Nothing is recorded. `problems` would be refused; `warnings` tell what is against custom."""
    with adapters.database.reading() as work:
        facts = drafts.draft_facts(work, actor, draft_id)
    asked = _application(facts).asked("")
    safe_pdf = adapters.objects.get(facts.kept.document.safe_sha256, actor.organisation_id)
    makers = adapters.load_key_list()
    found = preview(
        adapters.database,
        adapters.objects,
        makers,
        actor,
        asked.seals,
        safe_pdf,
        sides=asked.sides,
        corner=asked.code_corner,
    )
    return Placement.of(found)


@router.post("/request-drafts/{draft_id}/submissions", status_code=201, summary="Hand a draft in")
@requires(Permission.CREATE_REQUEST, lane=Lane.DRAWING)
def create_submission(draft_id: UUID, actor: CurrentActor, call: CurrentCall, adapters: CurrentAdapters) -> Submitted:
    """It is a draft no longer: handing in once more finds none."""
    with adapters.database.reading() as work:
        facts = drafts.draft_facts(work, actor, draft_id)
    kept, settings = facts.kept, adapters.settings
    application = _application(facts)
    asked = application.asked(kept.document.filename, tuple(map(as_attachment, kept.attachments)))
    taken = pipeline.take_in(
        adapters.database,
        adapters.objects,
        actor,
        asked,
        adapters.objects.get(kept.document.safe_sha256, actor.organisation_id),
        makers=adapters.load_key_list(),
        limits=hand_in_rules(settings).limits,
        most_copies=settings.most_copies,
        seen=application.seen_warnings,
    )
    with call.transaction() as work:
        person = call.caller_in(work).actor
        drafts.discard_draft(work, person, draft_id)
        request = service.submit_request(
            work,
            person,
            asked,
            taken.with_original(kept.document.original_sha256, kept.document.findings).safe,
            [page.to_json() for page in taken.layout],
            expires_after_days=settings.request_expires_after_days,
            most_copies=settings.most_copies,
        )
        return Submitted(id=request.id, state=RequestState(request.state))


@router.get("/request-templates", summary="Values that I keep under a name")
@requires(Permission.CREATE_REQUEST)
def list_templates(actor: CurrentActor, work: CurrentWork) -> list[Template]:
    return [Template(id=each.id, name=each.name, fields=dict(each.fields)) for each in drafts.templates(work, actor)]


@router.post("/request-templates", status_code=201, summary="Keep values under a name; the same name takes them anew")
@requires(Permission.CREATE_REQUEST)
def create_template(body: NewTemplate, actor: CurrentActor, work: CurrentWork) -> Made:
    return Made(id=drafts.save_template(work, actor, body.name, body.fields))


@router.delete("/request-templates/{template_id}", status_code=204, summary="Discard kept values")
@requires(Permission.CREATE_REQUEST)
def delete_template(template_id: UUID, actor: CurrentActor, work: CurrentWork) -> None:
    drafts.discard_template(work, actor, template_id)


def _application(facts: drafts.DraftFacts) -> NewPrintRequest:
    given: Mapping[str, Any] = {"places": [], **facts.fields, "earlier_id": facts.earlier_id}
    try:
        return NewPrintRequest.model_validate(given)
    except ValidationError as problem:
        wrong = sorted({".".join(str(part) for part in each["loc"]) for each in problem.errors()})
        raise DraftIncomplete(f"these are missing or wrong: {', '.join(wrong)}") from None
