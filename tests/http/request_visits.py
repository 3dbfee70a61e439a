"""Requests, drafts and classes of documents in the matrix of access of the API."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, Final

from tests.http.scene import Scene
from tests.http.visit import Options, Visit
from tests.world_building import contract

R: Final = "/print-requests/{request_id}"
D: Final = "/request-drafts/{draft_id}"
DIGEST: Final = "0" * 64
SOMEBODY: Final = "00000000-0000-0000-0000-000000000001"


def _json(**body: Any) -> Callable[[Scene], Options]:
    return lambda scene: {"json": body}


def _pending(rest: str) -> Callable[[Scene], str]:
    return lambda s: f"/print-requests/{s.pending_request}/{rest}"


def _draft(rest: str = "") -> Callable[[Scene], str]:
    return lambda s: f"/request-drafts/{s.requests.draft}{rest}"


def _new_draft(scene: Scene) -> Options:
    return {"data": {"fields": json.dumps({})}, "files": {"document": ("c.pdf", contract(), "application/pdf")}}


def _places(scene: Scene) -> Options:
    seals = [{"seal_id": str(scene.world.home.north.seal_id), "places": [{"keyword": "contract"}]}]
    return {"data": {"seals": json.dumps(seals)}, "files": {"document": ("c.pdf", contract(), "application/pdf")}}


WORDS: Final = _json(name_zh="一般", name_en="General")
MARKED: Final = _json(name_zh="合同", name_en="contract", marks={"guilloche": True})
FLOW: Final = _json(flow={"steps": [{"name": "approval", "roles": ["approver"]}]})
REQUEST_VISITS: Final = (
    Visit("GET", f"{R}/document/pages/{{page}}/image", _pending("document/pages/1/image")),
    Visit(
        "GET",
        f"{R}/attachments/{{number}}/pages/{{page}}/image",
        lambda s: f"/print-requests/{s.requests.attached}/attachments/1/pages/1/image",
    ),
    Visit(
        "GET",
        f"{R}/electronic-original.pdf",
        lambda s: f"/print-requests/{s.requests.electronic}/electronic-original.pdf",
    ),
    Visit("POST", f"{R}/urgings", _pending("urgings")),
    Visit("POST", f"{R}/recalls", _pending("recalls")),
    Visit("POST", f"{R}/drafts", _pending("drafts")),
    Visit("POST", f"{R}/forwardings", _pending("forwardings"), _json(manifest_sha256=DIGEST, to=SOMEBODY)),
    Visit("POST", f"{R}/system-approvals", _pending("system-approvals"), _json(evidence="a.b.c"), names_object=False),
    Visit("POST", f"{R}/hand-sealings", _pending("hand-sealings"), _json(papers=1, sealed_at="2026-11-22T09:00:00Z")),
    Visit("POST", "/request-drafts", lambda s: "/request-drafts", _new_draft, names_object=False),
    Visit("GET", "/request-drafts", lambda s: "/request-drafts", names_object=False),
    Visit("GET", D, _draft()),
    Visit("PUT", D, _draft(), _json(fields={"title": "changed"})),
    Visit("DELETE", D, _draft()),
    Visit("POST", f"{D}/submissions", _draft("/submissions")),
    Visit("POST", f"{D}/placements", _draft("/placements")),
    Visit("POST", "/print-requests/placements", lambda s: "/print-requests/placements", _places),
    Visit("GET", "/request-templates", lambda s: "/request-templates", names_object=False),
    Visit("POST", "/request-templates", lambda s: "/request-templates", _json(name="n", fields={}), names_object=False),
    Visit("DELETE", "/request-templates/{template_id}", lambda s: f"/request-templates/{s.requests.template}"),
    Visit("GET", "/document-classes", lambda s: "/document-classes", names_object=False),
    Visit("GET", "/document-classes/{code}", lambda s: "/document-classes/general", names_object=False),
    Visit("PUT", "/document-classes/{code}", lambda s: "/document-classes/general", WORDS, names_object=False),
    Visit("PUT", "/document-classes/{code}", lambda s: "/document-classes/general", MARKED, names_object=False),
    Visit(
        "POST", "/document-classes/{code}/flows", lambda s: "/document-classes/general/flows", FLOW, names_object=False
    ),
    Visit(
        "POST",
        "/document-classes/{code}/flow-previews",
        lambda s: "/document-classes/general/flow-previews",
        lambda s: {"json": {"branch_id": str(s.world.home.north.branch_id)}},
        names_object=False,
    ),
)
