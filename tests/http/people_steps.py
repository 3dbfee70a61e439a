"""What the right person may ask of people, branches, roles and rights, on pages."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final
from uuid import uuid4

from tests.http.people_visits import DIGEST, TABLE
from tests.http.scene import Scene
from tests.http.step import Step

CSV: Final = "工号,姓名,登录名,机构\n9001,某某,somebody,north".encode()


def _form(**fields: Any) -> Callable[[Scene], Mapping[str, Any]]:
    return lambda scene: fields


def _at_north(**fields: str) -> Callable[[Scene], Mapping[str, Any]]:
    return lambda scene: {"branch_id": str(scene.world.home.north.branch_id), **fields}


def _below_north(**fields: str) -> Callable[[Scene], Mapping[str, Any]]:
    return lambda scene: {"parent_id": str(scene.world.home.north.branch_id), **fields}


def _newcomer(ending: str = "") -> Callable[[Scene], str]:
    return lambda scene: f"/people/{scene.people.newcomer}{ending}"


def _team(ending: str = "") -> Callable[[Scene], str]:
    return lambda scene: f"/branches/{scene.people.team}{ending}"


def _team_and_why(scene: Scene) -> Mapping[str, Any]:
    return {"branch_id": str(scene.people.team), "reason": "because"}


def _review(ending: str = "") -> Callable[[Scene], str]:
    return lambda scene: f"/rights/reviews/{scene.people.review}{ending}"


P: Final = "/people/{user_id}"
B: Final = "/branches/{branch_id}"
V: Final = "/rights/reviews/{review_id}"
BECAUSE: Final = _form(reason="because")
DAYS: Final = {"since": "2026-12-01", "until": "2026-12-05"}
OWN_ROLE: Final = {"name_zh": "前台", "name_en": "front desk", "permissions": "read-returns"}
PEOPLE_STEPS: Final = (
    Step("GET", "/people", lambda s: "/people", names_object=False),
    Step("GET", "/people/new", lambda s: "/people/new", names_object=False),
    Step("POST", "/people", lambda s: "/people", _at_north(staff_number="9002", name="One More", login="one-more")),
    Step("GET", "/people/dormant", lambda s: "/people/dormant", names_object=False),
    Step("POST", "/people/dormant/freezes", lambda s: "/people/dormant/freezes", names_object=False),
    Step("GET", P, _newcomer()),
    Step("POST", f"{P}/changes", _newcomer("/changes"), _form(name="New", staff_number="9003", login="newcomer")),
    Step("POST", f"{P}/account-links", _newcomer("/account-links"), _form(staff_number="newcomer"), names_object=False),
    Step("POST", f"{P}/moves", _newcomer("/moves"), _at_north(reason="because")),
    Step("POST", f"{P}/rights", _newcomer("/rights"), _at_north(role="printer-administrator")),
    Step(
        "POST",
        f"{P}/rights/{{right_id}}/endings",
        lambda s: f"/people/{s.people.newcomer}/rights/{s.people.right}/endings",
        BECAUSE,
    ),
    Step("POST", f"{P}/freezes", _newcomer("/freezes"), BECAUSE),
    Step("POST", f"{P}/unfreezes", _newcomer("/unfreezes"), BECAUSE),
    Step("POST", f"{P}/departures", _newcomer("/departures"), BECAUSE),
    Step("GET", "/staff-import", lambda s: "/staff-import", names_object=False),
    Step(
        "POST",
        "/staff-import/plans",
        lambda s: "/staff-import/plans",
        files=lambda: {"table": ("staff.csv", CSV, "text/csv")},
        names_object=False,
    ),
    Step(
        "POST",
        "/staff-import",
        lambda s: "/staff-import",
        _form(file=TABLE, plan_sha256=DIGEST),
        names_object=False,
    ),
    Step("GET", "/branches", lambda s: "/branches", names_object=False),
    Step("POST", "/branches", lambda s: "/branches", _below_north(name="another team")),
    Step("POST", f"{B}/names", _team("/names"), _form(name="first team")),
    Step("POST", f"{B}/moves", _team("/moves"), _below_north(reason="because")),
    Step("POST", f"{B}/closings", _team("/closings")),
    Step("POST", f"{B}/reopenings", _team("/reopenings")),
    Step("GET", "/frozen-places", lambda s: "/frozen-places", names_object=False),
    Step("POST", "/frozen-places", lambda s: "/frozen-places", _team_and_why),
    Step("POST", "/frozen-places/endings", lambda s: "/frozen-places/endings", _team_and_why),
    Step("GET", "/dormant-seals", lambda s: "/dormant-seals", names_object=False),
    Step(
        "POST",
        "/dormant-seals/{seal_id}/suspensions",
        lambda s: f"/dormant-seals/{s.world.home.north.seal_id}/suspensions",
    ),
    Step(
        "POST",
        "/dormant-passkeys/{passkey_id}/endings",
        lambda s: f"/dormant-passkeys/{s.passkey}/endings",
    ),
    Step("GET", "/device-policy", lambda s: "/device-policy", names_object=False),
    Step("POST", "/device-policy", lambda s: "/device-policy", _form(decisions="passkey"), names_object=False),
    Step("GET", "/roles", lambda s: "/roles", names_object=False),
    Step("POST", "/roles", lambda s: "/roles", _form(code="front-desk", **OWN_ROLE), names_object=False),
    Step(
        "POST", "/roles/{role_id}/changes", lambda s: f"/roles/{uuid4()}/changes", _form(**OWN_ROLE), names_object=False
    ),
    Step("POST", "/roles/{role_id}/retirements", lambda s: f"/roles/{uuid4()}/retirements", names_object=False),
    Step("GET", "/rights", lambda s: "/rights", names_object=False),
    Step("GET", "/rights.csv", lambda s: "/rights.csv", names_object=False),
    Step("POST", "/rights/reviews", lambda s: "/rights/reviews", _form(period="2027"), names_object=False),
    Step("GET", V, _review(), names_object=False),
    Step(
        "POST",
        f"{V}/lines/{{line_id}}/verdicts",
        lambda s: f"/rights/reviews/{s.people.review}/lines/{s.people.review_line}/verdicts",
        _form(verdict="confirmed"),
        names_object=False,
    ),
    Step("POST", f"{V}/sign-offs", _review("/sign-offs"), names_object=False),
    Step("GET", "/deputies", lambda s: "/deputies", names_object=False),
    Step(
        "POST",
        "/deputies",
        lambda s: "/deputies",
        lambda s: {
            "deputy_id": str(s.people.newcomer),
            "role": "approver",
            "since": "2026-12-01",
            "until": "2026-12-05",
        },
        names_object=False,
    ),
    Step("POST", "/deputies/{delegation_id}/endings", lambda s: f"/deputies/{s.people.delegation}/endings"),
)
