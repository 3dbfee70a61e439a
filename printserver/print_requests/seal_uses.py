"""The log of a seal's uses (用印登记表): who asked, who agreed, when, where, over which document, which copies."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import select

from printserver.approvals.flows import DecisionView, decisions
from printserver.documents.queries import document_facts
from printserver.foundation.serials import CopySerial
from printserver.foundation.unit_of_work import Work
from printserver.organisations.access import Actor, branch_path
from printserver.organisations.permissions import Permission
from printserver.organisations.queries import branch, names
from printserver.print_requests.access import copies_of
from printserver.print_requests.models import PrintRequest
from printserver.print_requests.request_seals import asks_for
from printserver.print_requests.states import CopyState, RequestState
from printserver.printing.queries import printer_facts
from printserver.seals.errors import SealNotFound
from printserver.seals.queries import SealFacts, is_custodian, readable_seal
from printserver.signing.evidence import Decision

COLUMNS: Final = (
    *("asked_at", "title", "document_sha256", "applicant", "approved_by", "branch", "printer", "state"),
    *("copy", "serial", "copy_state", "printed_at", "own_reference", "purpose"),
)
"""Stable names; a line a copy, or one for a request that has none yet."""
MOST: Final = 5_000
_READERS: Final = (Permission.MANAGE_SEALS, Permission.CONFIRM_STATEMENTS, Permission.READ_AUDIT)


@dataclass(frozen=True)
class UsedCopy:
    """`serial`: as people read it."""

    id: UUID
    number: int
    serial: str
    state: CopyState
    printed_at: datetime | None


@dataclass(frozen=True)
class Agreed:
    """`step`: of the flow; a custodian's says so."""

    name: str
    step: str
    at: datetime


@dataclass(frozen=True)
class SealUse:
    """One request for the seal, with its copies."""

    id: UUID
    title: str
    purpose: str
    own_reference: str
    document_sha256: str
    filename: str
    applicant: str
    branch: str
    printer: str
    state: RequestState
    asked_at: datetime
    agreed: tuple[Agreed, ...]
    copies: tuple[UsedCopy, ...]


def may_read_uses(work: Work, actor: Actor, seal: SealFacts) -> bool:
    """The seal's custodians, those who keep the seals of its branch, its officers, auditors."""
    path = branch_path(work, seal.branch_id)
    return is_custodian(work, seal.id, actor.person_id) or any(actor.may(each, path) for each in _READERS)


def seal_uses(
    work: Work, actor: Actor, seal_id: UUID, *, before: UUID | None = None, limit: int = MOST
) -> tuple[SealUse, ...]:
    """Newest first.   before: the last one of the page before.   Raises: SealNotFound."""
    seal = readable_seal(work, actor, seal_id)
    if not may_read_uses(work, actor, seal):
        raise SealNotFound("there is no such seal")
    wanted = [asks_for((seal_id,))]
    wanted += [] if before is None else [PrintRequest.id < before]
    rows = work.session.scalars(
        select(PrintRequest).where(*wanted).order_by(PrintRequest.id.desc()).limit(min(limit, MOST))
    ).all()
    return tuple(_use(work, row) for row in rows)


def cells(use: SealUse) -> Sequence[tuple[str | int | None, ...]]:
    """A line a copy, with one value for each of `COLUMNS`; moments in UTC, as ISO 8601."""
    asked = use.asked_at.isoformat(timespec="seconds")
    agreed = "、".join(f"{each.name} ({each.step})" for each in use.agreed)
    head = (asked, use.title, use.document_sha256, use.applicant, agreed, use.branch, use.printer, use.state.value)
    tail = (use.own_reference, use.purpose)
    if not use.copies:
        return [(*head, None, None, None, None, *tail)]
    return [(*head, copy.number, copy.serial, copy.state.value, _said(copy.printed_at), *tail) for copy in use.copies]


def _use(work: Work, request: PrintRequest) -> SealUse:
    taken = [each for each in decisions(work, request.id) if each.decision == Decision.APPROVED]
    called = names(work, {request.applicant_id, *(each.person_id for each in taken)})
    document = document_facts(work, request.document_id)
    return SealUse(
        id=request.id,
        title=request.title,
        purpose=request.purpose,
        own_reference=request.own_reference,
        document_sha256=document.original_sha256,
        filename=document.filename,
        applicant=called.get(request.applicant_id, ""),
        branch=branch(work, request.branch_id).name,
        printer=printer_facts(work, request.printer_id).name,
        state=RequestState(request.state),
        asked_at=request.created_at,
        agreed=tuple(_agreed(each, called) for each in taken),
        copies=tuple(
            UsedCopy(copy.id, copy.number, str(CopySerial(copy.serial)), CopyState(copy.state), copy.printed_at)
            for copy in copies_of(work, request.id)
        ),
    )


def _agreed(decision: DecisionView, called: dict[UUID, str]) -> Agreed:
    return Agreed(called.get(decision.person_id, ""), decision.step.partition(":")[0], decision.decided_at)


def _said(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat(timespec="seconds")
