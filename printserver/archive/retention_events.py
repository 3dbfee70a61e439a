"""What happens to the time that records are kept: changes, holds, disposals."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from printserver.audit.log import Event


@dataclass(frozen=True, kw_only=True)
class RetentionChangeAsked(Event):
    """A shortening waits for a second person. Dates are ISO 8601, empty for an unknown end."""

    subject: ClassVar[str] = "archive-record"
    branch_id: UUID
    change_id: UUID
    old_class: str
    old_end: str
    new_class: str
    new_end: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class RetentionChanged(Event):
    """In force from now on.   shortens: then two persons said so."""

    subject: ClassVar[str] = "archive-record"
    change_id: UUID
    old_class: str
    old_end: str
    new_class: str
    new_end: str
    reason: str
    shortens: bool


@dataclass(frozen=True, kw_only=True)
class RetentionChangeRefused(Event):
    subject: ClassVar[str] = "archive-record"
    change_id: UUID
    reason: str


@dataclass(frozen=True, kw_only=True)
class HoldEvent(Event):
    subject: ClassVar[str] = "legal-hold"


@dataclass(frozen=True, kw_only=True)
class HoldSet(HoldEvent):
    """It works from now on. `scope`: records, search or branch.   said: the search.

    branches: of a branch's, that one and those that lie below it now.
    """

    branch_id: UUID
    scope: str
    matter: str
    reason: str
    said: str
    records: tuple[UUID, ...]
    branches: tuple[UUID, ...]


@dataclass(frozen=True, kw_only=True)
class HoldConfirmed(HoldEvent):
    matter: str


@dataclass(frozen=True, kw_only=True)
class HoldLiftAsked(HoldEvent):
    """It works on until a second person lifts it."""

    branch_id: UUID
    matter: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class HoldLifted(HoldEvent):
    """`asked_at`: when it was asked for.   asked, agreed: the signed words of both persons, see `signed_words`."""

    matter: str
    reason: str
    asked_at: str
    asked: str
    agreed: str


@dataclass(frozen=True, kw_only=True)
class HoldKept(HoldEvent):
    """A second person would not lift it."""

    matter: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class DisposalEvent(Event):
    subject: ClassVar[str] = "disposal"


@dataclass(frozen=True, kw_only=True)
class DisposalProposed(DisposalEvent):
    """`list_sha256`: of the canonical JSON of the list."""

    number: int
    branch_id: UUID
    records: int
    list_sha256: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class DisposalApproved(DisposalEvent):
    number: int
    list_sha256: str


@dataclass(frozen=True, kw_only=True)
class DisposalEnded(DisposalEvent):
    """Refused by a second person, or taken back by whoever proposed it: `state` says which."""

    number: int
    state: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class DisposalCompleted(DisposalEvent):
    number: int
    disposed: int
    kept: int
    certificate_sha256: str


@dataclass(frozen=True, kw_only=True)
class DisposalStopped(DisposalEvent):
    """What was approved cannot be proved any more; nothing further goes. `why`: the code of the problem."""

    number: int
    branch_id: UUID
    why: str


@dataclass(frozen=True, kw_only=True)
class RecordMarked(Event):
    """From now on it goes.   named: digests of what only disposed records name."""

    subject: ClassVar[str] = "archive-record"
    run_id: UUID
    number: str
    serial: str
    named: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class RecordDisposed(Event):
    """Its bytes can be read by nobody any more, and its texts are blank."""

    subject: ClassVar[str] = "archive-record"
    run_id: UUID
    number: str
    serial: str
    erased: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class RecordKept(Event):
    """It was on an approved list, and something held it back. `why`: such as held, held-by-log or not-due."""

    subject: ClassVar[str] = "archive-record"
    run_id: UUID
    number: str
    why: str
