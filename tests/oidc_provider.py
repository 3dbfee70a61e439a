"""An OpenID provider on the loopback, with keys of its own: honest, or dishonest in the one way that a test names."""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Annotated, Any, Final
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
import uvicorn
from fastapi import FastAPI, Form, Header
from fastapi.responses import JSONResponse, RedirectResponse
from joserfc import jwt
from joserfc.jwk import RSAKey

from printserver.signing.passkey_evidence import base64url
from tests.free_ports import free_port

CLIENT: Final = "printserver"
CLIENT_SECRET: Final = "the client's own secret, with % and : in it"


@dataclass
class OidcProvider:
    """`login`: who signs in there.   claims: added to the ID token, or put in place; None takes one out."""

    port: int
    login: str = "clerk"
    claims: dict[str, Any] = field(default_factory=dict)
    now: Callable[[], float] = time.time
    metadata: dict[str, Any] = field(default_factory=dict)
    algorithm: str = "RS256"
    key: RSAKey = field(default_factory=lambda: RSAKey.generate_key(2048, {"kid": "one"}))
    signs_with: RSAKey | None = None
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    redeemed: int = 0

    @property
    def issuer(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def sign_in(self, url: str) -> dict[str, str]:
        """What a browser would bring back from the provider."""
        answer = httpx.get(url, follow_redirects=False)
        assert answer.status_code == 302, answer.text
        return {name: values[0] for name, values in parse_qs(urlsplit(answer.headers["location"]).query).items()}

    def app(self) -> FastAPI:
        app = FastAPI()

        @app.get("/.well-known/openid-configuration")
        def describe() -> dict[str, Any]:
            return {
                "issuer": self.issuer,
                "authorization_endpoint": f"{self.issuer}/authorize",
                "token_endpoint": f"{self.issuer}/token",
                "jwks_uri": f"{self.issuer}/jwks",
                **self.metadata,
            }

        @app.get("/jwks")
        def keys() -> dict[str, Any]:
            return {"keys": [self.key.as_dict(private=False)]}

        @app.get("/authorize")
        def authorize(
            client_id: str, redirect_uri: str, state: str, nonce: str, code_challenge: str, code_challenge_method: str
        ) -> RedirectResponse:
            assert (client_id, code_challenge_method) == (CLIENT, "S256")
            code = secrets.token_urlsafe(16)
            self.codes[code] = {"redirect_uri": redirect_uri, "nonce": nonce, "challenge": code_challenge}
            return RedirectResponse(f"{redirect_uri}?{urlencode({'code': code, 'state': state})}", 302)

        @app.post("/token")
        def token(
            code: Annotated[str, Form()],
            redirect_uri: Annotated[str, Form()],
            code_verifier: Annotated[str, Form()],
            authorization: Annotated[str, Header()],
        ) -> JSONResponse:
            begun = self.codes.pop(code, None)
            challenge = base64url(hashlib.sha256(code_verifier.encode()).digest())
            expected = httpx.BasicAuth(CLIENT, "the%20client%27s%20own%20secret%2C%20with%20%25%20and%20%3A%20in%20it")
            request = next(expected.auth_flow(httpx.Request("POST", "http://x")))
            if authorization != request.headers["authorization"]:
                return JSONResponse({"error": "invalid_client"}, 401)
            if begun is None or begun["redirect_uri"] != redirect_uri or begun["challenge"] != challenge:
                return JSONResponse({"error": "invalid_grant"}, 400)
            self.redeemed += 1
            answer = {"access_token": "x", "token_type": "Bearer", "id_token": self.id_token(begun["nonce"])}
            return JSONResponse(answer)

        return app

    def id_token(self, nonce: str) -> str:
        at = int(self.now())
        claims = {
            "iss": self.issuer,
            "sub": f"subject-of-{self.login}",
            "aud": CLIENT,
            "iat": at,
            "exp": at + 300,
            "nonce": nonce,
            "preferred_username": self.login,
            **self.claims,
        }
        claims = {name: value for name, value in claims.items() if value is not None}
        if self.algorithm in ("none", "HS256"):  # the latter with the public key as its secret, which everybody knows
            head = json.dumps({"alg": self.algorithm, "kid": "one"}).encode()
            text = f"{base64url(head)}.{base64url(json.dumps(claims).encode())}"
            mac = hmac.digest(self.key.as_pem(private=False), text.encode(), "sha256")
            return f"{text}.{base64url(mac) if self.algorithm == 'HS256' else ''}"
        return jwt.encode({"alg": self.algorithm, "kid": "one"}, claims, self.signs_with or self.key, [self.algorithm])


@contextmanager
def oidc_provider() -> Iterator[OidcProvider]:
    provider = OidcProvider(free_port())
    server = uvicorn.Server(
        uvicorn.Config(provider.app(), host="127.0.0.1", port=provider.port, log_level="error", lifespan="off")
    )
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        while not server.started:
            time.sleep(0.01)
        yield provider
    finally:
        server.should_exit = True
        thread.join(20)
        assert not thread.is_alive()
