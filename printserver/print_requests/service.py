"""Change print requests as a whole: submit, withdraw, recall, urge."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from hashlib import sha256
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from printserver.approvals.classes import class_facts
from printserver.audit.log import By, append
from printserver.documents.intake import SafeDocument
from printserver.documents.service import register_document
from printserver.foundation.errors import Malformed, NotFound, Refused, TransitionRefused
from printserver.foundation.ids import new_id
from printserver.foundation.job_queue import Job
from printserver.foundation.unit_of_work import Work
from printserver.organisations.access import Actor
from printserver.organisations.frozen_places import require_open
from printserver.organisations.permissions import Permission
from printserver.print_requests.access import copies_of, request_for
from printserver.print_requests.application import Application, check_application
from printserver.print_requests.company import keep_company
from printserver.print_requests.copies import move_copy
from printserver.print_requests.electronic import Electronic
from printserver.print_requests.events import RequestMoved, RequestSubmitted, RequestUrged
from printserver.print_requests.models import PrintRequest
from printserver.print_requests.owed_block import pass_block
from printserver.print_requests.request_seals import facts_of_request, keep_seals
from printserver.print_requests.states import (
    CopyAction,
    RequestAction,
    RequestState,
    next_request_state,
)
from printserver.print_requests.steps import frozen_flow, lay_steps
from printserver.printing.queries import printer_facts

URGED_AGAIN_AFTER: Final = timedelta(hours=1)
ENDED: Final = frozenset(
    {
        RequestState.REFUSED,
        RequestState.WITHDRAWN,
        RequestState.RECALLED,
        RequestState.EXPIRED,
        RequestState.FAILED,
    }
)
"""What may be handed in again."""
WAITS_FOR_PEOPLE: Final = frozenset(
    {RequestState.PENDING_APPROVAL, RequestState.PENDING_CUSTODY, RequestState.PHYSICAL_SEAL}
)


class ReasonMissing(Malformed):
    code = "reason-missing"


class ReferenceTaken(Refused):
    """The caller has used this number of its own before.   request_id: for which request."""

    code = "reference-taken"

    def __init__(self, request_id: UUID) -> None:
        super().__init__("you have used this number of your own for another request")
        self.request_id = request_id


class UrgedAlready(Refused):
    code = "urged-already"


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
    """Record the application and have it rendered. `safe` must be in the object store already.

    Raises: as `check_application`; PlaceFrozen, ReturnsOverdue, ReferenceTaken; NotFound or TransitionRefused for an
    earlier request that cannot be followed.
    """
    found = check_application(work, actor, application, most_copies=most_copies)
    require_open(work, actor.organisation_id, actor.branch_id, printer_facts(work, application.printer_id).branch_id)
    pass_block(work, actor, application.class_code)
    reference = application.own_reference.strip()
    earlier = None if application.earlier_id is None else _earlier(work, actor, application.earlier_id, reference)
    document = register_document(work, actor, actor.branch_id, safe, filename=application.filename)
    amount = application.amount
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
        own_reference=reference,
        places=[place.to_json() for place in application.places],
        layout=[dict(page) for page in layout],
        copies=application.copies,
        sides=application.sides,
        state=RequestState.RENDERING,
        created_at=work.now(),
        expires_at=work.now() + timedelta(days=expires_after_days),
        class_code=application.class_code,
        amount_minor=None if amount is None else amount.minor,
        amount_currency="" if amount is None else amount.currency,
        reference_key=_reference_key(actor, reference),
        earlier_id=None if earlier is None else earlier.id,
        code_corner=application.code_corner,
        contract_end=application.contract_end,
        electronic=Electronic.ALSO if application.electronic else Electronic.NONE,
    )
    _insert(work, request)
    wanted = [(seal.seal_id, [place.to_json() for place in seal.places]) for seal in application.seals]
    keep_seals(work, request.id, wanted)
    lay_steps(work, request, found.flow, found.seals)
    keep_company(work, request.id, found.parties, application.attachments, application.copy_to)
    enter_request(work, actor.by, request)
    return request


def withdraw_request(work: Work, actor: Actor, request_id: UUID, *, reason: str = "") -> PrintRequest:
    """The applicant takes it back for good while nothing is authorised.   Raises: NotFound, TransitionRefused."""
    request = own_request(work, actor, request_id)
    end_request(work, actor.by, request, RequestAction.WITHDRAW, reason)
    return request


def recall_request(work: Work, actor: Actor, request_id: UUID, *, reason: str = "") -> PrintRequest:
    """The applicant takes it back to change it; what was decided until now counts for nothing any more.

    Raises: NotFound, TransitionRefused.
    """
    request = own_request(work, actor, request_id)
    end_request(work, actor.by, request, RequestAction.RECALL, reason)
    return request


def urge_request(work: Work, actor: Actor, request_id: UUID) -> None:
    """Remind whoever has the step that waits, once an hour.   Raises: NotFound, TransitionRefused, UrgedAlready."""
    request = own_request(work, actor, request_id)
    if RequestState(request.state) not in WAITS_FOR_PEOPLE:
        raise TransitionRefused(f"nobody is waited for: the request is {request.state}")
    before = work.now() - URGED_AGAIN_AFTER
    urged = work.session.scalar(
        update(PrintRequest)
        .where(
            PrintRequest.id == request.id,
            PrintRequest.urged_at.is_(None) | (PrintRequest.urged_at <= before),
        )
        .values(urged_at=work.now())
        .returning(PrintRequest.id)
    )
    if urged is None:
        raise UrgedAlready("you have reminded them within the last hour")
    append(work, actor.by, RequestUrged(id=request.id, step=request.step))


def own_request(work: Work, actor: Actor, request_id: UUID) -> PrintRequest:
    """Raises: NotFound, also for another applicant's."""
    request = request_for(work, actor, request_id, Permission.CREATE_REQUEST)
    if request.applicant_id != actor.id:
        raise NotFound("there is no such print request")
    return request


def enter_request(work: Work, by: By, request: PrintRequest) -> None:
    """Record a new request in state `rendering` and have it rendered; of a replacement, lay its steps as well."""
    work.session.add(request)
    work.session.flush()
    if request.steps is None:
        document_class = class_facts(work, request.organisation_id, request.class_code)
        flow = document_class.flow or frozen_flow(request)
        if flow is None:
            raise NotFound("there is no flow for this class of documents")
        lay_steps(work, request, flow, facts_of_request(work, request))
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
            class_code=request.class_code,
            earlier_id=request.earlier_id,
        ),
    )
    work.jobs.enqueue(work.session, Job("prepare-request", f"prepare-request-{request.id}", (str(request.id),)))


def end_request(work: Work, by: By, request: PrintRequest, action: RequestAction, reason: str) -> None:
    """By `action`; the copies will never be printed.   Raises: TransitionRefused."""
    move_request(work, by, request, next_request_state(RequestState(request.state), action), reason)
    for copy in copies_of(work, request.id):
        move_copy(work, by, copy.id, CopyAction.VOID, reason=reason)


def move_request(
    work: Work, by: By, request: PrintRequest, state: RequestState, reason: str, *, step: str | None = None
) -> None:
    """step: the one that waits from now on.   Raises: TransitionRefused when the request has moved meanwhile."""
    before = RequestState(request.state)
    moved = work.session.scalar(
        update(PrintRequest)
        .where(PrintRequest.id == request.id, PrintRequest.state == before)
        .values(state=state, step=request.step if step is None else step)
        .returning(PrintRequest.id)
    )
    if moved is None:
        raise TransitionRefused("the request has just changed; please look at it again")
    if state is not before:
        append(work, by, RequestMoved(id=request.id, before=before, after=state, reason=reason))


def _earlier(work: Work, actor: Actor, earlier_id: UUID, reference: str) -> PrintRequest:
    earlier = own_request(work, actor, earlier_id)
    if RequestState(earlier.state) not in ENDED:
        raise TransitionRefused(f"a request that is {earlier.state} is not handed in again")
    if earlier.reference_key is not None and earlier.reference_key == _reference_key(actor, reference):
        earlier.reference_key = None
        work.session.flush()
    return earlier


def _reference_key(actor: Actor, reference: str) -> str | None:
    return f"{actor.id}:{sha256(reference.encode()).hexdigest()}" if reference else None


def _insert(work: Work, request: PrintRequest) -> None:
    try:
        with work.session.begin_nested():
            work.session.add(request)
    except IntegrityError:
        taken = select(PrintRequest.id).where(PrintRequest.reference_key == request.reference_key)
        request_id = work.session.scalar(taken) if request.reference_key is not None else None
        if request_id is None:
            raise
        raise ReferenceTaken(request_id) from None
