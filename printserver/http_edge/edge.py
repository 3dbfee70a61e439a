"""What every request finds at the edge of one running server."""

from __future__ import annotations

from dataclasses import dataclass, field

from fastapi import FastAPI
from limits import RateLimitItemPerMinute
from starlette.requests import Request

from printserver.audit.proofs import Prover
from printserver.bootstrap import Adapters
from printserver.foundation.logs import configure_unless_done
from printserver.http_edge import logs, problems
from printserver.http_edge.headers import SecurityHeaders
from printserver.http_edge.limits import FORM_SLACK, AttemptLimits, BodyLimit
from printserver.http_edge.live import LiveStreams
from printserver.http_edge.passkey_questions import answer_questions


@dataclass(frozen=True)
class Edge:
    adapters: Adapters
    limits: AttemptLimits = field(default_factory=AttemptLimits)
    prover: Prover = field(default_factory=Prover)
    live: LiveStreams = field(default_factory=LiveStreams)


class Application(FastAPI):
    """A web application with the edge around it: problems, logs, headers, limits. It serves nothing yet.

    Logs are configured for JSON unless the process has done that: the library's own way would print local variables.
    """

    def __init__(self, adapters: Adapters) -> None:
        super().__init__(openapi_url=None, docs_url=None, redoc_url=None, redirect_slashes=False)
        configure_unless_done()
        settings = adapters.settings
        failures = RateLimitItemPerMinute(settings.sign_in_failures_per_minute)
        self.state.edge = Edge(adapters, AttemptLimits(failures))
        problems.install(self)
        answer_questions(self)
        most = max(settings.largest_upload_bytes, settings.largest_package_bytes)  # routes say which; see EdgeRoute
        self.add_middleware(BodyLimit, most_bytes=most + FORM_SLACK)
        self.add_middleware(logs.RequestLog)
        self.add_middleware(SecurityHeaders, https=settings.public_url.startswith("https://"))


def edge_of(request: Request) -> Edge:
    edge: Edge = request.app.state.edge
    return edge
