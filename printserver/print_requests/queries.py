"""Lists and details of requests and copies, as frozen views."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Select, bindparam, func, or_, select
from sqlalchemy.orm import aliased

from printserver.approvals.flows import DecisionView, decisions
from printserver.audit.queries import has_fact
from printserver.documents.models import Document
from printserver.foundation.errors import NotFound, Refused
from printserver.foundation.serials import ELECTRONIC_ORIGINAL, CopySerial
from printserver.foundation.unit_of_work import Work
from printserver.organisations.access import Actor, within, within_any
from printserver.organisations.permissions import Permission
from printserver.organisations.queries import names
from printserver.print_requests.access import copy_for, may_release
from printserver.print_requests.custody import seals_to_confirm
from printserver.print_requests.electronic import Electronic, papers_of
from printserver.print_requests.events import CopyMoved
from printserver.print_requests.flows import may_decide
from printserver.print_requests.models import Copy, PrintRequest
from printserver.print_requests.money import Money
from printserver.print_requests.particulars import Particulars, amount_of, particulars_of
from printserver.print_requests.release import is_release_frozen, obstacle
from printserver.print_requests.request_seals import (
    RequestedSeal,
    facts_of_request,
    seals_of_request,
    waits_for_keeper_of,
)
from printserver.print_requests.search import EVERYTHING, Search, conditions, copied_to, visible
from printserver.print_requests.sides import Sides, sheets_of
from printserver.print_requests.states import INVALID, CopyState, RequestState
from printserver.print_requests.steps import has_turn, taken_of
from printserver.printing.queries import printer_facts

MOST_LOOKED_AT: Final = 1_000
"""Of those who wait: a person with more than that has other worries."""


IN_ORDER: Final = ((Copy.number == ELECTRONIC_ORIGINAL), Copy.number)
"""Those on paper by number, then the electronic original."""


@dataclass(frozen=True)
class CopyFacts:
    """`replaced_by`: the request for the replacement.   document_sha256: of the safe document."""

    id: UUID
    request_id: UUID
    organisation_id: UUID
    branch_id: UUID
    applicant_id: UUID
    seal_id: UUID
    document_id: UUID
    printer_id: UUID
    serial: CopySerial
    number: int
    copies: int
    state: CopyState
    pages: int
    sides: Sides
    title: str
    own_reference: str
    rendition_sha256: str
    issued_sha256: str | None
    document_sha256: str
    issued_at: datetime | None
    released_at: datetime | None
    sent_at: datetime | None
    printed_at: datetime | None
    settled_reason: str
    settled_by: UUID | None
    settled_at: datetime | None
    confirmed_by: UUID | None
    confirmed_at: datetime | None
    replaced_by: UUID | None

    @property
    def sheets(self) -> int:
        return sheets_of(self.pages, self.sides)


@dataclass(frozen=True)
class RequestSummary:
    id: UUID
    title: str
    own_reference: str
    state: RequestState
    applicant_id: UUID
    applicant_name: str
    seal_id: UUID
    printer_id: UUID
    copies: int
    electronic: Electronic
    created_at: datetime
    expires_at: datetime
    branch_id: UUID
    class_code: str
    step: str
    amount: Money | None


@dataclass(frozen=True)
class SealOnRequest(RequestedSeal):
    """`name`, `origin`, `evidence`: of the seal now."""

    name: str
    origin: str
    evidence: str


@dataclass(frozen=True)
class RequestDetails:
    """`deciders`: display names by id, of everybody whom the page names.

    `may_release`: whether the reader holds that right here.   obstacle: why nothing can be released all the same.
    """

    summary: RequestSummary
    purpose: str
    failure: str
    manifest_sha256: str | None
    document_sha256: str
    filename: str
    pages: int
    sides: Sides
    seals: tuple[SealOnRequest, ...]
    printer_name: str
    replaces_copy_id: UUID | None
    may_release: bool
    obstacle: Refused | None
    copies: tuple[CopyFacts, ...]
    decisions: tuple[DecisionView, ...]
    deciders: dict[UUID, str]
    particulars: Particulars


def expires_at(work: Work, request_id: UUID) -> datetime:
    """Until when a request's copies may be decided on, released and printed."""
    return work.session.scalars(select(PrintRequest.expires_at).where(PrintRequest.id == request_id)).one()


def copy_by_serial(work: Work, serial: CopySerial) -> CopyFacts | None:
    """Without regard to anybody's rights: for verification and matching.

    The log is believed before the row: a copy that was ever declared invalid is void, whatever its row says now.
    """
    row = work.session.execute(_by_serial(), {"serial": serial.value}).one_or_none()
    if row is None:
        return None
    *columns, was_invalid = row
    copy = _copy(columns)
    return replace(copy, state=CopyState.VOID) if was_invalid and copy.state not in INVALID else copy


@cache
def _by_serial() -> Select[Any, Any, Any, Any, Any]:
    """Built once: strangers ask it, and building it costs more than asking it."""
    ended = has_fact(Copy.id.expression, CopyMoved.__name__, "after", INVALID)
    return _copies().add_columns(ended).where(Copy.serial == bindparam("serial"))


def copy_facts(work: Work, copy_id: UUID) -> CopyFacts:
    """Without regard to anybody's rights.   Raises: NotFound."""
    row = work.session.execute(_copies().where(Copy.id == copy_id)).one_or_none()
    if row is None:
        raise NotFound("there is no such copy")
    return _copy(row)


def copy_facts_for(work: Work, actor: Actor, copy_id: UUID) -> CopyFacts:
    """Raises: NotFound."""
    return copy_facts(work, copy_for(work, actor, copy_id, Permission.READ_REQUESTS).id)


def copies_in(work: Work, state: CopyState) -> set[UUID]:
    """Without regard to anybody's rights."""
    return set(work.session.scalars(select(Copy.id).where(Copy.state == state)))


def electronic_copy(work: Work, request_id: UUID) -> UUID | None:
    """The request's electronic original, once signed and while valid; without regard to anybody's rights."""
    return work.session.scalar(
        select(Copy.id).where(
            Copy.request_id == request_id, Copy.number == ELECTRONIC_ORIGINAL, Copy.state == CopyState.ELECTRONIC
        )
    )


def copies(
    work: Work,
    actor: Actor,
    *,
    states: Sequence[CopyState] = (),
    printer_id: UUID | None = None,
    before: UUID | None = None,
    limit: int = 200,
) -> tuple[CopyFacts, ...]:
    """Newest first; of all states without `states`.   before: the last id of the page before."""
    query = _copies().where(within(Copy.branch_id, actor, Permission.READ_REQUESTS))
    if states:
        query = query.where(Copy.state.in_(states))
    if printer_id is not None:
        query = query.where(Copy.printer_id == printer_id)
    if before is not None:
        query = query.where(Copy.id < before)
    return tuple(_copy(row) for row in work.session.execute(query.order_by(Copy.id.desc()).limit(limit)))


def copy_counts(work: Work, actor: Actor) -> dict[CopyState, int]:
    """How many copies are in each state; every copy is in exactly one."""
    rows = work.session.execute(
        select(Copy.state, func.count())
        .where(within(Copy.branch_id, actor, Permission.READ_REQUESTS))
        .group_by(Copy.state)
    )
    return {CopyState(state): count for state, count in rows}


def requests(
    work: Work,
    actor: Actor,
    search: Search = EVERYTHING,
    *,
    before: UUID | None = None,
    limit: int = 200,
) -> tuple[RequestSummary, ...]:
    """Newest first.   before: the last id of the page before."""
    seen = copied_to(actor) if search.copied else visible(work, actor)
    query = select(PrintRequest).where(seen, *conditions(search, actor))
    if before is not None:
        query = query.where(PrintRequest.id < before)
    return _summaries(work, query, limit)


def waiting_for(work: Work, actor: Actor, *, limit: int = 200) -> tuple[RequestSummary, ...]:
    """Requests whose next step is this person's: approvals of others' requests, and uses of seals in their custody."""
    candidates = _waiting(work, actor).limit(MOST_LOOKED_AT)
    found = [each for each in work.session.scalars(candidates) if may_decide(work, actor, each, taken_of(work, each))]
    return _as_summaries(work, found[:limit])


def is_waiting_for(work: Work, actor: Actor, request_id: UUID) -> bool:
    """Whether the step that waits is this person's."""
    found = work.session.scalar(_waiting(work, actor).where(PrintRequest.id == request_id))
    return found is not None and may_decide(work, actor, found, taken_of(work, found))


def _waiting(work: Work, actor: Actor) -> Select[PrintRequest]:
    by_custodian = (RequestState.PENDING_CUSTODY, RequestState.PHYSICAL_SEAL)
    return (
        select(PrintRequest)
        .where(
            PrintRequest.applicant_id.not_in((actor.id, actor.person_id)),
            PrintRequest.expires_at > work.now(),
            or_(
                has_turn(actor, now=True),
                PrintRequest.state.in_(by_custodian)
                & waits_for_keeper_of(seals_to_confirm(work, actor))
                & within(PrintRequest.branch_id, actor, Permission.CONFIRM_SEAL_USE),
            ),
        )
        .order_by(PrintRequest.id.desc())
    )


def request_details(work: Work, actor: Actor, request_id: UUID) -> RequestDetails:
    """Raises: NotFound."""
    readable = or_(
        within_any(
            PrintRequest.branch_id,
            actor,
            (Permission.READ_REQUESTS, Permission.APPROVE_REQUEST, Permission.CONFIRM_SEAL_USE),
        ),
        has_turn(actor, now=False),
        copied_to(actor),
    )
    found = work.session.execute(
        select(PrintRequest, Document)
        .join(Document, Document.id == PrintRequest.document_id)
        .where(PrintRequest.id == request_id, readable)
    ).one_or_none()
    if found is None:
        raise NotFound("there is no such print request")
    request, document = found
    printer, taken = printer_facts(work, request.printer_id), decisions(work, request.id)
    more = particulars_of(work, request)
    people = names(work, {request.applicant_id, *_named(taken), *more.people})
    rows = work.session.execute(_copies().where(Copy.request_id == request.id).order_by(*IN_ORDER))
    return RequestDetails(
        summary=_summary(request, people),
        purpose=request.purpose,
        failure=request.failure,
        manifest_sha256=request.manifest_sha256,
        document_sha256=document.safe_sha256,
        filename=document.filename,
        pages=document.pages,
        sides=Sides(request.sides),
        seals=tuple(
            SealOnRequest(**vars(each), name=seal.name, origin=seal.origin, evidence=seal.evidence)
            for each, seal in zip(seals_of_request(work, request), facts_of_request(work, request), strict=True)
        ),
        printer_name=printer.name,
        replaces_copy_id=request.replaces_copy_id,
        may_release=may_release(work, actor, request),
        obstacle=obstacle(actor, request, printer.release_rule, at=work.now(), frozen=is_release_frozen(work, request)),
        copies=tuple(_copy(row) for row in rows),
        decisions=taken,
        deciders=people,
        particulars=more,
    )


def _copies() -> Select[Copy, PrintRequest, str, UUID]:
    later = aliased(PrintRequest)
    replacement = select(later.id).where(later.replaces_copy_id == Copy.id).scalar_subquery()
    return (
        select(Copy, PrintRequest, Document.safe_sha256, replacement)
        .join(PrintRequest, PrintRequest.id == Copy.request_id)
        .join(Document, Document.id == PrintRequest.document_id)
    )


def _copy(row: Sequence[Any]) -> CopyFacts:
    copy, request, document_sha256, replaced_by = row
    return CopyFacts(
        id=copy.id,
        request_id=request.id,
        organisation_id=copy.organisation_id,
        branch_id=copy.branch_id,
        applicant_id=request.applicant_id,
        seal_id=request.seal_id,
        document_id=request.document_id,
        printer_id=copy.printer_id,
        serial=CopySerial(copy.serial),
        number=copy.number,
        copies=papers_of(request.copies, Electronic(request.electronic)),
        state=CopyState(copy.state),
        pages=copy.pages,
        sides=Sides(request.sides),
        title=request.title,
        own_reference=request.own_reference,
        rendition_sha256=copy.rendition_sha256,
        issued_sha256=copy.issued_sha256,
        document_sha256=document_sha256,
        issued_at=copy.issued_at,
        released_at=copy.released_at,
        sent_at=copy.sent_at,
        printed_at=copy.printed_at,
        settled_reason=copy.settled_reason,
        settled_by=copy.settled_by,
        settled_at=copy.settled_at,
        confirmed_by=copy.confirmed_by,
        confirmed_at=copy.confirmed_at,
        replaced_by=replaced_by,
    )


def _named(taken: Sequence[DecisionView]) -> set[UUID]:
    return {person for one in taken for person in (one.person_id, one.acts_for, one.to_id) if person is not None}


def _summaries(work: Work, query: Select[PrintRequest], limit: int) -> tuple[RequestSummary, ...]:
    return _as_summaries(work, work.session.scalars(query.order_by(PrintRequest.id.desc()).limit(limit)).all())


def _as_summaries(work: Work, found: Sequence[PrintRequest]) -> tuple[RequestSummary, ...]:
    people = names(work, {request.applicant_id for request in found})
    return tuple(_summary(request, people) for request in found)


def _summary(request: PrintRequest, people: dict[UUID, str]) -> RequestSummary:
    return RequestSummary(
        id=request.id,
        title=request.title,
        own_reference=request.own_reference,
        state=RequestState(request.state),
        applicant_id=request.applicant_id,
        applicant_name=people.get(request.applicant_id, ""),
        seal_id=request.seal_id,
        printer_id=request.printer_id,
        copies=papers_of(request.copies, Electronic(request.electronic)),
        electronic=Electronic(request.electronic),
        created_at=request.created_at,
        expires_at=request.expires_at,
        branch_id=request.branch_id,
        class_code=request.class_code,
        step=request.step,
        amount=amount_of(request),
    )
