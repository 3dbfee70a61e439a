"""The flow of a document class: which steps a case must pass and who may take one. Pure.

Written by a document administrator as data, taken up by the signer on two officers' word, evaluated by both from here.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Final, Literal, Self

import rfc8785
from pydantic import BaseModel, ConfigDict, Field, StrictInt, ValidationError, model_validator

from printserver.foundation.errors import Malformed
from printserver.signing.evidence import APPROVAL_STEP

DEFAULT_CLASS: Final = "general"
MOST_STEPS: Final = 12
MOST_PEOPLE: Final = 50
LONGEST_STEP_NAME: Final = 60
Slug = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,39}$")]


class FlowMalformed(Malformed):
    code = "flow-malformed"


class Sealing(StrEnum):
    """How a class may be sealed; the law keeps some off electronic sealing."""

    ELECTRONIC = "electronic"
    PHYSICAL = "physical"


class Scope(StrEnum):
    """Where the holder of a step's role must hold it, seen from the branch of the request."""

    BRANCH = "branch"
    BRANCH_OR_ABOVE = "branch-or-above"
    ABOVE = "above"
    ANY = "any"


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class AmountCondition(_Part):
    """In fen (CNY). A case without an amount in CNY meets it: what is not known does not make a flow lighter."""

    field: Literal["amount"]
    op: Literal["ge", "lt"]
    value: Annotated[StrictInt, Field(ge=0, lt=10**15)]


class CopiesCondition(_Part):
    field: Literal["copies"]
    op: Literal["ge", "lt"]
    value: Annotated[StrictInt, Field(ge=1, le=10_000)]


class SealCondition(_Part):
    """One of the case's seals is of one of these types."""

    field: Literal["seal-type"]
    op: Literal["in"]
    value: Annotated[tuple[Slug, ...], Field(min_length=1, max_length=20)]


class BranchCondition(_Part):
    """The request's branch is the one of this path or below it."""

    field: Literal["branch"]
    op: Literal["below"]
    value: Annotated[str, Field(pattern=r"^/([0-9a-f-]{36}/)+$")]


Condition = Annotated[AmountCondition | CopiesCondition | SealCondition | BranchCondition, Field(discriminator="field")]


StepName = Annotated[str, Field(max_length=LONGEST_STEP_NAME)]


class StepRule(_Part):
    """`quorum` different people, holders of one of `roles` within `scope` or named in `persons`; if `when` holds.

    name: for programs.   name_zh, name_en: for people; both or none.
    """

    name: Slug
    name_zh: StepName = ""
    name_en: StepName = ""
    quorum: Annotated[StrictInt, Field(ge=1, le=MOST_PEOPLE)] = 1
    roles: Annotated[tuple[Slug, ...], Field(max_length=10)] = ()
    persons: Annotated[
        tuple[Annotated[str, Field(pattern=r"^[0-9a-f-]{36}$")], ...], Field(max_length=MOST_PEOPLE)
    ] = ()
    scope: Scope = Scope.BRANCH_OR_ABOVE
    when: Annotated[tuple[Condition, ...], Field(max_length=10)] = ()

    @model_validator(mode="after")
    def _somebody(self) -> Self:
        if not self.roles and not self.persons:
            raise ValueError(f"step {self.name} names neither roles nor people")
        if len(set(self.roles)) != len(self.roles) or len(set(self.persons)) != len(self.persons):
            raise ValueError(f"step {self.name} names somebody twice")
        if not self.roles and self.quorum > len(self.persons):
            raise ValueError(f"step {self.name} asks for more people than it names")
        for text, other in ((self.name_zh, self.name_en), (self.name_en, self.name_zh)):
            if text != text.strip() or not text.isprintable() or bool(text) != bool(other):
                raise ValueError(f"step {self.name} is called by a short text in both languages, or in none")
        return self


class Flow(_Part):
    """One version of a class's flow. At least one step holds without any condition."""

    class_code: Slug = Field(alias="class")
    version: Annotated[StrictInt, Field(ge=1, lt=2**31)]
    sealing: Sealing = Sealing.ELECTRONIC
    steps: Annotated[tuple[StepRule, ...], Field(min_length=1, max_length=MOST_STEPS)]

    @model_validator(mode="after")
    def _never_empty(self) -> Self:
        names = [step.name for step in self.steps]
        if len(set(names)) != len(names):
            raise ValueError("two steps have the same name")
        if all(step.when for step in self.steps):
            raise ValueError("every step has conditions: a case that meets none would be approved by nobody")
        return self

    def to_json(self) -> dict[str, Any]:
        """What `parse_flow` reads, and what the digest is of.

        Names for people stand in it only where there are some: flows from before there were any keep their digests.
        """
        made = self.model_dump(mode="json", by_alias=True)
        for step in made["steps"]:
            for name in ("name_zh", "name_en"):
                if not step[name]:
                    del step[name]
        return made

    def digest(self) -> str:
        """SHA-256 of the RFC 8785 bytes, 64 hex digits."""
        return hashlib.sha256(rfc8785.dumps(self.to_json())).hexdigest()


@dataclass(frozen=True)
class Case:
    """What the conditions look at. `amount_fen` is None without an amount or in another currency than CNY."""

    branch_path: str
    copies: int
    amount_fen: int | None = None
    seal_types: tuple[str, ...] = ()


@dataclass(frozen=True)
class Step:
    """A step of one case."""

    name: str
    quorum: int
    roles: tuple[str, ...] = ()
    persons: tuple[str, ...] = ()
    scope: Scope = Scope.BRANCH_OR_ABOVE
    name_zh: str = ""
    name_en: str = ""

    def to_json(self) -> dict[str, Any]:
        """Names for people only where there are some."""
        called = {"name_zh": self.name_zh, "name_en": self.name_en} if self.name_zh or self.name_en else {}
        return {
            "name": self.name,
            **called,
            "quorum": self.quorum,
            "roles": list(self.roles),
            "persons": list(self.persons),
            "scope": self.scope.value,
        }


@dataclass(frozen=True)
class Seat:
    """`person_id` holds `role` at the branch of `path` and all below it, in [`valid_from`, `valid_until`)."""

    person_id: str
    role: str
    path: str
    valid_from: datetime
    valid_until: datetime | None = None

    def holds(self, at: datetime) -> bool:
        return self.valid_from <= at and (self.valid_until is None or at < self.valid_until)


def parse_flow(given: Mapping[str, Any]) -> Flow:
    """Raises: FlowMalformed, saying where."""
    try:
        return Flow.model_validate(given)
    except ValidationError as problem:
        lines = [f"{'.'.join(str(part) for part in each['loc'])}: {each['msg']}" for each in problem.errors()]
        raise FlowMalformed("; ".join(lines)) from None


def default_flow() -> Flow:
    """The class `general`: one approver of the branch or above."""
    return Flow.model_validate(
        {"class": DEFAULT_CLASS, "version": 1, "steps": [{"name": APPROVAL_STEP, "roles": ["approver"]}]}
    )


def steps_of(flow: Flow, case: Case) -> tuple[Step, ...]:
    """The steps that this case must pass, in order; never none. The custodians' follow them, see `quorum`."""
    return tuple(
        Step(rule.name, rule.quorum, rule.roles, rule.persons, rule.scope, rule.name_zh, rule.name_en)
        for rule in flow.steps
        if all(_meets(condition, case) for condition in rule.when)
    )


def eligible(step: Step, case: Case, person_id: str, seats: Iterable[Seat], at: datetime) -> bool:
    """Whether `person_id` may take this step: named in it, or by a seat that is held at this time."""
    return person_id in step.persons or any(
        seat.person_id == person_id and seat.role in step.roles and seat.holds(at) and _covers(step.scope, seat, case)
        for seat in seats
    )


def _covers(scope: Scope, seat: Seat, asked: Case) -> bool:
    match scope:
        case Scope.BRANCH:
            return seat.path == asked.branch_path
        case Scope.BRANCH_OR_ABOVE:
            return asked.branch_path.startswith(seat.path)
        case Scope.ABOVE:
            return asked.branch_path != seat.path and asked.branch_path.startswith(seat.path)
        case Scope.ANY:
            return True


def _meets(condition: Condition, asked: Case) -> bool:
    match condition:
        case AmountCondition():
            return asked.amount_fen is None or _compare(condition.op, asked.amount_fen, condition.value)
        case CopiesCondition():
            return _compare(condition.op, asked.copies, condition.value)
        case SealCondition():
            return bool(set(condition.value) & set(asked.seal_types))
        case BranchCondition():
            return asked.branch_path.startswith(condition.value)


def _compare(op: Literal["ge", "lt"], actual: int, limit: int) -> bool:
    return actual >= limit if op == "ge" else actual < limit
