"""The OpenID provider as it is reached: its description, its keys, its token endpoint. Nothing here is believed yet.

Source: OpenID Connect Discovery 1.0 section 4, RFC 6749 section 4.1.3.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Final, Protocol
from urllib.parse import quote

import httpx

from printserver.foundation.errors import Unavailable
from printserver.foundation.trusted_addresses import is_trusted_address

PATIENCE_SECONDS: Final = 10.0
KEPT_SECONDS: Final = 600.0
FRESH_SECONDS: Final = 10.0
"""So often at most are keys asked for anew, whatever tokens people bring."""
LARGEST_ANSWER: Final = 1 << 20


class SingleSignOnUnavailable(Unavailable):
    code: ClassVar[str] = "single-sign-on-unavailable"


class ProviderPort(Protocol):
    def metadata(self) -> Mapping[str, Any]:
        """With `authorization_endpoint`, `token_endpoint`, `jwks_uri`.   Raises: SingleSignOnUnavailable."""

    def keys(self, *, fresh: bool = False) -> Any:
        """The provider's JSON Web Key Set.   Raises: SingleSignOnUnavailable."""

    def redeem(
        self, client_id: str, client_secret: str, code: str, verifier: str, redirect_uri: str
    ) -> Mapping[str, Any]:
        """What the token endpoint answers; a refusal is answered as it came.   Raises: SingleSignOnUnavailable."""


@dataclass(frozen=True)
class HttpProvider:
    """By its discovery document; kept for ten minutes. Redirects are not followed."""

    issuer: str
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)
    _kept: dict[str, tuple[float, Any]] = field(default_factory=dict, repr=False)

    def metadata(self) -> Mapping[str, Any]:
        found = self._cached("metadata", f"{self.issuer.rstrip('/')}/.well-known/openid-configuration", KEPT_SECONDS)
        if not isinstance(found, dict) or found.get("issuer") != self.issuer:
            raise SingleSignOnUnavailable("the single sign-on describes itself as another issuer")
        for name in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
            if not isinstance(found.get(name), str) or not is_trusted_address(found[name]):
                raise SingleSignOnUnavailable(f"the single sign-on has no {name} that can be trusted")
        return found

    def keys(self, *, fresh: bool = False) -> Any:
        return self._cached("keys", self.metadata()["jwks_uri"], FRESH_SECONDS if fresh else KEPT_SECONDS)

    def redeem(
        self, client_id: str, client_secret: str, code: str, verifier: str, redirect_uri: str
    ) -> Mapping[str, Any]:
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": redirect_uri,
            "code_verifier": verifier,
            "client_id": client_id,
        }
        methods = self.metadata().get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
        basic = client_secret and "client_secret_basic" in methods
        if client_secret and not basic:
            form["client_secret"] = client_secret
        auth = (quote(client_id, safe=""), quote(client_secret, safe="")) if basic else None
        found = _asked("POST", self.metadata()["token_endpoint"], data=form, auth=auth, refusals=True)
        return found if isinstance(found, dict) else {}

    def _cached(self, name: str, url: str, seconds: float) -> Any:
        with self._lock:
            at, found = self._kept.get(name, (float("-inf"), None))
            if time.monotonic() - at >= seconds:
                found = _asked("GET", url)
                self._kept[name] = (time.monotonic(), found)
            return found


def _asked(
    method: str,
    url: str,
    *,
    data: Mapping[str, str] | None = None,
    auth: tuple[str, str] | None = None,
    refusals: bool = False,
) -> Any:
    """The JSON of the answer.   refusals: whether one that refuses is an answer, too."""
    try:
        with (
            httpx.Client(timeout=PATIENCE_SECONDS, follow_redirects=False, trust_env=False) as client,
            client.stream(method, url, data=data, auth=auth, headers={"Accept": "application/json"}) as answer,
        ):
            if not answer.is_success and not (refusals and answer.status_code in (400, 401)):
                raise SingleSignOnUnavailable(f"the single sign-on answers with {answer.status_code}")
            body = bytearray()
            for piece in answer.iter_bytes():
                body += piece
                if len(body) > LARGEST_ANSWER:
                    raise SingleSignOnUnavailable("the single sign-on answers without end")
        return json.loads(body)
    except (httpx.HTTPError, httpx.InvalidURL, ValueError, RecursionError) as problem:
        raise SingleSignOnUnavailable("the single sign-on does not answer; please use your password") from problem
