"""Quarantine, channels and uploads of several files in the matrices of access, of the API and of the pages."""

from __future__ import annotations

from typing import Final

from tests.http.scene import Scene
from tests.http.step import Step
from tests.http.visit import Options, Visit
from tests.world_building import scanned_page

Q: Final = "/quarantined-scans/{scan_id}"
P: Final = "/quarantine/{scan_id}"


def _scans(scene: Scene) -> Options:
    return {"files": [("scans", ("scan.jpg", scanned_page(41), "image/jpeg"))]}


INTAKE_VISITS: Final = (
    Visit("POST", "/return-uploads", lambda s: "/return-uploads", _scans, names_object=False),
    Visit("GET", "/quarantined-scans", lambda s: "/quarantined-scans", names_object=False),
    Visit("GET", Q, lambda s: f"/quarantined-scans/{s.quarantined}"),
    Visit("GET", f"{Q}/file", lambda s: f"/quarantined-scans/{s.quarantined}/file"),
    Visit("POST", f"{Q}/tries", lambda s: f"/quarantined-scans/{s.quarantined}/tries"),
    Visit(
        "POST",
        f"{Q}/discards",
        lambda s: f"/quarantined-scans/{s.quarantined}/discards",
        lambda s: {"json": {"reason": "because"}},
    ),
    Visit("GET", "/intake-channels", lambda s: "/intake-channels", names_object=False),
)

INTAKE_STEPS: Final = (
    Step("GET", "/quarantine", lambda s: "/quarantine", names_object=False),
    Step("GET", P, lambda s: f"/quarantine/{s.quarantined}"),
    Step("GET", f"{P}/file", lambda s: f"/quarantine/{s.quarantined}/file"),
    Step("POST", f"{P}/tries", lambda s: f"/quarantine/{s.quarantined}/tries"),
    Step("POST", f"{P}/discards", lambda s: f"/quarantine/{s.quarantined}/discards", lambda s: {"reason": "because"}),
)
