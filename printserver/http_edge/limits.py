"""How often a stranger may try, and how much anybody may send."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from limits import RateLimitItem, RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from printserver.foundation.errors import TooMany
from printserver.foundation.networks import network_of

SIGN_IN: Final = "sign-in"
VERIFICATION: Final = "verification"
FILE_CHECKS: Final = "file-checks"
"""Of PDF files and photographs: each takes seconds of a processor."""
TIME_STAMPS: Final = "time-stamps"
ALL_TIME_STAMPS: Final = "all-time-stamps"
"""Of all addresses together: they cost the HSM a signature each, which copies wait for, too."""
PER_MINUTE: Final[dict[str, RateLimitItem]] = {
    SIGN_IN: RateLimitItemPerMinute(60),
    VERIFICATION: RateLimitItemPerMinute(120),
    FILE_CHECKS: RateLimitItemPerMinute(12),
    TIME_STAMPS: RateLimitItemPerMinute(60),
    ALL_TIME_STAMPS: RateLimitItemPerMinute(1_200),
}
FORM_SLACK: Final = 1 << 20
"""What the other fields and the boundaries of a form may take besides its file."""
LARGEST_WITHOUT_FORM: Final = 1 << 20
"""Of JSON, which is read into memory whole."""


@dataclass(frozen=True)
class AttemptLimits:
    """Counted in this process's memory, a minute at a time, for each address or known device.

    sign_in: how many failures, as the settings say.
    """

    sign_in: RateLimitItem = PER_MINUTE[SIGN_IN]
    _window: MovingWindowRateLimiter = field(default_factory=lambda: MovingWindowRateLimiter(MemoryStorage()))

    def count(self, kind: str, address: str) -> None:
        """kind: one of PER_MINUTE.   Raises: TooMany."""
        if not self._window.hit(self._most(kind), kind, network_of(address)):
            raise _wait()

    def require_room(self, kind: str, address: str) -> None:
        """Without counting: for what counts only when it fails.   Raises: TooMany."""
        if not self._window.test(self._most(kind), kind, network_of(address)):
            raise _wait()

    def count_failure(self, kind: str, address: str) -> None:
        self._window.hit(self._most(kind), kind, network_of(address))

    def _most(self, kind: str) -> RateLimitItem:
        return self.sign_in if kind == SIGN_IN else PER_MINUTE[kind]


def _wait() -> TooMany:
    return TooMany("too many attempts from your address; please wait a minute")


@dataclass(frozen=True)
class BodyLimit:
    """Middleware: no body is read beyond `most_bytes`, whatever its headers say; the answer is 413."""

    app: ASGIApp
    most_bytes: int

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        is_http = scope["type"] == "http"
        await self.app(scope, limited(scope, receive, self.most_bytes) if is_http else receive, send)


def limited(scope: Scope, receive: Receive, most_bytes: int) -> Receive:
    """`receive` that raises an HTTPException (413) instead of reading more than `most_bytes` of the body."""
    declared = next((value for name, value in scope["headers"] if name == b"content-length"), b"0")
    announced = int(declared) if declared.isdigit() else 0
    received = 0

    async def receive_some() -> Message:
        nonlocal received
        if announced > most_bytes:
            raise _too_large()
        message = await receive()
        received += len(message.get("body", b""))
        if received > most_bytes:
            raise _too_large()
        return message

    return receive_some


def _too_large() -> HTTPException:
    # The framework passes only its own exceptions on from inside a body; the rest it calls a bad request.
    return HTTPException(413, headers={"Connection": "close"})
