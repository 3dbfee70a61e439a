"""Records of signings by hand: who signed a copy's paper, when, where, and how they were known."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import AwareDatetime, Field

from printserver.api.v1.common import View, api_router
from printserver.http_edge.declarations import requires
from printserver.http_edge.work import CurrentActor, CurrentWork
from printserver.organisations.permissions import Permission
from printserver.print_requests.queries import copy_facts_for
from printserver.returns import signing_records, signing_rules
from printserver.returns.signing_records import Decision
from printserver.returns.signing_rules import IdentityCheck, NewSigning

router = api_router("", "signing records")

Name = Annotated[str, Field(max_length=100)]


class SignerView(View):
    """`number_end`: the last four characters of the paper's number; of a longer text the server keeps no more."""

    name: Name
    check: IdentityCheck
    party: Name = ""
    number_end: Annotated[str, Field(max_length=40)] = ""


class WordsOfSigning(View):
    """`signed_at`: as the person says.   captured_at: by the telephone's clock, when it was recorded there."""

    copy_id: UUID
    signers: Annotated[list[SignerView], Field(min_length=1, max_length=signing_rules.MOST_SIGNERS)]
    place: Annotated[str, Field(min_length=1, max_length=300)]
    witness: Name = ""
    signed_at: AwareDatetime
    captured_at: AwareDatetime | None = None

    def checked(self, capture_id: UUID) -> NewSigning:
        signers = tuple(
            signing_rules.Signer(each.name, each.check, each.party, each.number_end) for each in self.signers
        )
        return NewSigning(capture_id, self.copy_id, signers, self.place, self.signed_at, self.witness, self.captured_at)


class NewRecord(WordsOfSigning):
    """`capture_id`: a UUID that the caller has made; sent twice with the same words, it is recorded once."""

    capture_id: UUID


class CorrectedRecord(WordsOfSigning):
    reason: Annotated[str, Field(min_length=1, max_length=500)]


class NewDecision(View):
    """By another natural person than who recorded it.   revision: the one that was looked at."""

    revision: Annotated[int, Field(ge=1)]
    decision: Decision
    remark: Annotated[str, Field(max_length=500)] = ""


class SigningRecord(View):
    """One revision.   present: the one that holds.   late: it reached the server too long after the signing.

    decision: null while it waits for a second person.
    """

    id: UUID
    record_id: UUID
    revision: int
    copy_id: UUID
    signers: list[SignerView]
    witness: str
    place: str
    signed_at: datetime
    captured_at: datetime | None
    received_at: datetime
    late: bool
    reason: str
    recorded_by_name: str
    decision: Decision | None
    decided_by_name: str
    decided_at: datetime | None
    remark: str
    present: bool


@router.get("/copies/{copy_id}/signing-records", summary="Who signed a copy by hand; every revision")
@requires(Permission.READ_RETURNS)
def list_signing_records(copy_id: UUID, actor: CurrentActor, work: CurrentWork) -> list[SigningRecord]:
    copy = copy_facts_for(work, actor, copy_id)
    return [SigningRecord.model_validate(each) for each in signing_records.records_of_copy(work, copy.id)]


@router.post("/signing-records", status_code=201, summary="Record who signed a copy by hand")
@requires(Permission.HAND_IN_RETURNS)
def create_signing_record(body: NewRecord, actor: CurrentActor, work: CurrentWork) -> SigningRecord:
    """Safe to send again: the same capture with the same words is recorded once and answered alike."""
    return SigningRecord.model_validate(signing_records.record_signing(work, actor, body.checked(body.capture_id)))


@router.post("/signing-records/{signing_id}/corrections", status_code=201, summary="Say a record anew")
@requires(Permission.HAND_IN_RETURNS)
def create_signing_correction(
    signing_id: UUID, body: CorrectedRecord, actor: CurrentActor, work: CurrentWork
) -> SigningRecord:
    """What it said before stays; a second person confirms it anew."""
    made = signing_records.correct_signing(work, actor, signing_id, body.checked(signing_id), reason=body.reason)
    return SigningRecord.model_validate(made)


@router.post("/signing-records/{signing_id}/decisions", status_code=201, summary="Confirm or refuse a record")
@requires(Permission.HAND_IN_RETURNS)
def create_signing_decision(
    signing_id: UUID, body: NewDecision, actor: CurrentActor, work: CurrentWork
) -> SigningRecord:
    """For another natural person than who recorded it."""
    decided = signing_records.decide_signing(
        work, actor, signing_id, revision=body.revision, decision=body.decision, remark=body.remark
    )
    return SigningRecord.model_validate(decided)
