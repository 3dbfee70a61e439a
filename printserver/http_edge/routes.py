"""Default deny: a route exists only with a declaration, and its endpoint runs only for whom that admits.

Admission comes before the body is read or anything is checked of it: strangers learn nothing and cost little.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Coroutine, Iterator, Mapping
from functools import partial
from typing import Any, Final

from anyio import to_thread
from fastapi import APIRouter, FastAPI, params
from fastapi.routing import APIRoute, iter_route_contexts
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount
from starlette.types import ASGIApp, Receive, Scope, Send

from printserver.foundation.errors import PrintServerError
from printserver.http_edge.actors import deliver_session
from printserver.http_edge.admission import admit
from printserver.http_edge.declarations import Declaration, UndeclaredEndpoint, declaration_of
from printserver.http_edge.lanes import limiter_of
from printserver.http_edge.limits import FORM_SLACK, LARGEST_WITHOUT_FORM, limited
from printserver.http_edge.problems import MEDIA_TYPE
from printserver.http_edge.work import EndpointPlan, plan_of

PROBLEMS: Final[Mapping[str, Any]] = {"description": "A problem (RFC 9457)", "content": {MEDIA_TYPE: {}}}
BEARER: Final = "bearer"
_REQUEST: Final = "edge_request"


class EdgeRoute(APIRoute):
    """Raises at its making: UndeclaredEndpoint; ValueError for an `async def` endpoint."""

    def __init__(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        self.declaration = declaration_of(endpoint)
        if inspect.iscoroutinefunction(endpoint):
            raise ValueError(f"{endpoint.__qualname__}: endpoints are plain functions, run in a thread")
        self.plan = plan = plan_of(endpoint, self.declaration, status=options.get("status_code") or 200)
        options["responses"] = {"default": dict(PROBLEMS), **(options.get("responses") or {})}
        if not self.declaration.public:
            options["openapi_extra"] = {"security": [{BEARER: []}], **(options.get("openapi_extra") or {})}
        super().__init__(path, _in_one_thread(plan), **options)

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        await super().handle(scope, limited(scope, receive, self._most_bytes(scope)), send)

    def _most_bytes(self, scope: Scope) -> int:
        """Of a body."""
        if self.body_field is None or not isinstance(self.body_field.field_info, params.Form):
            return LARGEST_WITHOUT_FORM
        settings = scope["app"].state.edge.adapters.settings
        largest = settings.largest_package_bytes if self.declaration.takes_packages else settings.largest_upload_bytes
        return int(largest) + FORM_SLACK

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def admitted(request: Request) -> Response:
            try:
                request.state.call = await admit(request, self.declaration)
            except PrintServerError:
                await request.close()  # a form may have been opened to look for its token
                raise
            response = await handle(request)
            deliver_session(request, response)
            return response

        return admitted


def edge_router(prefix: str, *tags: str) -> APIRouter:
    """A router whose routes are all `EdgeRoute`s."""
    return APIRouter(prefix=prefix, tags=list(tags), route_class=EdgeRoute)


def serve(app: FastAPI, *routers: APIRouter) -> None:
    """Add the routers' own routes. To include a router would work out every route again for each application."""
    for router in routers:
        app.router.routes.extend(router.routes)


def mount_public(app: FastAPI, path: str, files: ASGIApp, *, reason: str, name: str | None = None) -> None:
    """Let anybody read what `files` serves.   Raises: UndeclaredEndpoint without a reason."""
    if not reason.strip():
        raise UndeclaredEndpoint(f"{path}: a public mount says why it is public")
    mount = Mount(path, files, name=name)
    mount.edge_declaration = Declaration(public=reason)  # type: ignore[attr-defined]  # read by `declared_routes`
    app.router.routes.append(mount)


def declared_routes(app: FastAPI) -> Iterator[tuple[str, frozenset[str], Declaration]]:
    """Each route's path, methods and declaration.   Raises: UndeclaredEndpoint for a route without one."""
    for context in iter_route_contexts(app.routes):
        route = context.original_route
        if isinstance(route, EdgeRoute):
            declaration = route.declaration
        else:
            found = getattr(route, "edge_declaration", None)
            if not isinstance(found, Declaration):
                raise UndeclaredEndpoint(f"{context.path} does not declare who may call it")
            declaration = found
        yield context.path or "", frozenset(getattr(route, "methods", None) or ("GET",)), declaration


def check_routes(app: FastAPI) -> None:
    """Raises: UndeclaredEndpoint, so that a server with a forgotten route does not start."""
    if not list(declared_routes(app)):
        raise UndeclaredEndpoint("a server without routes")


def _in_one_thread(plan: EndpointPlan) -> Callable[..., Coroutine[Any, Any, Any]]:
    """`plan`'s endpoint as the framework sees it: with the parameters that come from the request, and the request."""

    async def run(**values: Any) -> Any:
        request: Request = values.pop(_REQUEST)
        return await to_thread.run_sync(
            partial(plan.run, request.state.call, values), limiter=limiter_of(plan.declaration.lane)
        )

    parameter = inspect.Parameter(_REQUEST, inspect.Parameter.KEYWORD_ONLY, annotation=Request)
    visible = [one.replace(kind=inspect.Parameter.KEYWORD_ONLY) for one in plan.visible]
    signature = plan.signature.replace(parameters=[*visible, parameter])
    run.__signature__ = signature  # type: ignore[attr-defined]  # what `inspect.signature` looks for
    run.__name__, run.__qualname__ = plan.endpoint.__name__, plan.endpoint.__qualname__
    run.__doc__, run.__module__ = plan.endpoint.__doc__, plan.endpoint.__module__
    return run
