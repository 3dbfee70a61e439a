"""What the right person may ask of the pages about seals."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from tests.http.scene import Scene
from tests.http.seal_visits import PICTURE, no_table
from tests.http.step import Step

S: Final = "/seals/{seal_id}"
A: Final = "/seals/artworks/{artwork_id}"
P: Final = "/physical-seals"


def _form(**fields: Any) -> Callable[[Scene], Mapping[str, Any]]:
    return lambda scene: fields


def _north(scene: Scene) -> str:
    return f"/seals/{scene.world.home.north.seal_id}"


def _applied(scene: Scene) -> str:
    return f"/seals/{scene.seals.application}"


def _artwork(scene: Scene) -> str:
    return f"/seals/artworks/{scene.seals.artwork}"


def _filing(scene: Scene) -> Mapping[str, Any]:
    return {"branch_id": str(scene.world.home.north.branch_id), "custodian": str(scene.seals.keeper)}


def _physical(scene: Scene) -> Mapping[str, Any]:
    named = {"branch_id": str(scene.world.home.north.branch_id), "keeper_id": str(scene.seals.keeper)}
    return {**named, "name": "公章", "type": "company", "place": "safe"}


def _wish(scene: Scene) -> Mapping[str, Any]:
    return scene.seals.wish


def _picture(scene: Scene) -> Mapping[str, Any]:
    fields: Mapping[str, Any] = PICTURE["data"]
    return fields


SEAL_STEPS: Final = (
    Step("GET", "/seals", lambda s: "/seals", names_object=False),
    Step("GET", "/seals.csv", lambda s: "/seals.csv", names_object=False),
    Step("GET", "/seals/new", lambda s: "/seals/new", names_object=False),
    Step("POST", "/seals/preview", lambda s: "/seals/preview", _form(name="示例"), names_object=False),
    Step("POST", "/seals/drawings", lambda s: "/seals/drawings", _form(name="示例"), names_object=False),
    Step("POST", "/seals", lambda s: "/seals", _wish),
    Step("GET", "/seals/artworks/new", lambda s: "/seals/artworks/new", names_object=False),
    Step(
        "POST",
        "/seals/artworks",
        lambda s: "/seals/artworks",
        _picture,
        files=lambda: PICTURE["files"],
        names_object=False,
    ),
    Step("GET", A, _artwork),
    Step("GET", f"{A}/before", lambda s: f"{_artwork(s)}/before"),
    Step("GET", f"{A}/after", lambda s: f"{_artwork(s)}/after"),
    Step("GET", "/seals/imports/new", lambda s: "/seals/imports/new", names_object=False),
    Step(
        "POST",
        "/seals/imports",
        lambda s: "/seals/imports",
        files=lambda: {"table": ("s.zip", no_table(), "application/zip")},
        names_object=False,
    ),
    Step("GET", "/seals/imports/{import_id}", lambda s: f"/seals/imports/{s.seals.import_id}"),
    Step(
        "POST",
        "/seals/imports/{import_id}/applications",
        lambda s: f"/seals/imports/{s.seals.import_id}/applications",
        _form(sha256="0" * 64),
    ),
    Step("GET", "/seals/filings/new", lambda s: "/seals/filings/new", names_object=False),
    Step(
        "POST",
        "/seals/filings",
        lambda s: "/seals/filings",
        _filing,
        files=lambda: {"file": ("s.esl", b"0", "application/octet-stream")},
    ),
    Step("GET", S, _north),
    Step("GET", f"{S}/artwork", lambda s: f"{_applied(s)}/artwork"),
    Step(
        "GET",
        f"{S}/steps/{{step_id}}/attachment",
        lambda s: f"{_north(s)}/steps/{s.seals.step}/attachment",
    ),
    Step("GET", f"{S}/uses", lambda s: f"{_north(s)}/uses"),
    Step("GET", f"{S}/uses.csv", lambda s: f"{_north(s)}/uses.csv"),
    Step("POST", f"{S}/steps", lambda s: f"{_applied(s)}/steps", _form(action="approve")),
    Step("POST", f"{S}/suspensions", lambda s: f"{_north(s)}/suspensions", _form(reason="lost")),
    Step("POST", f"{S}/refusals", lambda s: f"{_applied(s)}/refusals", _form(reason="no")),
    Step("POST", f"{S}/withdrawals", lambda s: f"{_applied(s)}/withdrawals", _form(reason="a mistake")),
    Step("GET", f"{P}/new", lambda s: f"{P}/new", names_object=False),
    Step("POST", P, lambda s: P, _physical),
    Step("GET", f"{P}/{{seal_id}}", lambda s: f"{P}/{s.seals.physical}"),
    Step(
        "POST",
        f"{P}/{{seal_id}}/steps",
        lambda s: f"{P}/{s.seals.physical}/steps",
        _form(action="seal-up", reason="closed"),
    ),
)
