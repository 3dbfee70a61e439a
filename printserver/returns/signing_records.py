"""Record who signed a copy's paper by hand, when, where and how they were known; confirmed by a second person.

What is corrected stays as an earlier revision, and each revision is confirmed anew. The log holds digests, no names.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, exists, func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import aliased

from printserver.archive.copy_records import require_kept
from printserver.audit.log import append
from printserver.foundation.errors import NotFound, Refused, TransitionRefused
from printserver.foundation.ids import new_id
from printserver.foundation.unit_of_work import Work
from printserver.organisations.access import Actor, within
from printserver.organisations.permissions import Permission
from printserver.organisations.queries import names
from printserver.print_requests.access import copy_for
from printserver.print_requests.owed import policy_of_copy
from printserver.print_requests.queries import CopyFacts, copy_facts
from printserver.print_requests.states import CopyState
from printserver.returns.signing_events import SigningCorrected, SigningDecided, SigningRecorded
from printserver.returns.signing_models import SigningRecord
from printserver.returns.signing_rules import (
    NewSigning,
    Signer,
    SigningMalformed,
    checked_signing,
    content_sha256,
    is_late,
    signers_of,
)

LONGEST_REMARK: Final = 500


class SamePerson(Refused):
    """Who recorded a signing does not confirm it."""

    code = "signing-same-person"


class CaptureTaken(Refused):
    """The same capture was sent before, with other words."""

    code = "signing-capture-taken"


class SigningNotFound(NotFound):
    code = "signing-record-not-found"


class Decision(StrEnum):
    CONFIRMED = "confirmed"
    REFUSED = "refused"


@dataclass(frozen=True)
class SigningView:
    """One revision.   present: the one that holds.   decision: None while it waits for a second person."""

    id: UUID
    record_id: UUID
    revision: int
    copy_id: UUID
    signers: tuple[Signer, ...]
    witness: str
    place: str
    signed_at: datetime
    captured_at: datetime | None
    received_at: datetime
    late: bool
    reason: str
    recorded_by: UUID
    recorded_by_name: str
    recorded_person: UUID
    decision: Decision | None
    decided_by_name: str
    decided_at: datetime | None
    remark: str
    present: bool


def record_signing(work: Work, actor: Actor, new: NewSigning) -> SigningView:
    """Once a capture: sent a second time with the same words it changes nothing, and answers the same.

    Raises: NotFound, RecordDisposed, SigningMalformed, CaptureTaken; TransitionRefused for a copy that is not valid
    paper.
    """
    copy = _paper(work, actor, new.copy_id)
    said = checked_signing(new, printed_at=copy.printed_at, now=work.now())
    digest = content_sha256(said)
    known = _captured(work, actor, said.capture_id, digest)
    if known is not None:
        return _one(work, known)
    row = _row(work, actor, copy, said, digest, record_id=new_id(), revision=1)
    try:
        with work.session.begin_nested():
            work.session.add(row)
    except IntegrityError:  # the same capture came over another connection just now
        known = _captured(work, actor, said.capture_id, digest)
        if known is None:
            raise
        return _one(work, known)
    done = SigningRecorded(
        id=copy.id,
        record_id=row.record_id,
        revision=1,
        content_sha256=digest,
        capture_id=said.capture_id,
        signers=len(said.signers),
        late=row.late,
        signed_at=row.signed_at,
        captured_at=row.captured_at,
    )
    append(work, actor.by, done)
    return _one(work, row)


def correct_signing(work: Work, actor: Actor, record_id: UUID, new: NewSigning, *, reason: str) -> SigningView:
    """Say it anew; the revision before stays, and a second person confirms this one.

    Raises: SigningNotFound, RecordDisposed; SigningMalformed without a reason or for another copy;
    TransitionRefused when somebody else corrects it just now.
    """
    if not reason.strip() or len(reason) > LONGEST_REMARK:
        raise SigningMalformed(f"say why it is corrected, in at most {LONGEST_REMARK} characters")
    before = _present(work, actor, record_id)
    copy = copy_facts(work, before.copy_id)
    require_kept(work, copy.organisation_id, copy.id)
    if new.copy_id != copy.id:
        raise SigningMalformed("a record stays with its copy; make a new one for another copy")
    said = checked_signing(new, printed_at=copy.printed_at, now=work.now())
    digest = content_sha256(said)
    row = _row(work, actor, copy, said, digest, record_id=record_id, revision=before.revision + 1)
    row.reason, row.capture_id = reason.strip(), before.capture_id
    row.late = is_late(said.signed_at, _first_received(work, record_id), policy_of_copy(work, copy.id).late_hours)
    try:
        with work.session.begin_nested():
            work.session.add(row)
    except IntegrityError:
        raise TransitionRefused("somebody else has just corrected it; please look again") from None
    corrected = SigningCorrected(
        id=copy.id,
        record_id=record_id,
        revision=row.revision,
        content_sha256=digest,
        reason=row.reason,
        late=row.late,
    )
    append(work, actor.by, corrected)
    return _one(work, row)


def decide_signing(
    work: Work, actor: Actor, record_id: UUID, *, revision: int, decision: Decision, remark: str = ""
) -> SigningView:
    """A second natural person says that it was so, or that it was not.   revision: the one that was looked at.

    Raises: SigningNotFound, RecordDisposed, SamePerson; SigningMalformed for a refusal without a remark;
    TransitionRefused for another revision, or one that is decided.
    """
    row = _present(work, actor, record_id)
    require_kept(work, row.organisation_id, row.copy_id)
    if actor.person_id == row.recorded_person:
        raise SamePerson("somebody else than who recorded it has to confirm it")
    if len(remark) > LONGEST_REMARK or (decision is Decision.REFUSED and not remark.strip()):
        raise SigningMalformed("say why it is refused")
    decided = work.session.scalar(
        update(SigningRecord)
        .where(SigningRecord.id == row.id, SigningRecord.revision == revision, SigningRecord.decision == "")
        .values(decision=decision.value, decided_by=actor.id, decided_at=work.now(), remark=remark.strip())
        .returning(SigningRecord.id)
    )
    if decided is None:
        raise TransitionRefused("this record was changed or decided since; please look at it again")
    work.session.refresh(row)
    done = SigningDecided(
        id=row.copy_id,
        record_id=record_id,
        revision=revision,
        content_sha256=row.content_sha256,
        decision=decision.value,
        remark=remark.strip(),
    )
    append(work, actor.by, done)
    return _one(work, row)


def records_of_copy(work: Work, copy_id: UUID) -> tuple[SigningView, ...]:
    """Every revision of every record of the copy, without regard to anybody's rights; the present ones first."""
    rows = work.session.scalars(
        select(SigningRecord)
        .where(SigningRecord.copy_id == copy_id)
        .order_by(SigningRecord.record_id, SigningRecord.revision.desc())
    ).all()
    return tuple(sorted(_views(work, rows), key=lambda view: not view.present))


def unconfirmed(work: Work, actor: Actor, *, limit: int = 50) -> tuple[SigningView, ...]:
    """Those that `actor` may confirm, the longest waiting first."""
    chosen = select(SigningRecord).where(*_waits_for(actor)).order_by(SigningRecord.id).limit(limit)
    return _views(work, work.session.scalars(chosen).all())


def unconfirmed_count(work: Work, actor: Actor) -> int:
    """How many those are."""
    return work.session.scalar(select(func.count()).select_from(SigningRecord).where(*_waits_for(actor))) or 0


def _waits_for(actor: Actor) -> tuple[ColumnElement[bool], ...]:
    """For a second person such as `actor`."""
    later = aliased(SigningRecord)
    newer = exists().where(later.record_id == SigningRecord.record_id, later.revision > SigningRecord.revision)
    return (
        within(SigningRecord.branch_id, actor, Permission.HAND_IN_RETURNS),
        SigningRecord.decision == "",
        SigningRecord.recorded_person != actor.person_id,
        ~newer,
    )


def _paper(work: Work, actor: Actor, copy_id: UUID) -> CopyFacts:
    """Raises: NotFound, RecordDisposed, TransitionRefused."""
    copy = copy_facts(work, copy_for(work, actor, copy_id, Permission.HAND_IN_RETURNS).id)
    require_kept(work, copy.organisation_id, copy.id)
    if copy.state is not CopyState.PRINTED:
        raise TransitionRefused(f"nobody signs a copy that is {copy.state}")
    return copy


def _captured(work: Work, actor: Actor, capture_id: UUID, digest: str) -> SigningRecord | None:
    """Raises: CaptureTaken."""
    row = work.session.scalar(
        select(SigningRecord).where(
            SigningRecord.organisation_id == actor.organisation_id,
            SigningRecord.capture_id == capture_id,
            SigningRecord.revision == 1,
        )
    )
    if row is not None and (row.content_sha256 != digest or row.recorded_person != actor.person_id):
        raise CaptureTaken("this capture was recorded before with other words; correct that record instead")
    return row


def _present(work: Work, actor: Actor, record_id: UUID) -> SigningRecord:
    row = work.session.scalar(
        select(SigningRecord)
        .where(SigningRecord.record_id == record_id, within(SigningRecord.branch_id, actor, Permission.HAND_IN_RETURNS))
        .order_by(SigningRecord.revision.desc())
        .limit(1)
    )
    if row is None:
        raise SigningNotFound("there is no such record of a signing")
    return row


def _first_received(work: Work, record_id: UUID) -> datetime:
    first = (SigningRecord.record_id == record_id, SigningRecord.revision == 1)
    return work.session.scalars(select(SigningRecord.received_at).where(*first)).one()


def _row(
    work: Work, actor: Actor, copy: CopyFacts, said: NewSigning, digest: str, *, record_id: UUID, revision: int
) -> SigningRecord:
    return SigningRecord(
        id=new_id(),
        record_id=record_id,
        revision=revision,
        organisation_id=copy.organisation_id,
        branch_id=copy.branch_id,
        copy_id=copy.id,
        capture_id=said.capture_id,
        content_sha256=digest,
        signers=[each.to_json() for each in said.signers],
        witness=said.witness,
        place=said.place,
        signed_at=said.signed_at.astimezone(UTC),
        captured_at=None if said.captured_at is None else said.captured_at.astimezone(UTC),
        received_at=work.now(),
        late=is_late(said.signed_at, work.now(), policy_of_copy(work, copy.id).late_hours),
        reason="",
        recorded_by=actor.id,
        recorded_person=actor.person_id,
        decision="",
        remark="",
    )


def _one(work: Work, row: SigningRecord) -> SigningView:
    return _views(work, [row])[0]


def _views(work: Work, rows: Sequence[SigningRecord]) -> tuple[SigningView, ...]:
    """rows: of whole records, or the present revisions alone."""
    newest: dict[UUID, int] = {}
    for row in rows:
        newest[row.record_id] = max(row.revision, newest.get(row.record_id, 0))
    people = names(work, {each for row in rows for each in (row.recorded_by, row.decided_by) if each is not None})
    return tuple(
        SigningView(
            row.id,
            row.record_id,
            row.revision,
            row.copy_id,
            signers_of(row.signers),
            row.witness,
            row.place,
            row.signed_at,
            row.captured_at,
            row.received_at,
            row.late,
            row.reason,
            row.recorded_by,
            people.get(row.recorded_by, ""),
            row.recorded_person,
            Decision(row.decision) if row.decision else None,
            people.get(row.decided_by, "") if row.decided_by else "",
            row.decided_at,
            row.remark,
            row.revision == newest[row.record_id],
        )
        for row in rows
    )
