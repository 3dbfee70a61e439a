"""What the right person may ask of passkeys, by API."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from tests.http.scene import Scene
from tests.http.visit import Options, Visit

DIGEST: Final = "0" * 64


def _json(**body: object) -> Callable[[Scene], Options]:
    return lambda scene: {"json": body}


R: Final = "/print-requests/{request_id}"
S: Final = "/statements/{statement_id}"
PASSKEY_VISITS: Final = (
    Visit("GET", "/passkeys", lambda s: "/passkeys", names_object=False),
    Visit("POST", "/passkeys/questions", lambda s: "/passkeys/questions", names_object=False),
    Visit("POST", "/passkeys/factor-questions", lambda s: "/passkeys/factor-questions", names_object=False),
    Visit("POST", "/passkeys", lambda s: "/passkeys", _json(name="phone", credential={}), names_object=False),
    Visit("PATCH", "/passkeys/{passkey_id}", lambda s: f"/passkeys/{s.passkey}", _json(name="phone")),
    Visit("DELETE", "/passkeys/{passkey_id}", lambda s: f"/passkeys/{s.passkey}"),
    Visit(
        "GET",
        f"{R}/decision-claims",
        lambda s: f"/print-requests/{s.pending_request}/decision-claims?saying=approve&manifest_sha256={DIGEST}",
    ),
    # Who has no passkey is told so before anything is looked for; so with all that a passkey signs.
    Visit(
        "POST",
        f"{R}/passkey-decisions",
        lambda s: f"/print-requests/{s.pending_request}/passkey-decisions",
        _json(saying="approve", manifest_sha256=DIGEST, claims={}, credential={}),
        names_object=False,
    ),
    Visit(
        "GET",
        f"{S}/signature-claims",
        lambda s: f"/statements/{s.key_statement}/signature-claims?sha256={DIGEST}",
        names_object=False,
    ),
    Visit(
        "POST",
        f"{S}/passkey-signatures",
        lambda s: f"/statements/{s.key_statement}/passkey-signatures",
        _json(sha256=DIGEST, claims={}, credential={}),
        names_object=False,
    ),
)
