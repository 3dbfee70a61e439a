"""Sessions of browsers: their cookie, and who may make them change something."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from starlette.responses import Response

from printserver.app import create_app
from printserver.http_edge.actors import clear_session_cookie, cookie_name, set_session_cookie
from printserver.organisations.models import User
from printserver.organisations.permissions import Role
from printserver.organisations.sessions import NewSession, end_session, person_of_session
from printserver.print_requests.states import RequestState
from printserver.settings import Settings
from tests.http.api_client import ApiClient, code_of
from tests.world import World
from tests.world_building import SITE

OWN: dict[str, str | None] = {}
REFUSED = {
    "no token": {"X-CSRF-Token": None},
    "another token": {"X-CSRF-Token": "x" * 32},
    "an empty token": {"X-CSRF-Token": ""},
    "another site": {"Origin": "http://evil.example"},
    "another scheme's site": {"Origin": "null"},
    "another port": {"Origin": "http://print.example:8080"},
    "a name that begins alike": {"Origin": "http://print.example.evil.example"},
    "cross-site by the browser's word": {"Sec-Fetch-Site": "cross-site"},
    "same site, other host": {"Sec-Fetch-Site": "same-site"},
    "own origin, yet cross-site": {"Origin": SITE, "Sec-Fetch-Site": "cross-site"},
    "no word about the site": {"Origin": None},
}
ADMITTED = {
    "own origin and token": OWN,
    "fetch metadata instead of an origin": {"Origin": None, "Sec-Fetch-Site": "same-origin"},
    "both": {"Sec-Fetch-Site": "same-origin"},
}


def _withdraw(api: ApiClient, request_id: object, headers: dict[str, str | None], **options: Any) -> Any:
    _, own = api.browser(Role.CLERK)
    sent = {name: value for name, value in {**own, **headers}.items() if value is not None}
    return api.ask("POST", f"/print-requests/{request_id}/withdrawals", headers=sent, json={}, **options)


@pytest.mark.parametrize("headers", REFUSED.values(), ids=list(REFUSED))
def test_a_change_that_no_page_of_ours_sent_is_refused(api: ApiClient, headers: dict[str, str | None]):
    request_id = api.world.pending()
    api.browser(Role.CLERK)
    answer = _withdraw(api, request_id, headers)
    assert (answer.status_code, code_of(answer) in {"cross-site", "csrf-token"}) == (403, True)
    state = api.fetch(f"/print-requests/{request_id}", Role.CLERK).json()["state"]
    assert state == RequestState.PENDING_APPROVAL


@pytest.mark.parametrize("headers", ADMITTED.values(), ids=list(ADMITTED))
def test_a_change_sent_by_our_page_is_made(api: ApiClient, headers: dict[str, str | None]):
    answer = _withdraw(api, api.world.pending(), headers)
    assert answer.json()["state"] == RequestState.WITHDRAWN


def test_another_sessions_token_is_no_proof(api: ApiClient):
    request_id = api.world.pending()
    other, _ = api.browser(Role.CLERK)
    assert code_of(_withdraw(api, request_id, {"X-CSRF-Token": other.csrf_token})) == "csrf-token"


def test_reading_needs_no_token_and_a_program_with_a_token_needs_no_page(api: ApiClient):
    _, headers = api.browser(Role.CLERK)
    assert api.ask("GET", "/me", headers={"Cookie": headers["Cookie"]}).status_code == 200
    request_id = api.world.pending()
    foreign_page = {"Origin": "http://evil.example"}
    assert api.submit(f"/print-requests/{request_id}/withdrawals", Role.CLERK, json={}, headers=foreign_page).is_success


def test_a_sign_in_from_another_site_is_refused(api: ApiClient):
    wish = {"login": "nobody", "password": "something", "name": "x"}
    answer = api.ask("POST", "/tokens", json=wish, headers={"Origin": "http://evil.example"})
    assert code_of(answer) == "cross-site"


def test_a_form_carries_its_token_in_a_field(api: ApiClient):
    session, headers = api.browser(Role.ARCHIVIST)
    del headers["X-CSRF-Token"]
    scan = {"scan": ("scan.jpg", b"\xff\xd8\xff nothing", "image/jpeg")}
    assert code_of(api.ask("POST", "/returns", headers=headers, files=scan)) == "csrf-token"
    form = {"csrf_token": session.csrf_token}
    assert code_of(api.ask("POST", "/returns", headers=headers, files=scan, data=form)) == "scan-incomplete"


def test_an_ended_an_expired_and_a_frozen_persons_session_open_nothing(api: ApiClient):
    world = api.world

    def status(headers: dict[str, str]) -> int:
        return api.ask("GET", "/me", headers={"Cookie": headers["Cookie"]}).status_code

    ended, ended_headers = api.browser(Role.CLERK)
    _, frozen = api.browser(Role.APPROVER)
    _, expired = api.browser(Role.CUSTODIAN)
    assert [status(each) for each in (ended_headers, frozen, expired)] == [200, 200, 200]
    with world.database.work() as work:
        end_session(work, person_of_session(work, world.secrets, ended.secret))
        work.session.get_one(User, world.person(Role.APPROVER).id).frozen = True
    assert [status(each) for each in (ended_headers, frozen, expired)] == [401, 401, 200]
    world.clock.moment += timedelta(hours=1)
    assert status(expired) == 401


def test_a_token_that_is_not_valid_is_not_made_good_by_a_session(api: ApiClient):
    _, headers = api.browser(Role.CLERK)
    answer = api.ask("GET", "/me", headers={**headers, "Authorization": "Bearer ps_wrong"})
    assert answer.status_code == 401


def test_the_cookie_is_out_of_reach_of_scripts_and_other_hosts(world: World):
    plain = world.adapters.settings
    secure = Settings(home=plain.home, public_url="https://print.example")
    for settings, name in ((plain, "printserver"), (secure, "__Host-printserver")):
        response = Response()
        set_session_cookie(response, settings, NewSession("the-secret", "csrf", 10))
        cookie = response.headers["set-cookie"]
        assert cookie.startswith(f"{name}=the-secret; HttpOnly; Max-Age=36000; Path=/; SameSite=lax")
        assert cookie_name(settings) == name
        assert ("; Secure" in cookie) is (settings is secure)
        assert "domain" not in cookie.lower()
        clear_session_cookie(response, settings)
        assert "Max-Age=0" in response.headers.getlist("set-cookie")[-1]


def test_behind_https_only_the_prefixed_cookie_counts(world: World):
    settings = Settings(home=world.adapters.settings.home, public_url="https://print.example")
    secured = replace(world, adapters=replace(world.adapters, settings=settings))
    with ApiClient(create_app(secured.adapters), secured) as api:
        session, headers = api.browser(Role.CLERK)
        assert headers["Cookie"].startswith("__Host-")
        answer = api.ask("GET", "/me", headers={"Cookie": headers["Cookie"]})
        assert answer.status_code == 200
        assert "Strict-Transport-Security" in answer.headers
        assert api.ask("GET", "/me", headers={"Cookie": f"printserver={session.secret}"}).status_code == 401
