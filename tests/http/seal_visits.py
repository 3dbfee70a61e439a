"""What the right person may ask for about seals, as programs and as pages."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from typing import Any, Final

from tests.http.scene import Scene
from tests.http.visit import Visit

S: Final = "/seals/{seal_id}"
WHY: Final = {"json": {"reason": "because"}}


def no_table() -> bytes:
    """A zip in which every line is wrong, so that nothing is stored besides what was looked at."""
    folder = io.BytesIO()
    with zipfile.ZipFile(folder, "w") as file:
        file.writestr("seals.csv", "name,type,branch,valid_from,valid_until\nx,company,nowhere,2027-01-01,2028-01-01\n")
    return folder.getvalue()


def _wish(scene: Scene) -> Mapping[str, Any]:
    wish = scene.seals.wish
    days = {name: f"{wish[name]}T00:00:00Z" for name in ("valid_from", "valid_until")}
    return {"json": {**wish, **days, "custodians": [wish["custodians"]]}}


def _filing(scene: Scene) -> Mapping[str, Any]:
    named = {"branch_id": str(scene.world.home.north.branch_id), "custodian_id": str(scene.seals.keeper)}
    return {"data": named, "files": {"file": ("s.esl", b"0", "application/octet-stream")}}


def _physical(scene: Scene) -> Mapping[str, Any]:
    named = {"branch_id": str(scene.world.home.north.branch_id), "keeper_id": str(scene.seals.keeper)}
    return {"json": {**named, "name": "公章", "type": "company", "place": "safe"}}


def _north(scene: Scene) -> str:
    return f"/seals/{scene.world.home.north.seal_id}"


PICTURE: Final[dict[str, Any]] = {
    "data": {"width_mm": "40", "height_mm": "40"},
    "files": {"picture": ("s.png", b"no picture", "image/png")},
}
SEAL_VISITS: Final = (
    Visit("GET", S, _north),
    Visit("POST", "/seals", lambda s: "/seals", _wish),
    Visit(
        "POST",
        "/seals/previews",
        lambda s: "/seals/previews",
        lambda s: {"json": {"type": "company", "name": "示例"}},
        names_object=False,
    ),
    Visit("POST", "/seals/artworks", lambda s: "/seals/artworks", lambda s: PICTURE, names_object=False),
    Visit("GET", f"{S}/steps", lambda s: f"{_north(s)}/steps"),
    Visit(
        "POST",
        f"{S}/steps",
        lambda s: f"/seals/{s.seals.application}/steps",
        lambda s: {"json": {"action": "approve"}},
    ),
    Visit("POST", f"{S}/suspensions", lambda s: f"{_north(s)}/suspensions", lambda s: WHY),
    Visit("POST", f"{S}/refusals", lambda s: f"/seals/{s.seals.application}/refusals", lambda s: WHY),
    Visit("POST", f"{S}/withdrawals", lambda s: f"/seals/{s.seals.application}/withdrawals", lambda s: WHY),
    Visit("GET", f"{S}/uses", lambda s: f"{_north(s)}/uses"),
    Visit("GET", "/seal-ledger", lambda s: "/seal-ledger", names_object=False),
    Visit("GET", "/seal-ledger.csv", lambda s: "/seal-ledger.csv", names_object=False),
    Visit(
        "POST",
        "/seal-imports",
        lambda s: "/seal-imports",
        lambda s: {"files": {"table": ("s.zip", no_table(), "application/zip")}},
        names_object=False,
    ),
    Visit("GET", "/seal-imports/{import_id}", lambda s: f"/seal-imports/{s.seals.import_id}"),
    Visit(
        "POST",
        "/seal-imports/{import_id}/applications",
        lambda s: f"/seal-imports/{s.seals.import_id}/applications",
        lambda s: {"json": {"sha256": "0" * 64}},
    ),
    Visit("POST", "/seal-filings", lambda s: "/seal-filings", _filing),
    Visit("GET", "/physical-seals", lambda s: "/physical-seals", names_object=False),
    Visit("POST", "/physical-seals", lambda s: "/physical-seals", _physical),
    Visit("GET", "/physical-seals/{seal_id}", lambda s: f"/physical-seals/{s.seals.physical}"),
    Visit(
        "POST",
        "/physical-seals/{seal_id}/steps",
        lambda s: f"/physical-seals/{s.seals.physical}/steps",
        lambda s: {"json": {"action": "seal-up", "reason": "closed"}},
    ),
)
