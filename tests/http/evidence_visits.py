"""What the right person may ask for about evidence packages and imported records, as programs and as pages."""

from __future__ import annotations

from typing import Final

from tests.http.scene import Scene
from tests.http.step import Step
from tests.http.visit import Options, Visit

ORDER: Final = "/evidence-packages/{order_id}"
IMPORTED: Final = "/imported-records/{imported_id}"


def _package(scene: Scene) -> Options:
    return {
        "data": {"branch_id": str(scene.world.home.north.branch_id)},
        "files": {"package": ("p.zip", b"no zip", "application/zip")},
    }


EVIDENCE_VISITS: Final = (
    Visit("GET", "/archive/{record_id}/evidence.zip", lambda s: f"/archive/{s.archive_record}/evidence.zip"),
    Visit(
        "POST",
        "/evidence-packages",
        lambda s: "/evidence-packages",
        lambda s: {"json": {"record_ids": [str(s.archive_record)]}},
    ),
    Visit("GET", "/evidence-packages", lambda s: "/evidence-packages", names_object=False),
    Visit("GET", ORDER, lambda s: f"/evidence-packages/{s.evidence.order}"),
    Visit("GET", f"{ORDER}/package.zip", lambda s: f"/evidence-packages/{s.evidence.order}/package.zip"),
    Visit("GET", "/archive-fixity", lambda s: "/archive-fixity", names_object=False),
    Visit("GET", "/archive-sweep", lambda s: "/archive-sweep", names_object=False),
    Visit(
        "POST",
        "/archive-sweep/{sha256}/keepings",
        lambda s: f"/archive-sweep/{s.evidence.unnamed}/keepings",
        lambda s: {"json": {"reason": "because"}},
    ),
    Visit("POST", "/archive-sweep/{sha256}/releases", lambda s: f"/archive-sweep/{s.evidence.unnamed}/releases"),
    Visit("GET", "/archive-sources", lambda s: "/archive-sources", names_object=False),
    Visit(
        "POST",
        "/archive-sources/{source_id}/records",
        lambda s: f"/archive-sources/{s.evidence.source}/records",
        _package,
    ),
    Visit("GET", "/imported-records", lambda s: "/imported-records", names_object=False),
    Visit("GET", IMPORTED, lambda s: f"/imported-records/{s.evidence.imported}"),
    Visit("GET", f"{IMPORTED}/package.zip", lambda s: f"/imported-records/{s.evidence.imported}/package.zip"),
    Visit("GET", f"{IMPORTED}/file", lambda s: f"/imported-records/{s.evidence.imported}/file?name=issued.pdf"),
)
EVIDENCE_STEPS: Final = (
    Step("GET", "/evidence", lambda s: "/evidence?query=Supply", names_object=False),
    Step("POST", "/evidence", lambda s: "/evidence", lambda s: {"record_id": str(s.archive_record)}),
    Step("GET", "/archive-fixity", lambda s: "/archive-fixity", names_object=False),
    Step("GET", "/archive-sweep", lambda s: "/archive-sweep", names_object=False),
    Step(
        "POST",
        "/archive-sweep/{sha256}/keepings",
        lambda s: f"/archive-sweep/{s.evidence.unnamed}/keepings",
        lambda s: {"reason": "because"},
    ),
    Step("POST", "/archive-sweep/{sha256}/releases", lambda s: f"/archive-sweep/{s.evidence.unnamed}/releases"),
    Step("GET", "/imported-records", lambda s: "/imported-records", names_object=False),
    Step(
        "POST",
        "/imported-records",
        lambda s: "/imported-records",
        lambda s: {"source_id": str(s.evidence.source), "branch_id": str(s.world.home.north.branch_id)},
        lambda: {"package": ("p.zip", b"no zip", "application/zip")},
    ),
    Step("GET", IMPORTED, lambda s: f"/imported-records/{s.evidence.imported}"),
)
