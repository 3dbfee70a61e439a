"""API tokens: of people, for their own rights or some of them, and of service accounts. Told once.

The stored HMAC covers the account, the end, the scopes and the networks: no write to the row widens a token.
"""

from __future__ import annotations

import secrets as randomness
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import AddressValueError
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, select

from printserver.audit.canonical import canonical_json
from printserver.audit.log import By, append
from printserver.foundation.clock import as_text
from printserver.foundation.errors import Malformed, NotFound, Unauthenticated
from printserver.foundation.ids import new_id
from printserver.foundation.networks import lies_within, parsed_network
from printserver.foundation.unit_of_work import Work
from printserver.organisations.access import Actor, actor_of
from printserver.organisations.events import ApiTokenIssued, ApiTokenRevoked
from printserver.organisations.models import ApiToken, User
from printserver.organisations.permissions import Permission
from printserver.organisations.secrets import Purpose, Secrets

TOKEN_PREFIX: Final = "ps_"  # noqa: S105 -- tells our tokens from other secrets, is none itself
LONGEST_NAME: Final = 100
_ID_DIGITS: Final = 32


class TokenLimitsMalformed(Malformed):
    code = "token-limits-malformed"


@dataclass(frozen=True)
class TokenLimits:
    """What a token may do at most.   scopes: None for all rights of its account.   networks: CIDR; empty: any."""

    scopes: frozenset[Permission] | None = None
    networks: tuple[str, ...] = ()

    @classmethod
    def parse(cls, scopes: Iterable[str], networks: Iterable[str]) -> TokenLimits:
        """scopes: empty for all.   Raises: TokenLimitsMalformed."""
        try:
            named = frozenset(Permission(scope) for scope in scopes)
            return cls(named or None, tuple(sorted({parsed_network(text) for text in networks if text.strip()})))
        except (ValueError, AddressValueError):
            raise TokenLimitsMalformed("a scope is a permission's name, a network an address or 192.0.2.0/24") from None


@dataclass(frozen=True)
class TokenView:
    id: UUID
    name: str
    created_at: str
    expires_at: str
    revoked: bool
    scopes: tuple[str, ...] = ()
    networks: tuple[str, ...] = ()


@dataclass(frozen=True)
class SignedInProgram:
    actor: Actor
    token_id: UUID


def issue_api_token(
    work: Work,
    secrets: Secrets,
    actor: Actor,
    *,
    name: str,
    days: int = 90,
    limits: TokenLimits | None = None,
    for_account: UUID | None = None,
) -> str:
    """A new token; the text is returned once and never again.

    for_account: whose it is, when it is not the actor's own; whether the actor may give it, the caller decides.
    """
    token_id, limited = new_id(), limits or TokenLimits()
    text = TOKEN_PREFIX + token_id.hex + randomness.token_urlsafe(32)
    token = ApiToken(
        id=token_id,
        user_id=for_account or actor.id,
        name=name[:LONGEST_NAME],
        secret_sha256="",
        created_at=work.now(),
        expires_at=work.now() + timedelta(days=days),
        scopes=None if limited.scopes is None else sorted(limited.scopes),
        networks=list(limited.networks) or None,
        issued_by=actor.id,
    )
    token.secret_sha256 = token_mac(secrets, token, text)
    work.session.add(token)
    work.session.flush()
    event = ApiTokenIssued(
        id=token.user_id,
        token_id=token.id,
        name=token.name,
        expires_at=token.expires_at.isoformat(),
        scopes=tuple(token.scopes or ()),
        networks=tuple(token.networks or ()),
    )
    append(work, actor.by, event)
    return text


def token_mac(secrets: Secrets, token: ApiToken, text: str) -> str:
    """What the row must hold for `text` to be this very token."""
    limits = canonical_json({"scopes": token.scopes, "networks": token.networks}).decode()
    return secrets.mac(Purpose.API_TOKEN, str(token.id), str(token.user_id), as_text(token.expires_at), limits, text)


def revoke_api_token(work: Work, actor: Actor, token_id: UUID) -> None:
    """Raises: NotFound for anybody else's token."""
    if not _end(work, actor.by, ApiToken.id == token_id, ApiToken.user_id == actor.id):
        raise NotFound("you have no such token")


def revoke_token_of(work: Work, by: By, account_id: UUID, token_id: UUID) -> None:
    """Of another account; whether that may be, the caller decides.   Raises: NotFound."""
    if not _end(work, by, ApiToken.id == token_id, ApiToken.user_id == account_id):
        raise NotFound("there is no such token")


def revoke_all_tokens(work: Work, by: By, account_id: UUID) -> int:
    """When somebody is frozen or leaves; how many."""
    return _end(work, by, ApiToken.user_id == account_id)


def api_tokens(work: Work, actor: Actor) -> tuple[TokenView, ...]:
    return tokens_of_account(work, actor.id)


def tokens_of_account(work: Work, account_id: UUID) -> tuple[TokenView, ...]:
    rows = work.session.scalars(select(ApiToken).where(ApiToken.user_id == account_id).order_by(ApiToken.id))
    return tuple(
        TokenView(
            row.id,
            row.name,
            row.created_at.isoformat(),
            row.expires_at.isoformat(),
            row.revoked_at is not None,
            tuple(row.scopes or ()),
            tuple(row.networks or ()),
        )
        for row in rows
    )


def person_of_token(work: Work, secrets: Secrets, text: str, *, address: str = "", device: str = "") -> Actor:
    """Raises: Unauthenticated for an unknown, revoked or expired token, a frozen person and a frozen branch."""
    return program_of_token(work, secrets, text, address=address, device=device).actor


def program_of_token(
    work: Work, secrets: Secrets, text: str, *, address: str = "", device: str = ""
) -> SignedInProgram:
    """As `person_of_token`, with the token that was used."""
    token_id, refused = _named_token(text), Unauthenticated("this token is not valid")
    if token_id is None:
        raise refused
    row = work.session.execute(
        select(ApiToken, User)
        .join(User, User.id == ApiToken.user_id)
        .where(
            ApiToken.id == token_id,
            ApiToken.revoked_at.is_(None),
            ApiToken.expires_at > work.now(),
            User.frozen.is_(False),
        )
    ).one_or_none()
    if row is None:
        raise refused
    token, user = row
    if token_mac(secrets, token, text) != token.secret_sha256 or not _from_allowed(token, address):
        raise refused
    actor = actor_of(work, user, address=address, device=device)
    if actor.shut_out:
        raise refused
    return SignedInProgram(_limited(actor, token), token.id)


def is_token(text: str) -> bool:
    """Whether `text` looks like a token of ours."""
    return _named_token(text) is not None


def _end(work: Work, by: By, *which: ColumnElement[bool]) -> int:
    """The MAC goes, so that no later write to `revoked_at` makes the token good again."""
    rows: list[ApiToken] = list(work.session.scalars(select(ApiToken).where(ApiToken.revoked_at.is_(None), *which)))
    now: datetime = work.now()
    for row in rows:
        row.revoked_at, row.secret_sha256 = now, f"revoked {row.id}"
        append(work, by, ApiTokenRevoked(id=row.user_id, token_id=row.id))
    work.session.flush()
    return len(rows)


def _limited(actor: Actor, token: ApiToken) -> Actor:
    return actor if token.scopes is None else actor.limited_to(token.scopes)


def _from_allowed(token: ApiToken, address: str) -> bool:
    return not token.networks or lies_within(address, token.networks)


def _named_token(text: str) -> UUID | None:
    if not text.startswith(TOKEN_PREFIX):
        return None
    try:
        return UUID(hex=text.removeprefix(TOKEN_PREFIX)[:_ID_DIGITS])
    except ValueError:
        return None
