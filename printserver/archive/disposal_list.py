"""The list of what shall go, and the certificate of what has gone, as canonical bytes that people sign. Pure.

Neither holds a title or a name: they outlive the records, whose words are blanked. Digests say which bytes it was.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256
from typing import Any, Final
from uuid import UUID

from printserver.audit.canonical import canonical_json
from printserver.foundation.clock import as_text

VERSION: Final = 1
LIST_KIND: Final = "disposal-list"
CERTIFICATE_KIND: Final = "disposal-certificate"


@dataclass(frozen=True)
class ListedRecord:
    """A line of the list, as it was when the list was made.   kept_until: the last day."""

    record_id: UUID
    number: str
    serial: str
    issued_sha256: str
    archived_at: datetime
    retention_class: str
    contract_end: date
    kept_until: date

    def to_json(self) -> dict[str, Any]:
        return {
            "record_id": str(self.record_id),
            "number": self.number,
            "serial": self.serial,
            "issued_sha256": self.issued_sha256,
            "archived_at": as_text(self.archived_at),
            "retention_class": self.retention_class,
            "contract_end": self.contract_end.isoformat(),
            "kept_until": self.kept_until.isoformat(),
        }


@dataclass(frozen=True)
class DisposalList:
    """`organisation`: u32 of verification codes.   day: on which the records were found due."""

    run_id: UUID
    organisation: int
    branch_id: UUID
    number: int
    day: date
    reason: str
    records: Sequence[ListedRecord]

    def to_json(self) -> dict[str, Any]:
        return {
            "version": VERSION,
            "kind": LIST_KIND,
            "run_id": str(self.run_id),
            "organisation": self.organisation,
            "branch_id": str(self.branch_id),
            "number": self.number,
            "day": self.day.isoformat(),
            "reason": self.reason,
            "records": [each.to_json() for each in self.records],
        }

    def digest(self) -> str:
        """SHA-256 of its RFC 8785 bytes: what both persons sign."""
        return sha256(canonical_json(self.to_json())).hexdigest()


@dataclass(frozen=True)
class Outcome:
    """What became of a line.   erased: digests of what nobody reads again.   why: it was kept; empty else."""

    record_id: UUID
    state: str
    why: str
    erased: Sequence[str]
    at: datetime


def certificate(
    listed: DisposalList, words: Sequence[Mapping[str, str]], outcomes: Sequence[Outcome], finished_at: datetime
) -> bytes:
    """RFC 8785 bytes.   words: {"act", "person_id", "acts_for", "at", "evidence"}, proposing first."""
    return canonical_json(
        {
            "version": VERSION,
            "kind": CERTIFICATE_KIND,
            "list": listed.to_json(),
            "list_sha256": listed.digest(),
            "words": [dict(word) for word in words],
            "outcomes": [
                {
                    "record_id": str(each.record_id),
                    "state": each.state,
                    "why": each.why,
                    "erased": list(each.erased),
                    "at": as_text(each.at),
                }
                for each in outcomes
            ],
            "finished_at": as_text(finished_at),
        }
    )
