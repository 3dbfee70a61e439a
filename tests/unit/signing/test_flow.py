"""Flows as data: what is refused when it is written, and which steps follow for a case."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from printserver.signing.flow import (
    Case,
    FlowMalformed,
    Scope,
    Seat,
    Step,
    default_flow,
    eligible,
    parse_flow,
    steps_of,
)
from tests.standings import HEAD, NORTH, NOW, SOUTH, flow_of, some_id

STEP = {"name": "approval", "roles": ["approver"]}
LARGE = {"field": "amount", "op": "ge", "value": 1000}
CASE = Case(NORTH, 2, 500, ("company",))


@pytest.mark.parametrize(
    "steps",
    [
        [],
        [{"name": "a"}],
        [{"name": "a", "roles": ["r"], "quorum": 0}],
        [{"name": "a", "roles": ["r"], "quorum": True}],
        [{"name": "a", "roles": ["r", "r"]}],
        [{"name": "a", "persons": [some_id("x")], "quorum": 2}],
        [{"name": "a", "persons": ["x"]}],
        [{"name": "custody:x", "roles": ["r"]}],
        [{"name": "A", "roles": ["r"]}],
        [STEP, STEP],
        [{**STEP, "when": [LARGE]}],
        [{**STEP, "scope": "everywhere"}],
        [{**STEP, "colour": "red"}],
        [STEP, {"name": "b", "roles": ["r"], "when": [{"field": "amount", "op": "in", "value": 1}]}],
        [STEP, {"name": "b", "roles": ["r"], "when": [{"field": "branch", "op": "below", "value": "north"}]}],
        [STEP, {"name": "b", "roles": ["r"], "when": [{"field": "moon", "op": "ge", "value": 1}]}],
    ],
)
def test_a_flow_that_asks_nobody_or_says_something_else_is_refused(steps: list[dict[str, Any]]):
    with pytest.raises(FlowMalformed):
        parse_flow({"class": "loan", "version": 1, "steps": steps})


def test_a_flow_reads_back_as_it_was_written_with_the_same_digest():
    flow = flow_of(STEP, {"name": "director", "roles": ["approver"], "scope": "above", "when": [LARGE]})
    again = parse_flow(flow.to_json())
    assert again == flow
    assert again.digest() == flow.digest() != default_flow().digest()


@pytest.mark.parametrize(
    ("when", "case", "holds"),
    [
        (LARGE, Case(NORTH, 1, 999), False),
        (LARGE, Case(NORTH, 1, 1000), True),
        (LARGE, Case(NORTH, 1, None), True),
        ({**LARGE, "op": "lt"}, Case(NORTH, 1, 1000), False),
        ({**LARGE, "op": "lt"}, Case(NORTH, 1, None), True),
        ({"field": "copies", "op": "ge", "value": 5}, Case(NORTH, 4), False),
        ({"field": "copies", "op": "ge", "value": 5}, Case(NORTH, 5), True),
        ({"field": "seal-type", "op": "in", "value": ["finance"]}, CASE, False),
        ({"field": "seal-type", "op": "in", "value": ["finance", "company"]}, CASE, True),
        ({"field": "branch", "op": "below", "value": HEAD}, CASE, True),
        ({"field": "branch", "op": "below", "value": SOUTH}, CASE, False),
    ],
)
def test_a_step_is_asked_for_when_its_condition_holds(when: dict[str, Any], case: Case, holds: bool):
    flow = flow_of(STEP, {"name": "more", "roles": ["approver"], "when": [when]})
    assert [step.name for step in steps_of(flow, case)] == (["approval", "more"] if holds else ["approval"])


@pytest.mark.parametrize(
    ("scope", "path", "covers"),
    [
        (Scope.BRANCH, NORTH, True),
        (Scope.BRANCH, HEAD, False),
        (Scope.BRANCH_OR_ABOVE, HEAD, True),
        (Scope.BRANCH_OR_ABOVE, SOUTH, False),
        (Scope.ABOVE, HEAD, True),
        (Scope.ABOVE, NORTH, False),
        (Scope.ANY, SOUTH, True),
    ],
)
def test_a_role_counts_where_the_step_wants_it_held(scope: Scope, path: str, covers: bool):
    step, seat = Step("approval", 1, ("approver",), (), scope), Seat("ann", "approver", path, NOW)
    assert eligible(step, CASE, "ann", [seat], NOW) is covers
    assert not eligible(step, CASE, "bob", [seat], NOW)
    assert not eligible(Step("approval", 1, ("legal",), (), scope), CASE, "ann", [seat], NOW)


@given(amount=st.none() | st.integers(0, 10**9), copies=st.integers(1, 100), types=st.lists(st.just("company")))
def test_no_case_is_left_without_a_step(amount: int | None, copies: int, types: list[str]):
    flow = flow_of(STEP, {"name": "more", "roles": ["approver"], "when": [LARGE]})
    assert steps_of(flow, Case(NORTH, copies, amount, tuple(types)))
