"""Statements as officers meet them: on the page in plain words, by the API, and only by the right people."""

from __future__ import annotations

import re
from typing import Any
from uuid import UUID

import pytest

from printserver.approvals.statement_queries import statement_facts
from printserver.approvals.statements import propose
from printserver.organisations.permissions import Role
from printserver.signing.statements import StatementKind
from tests.http.api_client import ApiClient, code_of
from tests.http.page_visitor import Visitor, first, shown_again, went_to
from tests.http.scene import Scene
from tests.unit.signing.test_register import BODIES

OFFICER, SECOND, ADMINISTRATOR = Role.KEY_OFFICER, Role.SEAL_ADMINISTRATOR, Role.SYSTEM_ADMINISTRATOR
POLICY = {"kind": "policy", "body": {"officer_evidence": "attested"}, "reason": "as agreed"}


def made(api: ApiClient, scene: Scene, **changes: Any) -> dict[str, Any]:
    answer = api.submit("/statements", OFFICER, scene.world.home.head, json={**POLICY, **changes})
    assert answer.status_code == 201, answer.text
    statement: dict[str, Any] = answer.json()
    return statement


def test_two_officers_sign_by_the_api_and_the_signer_is_asked(scene_api: ApiClient, scene: Scene):
    head, statement = scene.world.home.head, made(scene_api, scene)
    assert (statement["state"], statement["officers_needed"], len(statement["signatures"])) == ("proposed", 2, 1)
    path = f"/statements/{statement['id']}/signatures"
    again = scene_api.submit(path, OFFICER, head, json={"sha256": statement["sha256"]})
    assert (again.status_code, code_of(again)) == (409, "person-counts-once")
    other = scene_api.submit(path, SECOND, head, json={"sha256": "0" * 64})
    assert (other.status_code, code_of(other)) == (409, "statement-changed")
    done = scene_api.submit(path, SECOND, head, json={"sha256": statement["sha256"]})
    assert (done.status_code, done.json()["state"]) == (201, "confirmed")
    assert scene.world.jobs.jobs[-1].arguments == (statement["id"],)
    late = scene_api.submit(path, SECOND, head, json={"sha256": statement["sha256"]})
    assert (late.status_code, code_of(late)) == (409, "transition-refused")
    assert scene_api.fetch("/statements?state=confirmed", SECOND, head).json()[0]["id"] == statement["id"]


def test_signing_asks_who_it_is_once_more(scene_api: ApiClient, scene: Scene):
    head, statement = scene.world.home.head, made(scene_api, scene)
    answer = scene_api.ask(
        "POST",
        f"/statements/{statement['id']}/signatures",
        SECOND,
        head,
        json={"sha256": statement["sha256"]},
        stepped_up=False,
    )
    assert code_of(answer) == "step-up-needed"
    assert len(scene_api.fetch(f"/statements/{statement['id']}", SECOND, head).json()["signatures"]) == 1


@pytest.mark.parametrize(("kind", "body"), [(kind, body) for kind, body in BODIES if kind is not StatementKind.POLICY])
def test_people_seals_and_flows_are_not_stated_past_their_own_pages(
    scene_api: ApiClient, scene: Scene, kind: StatementKind, body: dict[str, Any]
):
    before = scene.world.row_counts()
    answer = scene_api.submit("/statements", OFFICER, scene.world.home.head, json={"kind": kind, "body": body})
    assert answer.status_code == 403
    assert scene.world.row_counts() == before


def test_an_administrator_states_a_systems_key_and_two_officers_decide(scene_api: ApiClient, scene: Scene):
    path = f"/{scene.world.home.head.branch_id}/"
    body = {"system_id": "oa", "name": "OA", "spki": "AAEC", "paths": [path]}
    answer = scene_api.submit(
        "/statements", ADMINISTRATOR, scene.world.home.head, json={"kind": "system", "body": body}
    )
    assert (answer.status_code, answer.json()["signatures"]) == (201, [])
    bad = scene_api.submit(
        "/statements", ADMINISTRATOR, scene.world.home.head, json={"kind": "system", "body": {**body, "paths": []}}
    )
    assert (bad.status_code, code_of(bad)) == (422, "statement-malformed")


def test_a_refusal_ends_a_statement_and_its_maker_can_take_it_back(scene_api: ApiClient, scene: Scene):
    head = scene.world.home.head
    refused, withdrawn = made(scene_api, scene), made(scene_api, scene)
    answer = scene_api.submit(f"/statements/{refused['id']}/refusals", SECOND, head, json={"reason": "not agreed"})
    assert (answer.json()["state"], answer.json()["refusal"]) == ("refused", "not agreed")
    foreign = scene_api.submit(f"/statements/{withdrawn['id']}/withdrawals", SECOND, head)
    assert foreign.status_code == 404
    mine = scene_api.submit(f"/statements/{withdrawn['id']}/withdrawals", OFFICER, head)
    assert mine.json()["state"] == "withdrawn"


@pytest.mark.parametrize(("kind", "body"), BODIES, ids=[kind for kind, _ in BODIES])
def test_every_kind_is_shown_in_plain_words_in_both_languages(
    scene_api: ApiClient, scene: Scene, kind: StatementKind, body: dict[str, Any]
):
    world = scene.world
    person = str(world.person(Role.APPROVER).id)
    path = f"/{world.home.head.branch_id}/"
    real = {"person_id": person, "principal": person, "path": path, "paths": [path]}
    named = {name: real.get(name, value) for name, value in body.items()}
    with world.database.work() as work:
        actor = world.actor(work, OFFICER, world.home.head)
        statement_id = propose(work, actor, world.adapters.attestor, kind, named, subject_id=UUID(person))
    for language, word in (("en", "Statement"), ("zh", "声明")):
        visitor = Visitor.of(scene_api, SECOND, world.home.head, language=language)
        page = visitor.page(f"/statements/{statement_id}")
        assert word in page
        assert "{'" not in page, "no Python on a page"
        assert re.search(r">\s*\d{4}-\d\d-\d\dT", page) is None, "times are those of the place"
        if "person_id" in named:
            assert world.person(Role.APPROVER).login in page
        assert str(statement_id) in visitor.page("/statements")


def test_an_officer_signs_on_the_page_and_a_clerk_sees_nothing_of_it(scene_api: ApiClient, scene: Scene):
    head, statement = scene.world.home.head, made(scene_api, scene)
    address = f"/statements/{statement['id']}"
    visitor = Visitor.of(scene_api, SECOND, head)
    page = visitor.page(address)
    assert "Sign this statement" in page
    sha256 = first(r'name="sha256" value="([0-9a-f]{64})"', page)
    assert went_to(visitor.send(f"{address}/signatures", sha256=sha256)).startswith(address)
    shown_again(visitor.send(f"{address}/signatures", sha256=sha256), 409)
    with scene.world.database.reading() as work:
        assert len(statement_facts(work, UUID(statement["id"])).signatures) == 2
    own = Visitor.of(scene_api, OFFICER, head).page(address)
    assert "Sign this statement" not in own
    assert Visitor.of(scene_api, Role.CLERK, head).look(address).status_code == 404


def test_officers_read_the_conditions_places_and_people_of_a_flow(scene_api: ApiClient, scene: Scene):
    """What they sign decides who must approve: "under conditions" would say nothing."""
    world = scene.world
    named, head = world.person(Role.APPROVER, world.home.head), world.home.head
    rules = [
        {"name": "branch", "roles": ["approver"]},
        {
            "name": "board",
            "persons": [str(named.id)],
            "when": [
                {"field": "amount", "op": "ge", "value": 100_000_050},
                {"field": "branch", "op": "below", "value": f"/{head.branch_id}/"},
            ],
        },
    ]
    flow = {"class": "general", "version": 7, "sealing": "electronic", "steps": rules}
    with world.database.work() as work:
        actor = world.actor(work, OFFICER, head)
        statement_id = propose(
            work, actor, world.adapters.attestor, StatementKind.FLOW, {"flow": flow}, subject_id=None
        )
    page = Visitor.of(scene_api, SECOND, head).page(f"/statements/{statement_id}")
    assert "1,000,000.50" in page
    assert named.login in page
    assert "of the branch or above it" in page
    assert str(head.branch_id) not in page
