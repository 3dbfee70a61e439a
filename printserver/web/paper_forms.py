"""The forms about a copy's paper: hand-overs, signings, due dates, exceptions, and what classes say, as typed."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Annotated, Final
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

from fastapi import UploadFile
from pydantic import BaseModel, ConfigDict, Field

from printserver.approvals.return_policy import CountedFrom, PolicyMalformed, ReturnPolicy
from printserver.print_requests.hand_over_rules import HandOverMalformed, HolderKind, Means, NewHandOver
from printserver.print_requests.hand_overs import LARGEST_PROOF
from printserver.print_requests.owed import ExtensionMalformed, WrittenOffAs
from printserver.print_requests.owed_block import ExceptionMalformed
from printserver.returns.signing_rules import IdentityCheck, NewSigning, Signer, SigningMalformed

Text = Annotated[str, Field(max_length=1_000)]
Texts = Annotated[list[Text], Field(max_length=200)]
SIGNERS_SHOWN: Final = 4
"""Rows of the form; more people are recorded by the interface, or as a record of their own."""


class _Form(BaseModel):
    model_config = ConfigDict(frozen=True)


class TypedHandOver(_Form):
    """`handed_at`: a browser's `datetime-local`, without a time zone.   proof: a photo or scan, or nothing."""

    copy_ids: Texts = []
    holder_kind: Text = HolderKind.PARTY.value
    holder: Text = ""
    holder_branch_id: Text = ""
    means: Text = Means.SIGNATURE.value
    receiver: Text = ""
    courier_number: Text = ""
    handed_at: Text = ""
    note: Text = ""
    reason: Text = ""
    cancelled: bool = False
    proof: UploadFile | None = None

    @property
    def copies(self) -> tuple[UUID, ...]:
        """Raises: HandOverMalformed."""
        try:
            return tuple(UUID(each) for each in self.copy_ids)
        except ValueError:
            raise HandOverMalformed("choose copies of the list") from None

    def proof_data(self) -> bytes | None:
        """None when no file was chosen."""
        if self.proof is None or not self.proof.filename:
            return None
        return self.proof.file.read(LARGEST_PROOF + 1)

    def checked(self, zone: ZoneInfo, proof_sha256: str | None = None) -> NewHandOver:
        """zone: in which the time was typed.   Raises: HandOverMalformed."""
        try:
            kind = HolderKind(self.holder_kind)
            branch_id = UUID(self.holder_branch_id) if kind is HolderKind.BRANCH else None
            at = typed_moment(self.handed_at, zone)
            return NewHandOver(
                kind,
                self.holder,
                Means(self.means),
                at,
                self.receiver,
                self.courier_number,
                branch_id,
                proof_sha256,
                self.note,
            )
        except ValueError:
            raise HandOverMalformed("say who holds it, how it went there, and when") from None


class TypedSigning(_Form):
    """`signer_…`: one entry a person, in order; rows without a name are left out.   key: made with the form."""

    key: Text = ""
    copy_id: Text = ""
    record_id: Text = ""
    signer_name: Texts = []
    signer_party: Texts = []
    signer_check: Texts = []
    signer_number: Texts = []
    place: Text = ""
    witness: Text = ""
    signed_at: Text = ""
    reason: Text = ""

    @property
    def rows(self) -> list[tuple[str, str, str, str]]:
        """Name, party, check and number of each, with empty rows to write into."""
        columns = (self.signer_name, self.signer_party, self.signer_check, self.signer_number)
        count = max(SIGNERS_SHOWN, *(len(each) for each in columns))
        padded = ([*column, *[""] * (count - len(column))] for column in columns)
        return list(zip(*padded, strict=True))

    @property
    def chosen(self) -> UUID:
        """The copy.   Raises: SigningMalformed."""
        try:
            return UUID(self.copy_id)
        except ValueError:
            raise SigningMalformed("choose a copy") from None

    @property
    def corrects(self) -> UUID | None:
        """The record that this says anew; None for a new one.   Raises: SigningMalformed."""
        try:
            return UUID(self.record_id) if self.record_id else None
        except ValueError:
            raise SigningMalformed("there is no such record") from None

    def checked(self, copy_id: UUID, zone: ZoneInfo) -> NewSigning:
        """The same form sent twice is the same capture.   Raises: SigningMalformed."""
        try:
            signers = tuple(
                Signer(name, IdentityCheck(check), party, number)
                for name, party, check, number in self.rows
                if name.strip()
            )
            capture = uuid5(copy_id, self.key)
            return NewSigning(capture, copy_id, signers, self.place, typed_moment(self.signed_at, zone), self.witness)
        except ValueError:
            raise SigningMalformed("say who signed, how they were known, where and when") from None


class TypedDecision(_Form):
    record_id: UUID
    revision: int
    decision: Annotated[str, Field(pattern="^(confirmed|refused)$")]
    remark: Text = ""


class TypedDueDate(_Form):
    """`due_on`: a day; the paper is due when it ends."""

    due_on: Text = ""
    reason: Text = ""

    def checked(self, zone: ZoneInfo) -> datetime:
        """Raises: ExtensionMalformed."""
        try:
            return end_of_day(self.due_on, zone)
        except ValueError:
            raise ExtensionMalformed("say until which day") from None


class TypedWriteOff(_Form):
    written_off_as: WrittenOffAs = WrittenOffAs.KEPT
    reason: Text = ""


class TypedException(_Form):
    branch_id: Text = ""
    until: Text = ""
    most_uses: Text = "1"
    reason: Text = ""

    def checked(self, zone: ZoneInfo) -> tuple[UUID, datetime, int]:
        """Branch, until when, and for how many requests.   Raises: ExceptionMalformed."""
        try:
            return UUID(self.branch_id), end_of_day(self.until, zone), int(self.most_uses)
        except ValueError:
            raise ExceptionMalformed("say for which branch, until which day, and for how many requests") from None


class TypedPolicy(_Form):
    """Numbers as typed; empty for no such limit."""

    days: Text = ""
    counted_from: Text = CountedFrom.PRINTING.value
    remind_before: Text = "7"
    escalate_after: Text = "14"
    most_overdue: Text = ""
    longest_overdue: Text = ""
    late_hours: Text = "24"

    def checked(self) -> ReturnPolicy:
        """Raises: PolicyMalformed."""
        try:
            return ReturnPolicy(
                days=_number(self.days),
                counted_from=CountedFrom(self.counted_from),
                remind_before=int(self.remind_before),
                escalate_after=int(self.escalate_after),
                most_overdue=_number(self.most_overdue),
                longest_overdue=_number(self.longest_overdue),
                late_hours=int(self.late_hours),
            )
        except ValueError:
            raise PolicyMalformed("type whole numbers, or nothing for no limit") from None


def typed_policy(policy: ReturnPolicy) -> TypedPolicy:
    """What the form shows of a class as it is."""
    said = {name: "" if value is None else str(value) for name, value in policy.to_json().items()}
    return TypedPolicy(**said)


def typed_moment(text: str, zone: ZoneInfo) -> datetime:
    """Raises: ValueError."""
    return datetime.fromisoformat(text.strip()).replace(tzinfo=zone)


def end_of_day(text: str, zone: ZoneInfo) -> datetime:
    """The last second of a day.   Raises: ValueError."""
    return datetime.combine(date.fromisoformat(text.strip()), time(23, 59, 59), zone)


def shown_moment(at: datetime, zone: ZoneInfo) -> str:
    """As a browser's `datetime-local` takes it."""
    return at.astimezone(zone).strftime("%Y-%m-%dT%H:%M")


def _number(text: str) -> int | None:
    return int(text) if text.strip() else None
