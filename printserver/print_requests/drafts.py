"""Applications that are not handed in: saved, changed, discarded, forgotten after a while; and kept sets of values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import delete, func, or_, select
from sqlalchemy.exc import IntegrityError

from printserver.audit.log import append
from printserver.documents.findings import Findings
from printserver.documents.intake import SafeDocument
from printserver.documents.queries import document_facts
from printserver.foundation.errors import Malformed, NotFound, Refused, TooMany, TransitionRefused
from printserver.foundation.ids import new_id
from printserver.foundation.unit_of_work import Database, Work
from printserver.organisations.access import Actor, require
from printserver.organisations.permissions import Permission
from printserver.print_requests.company import attachments_of, parties_of, readers_of
from printserver.print_requests.electronic import Electronic
from printserver.print_requests.events import DraftDiscarded, DraftSaved
from printserver.print_requests.models import OpenForm, PrintRequest, RequestDraft, RequestTemplate
from printserver.print_requests.request_seals import seals_of_request
from printserver.print_requests.service import ENDED, own_request, recall_request
from printserver.print_requests.states import RequestState

KEPT: Final = timedelta(days=90)
MOST_DRAFTS: Final = 200
MOST_TEMPLATES: Final = 100
LONGEST_NAME: Final = 100
LONGEST_FILENAME: Final = 200
LARGEST_FIELDS: Final = 200_000


class SavedDraftNotFound(NotFound):
    code = "saved-draft-not-found"


class TemplateNotFound(NotFound):
    code = "request-template-not-found"


class TooManyKept(TooMany):
    code = "too-many-kept"


class TemplateNameTaken(Refused):
    code = "request-template-name-taken"


class DraftMalformed(Malformed):
    code = "draft-malformed"


@dataclass(frozen=True)
class KeptFile:
    """Made safe and in the object store.   sizes: of each page, width and height in micrometres."""

    filename: str
    original_sha256: str
    safe_sha256: str
    sizes: tuple[tuple[int, int], ...]
    findings: Findings = field(default_factory=Findings)

    @classmethod
    def of(cls, safe: SafeDocument, filename: str) -> KeptFile:
        """safe: in the object store already."""
        sizes = tuple((size.width_um, size.height_um) for size in safe.pages)
        return cls(filename[-LONGEST_FILENAME:], safe.original_sha256, safe.safe_sha256, sizes, safe.findings)

    def to_json(self) -> dict[str, Any]:
        sizes = [list(size) for size in self.sizes]
        return {**vars(self), "sizes": sizes, "findings": self.findings.to_json()}

    @classmethod
    def of_json(cls, given: Mapping[str, Any]) -> KeptFile:
        sizes = tuple((int(width), int(height)) for width, height in given["sizes"])
        findings = Findings.of_json(given.get("findings"))
        return cls(given["filename"], given["original_sha256"], given["safe_sha256"], sizes, findings)


@dataclass(frozen=True)
class KeptDocument:
    """The document of an application with its attachments."""

    document: KeptFile
    attachments: tuple[KeptFile, ...] = ()

    def confirm(self, questions: Iterable[str]) -> KeptDocument:
        """With what its person stands by after having looked at the document."""
        findings = self.document.findings.confirm(questions)
        return replace(self, document=replace(self.document, findings=findings))

    def to_json(self) -> dict[str, Any]:
        return {"document": self.document.to_json(), "attachments": [each.to_json() for each in self.attachments]}

    @classmethod
    def of_json(cls, given: Mapping[str, Any]) -> KeptDocument:
        attachments = tuple(KeptFile.of_json(each) for each in given["attachments"])
        return cls(KeptFile.of_json(given["document"]), attachments)


@dataclass(frozen=True)
class DraftFacts:
    """`fields`: as an application's JSON, but with whatever was typed."""

    id: UUID
    title: str
    kept: KeptDocument
    fields: Mapping[str, Any]
    earlier_id: UUID | None
    created_at: datetime
    saved_at: datetime


@dataclass(frozen=True)
class TemplateFacts:
    id: UUID
    name: str
    fields: Mapping[str, Any]
    created_at: datetime


def save_draft(
    work: Work,
    actor: Actor,
    kept: KeptDocument,
    fields: Mapping[str, Any],
    *,
    draft_id: UUID | None = None,
    earlier_id: UUID | None = None,
) -> UUID:
    """A new one, or the same one changed.   Raises: Forbidden, SavedDraftNotFound, DraftMalformed, TooManyKept."""
    require(actor, Permission.CREATE_REQUEST)
    _require_small(fields)
    title = str(fields.get("title", ""))[:500]
    if draft_id is None:
        _require_room(work, RequestDraft, actor, MOST_DRAFTS)
        draft = RequestDraft(
            id=new_id(),
            organisation_id=actor.organisation_id,
            person_id=actor.id,
            earlier_id=earlier_id,
            created_at=work.now(),
        )
        work.session.add(draft)
    else:
        draft = _draft(work, actor, draft_id)
    draft.title, draft.document, draft.fields = title, kept.to_json(), dict(fields)
    draft.saved_at = work.now()
    work.session.flush()
    append(work, actor.by, DraftSaved(id=draft.id, title=title, safe_sha256=kept.document.safe_sha256))
    return draft.id


def confirm_findings(work: Work, actor: Actor, draft_id: UUID, questions: Iterable[str]) -> None:
    """The person has looked at what was found in the draft's document.   Raises: SavedDraftNotFound."""
    draft = _draft(work, actor, draft_id)
    kept = KeptDocument.of_json(draft.document).confirm(questions)
    draft.document, draft.saved_at = kept.to_json(), work.now()


def discard_draft(work: Work, actor: Actor, draft_id: UUID) -> None:
    """Also when it was handed in; with what its forms still hold of it.   Raises: SavedDraftNotFound."""
    draft = _draft(work, actor, draft_id)
    of_draft = or_(OpenForm.id == draft_id, OpenForm.typed["saved"].as_string() == str(draft_id))
    work.session.execute(delete(OpenForm).where(OpenForm.person_id == actor.id, of_draft))
    work.session.delete(draft)
    work.session.flush()
    append(work, actor.by, DraftDiscarded(id=draft_id))


def drafts(work: Work, actor: Actor) -> tuple[DraftFacts, ...]:
    """The actor's own, the one saved last first."""
    rows = work.session.scalars(
        select(RequestDraft).where(RequestDraft.person_id == actor.id).order_by(RequestDraft.saved_at.desc())
    )
    return tuple(_facts(row) for row in rows)


def draft_facts(work: Work, actor: Actor, draft_id: UUID) -> DraftFacts:
    """Raises: SavedDraftNotFound, also for somebody else's."""
    return _facts(_draft(work, actor, draft_id))


def forget_old_drafts(database: Database) -> int:
    """Those that nobody has touched for ninety days; answers how many."""
    with database.work() as work:
        old = delete(RequestDraft).where(RequestDraft.saved_at < work.now() - KEPT).returning(RequestDraft.id)
        gone = work.session.scalars(old).all()
    return len(gone)


def recall_to_draft(work: Work, actor: Actor, request_id: UUID, *, reason: str = "") -> UUID:
    """Take an undecided request back and answer the draft that it has become.   Raises: as `recall_request`."""
    request = recall_request(work, actor, request_id, reason=reason)
    return _draft_of(work, actor, request)


def start_again(work: Work, actor: Actor, request_id: UUID) -> UUID:
    """A draft with everything of a request that came to an end without being sealed.

    Raises: NotFound, TransitionRefused.
    """
    request = own_request(work, actor, request_id)
    if RequestState(request.state) not in ENDED:
        raise TransitionRefused(f"a request that is {request.state} is not handed in again")
    return _draft_of(work, actor, request)


def fields_of_request(work: Work, request: PrintRequest) -> dict[str, Any]:
    """What its applicant typed, as an application's JSON."""
    amount = request.amount_minor
    return {
        "title": request.title,
        "purpose": request.purpose,
        "own_reference": request.own_reference,
        "class_code": request.class_code,
        **_seals(work, request),
        "printer_id": str(request.printer_id),
        "copies": request.copies,
        "sides": request.sides,
        "electronic": request.electronic != Electronic.NONE,
        "code_corner": request.code_corner,
        "contract_end": None if request.contract_end is None else request.contract_end.isoformat(),
        "amount": None if amount is None else {"minor": amount, "currency": request.amount_currency},
        "parties": [vars(party) for party in parties_of(work, request.id)],
        "copy_to": [str(person) for person in readers_of(work, request.id)],
    }


def _seals(work: Work, request: PrintRequest) -> dict[str, Any]:
    """One seal in the old form, several in the new one."""
    seals = [{"seal_id": str(each.seal_id), "places": list(each.wanted)} for each in seals_of_request(work, request)]
    return seals[0] if len(seals) == 1 else {"seals": seals}


def save_template(work: Work, actor: Actor, name: str, fields: Mapping[str, Any]) -> UUID:
    """Keep values under a name; the same name takes them anew.

    Raises: Forbidden, DraftMalformed, TooManyKept.
    """
    require(actor, Permission.CREATE_REQUEST)
    called = " ".join(name.split())
    if not 1 <= len(called) <= LONGEST_NAME or not called.isprintable():
        raise DraftMalformed(f"a name of at most {LONGEST_NAME} characters is needed")
    _require_small(fields)
    row = work.session.scalar(
        select(RequestTemplate).where(RequestTemplate.person_id == actor.id, RequestTemplate.name == called)
    )
    if row is not None:
        row.fields = dict(fields)
        return row.id
    _require_room(work, RequestTemplate, actor, MOST_TEMPLATES)
    row = RequestTemplate(
        id=new_id(),
        organisation_id=actor.organisation_id,
        person_id=actor.id,
        name=called,
        fields=dict(fields),
        created_at=work.now(),
    )
    try:
        with work.session.begin_nested():
            work.session.add(row)
    except IntegrityError:
        raise TemplateNameTaken("you have just kept values under this name") from None
    return row.id


def templates(work: Work, actor: Actor) -> tuple[TemplateFacts, ...]:
    """The actor's own, by name."""
    rows = work.session.scalars(
        select(RequestTemplate).where(RequestTemplate.person_id == actor.id).order_by(RequestTemplate.name)
    )
    return tuple(TemplateFacts(row.id, row.name, row.fields, row.created_at) for row in rows)


def template_facts(work: Work, actor: Actor, template_id: UUID) -> TemplateFacts:
    """Raises: TemplateNotFound."""
    for template in templates(work, actor):
        if template.id == template_id:
            return template
    raise TemplateNotFound("there are no such kept values")


def discard_template(work: Work, actor: Actor, template_id: UUID) -> None:
    """Raises: TemplateNotFound."""
    template_facts(work, actor, template_id)
    work.session.execute(delete(RequestTemplate).where(RequestTemplate.id == template_id))


def _draft_of(work: Work, actor: Actor, request: PrintRequest) -> UUID:
    document = document_facts(work, request.document_id)
    sizes = tuple((page["width_um"], page["height_um"]) for page in request.layout)
    kept = KeptDocument(
        KeptFile(document.filename, document.original_sha256, document.safe_sha256, sizes, document.findings),
        tuple(
            KeptFile(each.filename, each.original_sha256, each.safe_sha256, ((0, 0),) * each.pages)
            for each in attachments_of(work, request.id)
        ),
    )
    return save_draft(work, actor, kept, fields_of_request(work, request), earlier_id=request.id)


def _draft(work: Work, actor: Actor, draft_id: UUID) -> RequestDraft:
    row = work.session.scalar(
        select(RequestDraft).where(RequestDraft.id == draft_id, RequestDraft.person_id == actor.id)
    )
    if row is None:
        raise SavedDraftNotFound("there is no such draft")
    return row


def _facts(row: RequestDraft) -> DraftFacts:
    kept = KeptDocument.of_json(row.document)
    return DraftFacts(row.id, row.title, kept, row.fields, row.earlier_id, row.created_at, row.saved_at)


def _require_small(fields: Mapping[str, Any]) -> None:
    if len(str(fields)) > LARGEST_FIELDS:
        raise DraftMalformed("this is more than a form holds")


def _require_room(work: Work, kind: type[RequestDraft] | type[RequestTemplate], actor: Actor, most: int) -> None:
    if (work.session.scalar(select(func.count()).where(kind.person_id == actor.id)) or 0) >= most:
        raise TooManyKept(f"at most {most} of these are kept; discard some first")
