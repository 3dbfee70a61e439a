"""Who calls: a token in `Authorization`, or the session cookie of a browser."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from starlette.requests import Request
from starlette.responses import Response

from printserver.foundation.errors import Unauthenticated
from printserver.foundation.unit_of_work import Work
from printserver.organisations.access import Actor
from printserver.organisations.credentials import NewSession, SignedInPerson, person_of_session, person_of_token
from printserver.settings import Settings

LONGEST_DEVICE: Final = 200
LONGEST_SECRET: Final = 200


@dataclass(frozen=True)
class Visitor:
    """Where a request comes from. `device` is what the program says of itself: hostile text, cut to 200 characters."""

    address: str
    device: str


@dataclass(frozen=True)
class Credential:
    kind: Literal["token", "session"]
    secret: str


@dataclass(frozen=True)
class Caller:
    """`person` only for a browser's session."""

    actor: Actor
    person: SignedInPerson | None = None


def visitor_of(request: Request) -> Visitor:
    address = request.client.host if request.client else ""
    return Visitor(address, request.headers.get("user-agent", "")[:LONGEST_DEVICE])


def credential_of(request: Request, settings: Settings) -> Credential | None:
    """A token wins over a cookie. Raises: Unauthenticated for an `Authorization` that we do not take."""
    stated = request.headers.get("authorization")
    if stated is not None:
        scheme, _, secret = stated.partition(" ")
        if scheme.lower() != "bearer" or not 0 < len(secret.strip()) <= LONGEST_SECRET:
            raise Unauthenticated("this server takes `Authorization: Bearer` with an API token")
        return Credential("token", secret.strip())
    cookie = request.cookies.get(cookie_name(settings), "")
    return Credential("session", cookie) if 0 < len(cookie) <= LONGEST_SECRET else None


def identify(work: Work, credential: Credential | None, visitor: Visitor) -> Caller:
    """The person behind a credential, with the rights of this very transaction.   Raises: Unauthenticated."""
    if credential is None:
        raise Unauthenticated("please sign in")
    if credential.kind == "token":
        actor = person_of_token(work, credential.secret, address=visitor.address, device=visitor.device)
        return Caller(actor)
    person = person_of_session(work, credential.secret, address=visitor.address, device=visitor.device)
    return Caller(person.actor, person)


def cookie_name(settings: Settings) -> str:
    """Under https the prefix makes browsers take the cookie from this very host alone."""
    return "__Host-printserver" if _secure(settings) else "printserver"


def set_session_cookie(response: Response, settings: Settings, session: NewSession) -> None:
    """SameSite=Lax, so that a link in a mail opens signed in; changes need the CSRF token besides."""
    response.set_cookie(
        cookie_name(settings),
        session.secret,
        max_age=session.hours * 3600,
        path="/",
        secure=_secure(settings),
        httponly=True,
        samesite="lax",
    )


def clear_session_cookie(response: Response, settings: Settings) -> None:
    response.delete_cookie(cookie_name(settings), path="/", secure=_secure(settings), httponly=True, samesite="lax")


def _secure(settings: Settings) -> bool:
    return settings.public_url.startswith("https://")
