"""The form of a document class's flow: as typed, and as the JSON that it says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final

from pydantic import BaseModel, ConfigDict, Field

from printserver.organisations.permissions import Role
from printserver.print_requests.money import AmountMalformed, Money, parse_money
from printserver.signing.flow import MOST_STEPS, Flow, Scope
from printserver.web.forms import FieldsWrong

Text = Annotated[str, Field(max_length=500)]
Column = Annotated[list[Text], Field(max_length=MOST_STEPS)]
Choices = Annotated[list[Text], Field(max_length=600)]
ROLE: Final = Role.APPROVER.value
COLUMNS: Final = (
    "name",
    "name_zh",
    "name_en",
    "quorum",
    "role",
    "scope",
    "amount_ge",
    "amount_lt",
    "copies_ge",
    "copies_lt",
    "branch",
)
NAMED: Final = {"person": "persons", "seal": "seal_types"}
"""Fields with one entry a choice, `3:<choice>` for one in the fourth step, and what they are called in a step."""


class TypedFlow(BaseModel):
    """Each list has one entry a step, in order.   person, seal: see `NAMED`."""

    model_config = ConfigDict(frozen=True)

    name: Column = []
    name_zh: Column = []
    name_en: Column = []
    quorum: Column = []
    role: Column = []
    scope: Column = []
    amount_ge: Column = []
    amount_lt: Column = []
    copies_ge: Column = []
    copies_lt: Column = []
    branch: Column = []
    person: Choices = []
    seal: Choices = []
    sealing: Text = "electronic"
    reason: Text = ""
    action: Text = "propose"
    case_branch: Text = ""
    case_amount: Text = ""
    case_copies: Text = "1"
    case_seal: Text = ""

    @property
    def steps(self) -> list[dict[str, Any]]:
        """As typed, each with all of its columns, `persons` and `seal_types`."""
        longest = max(len(getattr(self, column)) for column in COLUMNS)
        found: list[dict[str, Any]] = []
        for at in range(longest):
            step: dict[str, Any] = {column: _at(getattr(self, column), at) for column in COLUMNS}
            for field, part in NAMED.items():
                chosen = (each.partition(":") for each in getattr(self, field))
                step[part] = [choice for number, _, choice in chosen if number == str(at)]
            found.append(step)
        return found

    def with_steps(self, steps: Sequence[Mapping[str, Any]]) -> TypedFlow:
        columns: dict[str, Any] = {column: [str(step.get(column, "")) for step in steps] for column in COLUMNS}
        named = {
            field: [f"{at}:{choice}" for at, step in enumerate(steps) for choice in step.get(part, ())]
            for field, part in NAMED.items()
        }
        return self.model_copy(update={**columns, **named})

    def edited(self) -> TypedFlow:
        """After a button that adds, removes or moves a step."""
        steps = self.steps
        verb, _, number = self.action.partition("-")
        at = int(number) if number.isdecimal() else len(steps)
        if verb == "add" and len(steps) < MOST_STEPS:
            steps.append({"quorum": "1", "role": ROLE, "scope": Scope.BRANCH_OR_ABOVE.value})
        elif verb == "remove" and at < len(steps) > 1:
            del steps[at]
        elif verb == "up" and 0 < at < len(steps):
            steps[at - 1], steps[at] = steps[at], steps[at - 1]
        return self.with_steps(steps)

    def to_json(self, code: str) -> dict[str, Any]:
        """What `parse_flow` reads, but for the version.   Raises: FieldsWrong."""
        wrong: set[str] = set()
        steps = [_step(at, step, wrong) for at, step in enumerate(self.steps)]
        if wrong:
            raise FieldsWrong(frozenset(wrong))
        return {"class": code, "sealing": self.sealing, "steps": steps}


def typed_flow(flow: Flow) -> TypedFlow:
    return TypedFlow(sealing=flow.sealing.value).with_steps([_typed(step) for step in flow.to_json()["steps"]])


def _typed(step: Mapping[str, Any]) -> dict[str, Any]:
    typed: dict[str, Any] = {
        "name": step["name"],
        "name_zh": step.get("name_zh", ""),
        "name_en": step.get("name_en", ""),
        "quorum": step["quorum"],
        "role": ROLE if step["roles"] else "",
        "scope": step["scope"],
        "persons": step["persons"],
    }
    for condition in step["when"]:
        match condition["field"]:
            case "amount":
                typed[f"amount_{condition['op']}"] = Money(condition["value"]).plain
            case "copies":
                typed[f"copies_{condition['op']}"] = condition["value"]
            case "seal-type":
                typed["seal_types"] = list(condition["value"])
            case _:
                typed["branch"] = condition["value"]
    return typed


def _step(at: int, step: Mapping[str, Any], wrong: set[str]) -> dict[str, Any]:
    when: list[dict[str, Any]] = []
    for op in ("ge", "lt"):
        fen = _fen(step[f"amount_{op}"], f"amount_{op}-{at}", wrong)
        copies = _count(step[f"copies_{op}"], f"copies_{op}-{at}", wrong)
        when += [{"field": "amount", "op": op, "value": fen}] if fen is not None else []
        when += [{"field": "copies", "op": op, "value": copies}] if copies is not None else []
    if step["seal_types"]:
        when.append({"field": "seal-type", "op": "in", "value": step["seal_types"]})
    if step["branch"]:
        when.append({"field": "branch", "op": "below", "value": step["branch"]})
    quorum = _count(step["quorum"], f"quorum-{at}", wrong)
    called = {name: step[name].strip() for name in ("name_zh", "name_en")}
    wrong |= {f"{name}-{at}" for name, text in called.items() if not text and any(called.values())}
    return {
        "name": step["name"].strip() or f"step-{at + 1}",
        **called,
        "quorum": 1 if quorum is None else quorum,
        "roles": [step["role"]] if step["role"] else [],
        "persons": step["persons"],
        "scope": step["scope"] or Scope.BRANCH_OR_ABOVE.value,
        "when": when,
    }


def _fen(text: str, field: str, wrong: set[str]) -> int | None:
    try:
        money = parse_money(text)
    except AmountMalformed:
        wrong.add(field)
        return None
    return None if money is None else money.minor


def _count(text: str, field: str, wrong: set[str]) -> int | None:
    if not text.strip():
        return None
    if not text.strip().isdecimal():
        wrong.add(field)
        return None
    return int(text)


def _at(column: Sequence[str], at: int) -> str:
    return column[at] if at < len(column) else ""
