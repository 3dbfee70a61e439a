"""How often a stranger may try, and how much anybody may send."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, field
from typing import Final

from limits import RateLimitItem, RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from printserver.foundation.errors import TooMany

SIGN_IN: Final = "sign-in"
VERIFICATION: Final = "verification"
PER_MINUTE: Final[dict[str, RateLimitItem]] = {
    SIGN_IN: RateLimitItemPerMinute(20),
    VERIFICATION: RateLimitItemPerMinute(120),
}
FORM_SLACK: Final = 1 << 20
"""What the other fields and the boundaries of a form may take besides its file."""


@dataclass(frozen=True)
class AttemptLimits:
    """Counted in this process's memory, a minute at a time, for each address."""

    _window: MovingWindowRateLimiter = field(default_factory=lambda: MovingWindowRateLimiter(MemoryStorage()))

    def count(self, kind: str, address: str) -> None:
        """kind: `SIGN_IN` or `VERIFICATION`.   Raises: TooMany."""
        if not self._window.hit(PER_MINUTE[kind], kind, network_of(address)):
            raise TooMany("too many attempts from your address; please wait a minute")


def network_of(address: str) -> str:
    """An IPv6 subscriber has a whole /64, so these count as one address."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv4Address):
        return address
    return str(parsed.ipv4_mapped or ipaddress.ip_network((parsed, 64), strict=False))


@dataclass(frozen=True)
class BodyLimit:
    """Middleware: stops reading a body at `most_bytes`, whatever its headers say, and answers 413."""

    app: ASGIApp
    most_bytes: int

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        declared = next((value for name, value in scope["headers"] if name == b"content-length"), b"0")
        announced = int(declared) if declared.isdigit() else 0
        received = 0

        async def limited() -> Message:
            nonlocal received
            if announced > self.most_bytes:
                raise _too_large()
            message = await receive()
            received += len(message.get("body", b""))
            if received > self.most_bytes:
                raise _too_large()
            return message

        await self.app(scope, limited, send)


def _too_large() -> HTTPException:
    # The framework passes only its own exceptions on from inside a body; the rest it calls a bad request.
    return HTTPException(413, headers={"Connection": "close"})
