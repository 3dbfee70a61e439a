"""A request that is sent again has no second effect, however close together the two are."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import func, select

from printserver.app import create_app
from printserver.http_edge.models import IdempotencyRecord
from printserver.organisations.permissions import Role
from printserver.print_requests.models import PrintRequest
from tests.databases import BOTH, DatabaseKit
from tests.http.api_client import ApiClient, code_of, id_of
from tests.world import World
from tests.world_building import PASSWORD, contract

AT_ONCE = 100


@pytest.fixture(params=BOTH)
def busy_api(
    request: pytest.FixtureRequest, world_template: World, database_kit: DatabaseKit, tmp_path: Path
) -> Iterator[ApiClient]:
    """On SQLite and on PostgreSQL."""
    world = world_template.copied_to(tmp_path / "busy", database_kit.make(request.param))
    with ApiClient(create_app(world.adapters), world) as client:
        yield client


def _requests(world: World) -> int:
    with world.database.reading() as work:
        return work.session.scalar(select(func.count()).select_from(PrintRequest)) or 0


def test_a_hundred_at_once_make_one_request_and_hear_the_same_answer(busy_api: ApiClient):
    with ThreadPoolExecutor(AT_ONCE) as crowd:
        answers = list(crowd.map(lambda _: busy_api.apply("the-key"), range(AT_ONCE)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    assert _requests(busy_api.world) == 1
    assert sum("Idempotency-Replayed" not in answer.headers for answer in answers) == 1
    assert [job.workflow for job in busy_api.world.jobs.jobs] == ["prepare-request"]


def test_a_hundred_decisions_at_once_count_once(busy_api: ApiClient):
    request_id = busy_api.world.pending()
    before = busy_api.world.row_counts()["approval"]
    decision = {"manifest_sha256": busy_api.world.manifest_sha256(request_id)}

    def approve(_: int) -> bytes:
        address, headers = f"/print-requests/{request_id}/approvals", {"Idempotency-Key": "my-yes"}
        return busy_api.submit(address, Role.APPROVER, json=decision, headers=headers).content

    with ThreadPoolExecutor(AT_ONCE) as crowd:
        assert len(set(crowd.map(approve, range(AT_ONCE)))) == 1
    assert busy_api.world.row_counts()["approval"] == before + 1


def test_the_same_key_with_another_request_is_refused(api: ApiClient):
    first = api.apply("k")
    before = api.world.row_counts()
    for other in (api.apply("k", copies=2), api.apply("k", pdf=contract("Another contract."))):
        assert (other.status_code, code_of(other)) == (422, "idempotency-key-reused")
    assert api.world.row_counts() == before
    again = api.apply("k")
    assert (again.json(), again.headers["Idempotency-Replayed"]) == (first.json(), "true")


def test_the_first_answer_is_given_again_whatever_became_of_the_request(api: ApiClient):
    first = api.apply("k")
    api.submit(f"/print-requests/{id_of(first)}/withdrawals", Role.CLERK, json={})
    assert api.apply("k").json() == first.json()


def test_keys_of_different_people_do_not_meet(api: ApiClient):
    first, second = api.apply("k"), api.apply("k", office=api.world.home.south)
    assert id_of(first) != id_of(second)
    assert "Idempotency-Replayed" not in second.headers


def test_a_refused_request_does_not_use_up_its_key(api: ApiClient):
    request_id = api.world.pending()
    address, key = f"/print-requests/{request_id}/approvals", {"Idempotency-Key": "k"}
    wrong = api.submit(address, Role.APPROVER, headers=key, json={"manifest_sha256": "0" * 64})
    assert code_of(wrong) == "manifest-changed"
    right = {"manifest_sha256": api.world.manifest_sha256(request_id)}
    first = api.submit(address, Role.APPROVER, headers=key, json=right)
    again = api.submit(address, Role.APPROVER, headers=key, json=right)
    assert (first.status_code, first.json()) == (again.status_code, again.json())
    assert again.headers["Idempotency-Replayed"] == "true"


def test_one_key_does_not_serve_two_addresses(api: ApiClient):
    key = {"Idempotency-Key": "k"}
    for number, request_id in enumerate((api.world.pending(), api.world.pending())):
        answer = api.submit(f"/print-requests/{request_id}/withdrawals", Role.CLERK, headers=key, json={})
        assert answer.status_code == (201 if number == 0 else 422)


def test_without_the_right_a_key_tells_nothing(api: ApiClient):
    api.apply("k")
    answer = api.submit("/print-requests", Role.APPROVER, headers={"Idempotency-Key": "k"})
    assert answer.status_code == 403


@pytest.mark.parametrize("key", ["", "two words", "k" * 201, "schlüssel".encode()])
def test_a_key_out_of_its_grammar_is_refused_before_anything_is_kept(api: ApiClient, key: str | bytes):
    before = api.world.row_counts(), api.world.object_count()
    assert code_of(api.apply(key)) == "idempotency-key-malformed"
    assert (api.world.row_counts(), api.world.object_count()) == before


def test_a_print_request_needs_a_key(api: ApiClient):
    answer = api.submit("/print-requests", Role.CLERK, data={"application": "{}"}, files={"document": b"%PDF-"})
    assert "header.Idempotency-Key" in {error["field"] for error in answer.json()["errors"]}


def test_no_answer_that_holds_a_secret_is_kept(api: ApiClient):
    person = api.world.person(Role.CLERK)
    wish = {"login": person.login, "password": PASSWORD, "name": "x"}
    token = api.ask("POST", "/tokens", json=wish, headers={"Idempotency-Key": "k"}).json()["token"]
    with api.world.database.reading() as work:
        assert work.session.scalar(select(func.count()).select_from(IdempotencyRecord)) == 0
    assert token.startswith("ps_")
