"""What the right person may ask of the pages about statements."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from tests.http.scene import Scene
from tests.http.step import Step

S: Final = "/statements/{statement_id}"
DIGEST: Final = "0" * 64


def _form(**fields: Any) -> Callable[[Scene], Mapping[str, Any]]:
    return lambda scene: fields


def _key(scene: Scene) -> str:
    return f"/statements/{scene.key_statement}"


STATEMENT_STEPS: Final = (
    Step("GET", S, _key),
    Step("POST", f"{S}/signatures", lambda s: f"{_key(s)}/signatures", _form(sha256=DIGEST)),
    Step("POST", f"{S}/passkey-questions", lambda s: f"{_key(s)}/passkey-questions", _form(sha256=DIGEST)),
    Step("POST", f"{S}/refusals", lambda s: f"{_key(s)}/refusals", _form(reason="not agreed")),
    Step("POST", f"{S}/withdrawals", lambda s: f"{_key(s)}/withdrawals"),
)
