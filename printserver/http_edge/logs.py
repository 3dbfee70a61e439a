"""Logs: one line of JSON an event; nothing a stranger sends can begin a second one, and no secret gets in."""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass
from typing import Any, Final, TextIO

import structlog
from sqlalchemy.exc import StatementError
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from printserver.foundation.ids import new_id
from printserver.http_edge.actors import visitor_of
from printserver.http_edge.problems import problem_response

LONGEST_VALUE: Final = 500
LONGEST_TRACEBACK: Final = 8_000
HIDDEN: Final = "[hidden]"
_SECRET_NAMES: Final = frozenset(
    {"authorization", "cookie", "csrf_token", "passphrase", "password", "pin", "secret", "set-cookie", "token"}
)
_OUR_TOKENS: Final = re.compile(r"\bps_[A-Za-z0-9_-]{20,}")

_log = structlog.get_logger("printserver.http")


def configure(stream: TextIO | None = None) -> None:
    """From now on this process's events go to `stream` (else standard error), a JSON object a line, ASCII only."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            hide_parameters,
            structlog.processors.format_exc_info,
            tidy,
            structlog.processors.JSONRenderer(ensure_ascii=True),
        ],
        logger_factory=lambda *_names: structlog.WriteLogger(stream or sys.stderr),
        cache_logger_on_first_use=False,
    )


def hide_parameters(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Leave the values of a failed SQL statement out of its traceback."""
    error = event.get("exc_info")
    while isinstance(error, BaseException):
        if isinstance(error, StatementError):
            error.hide_parameters = True
        error = error.__cause__ or error.__context__
    return event


def tidy(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> Mapping[str, Any]:
    """Hide secrets by their names and our tokens by their form; cut long texts."""
    return {name: _tidied(name, value) for name, value in event.items()}


def _tidied(name: str, value: Any) -> Any:
    if name.lower() in _SECRET_NAMES:
        return HIDDEN
    if isinstance(value, bool | int | float | None):
        return value
    text = _OUR_TOKENS.sub(f"ps_{HIDDEN}", str(value))
    longest = LONGEST_TRACEBACK if name == "exception" else LONGEST_VALUE
    # Of a traceback the end says what happened.
    return text if len(text) <= longest else f"…{text[-longest:]}" if name == "exception" else f"{text[:longest]}…"


@dataclass(frozen=True)
class RequestLog:
    """Middleware, the outermost of ours: numbers each request, logs it, and answers what nobody else answered."""

    app: ASGIApp

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request, started, status = Request(scope, receive), time.monotonic(), 0
        request.state.number = new_id()

        async def watched(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self.app(scope, receive, watched)
        except Exception as error:  # whatever it is, the caller gets a problem and the log the traceback
            if status:
                raise
            await problem_response(request, error)(scope, receive, watched)
        finally:
            _log_request(request, status, time.monotonic() - started)


def _log_request(request: Request, status: int, seconds: float) -> None:
    """The route's pattern is logged, not the address itself: what people look at is not for the log's readers."""
    visitor, route = visitor_of(request), request.scope.get("route")
    _log.info(
        "request",
        number=str(request.state.number),
        method=request.method,
        route=getattr(route, "path", None) or request.scope["path"],
        status=status,
        milliseconds=round(seconds * 1000, 1),
        address=visitor.address,
        device=visitor.device,
        person=getattr(request.state, "person_id", None),
    )
