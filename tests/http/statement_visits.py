"""Statements in the matrix of access: what officers sign, and what everybody may see of the own ones."""

from __future__ import annotations

from typing import Final

from tests.http.visit import Visit

DIGEST: Final = "0" * 64
S: Final = "/statements/{statement_id}"
STATEMENT_VISITS: Final = (
    Visit("GET", "/statements", lambda s: "/statements", names_object=False),
    Visit(
        "POST",
        "/statements",
        lambda s: "/statements",
        lambda s: {"json": {"kind": "unsystem", "body": {"system_id": "oa"}}},
        names_object=False,
    ),
    Visit("GET", S, lambda s: f"/statements/{s.key_statement}"),
    Visit(
        "POST",
        f"{S}/signatures",
        lambda s: f"/statements/{s.key_statement}/signatures",
        lambda s: {"json": {"sha256": DIGEST}},
    ),
    Visit(
        "POST",
        f"{S}/refusals",
        lambda s: f"/statements/{s.key_statement}/refusals",
        lambda s: {"json": {"reason": "not the person we agreed on"}},
    ),
    Visit("POST", f"{S}/withdrawals", lambda s: f"/statements/{s.key_statement}/withdrawals"),
)
