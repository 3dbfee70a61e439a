"""Templates, batches and what was found in documents, in the matrix of access of the API."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from tests.http.scene import Scene
from tests.http.visit import Options, Visit
from tests.unit.documents.template_samples import DESCRIPTION, SOURCE

T: Final = "/document-templates/{code}"
B: Final = "/request-batches/{batch_id}"


def _json(**body: Any) -> Callable[[Scene], Options]:
    return lambda scene: {"json": body}


def _certificate(rest: str = "") -> Callable[[Scene], str]:
    return lambda scene: f"/document-templates/certificate{rest}"


def _batch(rest: str = "") -> Callable[[Scene], str]:
    return lambda s: f"/request-batches/{s.requests.batch}{rest}"


def _table(_scene: Scene) -> Options:
    return {"data": {"template": "certificate"}, "files": {"table": ("t.csv", b"reference\n1\n", "text/csv")}}


OWN: Final = _json(description=DESCRIPTION, files={"en.typ": SOURCE})
FILLED: Final = _json(language="zh", values={})
DOCUMENT_VISITS: Final = (
    Visit("GET", "/print-requests/{request_id}/document", lambda s: f"/print-requests/{s.pending_request}/document"),
    Visit(
        "GET",
        "/print-requests/{request_id}/document/original",
        lambda s: f"/print-requests/{s.pending_request}/document/original",
    ),
    Visit(
        "POST",
        "/request-drafts/{draft_id}/confirmations",
        lambda s: f"/request-drafts/{s.requests.draft}/confirmations",
        _json(questions=[]),
    ),
    Visit("GET", "/document-templates", lambda s: "/document-templates", names_object=False),
    Visit("GET", T, _certificate(), names_object=False),
    Visit("PUT", T, _certificate(), OWN, names_object=False),
    Visit("DELETE", T, _certificate(), names_object=False),
    Visit("POST", f"{T}/previews", _certificate("/previews"), FILLED, names_object=False),
    Visit("POST", f"{T}/documents", _certificate("/documents"), FILLED, names_object=False),
    Visit("POST", "/request-batches", lambda s: "/request-batches?dry_run=true", _table, names_object=False),
    Visit("GET", "/request-batches", lambda s: "/request-batches", names_object=False),
    Visit("GET", B, _batch()),
    Visit("GET", f"{B}/rows", _batch("/rows")),
    Visit("POST", f"{B}/starts", _batch("/starts")),
    Visit("POST", f"{B}/stops", _batch("/stops")),
)
