"""What rows say of an archive record, gathered for its evidence package: `record.json`, but for the files."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select

from printserver.approvals.events import RequestDecided
from printserver.approvals.evidence_queries import SignedDecision, registered_keys, signed_decisions
from printserver.approvals.statement_events import StatementRegistered
from printserver.archive.events import CopyArchived
from printserver.archive.queries import RecordDetail
from printserver.audit.evidence_queries import entries_about, unplaced_about
from printserver.foundation.clock import as_text
from printserver.foundation.unit_of_work import Work
from printserver.organisations.access import Actor, within
from printserver.organisations.permissions import Permission
from printserver.organisations.queries import branch, names, organisation
from printserver.print_requests.copy_seals import SealOnCopy, seals_on
from printserver.print_requests.events import (
    ApprovalFlowOpened,
    CopyMoved,
    CopyRendered,
    CopySealed,
    CopySigned,
    CopyStarted,
    RequestMoved,
    RequestSubmitted,
)
from printserver.print_requests.hand_over_queries import HandOverView, hand_overs_of, proofs_of_others
from printserver.print_requests.paper_events import CopyHandedOver, HandOverCorrected
from printserver.print_requests.public_queries import said_of_request
from printserver.print_requests.queries import CopyFacts, copy_facts
from printserver.printing.queries import printer_facts
from printserver.returns.events import PageMatched, PageSettled, ReturnHandedIn
from printserver.returns.models import Return, ReturnPage
from printserver.returns.signing_events import SigningCorrected, SigningDecided, SigningRecorded
from printserver.returns.signing_records import SigningView, records_of_copy
from printserver.returns.states import KEPT, PageState
from printserver.signing.evidence import is_system_evidence
from printserver.signing.passkey_evidence import is_passkey_evidence

EVENTS: Final = tuple(
    event.__name__
    for event in (
        RequestSubmitted, ApprovalFlowOpened, RequestDecided, RequestMoved, CopyRendered, CopySigned, CopySealed,
        CopyMoved, CopyStarted, ReturnHandedIn, PageMatched, PageSettled, CopyArchived, StatementRegistered,
        SigningRecorded, SigningCorrected, SigningDecided, CopyHandedOver, HandOverCorrected,
    )
)  # fmt: skip
"""What is proved of a record; who looked at it since is not part of the evidence."""
_SHOWN_FINDINGS: Final = ("comparison", "kind", "score", "confidence", "colour", "regions", "pose", "dpi")
_NOT_OF_ANYBODY: Final = (PageState.BLANK, PageState.DISCARDED, PageState.SHEET)


@dataclass(frozen=True)
class ScanFact:
    """A scanned file of a record.   others: whether it holds pages of something else, or nobody knows whose.

    readable: whether the one who asks may read it whole.
    """

    sha256: str
    return_id: UUID
    others: bool
    readable: bool


@dataclass(frozen=True)
class EvidenceFacts:
    """`content`: members of `record.json`.   manifest_sha256: None when nobody approved electronically.

    proofs: of its hand-overs, digests; those that are also about other copies are `shared_proofs` instead.
    unplaced: whether an entry about it still waits for its place in the log, and so cannot be proved yet.
    """

    detail: RecordDetail
    copy: CopyFacts
    organisation_id: UUID
    manifest_sha256: str | None
    searchable_sha256: str | None
    seals: tuple[SealOnCopy, ...]
    scans: tuple[ScanFact, ...]
    proofs: frozenset[str]
    shared_proofs: frozenset[str]
    content: Mapping[str, Any]
    entry_ids: tuple[UUID, ...]
    unplaced: bool


def evidence_facts(work: Work, actor: Actor, detail: RecordDetail, searchable_sha256: str | None) -> EvidenceFacts:
    """detail: as the one who asks may read it."""
    copy = copy_facts(work, detail.copy_id)
    manifest = said_of_request(work, copy.request_id).manifest_sha256
    decisions = signed_decisions(work, copy.request_id, manifest or "")
    register = _register(work, copy.organisation_id, decisions)
    rows = work.session.scalars(
        select(ReturnPage).where(ReturnPage.copy_id == copy.id, ReturnPage.state.in_(KEPT)).order_by(ReturnPage.page)
    ).all()
    returns = _returns(work, detail)
    seals = seals_on(work, copy.id)
    subjects = {copy.id, copy.request_id, detail.summary.id, *(row.id for row in rows), *(row.id for row in returns)}
    subjects |= {UUID(each["id"]) for each in register}
    entry_ids = entries_about(work, subjects, events=EVENTS)
    scans = _scans(work, actor, detail, returns)
    hand_overs, shared = hand_overs_of(work, copy.id), proofs_of_others(work, copy.id)
    proofs = frozenset(each.proof_sha256 for each in hand_overs if each.proof_sha256 is not None)
    content = {
        "record": _record(work, detail, copy),
        "copy": _copy(copy),
        "print": _print(work, copy),
        "decisions": [_decision(each) for each in decisions],
        "register": register,
        "seals": [
            {
                "position": each.position,
                "seal_id": str(each.seal_id),
                "name": each.name,
                "signature_sha256": each.signature_sha256,
                "sealed_at": as_text(each.sealed_at),
            }
            for each in seals
        ],
        "pages": _pages(detail, {row.page: row for row in rows}),
        "returns": [
            {
                "id": str(row.id),
                "filename": row.filename,
                "handed_in_by": str(row.handed_in_by),
                "handed_in_at": as_text(row.created_at),
                "scan_sha256": row.scan_sha256,
            }
            for row in returns
        ],
        "hand_overs": [_hand_over(each) for each in reversed(hand_overs)],
        "signings": [_signing(each) for each in records_of_copy(work, copy.id)],
        "people": _people(work, copy, decisions, returns),
        "log_entries": [str(entry_id) for entry_id in entry_ids],
    }
    return EvidenceFacts(
        detail,
        copy,
        copy.organisation_id,
        manifest,
        searchable_sha256,
        seals,
        scans,
        proofs - shared,
        shared,
        content,
        entry_ids,
        unplaced_about(work, subjects, events=EVENTS),
    )


def _record(work: Work, detail: RecordDetail, copy: CopyFacts) -> dict[str, Any]:
    owner, summary = organisation(work, copy.organisation_id), detail.summary
    return {
        "id": str(summary.id),
        "number": summary.number,
        "copy_id": str(copy.id),
        "request_id": str(copy.request_id),
        "organisation": {"id": str(owner.id), "number": owner.number, "name": owner.name},
        "branch": {"id": str(detail.branch_id), "name": branch(work, detail.branch_id).name},
        "title": summary.title,
        "own_reference": summary.own_reference,
        "retention_class": summary.retention_class,
        "archived_at": as_text(summary.created_at),
    }


def _copy(copy: CopyFacts) -> dict[str, Any]:
    return {
        "serial": str(copy.serial),
        "number": copy.number,
        "copies": copy.copies,
        "pages": copy.pages,
        "state": copy.state.value,
        "rendition_sha256": copy.rendition_sha256,
        "issued_sha256": copy.issued_sha256 or "",
        "document_sha256": copy.document_sha256,
    }


def _print(work: Work, copy: CopyFacts) -> dict[str, Any]:
    printer = printer_facts(work, copy.printer_id)
    return {
        "printer": {"id": str(printer.id), "name": printer.name},
        "sides": copy.sides.value,
        "issued_at": _moment(copy.issued_at),
        "released_at": _moment(copy.released_at),
        "sent_at": _moment(copy.sent_at),
        "printed_at": _moment(copy.printed_at),
        "settled_at": _moment(copy.settled_at),
        "settled_reason": copy.settled_reason,
    }


def _decision(one: SignedDecision) -> dict[str, Any]:
    return {
        "person_id": str(one.person_id),
        "step": one.step,
        "decision": one.decision,
        "reason": one.reason,
        "decided_at": as_text(one.decided_at),
        "acts_for": None if one.acts_for is None else str(one.acts_for),
        "to": None if one.to_id is None else str(one.to_id),
        "kind": one.kind,
        "evidence": one.evidence,
    }


def _pages(detail: RecordDetail, rows: Mapping[int | None, ReturnPage]) -> list[dict[str, Any]]:
    pages = []
    for page in detail.pages:
        row = rows.get(page.page)
        findings = {} if row is None else {name: row.findings[name] for name in _SHOWN_FINDINGS if name in row.findings}
        pages.append(
            {
                "page": page.page,
                "image_sha256": page.image_sha256,
                "scan_sha256": page.scan_sha256,
                "position": page.position,
                "verdict": page.verdict,
                "return_id": str(page.return_id),
                "findings": findings,
                "settled_by": None if row is None or row.settled_by is None else str(row.settled_by),
            }
        )
    return pages


def _hand_over(one: HandOverView) -> dict[str, Any]:
    """Of the chain of holders: one revision of a link, the first link and its first revision first."""
    return {
        "position": one.position,
        "revision": one.revision,
        "present": one.present,
        "cancelled": one.cancelled,
        "holder_kind": one.holder_kind.value,
        "holder": one.holder,
        "means": one.means.value,
        "receiver": one.receiver,
        "courier_number": one.courier_number,
        "proof_sha256": one.proof_sha256,
        "handed_at": as_text(one.handed_at),
        "note": one.note,
        "reason": one.reason,
        "recorded_by": one.recorded_by,
        "recorded_at": as_text(one.recorded_at),
    }


def _signing(one: SigningView) -> dict[str, Any]:
    """Of paper that people signed by hand: who, when, where, how they were known, and who confirmed it."""
    return {
        "record_id": str(one.record_id),
        "revision": one.revision,
        "present": one.present,
        "signers": [signer.to_json() for signer in one.signers],
        "witness": one.witness,
        "place": one.place,
        "signed_at": as_text(one.signed_at),
        "captured_at": _moment(one.captured_at),
        "received_at": as_text(one.received_at),
        "late": one.late,
        "reason": one.reason,
        "recorded_by": one.recorded_by_name,
        "decision": None if one.decision is None else one.decision.value,
        "decided_by": one.decided_by_name,
        "decided_at": _moment(one.decided_at),
        "remark": one.remark,
    }


def _people(
    work: Work, copy: CopyFacts, decisions: Sequence[SignedDecision], returns: Sequence[Return]
) -> dict[str, str]:
    concerned = {copy.applicant_id, *(row.handed_in_by for row in returns)}
    for one in decisions:
        concerned |= {person for person in (one.person_id, one.acts_for, one.to_id) if person is not None}
    return {str(person): name for person, name in sorted(names(work, concerned).items())}


def _register(work: Work, organisation_id: UUID, decisions: Sequence[SignedDecision]) -> list[dict[str, Any]]:
    credentials = {_credential(one.evidence) for one in decisions if is_passkey_evidence(one.evidence)}
    systems = {_system(one.evidence) for one in decisions if is_system_evidence(one.evidence)}
    found = registered_keys(work, organisation_id, credentials=credentials, systems=systems)
    return [statement.to_json() for statement in found]


def _returns(work: Work, detail: RecordDetail) -> Sequence[Return]:
    wanted = {page.return_id for page in detail.pages}
    return work.session.scalars(select(Return).where(Return.id.in_(wanted)).order_by(Return.id)).all()


def _scans(work: Work, actor: Actor, detail: RecordDetail, returns: Sequence[Return]) -> tuple[ScanFact, ...]:
    known = {row.id for row in returns}
    others = set(
        work.session.scalars(
            select(ReturnPage.return_id).where(
                ReturnPage.return_id.in_(known),
                ReturnPage.state.not_in(_NOT_OF_ANYBODY),
                ReturnPage.copy_id.is_distinct_from(detail.copy_id),
            )
        )
    )
    readable = set(
        work.session.scalars(
            select(Return.id).where(Return.id.in_(known), within(Return.branch_id, actor, Permission.READ_RETURNS))
        )
    )
    named = {page.scan_sha256: page.return_id for page in detail.pages}
    return tuple(
        ScanFact(digest, return_id, return_id in others or return_id not in known, return_id in readable)
        for digest, return_id in sorted(named.items())
    )


def _moment(at: datetime | None) -> str | None:
    return None if at is None else as_text(at)


def _credential(evidence: str) -> str:
    """The id of the passkey that signed, as stored evidence names it."""
    said = json.loads(evidence)
    return str(said["credential_id"])


def _system(evidence: str) -> str:
    """The id of the system that signed, as stored evidence names it."""
    header = evidence.partition(".")[0]
    said = json.loads(base64.urlsafe_b64decode(header + "=" * (-len(header) % 4)))
    return str(said["kid"])
