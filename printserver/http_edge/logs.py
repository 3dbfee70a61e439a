"""A line in the log for each request, and an answer to each, also where everything else failed."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Final

import structlog
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from printserver.foundation.ids import new_id
from printserver.http_edge.actors import visitor_of
from printserver.http_edge.problems import problem_response

_log: Final = structlog.get_logger("printserver.http")


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
