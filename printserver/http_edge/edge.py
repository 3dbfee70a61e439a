"""What every request finds at the edge of one running server."""

from __future__ import annotations

from dataclasses import dataclass, field

from fastapi import FastAPI
from starlette.requests import Request

from printserver.bootstrap import Adapters
from printserver.http_edge import problems
from printserver.http_edge.headers import SecurityHeaders
from printserver.http_edge.limits import FORM_SLACK, AttemptLimits, BodyLimit
from printserver.http_edge.logs import RequestLog


@dataclass(frozen=True)
class Edge:
    adapters: Adapters
    limits: AttemptLimits = field(default_factory=AttemptLimits)


def install(app: FastAPI, adapters: Adapters) -> None:
    """Put the edge around `app`: problems, logs, headers, limits."""
    app.state.edge = Edge(adapters)
    problems.install(app)
    settings = adapters.settings
    app.add_middleware(BodyLimit, most_bytes=settings.largest_upload_bytes + FORM_SLACK)
    app.add_middleware(RequestLog)
    app.add_middleware(SecurityHeaders, https=settings.public_url.startswith("https://"))


def edge_of(request: Request) -> Edge:
    edge: Edge = request.app.state.edge
    return edge
