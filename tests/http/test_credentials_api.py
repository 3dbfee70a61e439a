"""Passwords, tokens, and who is told what about them."""

from __future__ import annotations

import httpx
import pytest
from sqlalchemy import select

from printserver.http_edge.limits import PER_MINUTE, SIGN_IN
from printserver.organisations.models import ApiToken, User
from printserver.organisations.permissions import Role
from tests.http.api_client import ApiClient, code_of
from tests.world_building import PASSWORD


def _sign_in(api: ApiClient, login: str, password: str = PASSWORD) -> httpx.Response:
    return api.ask("POST", "/tokens", json={"login": login, "password": password, "name": "OA"})


def test_a_password_buys_a_token_that_its_owner_sees_and_revokes(api: ApiClient):
    clerk = api.world.person(Role.CLERK)
    token = _sign_in(api, clerk.login).json()["token"]
    mine = {"Authorization": f"Bearer {token}"}
    assert api.ask("GET", "/me", headers=mine).json()["name"] == clerk.login
    listed = api.ask("GET", "/tokens", headers=mine).json()
    assert [(each["name"], each["revoked"]) for each in listed] == [("tests", False), ("OA", False)]
    assert token not in str(listed)
    assert api.ask("DELETE", f"/tokens/{listed[1]['id']}", headers=mine).status_code == 204
    assert api.ask("GET", "/me", headers=mine).status_code == 401


def test_me_tells_roles_and_permissions_of_now(api: ApiClient):
    me = api.fetch("/me", Role.ARCHIVIST).json()
    assert (me["roles"], me["organisation"], me["branch"]) == (["archivist"], "示例合同有限公司", "north")
    assert "settle-returns" in me["permissions"]
    assert "create-request" not in me["permissions"]


def test_wrong_names_wrong_passwords_and_frozen_people_hear_the_same(api: ApiClient):
    world = api.world
    frozen = world.person(Role.APPROVER)
    with world.database.work() as work:
        work.session.get_one(User, frozen.id).frozen = True
    tokens = world.row_counts()["api_token"]
    answers = [
        _sign_in(api, "nobody"),
        _sign_in(api, world.person(Role.CLERK).login, "wrong"),
        _sign_in(api, frozen.login),
    ]
    heard = {(answer.status_code, answer.json()["code"], answer.json()["detail"]) for answer in answers}
    assert len(heard) == 1
    assert next(iter(heard))[:2] == (401, "sign-in-refused")
    assert world.row_counts()["api_token"] == tokens


def test_a_failed_sign_in_is_recorded_although_it_is_refused(api: ApiClient):
    login = api.world.person(Role.CLERK).login
    _sign_in(api, login, "wrong")
    with api.world.database.reading() as work:
        assert work.session.scalar(select(User.failed_sign_ins).where(User.login == login)) == 1
    entries = api.fetch("/audit/entries?event=SignInFailed", Role.AUDITOR, api.world.home.head).json()["items"]
    assert [(entry["facts"]["failed_sign_ins"], entry["address"]) for entry in entries] == [(1, "testclient")]


def test_an_account_rests_after_five_failures_even_for_the_right_password(api: ApiClient):
    login = api.world.person(Role.CLERK).login
    for _ in range(5):
        _sign_in(api, login, "wrong")
    assert code_of(_sign_in(api, login)) == "sign-in-refused"
    api.world.clock.advance(2)
    assert _sign_in(api, login).status_code == 201


def test_an_address_may_try_only_so_often_a_minute(api: ApiClient):
    allowed = PER_MINUTE[SIGN_IN].amount
    login = api.world.person(Role.APPROVER).login
    codes = [code_of(_sign_in(api, login, f"guess {number}")) for number in range(allowed + 3)]
    assert codes == ["sign-in-refused"] * allowed + ["too-many-requests"] * 3
    last = _sign_in(api, api.world.person(Role.CLERK).login)
    assert (last.status_code, last.headers["retry-after"]) == (429, "60")


@pytest.mark.parametrize(
    "stated",
    [
        "Bearer ps_" + "x" * 43,
        "Bearer ",
        "Bearer",
        "Basic Y2xlcms6cGFzc3dvcmQ=",
        "Bearer ps_" + "x" * 10_000,
        "Bearer ' OR 1=1 --",
        "",
    ],
)
def test_a_token_that_is_none_opens_nothing(api: ApiClient, stated: str):
    answer = api.ask("GET", "/me", headers={"Authorization": stated})
    assert (answer.status_code, code_of(answer)) == (401, "unauthenticated")
    assert answer.headers["www-authenticate"].startswith("Bearer")


def test_a_token_ends_with_its_days_its_owner_and_its_revocation(api: ApiClient):
    world = api.world
    with world.database.work() as work:
        work.session.get_one(User, world.person(Role.CUSTODIAN).id).frozen = True
        revoked = work.session.scalars(select(ApiToken).where(ApiToken.user_id == world.person(Role.AUDITOR).id)).one()
        revoked.revoked_at = work.now()
    assert api.fetch("/me", Role.CUSTODIAN).status_code == 401
    assert api.fetch("/me", Role.AUDITOR).status_code == 401
    assert api.fetch("/me", Role.CLERK).status_code == 200
    world.clock.advance(90 * 86_400)
    assert api.fetch("/me", Role.CLERK).status_code == 401
