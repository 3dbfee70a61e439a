"""Templates, batches and what was found in documents, in the matrix of access of the pages."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from tests.http.scene import Scene
from tests.http.step import Step

T: Final = "/document-templates/{code}"
B: Final = "/request-batches/{batch_id}"


def _form(**fields: Any) -> Callable[[Scene], Mapping[str, Any]]:
    return lambda scene: fields


def _certificate(rest: str = "") -> Callable[[Scene], str]:
    return lambda scene: f"/document-templates/certificate{rest}"


def _batch(rest: str = "") -> Callable[[Scene], str]:
    return lambda s: f"/request-batches/{s.requests.batch}{rest}"


def _table() -> Any:
    return {"table": ("t.csv", b"reference\n1\n", "text/csv")}


def _template() -> Any:
    return {"description": ("template.json", b"{}", "application/json")}


DOCUMENT_STEPS: Final = (
    Step("GET", "/document-templates", lambda s: "/document-templates", names_object=False),
    Step(
        "POST", "/document-templates", lambda s: "/document-templates", _form(code="x"), _template, names_object=False
    ),
    Step("GET", T, _certificate(), names_object=False),
    Step("POST", f"{T}/documents", _certificate("/documents"), _form(language="zh"), names_object=False),
    Step("POST", f"{T}/retirements", _certificate("/retirements"), names_object=False),
    Step("GET", "/request-batches", lambda s: "/request-batches", names_object=False),
    Step(
        "GET",
        "/request-batches/tables/{code}.csv",
        lambda s: "/request-batches/tables/certificate.csv",
        names_object=False,
    ),
    Step(
        "POST", "/request-batches", lambda s: "/request-batches", _form(code="certificate"), _table, names_object=False
    ),
    Step("GET", B, _batch()),
    Step("GET", f"{B}/progress", _batch("/progress")),
    Step("POST", f"{B}/starts", _batch("/starts")),
    Step("POST", f"{B}/stops", _batch("/stops")),
)
