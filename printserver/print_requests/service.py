"""Change print requests: submit, decide, withdraw, release, settle, void, replace."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final
from unicodedata import category
from uuid import UUID

from sqlalchemy import select, update

from printserver.approvals import authorisation
from printserver.approvals.flows import Attestor, Subject, record_decision
from printserver.approvals.rules import custody_step
from printserver.audit.log import By, append
from printserver.documents.intake import SafeDocument
from printserver.documents.service import register_document
from printserver.foundation.errors import Forbidden, Malformed, NotFound, Refused, TransitionRefused
from printserver.foundation.ids import new_id
from printserver.foundation.job_queue import Job
from printserver.foundation.unit_of_work import Work
from printserver.organisations.access import Actor, branch_path, require
from printserver.organisations.permissions import Permission
from printserver.organisations.queries import organisation
from printserver.print_requests.access import copies_of, request_for
from printserver.print_requests.copies import move_copy
from printserver.print_requests.events import RequestMoved, RequestSubmitted
from printserver.print_requests.models import PrintRequest
from printserver.print_requests.sides import Sides
from printserver.print_requests.states import (
    CopyAction,
    RequestAction,
    RequestState,
    next_request_state,
)
from printserver.printing.queries import usable_printer
from printserver.seals.queries import require_usable as require_usable_seal
from printserver.seals.queries import seal_facts, usable_seal
from printserver.signing.evidence import APPROVAL_STEP, Decision

LONGEST_TEXT: Final = 500
# Written into a text, these make it look like another one to whoever approves or verifies. Source: Unicode UAX 9.
_TURNING: Final = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_LINES: Final = frozenset("\n\r\t")


class ManifestChanged(Refused):
    """What the person looked at is not what the request holds now."""

    code = "manifest-changed"


class RequestExpired(Refused):
    code = "request-expired"


class ReasonMissing(Malformed):
    code = "reason-missing"


class SidesNotPossible(Refused):
    """The printer cannot, or nobody knows whether it can."""

    code = "sides-not-possible"


class ApplicationMalformed(Malformed):
    code = "application-malformed"


@dataclass(frozen=True)
class Place:
    """The seal's centre from the page's top-left corner, in micrometres; page from 1."""

    page: int
    x_um: int
    y_um: int


@dataclass(frozen=True)
class Application:
    seal_id: UUID
    printer_id: UUID
    copies: int
    places: tuple[Place, ...]
    title: str
    purpose: str = ""
    own_reference: str = ""
    filename: str = ""
    sides: Sides = Sides.ONE_SIDED


def check_application(work: Work, actor: Actor, application: Application, *, most_copies: int) -> None:
    """Everything that can be refused before the document is looked at.

    Raises: Forbidden, NotFound, SealNotUsable, PrinterNotUsable, SidesNotPossible, ApplicationMalformed.
    """
    require(actor, Permission.CREATE_REQUEST)
    if not actor.may(Permission.CREATE_REQUEST, branch_path(work, actor.branch_id)):
        raise Forbidden("you may apply for other branches, but not for your own")
    usable_seal(work, actor, application.seal_id)
    printer = usable_printer(work, actor, application.printer_id)
    if application.sides is not Sides.ONE_SIDED and not printer.two_sided:
        raise SidesNotPossible(f"the printer {printer.name} is not known to print on both sides; choose one-sided")
    if not 1 <= application.copies <= most_copies:
        raise ApplicationMalformed(f"the number of copies must be between 1 and {most_copies}")
    if not application.title.strip():
        raise ApplicationMalformed("a title is needed, so that approvers know what they look at")
    if not application.places:
        raise ApplicationMalformed("at least one place for the seal is needed")
    for text in (application.title, application.purpose, application.own_reference):
        if len(text) > LONGEST_TEXT:
            raise ApplicationMalformed(f"a text is longer than {LONGEST_TEXT} characters")
    one_line = application.title + application.own_reference + application.filename
    if _hides_something(one_line) or _hides_something("".join(c for c in application.purpose if c not in _LINES)):
        raise ApplicationMalformed("a text holds characters that cannot be seen, or that turn the others around")


def _hides_something(text: str) -> bool:
    return any(character in _TURNING or category(character) in ("Cc", "Cs") for character in text)


def submit_request(
    work: Work,
    actor: Actor,
    application: Application,
    safe: SafeDocument,
    layout: Sequence[Mapping[str, Any]],
    *,
    expires_after_days: int,
    most_copies: int,
) -> PrintRequest:
    """Record the application and have it rendered. `safe` must be in the object store already."""
    check_application(work, actor, application, most_copies=most_copies)
    document = register_document(work, actor, actor.branch_id, safe, filename=application.filename)
    request = PrintRequest(
        id=new_id(),
        organisation_id=actor.organisation_id,
        branch_id=actor.branch_id,
        applicant_id=actor.id,
        document_id=document.id,
        seal_id=application.seal_id,
        printer_id=application.printer_id,
        title=application.title.strip(),
        purpose=application.purpose,
        own_reference=application.own_reference,
        places=[vars(place) for place in application.places],
        layout=[dict(page) for page in layout],
        copies=application.copies,
        sides=application.sides,
        state=RequestState.RENDERING,
        created_at=work.now(),
        expires_at=work.now() + timedelta(days=expires_after_days),
    )
    enter_request(work, actor.by, request)
    return request


def approve_request(
    work: Work, actor: Actor, attestor: Attestor, request_id: UUID, *, manifest_sha256: str, reason: str = ""
) -> PrintRequest:
    """The approver's yes to the very pages of `manifest_sha256`.

    Raises: NotFound, TransitionRefused, ManifestChanged, RequestExpired, ApplicantMayNotDecide, PersonCountsOnce.
    """
    request = request_for(work, actor, request_id, Permission.APPROVE_REQUEST)
    state = next_request_state(RequestState(request.state), RequestAction.APPROVE)
    _decide(work, actor, attestor, request, manifest_sha256, APPROVAL_STEP, Decision.APPROVED, reason)
    _move(work, actor.by, request, state, reason)
    return request


def confirm_seal_use(
    work: Work, actor: Actor, attestor: Attestor, request_id: UUID, *, manifest_sha256: str, reason: str = ""
) -> PrintRequest:
    """The custodian's last word (用印确认): grants one authorisation a copy and has the copies signed.

    Raises: as `approve_request`; NotFound also for anybody but the seal's custodian; SealNotUsable.
    """
    request = request_for(work, actor, request_id, Permission.CONFIRM_SEAL_USE)
    seal = seal_facts(work, request.seal_id)
    if seal.custodian_id != actor.id:
        raise NotFound("there is no such print request")
    require_usable_seal(work, seal)
    state = next_request_state(RequestState(request.state), RequestAction.CONFIRM_USE)
    _decide(work, actor, attestor, request, manifest_sha256, custody_step(seal.id), Decision.APPROVED, reason)
    for copy in copies_of(work, request.id):
        move_copy(work, actor.by, copy.id, CopyAction.AUTHORISE)
        authorisation.grant(
            work,
            actor.by,
            request_id=request.id,
            organisation_id=request.organisation_id,
            copy_id=copy.id,
            manifest_sha256=manifest_sha256,
            content_sha256=copy.rendition_sha256,
            expires_at=request.expires_at,
        )
    _move(work, actor.by, request, state, reason)
    work.jobs.enqueue(work.session, Job("issue-request", f"issue-request-{request.id}", (str(request.id),)))
    return request


def refuse_request(
    work: Work, actor: Actor, attestor: Attestor, request_id: UUID, *, manifest_sha256: str, reason: str
) -> PrintRequest:
    """The no of whoever has the next step, with a reason; the copies will never be printed.

    Raises: as `approve_request`; ReasonMissing.
    """
    if not reason.strip():
        raise ReasonMissing("a refusal needs a reason")
    custody = _is_custody_step(work, actor, request_id)
    permission = Permission.CONFIRM_SEAL_USE if custody else Permission.APPROVE_REQUEST
    request = request_for(work, actor, request_id, permission)
    step = custody_step(request.seal_id) if custody else APPROVAL_STEP
    state = next_request_state(RequestState(request.state), RequestAction.REFUSE)
    _decide(work, actor, attestor, request, manifest_sha256, step, Decision.REFUSED, reason)
    _move(work, actor.by, request, state, reason)
    _void_copies(work, actor.by, request, reason)
    return request


def withdraw_request(work: Work, actor: Actor, request_id: UUID, *, reason: str = "") -> PrintRequest:
    """The applicant takes it back while nothing is authorised.   Raises: NotFound, TransitionRefused."""
    request = request_for(work, actor, request_id, Permission.CREATE_REQUEST)
    if request.applicant_id != actor.id:
        raise NotFound("there is no such print request")
    _move(work, actor.by, request, next_request_state(RequestState(request.state), RequestAction.WITHDRAW), reason)
    _void_copies(work, actor.by, request, reason)
    return request


def enter_request(work: Work, by: By, request: PrintRequest) -> None:
    """Record a new request in state `rendering` and have it rendered."""
    work.session.add(request)
    work.session.flush()
    append(
        work,
        by,
        RequestSubmitted(
            id=request.id,
            document_id=request.document_id,
            seal_id=request.seal_id,
            printer_id=request.printer_id,
            copies=request.copies,
            own_reference=request.own_reference,
            replaces_copy_id=request.replaces_copy_id,
        ),
    )
    work.jobs.enqueue(work.session, Job("prepare-request", f"prepare-request-{request.id}", (str(request.id),)))


def _decide(
    work: Work,
    actor: Actor,
    attestor: Attestor,
    request: PrintRequest,
    manifest_sha256: str,
    step: str,
    decision: Decision,
    reason: str,
) -> None:
    if request.manifest_sha256 is None or manifest_sha256 != request.manifest_sha256:
        raise ManifestChanged("this is not what the request holds now; please look at it again")
    if request.expires_at <= work.now():
        raise RequestExpired("the request has expired")
    number = organisation(work, request.organisation_id).number
    subject = Subject(request.id, number, request.applicant_id, manifest_sha256)
    record_decision(work, actor, attestor, subject, step=step, decision=decision, reason=reason[:LONGEST_TEXT])


def _move(work: Work, by: By, request: PrintRequest, state: RequestState, reason: str) -> None:
    before = RequestState(request.state)
    moved = work.session.scalar(
        update(PrintRequest)
        .where(PrintRequest.id == request.id, PrintRequest.state == before)
        .values(state=state)
        .returning(PrintRequest.id)
    )
    if moved is None:
        raise TransitionRefused("the request has just changed; please look at it again")
    append(work, by, RequestMoved(id=request.id, before=before, after=state, reason=reason))


def _void_copies(work: Work, by: By, request: PrintRequest, reason: str) -> None:
    for copy in copies_of(work, request.id):
        move_copy(work, by, copy.id, CopyAction.VOID, reason=reason)


def _is_custody_step(work: Work, actor: Actor, request_id: UUID) -> bool:
    state, seal_id = work.session.execute(
        select(PrintRequest.state, PrintRequest.seal_id).where(PrintRequest.id == request_id)
    ).one_or_none() or (None, None)
    if state != RequestState.PENDING_CUSTODY or seal_id is None:
        return False
    if seal_facts(work, seal_id).custodian_id != actor.id:
        raise NotFound("there is no such print request")
    return True
