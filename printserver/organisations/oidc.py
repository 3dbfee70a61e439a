"""Single sign-on by OpenID Connect: the code flow with PKCE, state and nonce; what is believed of the answer.

What has to be known when the visitor comes back lies sealed in a cookie of that very browser, not in the database. An
account is found by one claim, which is compared with the login; none is ever made here.
Source: OpenID Connect Core 1.0 section 3.1, RFC 7636, RFC 9207.
"""

from __future__ import annotations

import hmac
import json
import secrets as random
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any, ClassVar, Final
from uuid import UUID

from authlib.oauth2.rfc6749.parameters import prepare_grant_uri
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from printserver.foundation.clock import as_text, from_text
from printserver.foundation.errors import Unauthenticated
from printserver.organisations.oidc_provider import ProviderPort, SingleSignOnUnavailable
from printserver.organisations.oidc_settings import OidcSettings
from printserver.organisations.secrets import Purpose, Secrets, SecretsDamaged

LIFETIME: Final = timedelta(minutes=10)
CLOCK_SKEW_SECONDS: Final = 60
ALGORITHMS: Final = ("RS256", "ES256", "PS256", "EdDSA")
"""No `none`, and nothing symmetric: the secret of the client must not be a key that signs for the provider."""
LONGEST_TEXT: Final = 8_000
_NOBODY: Final = UUID(int=0)


class SingleSignOnRefused(Unauthenticated):
    """What came back does not hold, or names no account here. One answer for all; the log says which."""

    code: ClassVar[str] = "single-sign-on-refused"

    def __init__(self, why: str, claimed: str = "") -> None:
        super().__init__("the single sign-on did not work; please try again, or ask whoever runs this server")
        self.why = why
        self.claimed = claimed


@dataclass(frozen=True)
class Begun:
    """url: where the browser goes.   kept: for a cookie of that browser, ten minutes long."""

    url: str
    kept: str


@dataclass(frozen=True)
class Proved:
    """login: what the claim says.   strong: whether the provider has seen a second factor.   next: where to go on."""

    login: str
    subject: str
    strong: bool
    next: str


@dataclass(frozen=True)
class SingleSignOn:
    """redirect_uri: ours, as registered with the provider."""

    settings: OidcSettings
    redirect_uri: str
    provider: ProviderPort
    secrets: Secrets

    def begin(self, now: datetime, *, next: str) -> Begun:
        """Raises: SingleSignOnUnavailable."""
        kept = {
            "state": random.token_urlsafe(32),
            "nonce": random.token_urlsafe(32),
            "verifier": random.token_urlsafe(48),
            "next": next,
            "at": as_text(now),
        }
        url = prepare_grant_uri(
            self.provider.metadata()["authorization_endpoint"],
            self.settings.client_id,
            "code",
            self.redirect_uri,
            " ".join(self.settings.scopes),
            kept["state"],
            nonce=kept["nonce"],
            code_challenge=create_s256_code_challenge(kept["verifier"]),
            code_challenge_method="S256",
        )
        sealed = self.secrets.encrypt(Purpose.SINGLE_SIGN_ON, _NOBODY, json.dumps(kept).encode())
        return Begun(str(url), sealed)

    def finish(self, now: datetime, *, kept: str, answer: Mapping[str, str]) -> Proved:
        """Steps: the browser's own cookie, state, issuer, code for tokens, signature and claims of the ID token.

        kept: of `begin`.   answer: the query of the redirect.
        Raises: SingleSignOnRefused, SingleSignOnUnavailable.
        """
        begun = self._unsealed(kept, now)
        if not hmac.compare_digest(begun["state"].encode(), answer.get("state", "").encode("utf-8", "replace")):
            raise SingleSignOnRefused("the state is not the one of this browser")
        if answer.get("iss", self.settings.issuer) != self.settings.issuer:
            raise SingleSignOnRefused("another issuer answered")
        code = answer.get("code", "")
        if not 0 < len(code) <= LONGEST_TEXT:
            raise SingleSignOnRefused(f"no code came back: {answer.get('error', '')[:100]}")
        tokens = self.provider.redeem(
            self.settings.client_id, self._client_secret, code, begun["verifier"], self.redirect_uri
        )
        claims = self._claims(tokens, begun["nonce"], now)
        return self._proved(claims, begun["next"])

    @cached_property
    def _client_secret(self) -> str:
        file = self.settings.client_secret
        if file is None:
            return ""
        try:
            return file.read_text("utf-8").strip()
        except OSError as problem:
            raise SingleSignOnUnavailable("the file with the client's secret cannot be read") from problem

    def _unsealed(self, kept: str, now: datetime) -> Mapping[str, str]:
        try:
            begun: Mapping[str, str] = json.loads(self.secrets.decrypt(Purpose.SINGLE_SIGN_ON, _NOBODY, kept))
        except (SecretsDamaged, ValueError):
            raise SingleSignOnRefused("this browser has not begun a sign-in") from None
        if not timedelta(0) <= now - from_text(begun["at"]) <= LIFETIME:
            raise SingleSignOnRefused("the sign-in was begun too long ago")
        return begun

    def _claims(self, tokens: Mapping[str, Any], nonce: str, now: datetime) -> CodeIDToken:
        text = tokens.get("id_token")
        if not isinstance(text, str):
            raise SingleSignOnRefused("the provider gave no ID token")
        required = {
            "iss": {"essential": True, "value": self.settings.issuer},
            "aud": {"essential": True, "value": self.settings.client_id},
        }
        params = {"nonce": nonce, "client_id": self.settings.client_id, "access_token": tokens.get("access_token")}
        try:
            token = self._decoded(text)
            claims = CodeIDToken(token.claims, token.header, required, params)
            claims.validate(int(now.timestamp()), CLOCK_SKEW_SECONDS)
        except (JoseError, ValueError, TypeError, KeyError) as problem:
            raise SingleSignOnRefused(f"the ID token does not hold: {type(problem).__name__} {problem}") from problem
        if not hmac.compare_digest(str(claims.get("nonce", "")).encode(), nonce.encode()):
            raise SingleSignOnRefused("the ID token is for another sign-in")
        return claims

    def _decoded(self, text: str) -> jwt.Token:
        """With the keys as they are known, and once more with fresh ones: providers change them."""
        try:
            return jwt.decode(text, KeySet.import_key_set(self.provider.keys()), list(ALGORITHMS))
        except (JoseError, ValueError):
            return jwt.decode(text, KeySet.import_key_set(self.provider.keys(fresh=True)), list(ALGORITHMS))

    def _proved(self, claims: Mapping[str, Any], next: str) -> Proved:
        login = claims.get(self.settings.claim)
        if not isinstance(login, str) or not login:
            raise SingleSignOnRefused(f"the ID token has no claim {self.settings.claim}")
        if self.settings.claim == "email" and claims.get("email_verified") is not True:
            raise SingleSignOnRefused("the provider has not verified the mail address", login)
        amr = claims.get("amr") or ()
        strong = claims.get("acr") in self.settings.strong_acr or any(one in self.settings.strong_amr for one in amr)
        return Proved(login, str(claims["sub"]), strong, next)
