"""Every route with every role, on things of one's own, of somebody else and of nobody: made from the list of routes.

A new route is in it by itself. What a person with the right role finds at each address, and that another branch's
things are not found there, test_access.py and test_pages_access.py ask by hand.
"""

from __future__ import annotations

from collections.abc import Mapping

import httpx
import pytest

from printserver.app import create_app
from printserver.organisations.permissions import Role
from printserver.print_requests.events import ReleaseCodeRefused
from tests.http.api_client import ApiClient
from tests.http.every_route import Request, every_request, known_parameters, things_of
from tests.http.scene import Scene
from tests.world import World
from tests.world_building import SITE, Office

OWN_TABLES = frozenset({"web_session", "release_tries"})


@pytest.fixture(scope="module")
def requests(world_template: World) -> tuple[Request, ...]:
    return every_request(create_app(world_template.adapters))


class Visitors:
    """People of one office; each is signed in once, with a token and with a browser."""

    def __init__(self, api: ApiClient, office: Office) -> None:
        self._api, self._office = api, office
        self._browsers: dict[Role, tuple[dict[str, str], str]] = {}

    def ask(self, request: Request, role: Role, values: Mapping[str, object]) -> httpx.Response:
        headers, csrf_token = self._browser(role) if request.is_page else (self._token(role), "")
        return request.send(self._api, request.address(values), headers, csrf_token)

    def _token(self, role: Role) -> dict[str, str]:
        shown = self._api.step_up(role, self._office)
        return {"Authorization": f"Bearer {self._api.world.person(role, self._office).token}", "X-Step-Up": shown}

    def _browser(self, role: Role) -> tuple[dict[str, str], str]:
        if role not in self._browsers:
            session, headers = self._api.browser(role, self._office)
            self._browsers[role] = (
                {name: value for name, value in headers.items() if name != "X-CSRF-Token"},
                (session.csrf_token),
            )
        self._api.cookies.clear()
        return self._browsers[role]


def state_of(world: World) -> set[tuple[str, int]]:
    """How much there is of everything; sessions are opened by the visitors of these tests themselves.

    A release code that nobody has is counted against whoever tried it, and recorded.
    """
    counts = {table: count for table, count in world.row_counts().items() if table not in OWN_TABLES}
    counts["audit_entry"] -= world.events().count(ReleaseCodeRefused.__name__)
    return {*counts.items(), ("stored objects", world.object_count())}


def told(answer: httpx.Response) -> tuple[object, ...]:
    """What an answer tells, but for its number and the address that was asked for."""
    kind = answer.headers.get("content-type", "")
    if kind.startswith("application/problem+json"):
        problem = answer.json()
        return answer.status_code, problem["code"], problem["detail"], str(problem.get("errors"))
    return answer.status_code, kind, answer.headers.get("location", "").partition("?")[0]


def test_there_are_routes_of_both_kinds_and_every_parameter_is_known(requests: tuple[Request, ...]):
    assert sum(request.is_page for request in requests) > 100
    assert sum(not request.is_page for request in requests) > 150
    unknown = {name for request in requests for name in request.parameters} - known_parameters()
    assert unknown == set(), "tell `every_route` where such a thing of the scene is"


def test_strangers_are_turned_away_from_every_route_and_nothing_is_written(
    scene_api: ApiClient, scene: Scene, requests: tuple[Request, ...]
):
    before, things = state_of(scene.world), things_of(scene)
    for headers in ({}, {"Authorization": "Bearer ps_" + "x" * 43}, {"Cookie": "printserver=" + "x" * 43}):
        for request in requests:
            scene_api.cookies.clear()
            answer = request.send(scene_api, request.address(things), {"Origin": SITE, **headers}, "x" * 32)
            if answer.is_redirect and request.is_page:
                assert answer.headers["location"].partition("?")[0] == "/sign-in", request
            else:
                assert answer.status_code == 401, (request, answer.text)
            assert "set-cookie" not in answer.headers, request
    assert state_of(scene.world) ^ before == set()


def test_roles_without_the_permission_are_turned_away_from_every_route_and_nothing_is_written(
    scene_api: ApiClient, scene: Scene, requests: tuple[Request, ...]
):
    visitors, turned_away = Visitors(scene_api, scene.world.home.north), 0
    before, things = state_of(scene.world), things_of(scene)
    for request in requests:
        for role in set(Role) - set(request.roles):
            answer = visitors.ask(request, role, things)
            assert answer.status_code == 403, (request, role, answer.text)
            turned_away += 1
    assert turned_away > 1_000
    assert state_of(scene.world) ^ before == set()


def test_what_another_company_has_is_as_if_it_were_not_there_and_stays_as_it_is(
    scene_api: ApiClient, scene: Scene, requests: tuple[Request, ...]
):
    """The same answer as for an id that nobody has: so nothing can be learnt of it, and nothing done to it."""
    visitors, compared = Visitors(scene_api, scene.world.foreign.head), 0
    before, things, telling = state_of(scene.world), things_of(scene), []
    for request in (each for each in requests if each.ids):
        for role in request.roles:
            foreign, missing = visitors.ask(request, role, things), visitors.ask(request, role, {})
            if foreign.is_success or foreign.is_server_error or told(foreign) != told(missing):
                telling.append((request.method, request.path, str(role), told(foreign), told(missing)))
            compared += 1
    assert telling == []
    assert compared > 200
    assert state_of(scene.world) ^ before == set()


def test_a_form_without_the_sessions_token_or_from_another_site_changes_nothing(
    scene_api: ApiClient, scene: Scene, requests: tuple[Request, ...]
):
    before, things = state_of(scene.world), things_of(scene)
    browsers = {role: scene_api.browser(role) for role in Role}
    for request in (each for each in requests if each.is_page and each.is_unsafe):
        session, headers = browsers[request.roles[0]]
        own = {"Cookie": headers["Cookie"]}
        for origin, token in ((SITE, "x" * 32), (SITE, ""), ("http://evil.example", session.csrf_token)):
            scene_api.cookies.clear()
            answer = request.send(scene_api, request.address(things), {**own, "Origin": origin}, token)
            assert answer.status_code == 403, (request, origin)
    assert state_of(scene.world) ^ before == set()
