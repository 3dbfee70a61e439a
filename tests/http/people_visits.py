"""What the right person may ask of people, branches, roles and rights, by API."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable
from typing import Final
from uuid import UUID, uuid4

from tests.http.scene import Scene
from tests.http.visit import Options, Visit

TABLE: Final = b64encode("工号,姓名,登录名,机构\n9001,某某,somebody,north".encode()).decode()
DIGEST: Final = "0" * 64


def _json(**body: object) -> Callable[[Scene], Options]:
    return lambda scene: {"json": body}


def _at_north(**body: object) -> Callable[[Scene], Options]:
    return lambda scene: {"json": {"branch_id": str(_north(scene)), **body}}


def _north(scene: Scene) -> UUID:
    return scene.world.home.north.branch_id


def _below_north(**body: object) -> Callable[[Scene], Options]:
    return lambda scene: {"json": {"parent_id": str(_north(scene)), **body}}


def _deputy(scene: Scene) -> Options:
    dates = {"since": "2026-12-01T00:00:00Z", "until": "2026-12-05T00:00:00Z"}
    return {"json": {"deputy_id": str(scene.people.newcomer), "role": "approver", **dates}}


def _newcomer(ending: str = "") -> Callable[[Scene], str]:
    return lambda scene: f"/people/{scene.people.newcomer}{ending}"


def _team(ending: str = "") -> Callable[[Scene], str]:
    return lambda scene: f"/branches/{scene.people.team}{ending}"


def _team_and_why(scene: Scene) -> Options:
    return {"json": {"branch_id": str(scene.people.team), "reason": "because"}}


def _review(ending: str = "") -> Callable[[Scene], str]:
    return lambda scene: f"/rights-reviews/{scene.people.review}{ending}"


P: Final = "/people/{user_id}"
B: Final = "/branches/{branch_id}"
V: Final = "/rights-reviews/{review_id}"
BECAUSE: Final = _json(reason="because")
OWN_ROLE: Final = {"name_zh": "前台", "name_en": "front desk", "permissions": ["read-returns"]}
PEOPLE_VISITS: Final = (
    Visit("GET", "/people", lambda s: "/people", names_object=False),
    Visit("POST", "/people", lambda s: "/people", _at_north(staff_number="9002", name="One More", login="one-more")),
    Visit("GET", P, _newcomer()),
    Visit("PATCH", P, _newcomer(), _json(staff_number="9003", name="New Name", login="newcomer")),
    Visit(
        "POST",
        f"{P}/account-links",
        _newcomer("/account-links"),
        lambda s: {"json": {"same_person_as": str(s.people.newcomer)}},
    ),
    Visit("POST", f"{P}/moves", _newcomer("/moves"), _at_north(reason="because")),
    Visit("POST", f"{P}/rights", _newcomer("/rights"), _at_north(role="printer-administrator")),
    Visit("POST", "/rights/{right_id}/endings", lambda s: f"/rights/{s.people.right}/endings", BECAUSE),
    Visit("POST", f"{P}/freezes", _newcomer("/freezes"), BECAUSE),
    Visit("POST", f"{P}/unfreezes", _newcomer("/unfreezes"), BECAUSE),
    Visit("GET", f"{P}/estate", _newcomer("/estate")),
    Visit("POST", f"{P}/departures", _newcomer("/departures"), BECAUSE),
    Visit("GET", "/dormant-people/upcoming", lambda s: "/dormant-people/upcoming", names_object=False),
    Visit("GET", "/dormant-people", lambda s: "/dormant-people?days=3650", names_object=False),
    Visit(
        "POST",
        "/dormant-people/freezes",
        lambda s: "/dormant-people/freezes",
        _json(days=3650),
        names_object=False,
    ),
    Visit("GET", "/branches", lambda s: "/branches", names_object=False),
    Visit("POST", "/branches", lambda s: "/branches", _below_north(name="another team")),
    Visit("PATCH", B, _team(), _json(name="first team")),
    Visit("POST", f"{B}/moves", _team("/moves"), _below_north(reason="because")),
    Visit("POST", f"{B}/closings", _team("/closings")),
    Visit("POST", f"{B}/reopenings", _team("/reopenings")),
    Visit("GET", "/frozen-places", lambda s: "/frozen-places", names_object=False),
    Visit("POST", "/frozen-places", lambda s: "/frozen-places", _team_and_why),
    Visit("POST", "/frozen-places/endings", lambda s: "/frozen-places/endings", _team_and_why),
    Visit("GET", "/dormant-seals", lambda s: "/dormant-seals", names_object=False),
    Visit("GET", "/dormant-passkeys", lambda s: "/dormant-passkeys", names_object=False),
    Visit(
        "POST",
        "/dormant-passkeys/{passkey_id}/endings",
        lambda s: f"/dormant-passkeys/{s.passkey}/endings",
    ),
    Visit("GET", "/device-policy", lambda s: "/device-policy", names_object=False),
    Visit(
        "POST",
        "/device-policy",
        lambda s: "/device-policy",
        _json(officers="attested", decisions="passkey"),
        names_object=False,
    ),
    Visit("GET", "/roles", lambda s: "/roles", names_object=False),
    Visit("POST", "/roles", lambda s: "/roles", _json(code="front-desk", **OWN_ROLE), names_object=False),
    Visit("PUT", "/roles/{role_id}", lambda s: f"/roles/{uuid4()}", _json(**OWN_ROLE), names_object=False),
    Visit("POST", "/roles/{role_id}/retirements", lambda s: f"/roles/{uuid4()}/retirements", names_object=False),
    Visit("POST", "/staff-plans", lambda s: "/staff-plans", _json(file=TABLE), names_object=False),
    Visit(
        "POST",
        "/staff-imports",
        lambda s: "/staff-imports",
        _json(file=TABLE, plan_sha256=DIGEST),
        names_object=False,
    ),
    Visit("GET", "/delegations", lambda s: "/delegations", names_object=False),
    Visit("GET", "/people-delegations", lambda s: "/people-delegations", names_object=False),
    Visit("POST", "/delegations", lambda s: "/delegations", _deputy, names_object=False),
    Visit("POST", "/delegations/{delegation_id}/endings", lambda s: f"/delegations/{s.people.delegation}/endings"),
    Visit("GET", "/rights", lambda s: "/rights", names_object=False),
    Visit("GET", "/rights.csv", lambda s: "/rights.csv", names_object=False),
    Visit("GET", "/rights-reviews", lambda s: "/rights-reviews", names_object=False),
    Visit("POST", "/rights-reviews", lambda s: "/rights-reviews", _json(period="2027"), names_object=False),
    Visit("GET", V, _review(), names_object=False),
    Visit(
        "POST",
        f"{V}/lines/{{line_id}}/verdicts",
        lambda s: f"/rights-reviews/{s.people.review}/lines/{s.people.review_line}/verdicts",
        _json(verdict="confirmed"),
        names_object=False,
    ),
    Visit("POST", f"{V}/sign-offs", _review("/sign-offs"), names_object=False),
)
