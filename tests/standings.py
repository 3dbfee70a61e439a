"""What a register may say: people with seats in a small tree of branches, a seal, flows; and manifests to decide on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import NAMESPACE_DNS, uuid5

from printserver.foundation.clock import as_text
from printserver.signing.evidence import Decision, EvidenceClaims
from printserver.signing.flow import Flow, default_flow, parse_flow, steps_of
from printserver.signing.manifest_shape import VERSION
from printserver.signing.quorum import case_of, custody_steps, manifest_digest
from printserver.signing.register import Standing
from printserver.signing.statements import Statement, StatementKind
from printserver.signing.verified import EvidenceKind, Verified

NOW: Final = datetime(2026, 11, 22, 13, 30, tzinfo=UTC)
ORGANISATION: Final = 7
K = StatementKind


def some_id(name: str) -> str:
    """A UUID by a name, always the same one."""
    return str(uuid5(NAMESPACE_DNS, name))


HEAD: Final = f"/{some_id('head')}/"
NORTH: Final = f"{HEAD}{some_id('north')}/"
SOUTH: Final = f"{HEAD}{some_id('south')}/"
SEAL: Final = some_id("seal")
CODE_ID: Final = "0123456789ab"
OBJECT: Final = "ab" * 32


def statement(kind: StatementKind, body: Mapping[str, Any], *, made_at: datetime = NOW) -> Statement:
    return Statement(some_id(f"{kind} {body} {made_at}"), ORGANISATION, kind, body, made_at)


def seat(person: str, role: str, path: str = HEAD, **dates: datetime) -> dict[str, Any]:
    begins = dates.get("begins", NOW - timedelta(days=30))
    ends = dates.get("ends")
    return {
        "person_id": some_id(person),
        "role": role,
        "path": path,
        "from": as_text(begins),
        "until": None if ends is None else as_text(ends),
    }


def seal(*custodians: str, **changes: Any) -> dict[str, Any]:
    return {
        "seal_id": SEAL,
        "code_id": CODE_ID,
        "object_sha256": OBJECT,
        "type": "company",
        "custodians": [some_id(custodian) for custodian in custodians],
        "state": "active",
        **changes,
    }


def delegation(principal: str, deputy: str, role: str) -> dict[str, Any]:
    return {
        "principal": some_id(principal),
        "deputy": some_id(deputy),
        "role": role,
        "from": as_text(NOW - timedelta(days=1)),
        "until": as_text(NOW + timedelta(days=1)),
    }


def standing(*said: tuple[StatementKind, Mapping[str, Any]], start: Standing | None = None) -> Standing:
    """After these statements, taken up without anybody's word."""
    found = Standing() if start is None else start
    for kind, body in said:
        found = found.after(statement(kind, body), NOW - timedelta(days=20))
    return found


OFFICE: Final = standing(
    (K.FLOW, {"flow": default_flow().to_json()}),
    (K.SEAT, seat("ann", "approver")),
    (K.SEAT, seat("bob", "approver", NORTH)),
    (K.SEAT, seat("sue", "approver", SOUTH)),
    (K.SEAT, seat("eve", "custodian")),
    (K.SEAT, seat("one", "key-officer")),
    (K.SEAT, seat("two", "key-officer")),
    (K.SEAT, seat("three", "seal-administrator")),
    (K.SEAL, seal("eve")),
)
"""Ann approves everywhere, Bob in the north, Sue in the south; Eve keeps the seal; one, two and three are officers."""


def manifest(flow: Flow | None = None, **changes: Any) -> dict[str, Any]:
    """Clerk's request in the north, with the steps that follow from its flow."""
    used = flow or default_flow()
    made: dict[str, Any] = {
        "version": VERSION,
        "request_id": some_id("request"),
        "organisation": ORGANISATION,
        "branch_path": NORTH,
        "applicant_id": some_id("clerk"),
        "class": used.class_code,
        "flow_sha256": used.digest(),
        "amount": None,
        "document_sha256": "cd" * 32,
        "copies": [
            {"serial": "A", "number": 1, "sha256": "01" * 32},
            {"serial": "B", "number": 2, "sha256": "02" * 32},
        ],
        "seals": [{"seal_id": SEAL, "code_id": CODE_ID, "object_sha256": OBJECT, "type": "company"}],
        "expires_at": as_text(NOW + timedelta(days=9)),
        **changes,
    }
    steps = (*steps_of(used, case_of(made)), *custody_steps(made))
    return {**made, "steps": [step.to_json() for step in steps]}


CUSTODY: Final = f"custody:{SEAL}"


@dataclass(frozen=True)
class Says:
    """Who says what to which step."""

    person: str
    step: str = "approval"
    decision: Decision = Decision.APPROVED
    acts_for: str = ""
    to: str = ""
    kind: EvidenceKind = EvidenceKind.ATTESTED
    after: timedelta = timedelta(0)
    system_id: str = ""

    def about(self, asked: Mapping[str, Any]) -> Verified:
        claims = EvidenceClaims(
            manifest_digest(asked),
            asked["request_id"],
            some_id(self.person),
            self.step,
            self.decision,
            NOW - timedelta(hours=2) + self.after,
            ORGANISATION,
            some_id(self.acts_for) if self.acts_for else "",
            some_id(self.to) if self.to else "",
        )
        return Verified(claims, self.kind, self.system_id)


def signed(given: Statement, *people: str, kind: EvidenceKind = EvidenceKind.ATTESTED) -> list[Verified]:
    """These people's word on a statement."""
    return [
        Verified(
            EvidenceClaims(given.digest(), given.id, some_id(person), given.step, Decision.APPROVED, NOW, ORGANISATION),
            kind,
        )
        for person in people
    ]


def flow_of(*steps: dict[str, Any], code: str = "loan", version: int = 1) -> Flow:
    return parse_flow({"class": code, "version": version, "steps": list(steps)})
