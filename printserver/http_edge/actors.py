"""Who calls: a token in `Authorization`, or the session cookie of a browser."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response

from printserver.bootstrap import Adapters
from printserver.foundation.errors import Unauthenticated
from printserver.foundation.unit_of_work import Work
from printserver.organisations.access import Actor
from printserver.organisations.sessions import NewSession, SignedInPerson, person_of_session
from printserver.organisations.sign_in_policy import Obligation
from printserver.organisations.sign_in_sources import Origin
from printserver.organisations.tokens import program_of_token
from printserver.settings import Settings

LONGEST_DEVICE: Final = 200
LONGEST_SECRET: Final = 200
LONGEST_DEVICE_COOKIE: Final = 400
_YEAR_SECONDS: Final = 31_536_000


@dataclass(frozen=True)
class Visitor:
    """Where a request comes from.

    device: what the program says of itself: hostile text, cut to 200 characters.
    device_cookie: by which accounts know the device; hostile text too, until its MAC is checked.
    """

    address: str
    device: str
    device_cookie: str = ""

    @property
    def origin(self) -> Origin:
        return Origin(self.address, self.device, self.device_cookie)


@dataclass(frozen=True)
class Credential:
    kind: Literal["token", "session"]
    secret: str


@dataclass(frozen=True)
class Caller:
    """`person` only for a browser's session, `token_id` only for a token."""

    actor: Actor
    person: SignedInPerson | None = None
    token_id: UUID | None = None

    @property
    def obligation(self) -> Obligation | None:
        return self.person.obligation if self.person else None


def visitor_of(request: Request, settings: Settings | None = None) -> Visitor:
    """settings: without them no device is known."""
    address = request.client.host if request.client else ""
    cookie = "" if settings is None else request.cookies.get(device_cookie_name(settings), "")
    known = cookie if len(cookie) <= LONGEST_DEVICE_COOKIE else ""
    return Visitor(address, request.headers.get("user-agent", "")[:LONGEST_DEVICE], known)


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


def identify(work: Work, adapters: Adapters, credential: Credential | None, visitor: Visitor) -> Caller:
    """The person behind a credential, with the rights of this very transaction.   Raises: Unauthenticated."""
    if credential is None:
        raise Unauthenticated("please sign in")
    secrets, from_where = adapters.secrets, {"address": visitor.address, "device": visitor.device}
    if credential.kind == "token":
        program = program_of_token(work, secrets, credential.secret, **from_where)
        return Caller(program.actor, token_id=program.token_id)
    policy = adapters.settings.sign_in_policy
    person = person_of_session(work, secrets, credential.secret, policy=policy, **from_where)
    return Caller(person.actor, person)


def cookie_name(settings: Settings) -> str:
    """Under https the prefix makes browsers take the cookie from this very host alone."""
    return "__Host-printserver" if _secure(settings) else "printserver"


def device_cookie_name(settings: Settings) -> str:
    return f"{cookie_name(settings)}-device"


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


def set_device_cookie(response: Response, settings: Settings, cookie: str) -> None:
    """It opens nothing: by it an account knows the device, and does not rest for it when others guess."""
    response.set_cookie(
        device_cookie_name(settings),
        cookie,
        max_age=_YEAR_SECONDS,
        path="/",
        secure=_secure(settings),
        httponly=True,
        samesite="lax",
    )


def carry_session(request: Request, settings: Settings, session: NewSession) -> None:
    """Whatever the request is answered, its answer brings the new cookie; the old one is dead."""
    request.state.new_session = (settings, session)


def deliver_session(request: Request, response: Response) -> None:
    """The cookie of `carry_session`, if there is one."""
    carried: tuple[Settings, NewSession] | None = getattr(request.state, "new_session", None)
    if carried is not None:
        set_session_cookie(response, *carried)


def clear_session_cookie(response: Response, settings: Settings) -> None:
    response.delete_cookie(cookie_name(settings), path="/", secure=_secure(settings), httponly=True, samesite="lax")


def _secure(settings: Settings) -> bool:
    return settings.public_url.startswith("https://")
