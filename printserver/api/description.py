"""The OpenAPI description: what the routes say of themselves, with examples, errors and ways to sign in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from fastapi.openapi.utils import get_openapi
from fastapi.routing import iter_route_contexts
from starlette.routing import BaseRoute

from printserver.api.examples import example_of
from printserver.http_edge import step_up
from printserver.http_edge.csrf import SAFE_METHODS
from printserver.http_edge.idempotency import HEADER as IDEMPOTENCY_KEY
from printserver.http_edge.problems import MACHINE_PATHS, MEDIA_TYPE
from printserver.http_edge.routes import BEARER, EdgeRoute
from printserver.http_edge.work import Provided

COOKIE: Final = "cookie"
ABOUT: Final = """\
Everything the pages do. Take a token (`POST /api/v1/tokens`) and send it as `Authorization: Bearer …`; a browser's
session cookie serves as well, and then changes need the header `X-CSRF-Token` of the page.
Lengths are whole micrometres, pages count from 1, times are UTC. Errors are problems (RFC 9457) with a stable `code`.
`Idempotency-Key` makes a change that is sent twice happen once: repeat it to learn the first answer again.
Lists come newest first; give `next` as `before` to read on.
"""
SECURITY: Final[Mapping[str, Any]] = {
    BEARER: {"type": "http", "scheme": "bearer", "description": "An API token, of a person or a service account."},
    COOKIE: {
        "type": "apiKey",
        "in": "cookie",
        "name": "__Host-printserver",
        "description": "The session of a signed-in browser; under plain http, in tests, it is called `printserver`.",
    },
}
PROBLEM: Final[Mapping[str, Any]] = {
    "type": "object",
    "description": "RFC 9457. `code` is stable, for programs; `detail` is for people; `errors` names fields.",
    "required": ["type", "title", "status", "detail", "code", "instance"],
    "properties": {
        "type": {"type": "string", "examples": ["urn:printserver:problem:not-found"]},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "code": {"type": "string"},
        "instance": {"type": "string", "examples": ["urn:uuid:01a1f2c0-7d3e-7a10-8c55-3f2e9b7d6a41"]},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["field", "message"],
                "properties": {"field": {"type": "string"}, "message": {"type": "string"}},
            },
        },
    },
}
ERRORS: Final[Mapping[str, tuple[str, str, str, str]]] = {
    "401": ("Unauthenticated", "Unauthorized", "unauthenticated", "please sign in"),
    "403": ("Forbidden", "Forbidden", "forbidden", "your roles do not include: approve-request"),
    "404": ("NotFound", "Not Found", "not-found", "there is no such print request"),
    "409": ("Refused", "Conflict", "transition-refused", "cannot withdraw a request that is issued"),
    "413": ("TooLarge", "Request Entity Too Large", "too-large", "What you send is larger than this server takes."),
    "422": ("Malformed", "Unprocessable Entity", "malformed", "The request is not as it should be."),
    "429": ("TooMany", "Too Many Requests", "too-many-requests", "too many attempts from your address"),
    "503": ("Unavailable", "Service Unavailable", "database-busy", "The database does not answer."),
}
"""By status: the component's name, the title, and the code and detail of its example."""


def describe(routes: Sequence[BaseRoute]) -> dict[str, Any]:
    """The OpenAPI description of the API; pages are not in it.   routes: of a whole application."""
    told = [route for route in iter_route_contexts(routes) if (route.path or "").startswith(MACHINE_PATHS)]
    description = get_openapi(title="Print-control server", version="1", description=ABOUT, routes=told)
    components = description.setdefault("components", {})
    components["securitySchemes"] = dict(SECURITY)
    schemas = components.setdefault("schemas", {})
    schemas["Problem"] = dict(PROBLEM)
    components["responses"] = {name: _problem(status) for status, (name, *_) in ERRORS.items()}
    edges = dict(_edges(routes))
    for path, methods in description["paths"].items():
        for method, operation in methods.items():
            _complete(operation, edges[method.upper(), path], method.upper(), schemas)
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    return description


def _edges(routes: Sequence[BaseRoute]) -> Iterator[tuple[tuple[str, str], EdgeRoute]]:
    for context in iter_route_contexts(routes):
        route = context.original_route
        if isinstance(route, EdgeRoute) and (context.path or "").startswith(MACHINE_PATHS):
            for method in route.methods or ():
                yield (method, route.path_format), route


def _complete(operation: dict[str, Any], route: EdgeRoute, method: str, schemas: Mapping[str, Any]) -> None:
    """Add to one operation what all have in common."""
    if not route.declaration.public:
        operation["security"] = [{BEARER: []}, {COOKIE: []}]
    parameters = operation.get("parameters", []) + _common_headers(route, method, operation)
    if parameters:
        operation["parameters"] = parameters
    for each in parameters:
        each.setdefault("example", example_of(each["schema"], schemas, name=each["name"]))
    _give_examples(operation.get("requestBody", {}).get("content", {}), schemas, whole=False)
    for status, answer in operation["responses"].items():
        if status.startswith("2"):
            _give_examples(answer.get("content", {}), schemas, whole=True)
    operation["responses"] |= {
        status: {"$ref": f"#/components/responses/{ERRORS[status][0]}"} for status in _errors(operation, route, method)
    }


def _give_examples(content: dict[str, Any], schemas: Mapping[str, Any], *, whole: bool) -> None:
    for media in content.values():
        if "example" not in media and "examples" not in media:
            media["example"] = example_of(media.get("schema", {}), schemas, whole=whole)


def _errors(operation: Mapping[str, Any], route: EdgeRoute, method: str) -> Iterator[str]:
    """The statuses that this operation can answer with, besides what every one can."""
    unsafe, takes_body = method not in SAFE_METHODS, "requestBody" in operation
    for status, possible in (
        ("401", not route.declaration.public),
        ("403", not route.declaration.public and (bool(route.declaration.permissions) or unsafe)),
        ("404", "{" in route.path_format),
        ("409", unsafe),
        ("413", takes_body),
        ("422", takes_body or bool(operation.get("parameters"))),
        ("429", unsafe and bool(route.declaration.public)),
        ("503", True),
    ):
        if possible:
            yield status


def _common_headers(route: EdgeRoute, method: str, operation: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Headers that the edge reads for the endpoint."""
    found = []
    known = {each["name"] for each in operation.get("parameters", [])}
    in_one_transaction = Provided.WORK in route.plan.provided.values() and route.plan.may_be_kept
    if method not in SAFE_METHODS and in_one_transaction and not route.declaration.public:
        about = "Chosen by you, new for each thing you want done; repeat it to learn the first answer again."
        found.append(_header(IDEMPOTENCY_KEY, about, "oa-2026-004711"))
    if route.declaration.step_up:
        about = "What `POST /api/v1/step-ups` answered within the last five minutes."
        found.append(_header(step_up.HEADER, about, "su_8HqYf0tW1uQk3mZ7xV5bN2cR4jL6pS9dG0aE1iU3oY4"))
    return [each for each in found if each["name"] not in known]


def _header(name: str, about: str, example: str) -> dict[str, Any]:
    return {
        "name": name,
        "in": "header",
        "required": False,
        "description": about,
        "schema": {"type": "string"},
        "example": example,
    }


def _problem(status: str) -> dict[str, Any]:
    """One component for the answers with this status."""
    _, title, code, detail = ERRORS[status]
    example: dict[str, Any] = {
        "type": f"urn:printserver:problem:{code}",
        "title": title,
        "status": int(status),
        "detail": detail,
        "code": code,
        "instance": "urn:uuid:01a1f2c0-7d3e-7a10-8c55-3f2e9b7d6a41",
    }
    if status == "422":
        example["errors"] = [{"field": "body.copies", "message": "Input should be greater than or equal to 1"}]
    content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}, "example": example}}
    return {"description": title, "content": content}
