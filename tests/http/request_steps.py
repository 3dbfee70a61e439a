"""Requests, drafts and classes of documents in the matrix of access of the pages."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from tests.http.scene import Scene
from tests.http.step import Step

R: Final = "/requests/{request_id}"
C: Final = "/document-classes/{code}"
DIGEST: Final = "0" * 64
SOMEBODY: Final = "00000000-0000-0000-0000-000000000001"


def _form(**fields: Any) -> Callable[[Scene], Mapping[str, Any]]:
    return lambda scene: fields


def _pending(rest: str) -> Callable[[Scene], str]:
    return lambda s: f"/requests/{s.pending_request}/{rest}"


REQUEST_STEPS: Final = (
    Step("POST", f"{R}/forwardings", _pending("forwardings"), _form(manifest_sha256=DIGEST, to=SOMEBODY)),
    Step("POST", f"{R}/hand-sealings", _pending("hand-sealings"), _form(papers="1", sealed_at="2026-11-22T09:00")),
    Step("POST", f"{R}/urgings", _pending("urgings")),
    Step("POST", f"{R}/recalls", _pending("recalls")),
    Step("POST", f"{R}/drafts", _pending("drafts")),
    Step("GET", "/requests/drafts", lambda s: "/requests/drafts", names_object=False),
    Step(
        "POST",
        "/requests/drafts/{draft_id}/discardings",
        lambda s: f"/requests/drafts/{s.requests.draft}/discardings",
    ),
    Step(
        "POST",
        "/requests/templates/{template_id}/discardings",
        lambda s: f"/requests/templates/{s.requests.template}/discardings",
    ),
    Step("GET", "/document-classes", lambda s: "/document-classes", names_object=False),
    Step("POST", "/document-classes", lambda s: "/document-classes", _form(code="Loan"), names_object=False),
    Step("GET", C, lambda s: "/document-classes/general", names_object=False),
    Step("POST", C, lambda s: "/document-classes/general", _form(name_zh=""), names_object=False),
    Step("POST", f"{C}/flows", lambda s: "/document-classes/general/flows", names_object=False),
    Step(
        "POST",
        f"{C}/flow-previews",
        lambda s: "/document-classes/general/flow-previews",
        _form(action="add"),
        names_object=False,
    ),
)
