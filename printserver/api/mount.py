"""Put the API into an application, with its description."""

from __future__ import annotations

from typing import Any, Final

from fastapi import APIRouter, FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.responses import JSONResponse
from fastapi.routing import iter_route_contexts

from printserver.api.v1 import (
    account,
    archive,
    audit,
    branches,
    copies,
    copy_seals,
    decisions,
    delegations,
    document_classes,
    health,
    keys,
    notifications,
    passkeys,
    people,
    print_requests,
    printers,
    reconciliation,
    releases,
    request_drafts,
    returns,
    rights,
    roles,
    seal_checks,
    seal_register,
    seals,
    service_accounts,
    staff,
    statements,
    time_stamps,
    tokens,
    webhooks,
)
from printserver.api.v1.common import api_router
from printserver.http_edge.declarations import public
from printserver.http_edge.problems import MACHINE_PATHS
from printserver.http_edge.routes import BEARER

_RESOURCES: Final = (
    *(
        tokens,
        people,
        seals,
        seal_register,
        printers,
        print_requests,
        decisions,
        releases,
        copies,
        copy_seals,
        reconciliation,
        returns,
        archive,
    ),
    *(request_drafts, document_classes),
    *(passkeys, statements, audit, health, seal_checks),
    *(notifications, webhooks),
    *(branches, roles, staff, delegations, rights),
    *(account, service_accounts),
)
_ABOUT: Final = """\
Everything the pages do. Take a token (`POST /api/v1/tokens`) and send it as `Authorization: Bearer …`.
Lengths are whole micrometres, pages count from 1, times are UTC. Errors are problems (RFC 9457) with a stable `code`.
`Idempotency-Key` makes a change that is sent twice happen once.
"""


def mount(app: FastAPI) -> None:
    for resource in _RESOURCES:
        app.include_router(resource.router)
    app.include_router(keys.router)
    app.include_router(time_stamps.router)
    app.include_router(_description_router(app))


def describe(app: FastAPI) -> dict[str, Any]:
    """The OpenAPI description of the API; pages are not in it."""
    routes = [route for route in iter_route_contexts(app.routes) if (route.path or "").startswith(MACHINE_PATHS)]
    description = get_openapi(title="Print-control server", version="1", description=_ABOUT, routes=routes)
    components = description.setdefault("components", {})
    components["securitySchemes"] = {BEARER: {"type": "http", "scheme": "bearer", "description": "An API token."}}
    return description


def _description_router(app: FastAPI) -> APIRouter:
    router = api_router("", "server")

    @router.get("/openapi.json", summary="This description", response_class=JSONResponse)
    @public("it describes a product, not this server's content")
    def read_description() -> JSONResponse:
        return JSONResponse(describe(app))

    return router
