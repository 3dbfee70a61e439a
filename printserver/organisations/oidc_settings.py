"""Which OpenID provider an installation trusts for single sign-on, and how far. Filled from the settings."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, field_validator

from printserver.foundation.trusted_addresses import is_trusted_address


class OidcSettings(BaseModel):
    """issuer: as the provider writes it.   claim: of the ID token, compared with the login.

    client_secret: file; None for a public client, which PKCE alone protects.
    strong_acr, strong_amr: what the provider says when it has seen a second factor; none named: it never has.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    issuer: str
    client_id: str = Field(min_length=1)
    client_secret: Path | None = None
    name: str = "SSO"
    claim: str = Field(default="preferred_username", min_length=1)
    scopes: tuple[str, ...] = ("openid", "profile")
    strong_acr: tuple[str, ...] = ()
    strong_amr: tuple[str, ...] = ()

    @field_validator("issuer")
    @classmethod
    def _safe(cls, value: str) -> str:
        if not is_trusted_address(value):
            raise ValueError("the issuer is an https address (or http on the loopback)")
        return value
