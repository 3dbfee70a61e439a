"""Signing in by two steps, what must be done first, and what people keep of their own account."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta

import httpx
import pyotp
import pytest
from sqlalchemy import update

from printserver.organisations.models import User
from printserver.organisations.permissions import Role
from printserver.organisations.sessions import open_session
from tests.http.api_client import ApiClient, code_of
from tests.http.page_visitor import Visitor, first, shown_again, went_to
from tests.http.test_step_up import enrol
from tests.world import World
from tests.world_building import PASSWORD, SITE, cheap_passwords

NEW = "several words of mine"


@pytest.fixture(autouse=True)
def _cheap() -> Iterator[None]:
    with cheap_passwords():
        yield


def come_in(api: ApiClient, path: str = "/sign-in", cookie: str = "", **fields: str) -> httpx.Response:
    headers = {"Origin": SITE, "Accept-Language": "en", **({"Cookie": cookie} if cookie else {})}
    answer = api.post(path, headers=headers, data=fields, follow_redirects=False)
    api.cookies.clear()
    return answer


def cookies_of(answer: httpx.Response) -> str:
    return "; ".join(each.partition(";")[0] for each in answer.headers.get_list("set-cookie"))


def visitor(api: ApiClient, answer: httpx.Response) -> Visitor:
    headers = {"Cookie": cookies_of(answer), "Origin": SITE, "Accept-Language": "en"}
    page = api.get("/account", headers=headers, follow_redirects=False)
    api.cookies.clear()
    return Visitor(api, headers, first(r'name="csrf_token" value="([^"]+)"', page.text))


def clerk(world: World) -> str:
    return world.person(Role.CLERK).login


def test_the_second_step_comes_after_the_password_and_leads_where_one_wanted_to_go(api: ApiClient):
    seed = enrol(api.world, Role.CLERK)
    half = come_in(api, login=clerk(api.world), password=PASSWORD, next="/copies")
    assert (half.status_code, "set-cookie" in half.headers) == (200, False)
    pending = first(r'name="pending" value="([^"]+)"', half.text)
    wrong = come_in(api, "/sign-in/code", pending=pending, code="000000", next="/copies")
    assert (wrong.status_code, "set-cookie" in wrong.headers) == (401, False)
    assert first(r'name="pending" value="([^"]+)"', wrong.text) == pending
    code = pyotp.TOTP(seed).at(api.world.clock.now())
    inside = come_in(api, "/sign-in/code", pending=pending, code=code, next="/copies")
    assert went_to(inside) == "/copies"
    replayed = come_in(api, "/sign-in/code", pending=pending, code=code, next="/copies")
    assert (replayed.status_code, "set-cookie" in replayed.headers) == (401, False)


def test_nobody_learns_from_the_first_step_whether_there_is_a_second(api: ApiClient):
    enrol(api.world, Role.CLERK)
    answers = [
        come_in(api, login=login, password="wrong")
        for login in (clerk(api.world), "nobody", api.world.person(Role.APPROVER).login)
    ]
    assert {answer.status_code for answer in answers} == {401}
    assert not [answer for answer in answers if "pending" in answer.text]


def test_a_program_gives_the_code_with_the_password(api: ApiClient):
    seed = enrol(api.world, Role.CLERK)
    wish = {"login": clerk(api.world), "password": PASSWORD, "name": "OA"}
    assert code_of(api.ask("POST", "/tokens", json=wish)) == "second-factor-needed"
    assert code_of(api.ask("POST", "/tokens", json={**wish, "code": "000000"})) == "sign-in-refused"
    code = pyotp.TOTP(seed).at(api.world.clock.now())
    assert api.ask("POST", "/tokens", json={**wish, "code": code}).status_code == 201


def test_a_first_password_opens_the_change_of_it_and_nothing_else(api: ApiClient):
    world = api.world
    with world.database.work() as work:
        work.session.execute(update(User).where(User.login == clerk(world)).values(must_change_password=True))
    wish = {"login": clerk(world), "password": PASSWORD, "name": "OA"}
    assert code_of(api.ask("POST", "/tokens", json=wish)) == "password-change-needed"
    me = visitor(api, come_in(api, login=clerk(world), password=PASSWORD))
    for path in ("/", "/requests/new", "/tokens"):
        assert went_to(me.look(path)) == "/account/password"
    assert "Choose a new one" in me.page("/account/password")
    told = api.get("/api/v1/me", headers={"Cookie": me.headers["Cookie"]}).json()
    assert told["needs"] == "change-password"
    refusals = (
        {"old": "wrong", "new": NEW, "again": NEW},
        {"old": PASSWORD, "new": NEW, "again": NEW + "!"},
        {"old": PASSWORD, "new": "password123", "again": "password123"},
        {"old": PASSWORD, "new": PASSWORD, "again": PASSWORD},
    )
    for fields in refusals:
        assert me.send("/account/password", **fields).status_code in (403, 422)
    assert went_to(me.send("/account/password", old=PASSWORD, new=NEW, again=NEW)).startswith("/account")
    assert me.look("/requests/new").status_code == 200
    assert api.ask("POST", "/tokens", json={**wish, "password": NEW}).status_code == 201


def test_a_program_changes_a_first_password_by_the_api(api: ApiClient):
    world = api.world
    change = {"login": clerk(world), "password": PASSWORD, "new_password": NEW}
    assert code_of(api.ask("POST", "/passwords", json={**change, "password": "wrong"})) == "sign-in-refused"
    assert code_of(api.ask("POST", "/passwords", json={**change, "new_password": "short"})) == "password-weak"
    assert api.ask("POST", "/passwords", json=change).status_code == 204
    wish = {"login": clerk(world), "password": NEW, "name": "OA"}
    assert api.ask("POST", "/tokens", json=wish).status_code == 201


def test_an_app_is_set_up_by_a_picture_and_counts_from_its_first_code_on(api: ApiClient):
    me = visitor(api, come_in(api, login=clerk(api.world), password=PASSWORD))
    begun = me.send("/account/second-factor/seeds")
    seed = first(r'id="seed">([A-Z2-7]+)<', begun.text)
    assert "data:image/svg+xml;base64," in begun.text
    text = shown_again(me.send("/account/second-factor/confirmations", code="000000"), 422)
    assert first(r'id="seed">([A-Z2-7]+)<', text) == seed
    code = pyotp.TOTP(seed).at(api.world.clock.now())
    done = me.send("/account/second-factor/confirmations", code=code)
    codes = re.findall(r"<li>([A-Z2-9]{4}-[A-Z2-9]{4}-[A-Z2-9]{4})</li>", done.text)
    assert len(codes) == 10
    assert "set-cookie" in done.headers, "a new cookie: the old one is dead"
    half = come_in(api, login=clerk(api.world), password=PASSWORD)
    pending = first(r'name="pending" value="([^"]+)"', half.text)
    assert went_to(come_in(api, "/sign-in/code", pending=pending, code=codes[0])) == "/"
    assert come_in(api, "/sign-in/code", pending=pending, code=codes[0]).status_code == 401


def test_people_see_where_they_are_signed_in_and_sign_out_there(api: ApiClient):
    here = visitor(api, come_in(api, login=clerk(api.world), password=PASSWORD))
    there = visitor(api, come_in(api, login=clerk(api.world), password=PASSWORD))
    page = here.page("/account")
    assert page.count("this one") == 1
    address = first(r'action="(/account/sessions/[0-9a-f-]{36}/revocations)"', page)
    assert went_to(here.send(address)).startswith("/account")
    assert went_to(there.look("/account")).startswith("/sign-in")
    assert here.look("/account").status_code == 200


def test_an_idle_session_is_over_and_what_a_page_asks_by_itself_does_not_keep_it(api: ApiClient):
    world = api.world
    with world.database.work() as work:
        secrets = world.secrets
        used, idle = (open_session(work, secrets, world.actor(work, Role.CLERK), hours=10).secret for _ in range(2))

    def asks(secret: str, **headers: str) -> int:
        cookie = {"Cookie": f"printserver={secret}", **headers}
        return api.get("/", headers=cookie, follow_redirects=False).status_code

    by_itself = []
    for _ in range(4):
        world.clock.moment += timedelta(minutes=20)
        assert asks(used) == 200
        by_itself.append(asks(idle, **{"Sec-Fetch-Dest": "empty"}))
    assert by_itself[-1] == 303


def test_a_device_is_remembered_and_let_in_past_its_neighbours_failures(api: ApiClient):
    world = api.world
    cookie = cookies_of(come_in(api, login=clerk(world), password=PASSWORD))
    device = next(part for part in cookie.split("; ") if "-device=" in part)
    for _ in range(5):
        come_in(api, login=clerk(world), password="wrong")
    assert come_in(api, login=clerk(world), password=PASSWORD).status_code == 401
    assert went_to(come_in(api, cookie=device, login=clerk(world), password=PASSWORD)) == "/"


def test_an_administrator_gives_a_program_a_token_that_is_shown_once(api: ApiClient):
    world = api.world
    administrator = Visitor.of(api, Role.SYSTEM_ADMINISTRATOR)
    branch = str(world.home.north.branch_id)
    made = went_to(administrator.send("/service-accounts", name="OA", branch_id=branch, roles="clerk"))
    page = administrator.send(f"{made}/tokens", name="OA", days="30", scopes="read-requests", networks="10.0.0.0/8")
    token = first(r"user-select-all\">(ps_[^<]+)<", page.text)
    assert token not in administrator.page(made)
    assert api.ask("GET", "/print-requests", headers={"Authorization": f"Bearer {token}"}).status_code == 401, (
        "elsewhere"
    )
    assert shown_again(administrator.send(f"{made}/tokens", name="OA", days="30"), 422)
    assert went_to(administrator.send(f"{made}/closings")).startswith("/service-accounts")


def test_two_administrators_reset_an_approver_and_each_sees_one_half(api: ApiClient):
    world = api.world
    approver = world.person(Role.APPROVER).login
    administrator, officer = Visitor.of(api, Role.SYSTEM_ADMINISTRATOR), Visitor.of(api, Role.KEY_OFFICER)
    ordered = administrator.send("/access-resets", person=approver, reason="forgotten")
    half = first(r'id="new-password">([^<]+)<', ordered.text)
    address = first(r'action="(/access-resets/[0-9a-f-]{36}/completions)"', officer.page("/access-resets"))
    other = first(r'id="new-password">([^<]+)<', officer.send(address).text)
    assert come_in(api, login=approver, password=half).status_code == 401
    assert went_to(come_in(api, login=approver, password=half + other)) == "/"
