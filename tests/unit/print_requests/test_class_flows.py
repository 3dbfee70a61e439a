"""Flows of classes before officers see them: who could act, where nobody is left, what a proposal changes."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import update

from printserver.approvals.classes import (
    ClassDescription,
    ClassMalformed,
    ClassNotFound,
    SealingForbiddenByLaw,
    class_facts,
    describe_class,
)
from printserver.approvals.models import StatementRow
from printserver.approvals.statement_queries import statement_facts
from printserver.approvals.statements import withdraw
from printserver.foundation.errors import Forbidden
from printserver.organisations.access import branch_path
from printserver.organisations.permissions import Role
from printserver.print_requests.class_flows import (
    FlowNotCompletable,
    FlowTooManyCases,
    FlowWaitsAlready,
    obstacle_of,
    preview_flow,
    propose_flow,
    waiting_flow,
)
from printserver.print_requests.flow_changes import ChangeKind, flow_changes
from printserver.rendering.places import PlaceMalformed
from printserver.seals.queries import readable_seal
from printserver.signing.flow import Case, FlowMalformed, parse_flow
from tests.world import World

MANAGER = Role.SEAL_ADMINISTRATOR


def given(*steps: dict[str, Any], code: str = "general", **more: Any) -> dict[str, Any]:
    return {"class": code, "steps": list(steps or ({"name": "approval", "roles": ["approver"]},)), **more}


TWICE = given({"name": "approval", "roles": ["approver"], "quorum": 2})
NAMED = given({"name": "approval", "name_zh": "部门审批", "name_en": "Department", "roles": ["approver"]})


def proposed(world: World, flow: dict[str, Any], role: Role = Role.DOCUMENT_ADMINISTRATOR) -> Any:
    with world.database.work() as work:
        actor = world.actor(work, role, world.home.head)
        return propose_flow(work, actor, world.adapters.attestor, flow)


def refused(world: World, kind: type[Exception], flow: dict[str, Any], role: Role = Role.DOCUMENT_ADMINISTRATOR) -> Any:
    before = world.row_counts()
    with pytest.raises(kind) as problem:
        proposed(world, flow, role)
    assert world.row_counts() == before
    return problem.value


def test_a_proposed_flow_waits_on_its_class_with_what_it_changes(world: World):
    statement_id = proposed(world, NAMED)
    with world.database.reading() as work:
        actor = world.actor(work, Role.DOCUMENT_ADMINISTRATOR, world.home.head)
        waiting = waiting_flow(work, actor, "general")
        assert waiting is not None
        assert (waiting.statement.id, waiting.readable, waiting.flow.version) == (statement_id, True, 2)
        assert waiting_flow(work, actor, "loan") is None
        facts = class_facts(work, actor.organisation_id, "general")
    (change,) = flow_changes(facts.flow, waiting.flow).steps
    assert change.kind is ChangeKind.CHANGED
    refused(world, FlowWaitsAlready, TWICE)
    with world.database.work() as work:
        withdraw(work, world.actor(work, Role.DOCUMENT_ADMINISTRATOR, world.home.head), statement_id)
        assert statement_facts(work, statement_id).state == "withdrawn"
    with world.database.reading() as work:
        assert waiting_flow(work, actor, "general") is None


def test_a_waiting_flow_of_nonsense_is_passed_over(world: World):
    statement_id = proposed(world, NAMED)
    with world.database.work() as work:
        nonsense = update(StatementRow).where(StatementRow.id == statement_id)
        work.session.execute(nonsense.values(body={"flow": {"class": 7}}))
    with world.database.reading() as work:
        assert waiting_flow(work, world.actor(work, Role.DOCUMENT_ADMINISTRATOR, world.home.head), "general") is None


def test_the_flow_that_is_used_already_asks_nobody(world: World):
    assert proposed(world, given()) is None


def test_a_flow_that_nobody_could_complete_is_refused_and_says_where(world: World):
    approver = world.person(Role.APPROVER)
    many = {"name": "board", "name_zh": "董事会", "name_en": "Board", "quorum": 5, "persons": [], "roles": ["approver"]}
    problem = refused(world, FlowNotCompletable, given(many))
    assert (problem.obstacle.step.name_en, problem.obstacle.branch) != ("", "")
    assert "Board" in str(problem.obstacle)
    alone = given(
        {"name": "first", "persons": [str(approver.id)]},
        {"name": "second", "persons": [str(approver.id)]},
    )
    assert refused(world, FlowNotCompletable, alone).obstacle.step.name == "second"


@pytest.mark.parametrize(
    ("flow", "kind"),
    [
        (given({"name": "approval", "roles": ["clerk"]}), ClassMalformed),
        (given({"name": "approval", "persons": ["00000000-0000-7000-8000-000000000000"]}), ClassMalformed),
        (given(code="nothing"), ClassNotFound),
        (given(code="marriage"), SealingForbiddenByLaw),
        (given({"name": "approval", "name_zh": "审批", "roles": ["approver"]}), FlowMalformed),
        (
            given(
                {"name": "approval", "roles": ["approver"]},
                *(
                    {
                        "name": f"step-{at}",
                        "roles": ["approver"],
                        "when": [
                            {"field": field, "op": "ge", "value": 1 + at * 10 + more}
                            for field in ("amount", "copies")
                            for more in (0, 2, 4, 6, 8)
                        ],
                    }
                    for at in range(11)
                ),
            ),
            FlowTooManyCases,
        ),
    ],
    ids=["role", "person", "class", "law", "name", "cases"],
)
def test_what_cannot_be_a_flow_here_is_refused(world: World, flow: dict[str, Any], kind: type[Exception]):
    refused(world, kind, flow)


def test_only_who_manages_documents_proposes_or_looks(world: World):
    refused(world, Forbidden, NAMED, Role.APPROVER)
    with world.database.reading() as work:
        actor = world.actor(work, Role.APPROVER)
        with pytest.raises(Forbidden):
            waiting_flow(work, actor, "general")


def test_a_preview_names_who_could_act_and_who_keeps_the_seal(world: World):
    flow = parse_flow({**NAMED, "version": 1})
    with world.database.reading() as work:
        actor = world.actor(work, Role.DOCUMENT_ADMINISTRATOR, world.home.head)
        path = branch_path(work, world.home.north.branch_id)
        seal = readable_seal(
            work, world.actor(work, Role.SEAL_ADMINISTRATOR, world.home.head), world.home.north.seal_id
        )
        found = preview_flow(work, actor, flow, Case(path, 1), seal)
        ((step, people),) = found.steps
        assert (step.name_en, found.obstacle) == ("Department", None)
        assert world.person(Role.APPROVER).id in {each.id for each in people}
        assert [each.id for each in found.custodians] == [world.person(Role.CUSTODIAN).id]
        assert obstacle_of(work, world.home.id, flow) is None


@pytest.mark.parametrize(
    "hints",
    [
        {"colour": "red"},
        {"printer_id": "the one upstairs"},
        {"place": {"page": 1}},
        {"place": "here"},
    ],
)
def test_what_a_class_suggests_is_a_printer_and_a_place_that_can_be(world: World, hints: dict[str, Any]):
    said = ClassDescription("loan", "借款", "Loan", hints=hints)
    before = world.row_counts()
    with pytest.raises((ClassMalformed, PlaceMalformed)), world.database.work() as work:
        describe_class(work, world.actor(work, Role.DOCUMENT_ADMINISTRATOR, world.home.head), said)
    assert world.row_counts() == before


def test_changes_are_told_step_by_step():
    a, b, c = ({"name": name, "roles": ["approver"]} for name in "abc")
    before = parse_flow({**given(a, b, c), "version": 1})
    after = parse_flow({**given(c, {**b, "quorum": 2}, {"name": "d", "roles": ["approver"]}), "version": 2})
    found = flow_changes(before, after)
    told = [(each.kind.value, (each.after or each.before).name) for each in found.steps if each.after or each.before]
    assert told == [("moved", "c"), ("changed", "b"), ("added", "d"), ("removed", "a")]
    assert found.sealing is None
    by_hand = parse_flow({**given(a, b, c, sealing="physical"), "version": 2})
    changed = flow_changes(before, by_hand)
    assert changed.sealing == ("electronic", "physical")
    assert {each.kind for each in changed.steps} == {ChangeKind.SAME}
    assert {each.kind for each in flow_changes(None, before).steps} == {ChangeKind.ADDED}
