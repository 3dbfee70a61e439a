"""Errors as RFC 9457 problem responses: kinds to status codes in one table, and nothing said of the unknown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final, Protocol
from uuid import UUID

import structlog
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from sqlalchemy.exc import DataError, OperationalError
from sqlalchemy.exc import TimeoutError as NoConnectionInTime
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from printserver.foundation.errors import (
    Forbidden,
    IntegrityError,
    Malformed,
    NotFound,
    PrintServerError,
    Refused,
    TooLarge,
    TooMany,
    Unauthenticated,
    Unavailable,
)
from printserver.foundation.ids import new_id
from printserver.http_edge.actors import deliver_session

MEDIA_TYPE: Final = "application/problem+json"
MACHINE_PATHS: Final = ("/api/", "/.well-known/", "/tsa")
STATUS: Final[Mapping[type[PrintServerError], int]] = {
    Unauthenticated: 401,
    Forbidden: 403,
    NotFound: 404,
    TooLarge: 413,
    Malformed: 422,
    TooMany: 429,
    Unavailable: 503,
    IntegrityError: 500,
    Refused: 409,
}
_NEUTRAL: Final = "Something went wrong on our side. Please give the number in `instance` to whoever runs this server."
_SHOWN_FACTS: Final = ("page", "return_id", "request_id", "position", "needs", "seen")
"""What an error may tell besides its words, when it has it."""

_log = structlog.get_logger("printserver.problems")


@dataclass(frozen=True)
class FieldError:
    """`field`: where in the request, `body.places.0.page`.   message: what is wrong there; never the value itself."""

    field: str
    message: str


@dataclass(frozen=True)
class Problem:
    """`detail` is safe to show; `code` is stable, for programs and for translations."""

    status: int
    code: str
    detail: str
    errors: tuple[FieldError, ...] = ()
    facts: Mapping[str, str | int] | None = None
    headers: Mapping[str, str] | None = None
    instance: UUID | None = None

    @property
    def title(self) -> str:
        return HTTPStatus(self.status).phrase

    def to_json(self) -> dict[str, Any]:
        """Source: RFC 9457 section 3; `code` and `errors` are extension members."""
        members: dict[str, Any] = {
            "type": f"urn:printserver:problem:{self.code}",
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
            "code": self.code,
            "instance": f"urn:uuid:{self.instance}",
        }
        if self.errors:
            members["errors"] = [vars(error) for error in self.errors]
        return members | dict(self.facts or {})


class ProblemPage(Protocol):
    """How the pages show a problem: an error page, or the way to the sign-in."""

    def __call__(self, request: Request, problem: Problem) -> Response: ...


def install(app: FastAPI) -> None:
    """Answer every error with a problem."""
    for kind in (
        PrintServerError,
        RequestValidationError,
        HTTPException,
        OperationalError,
        NoConnectionInTime,
        DataError,
        OverflowError,
    ):
        app.add_exception_handler(kind, _handle)


def show_problems_as_pages(app: FastAPI, page: ProblemPage) -> None:
    """From now on a problem outside /api/ and /.well-known/ is answered by `page`."""
    app.state.problem_page = page


def problem_response(request: Request, error: Exception) -> Response:
    """The answer to `error`, whatever it is; what the caller is not told is logged under the same number."""
    problem = _numbered(request, problem_of(error))
    if problem.status == 503:
        _log.warning("unavailable", number=str(problem.instance), code=problem.code, reason=str(error))
    elif problem.status >= 500:
        _log.error("failed", number=str(problem.instance), kind=type(error).__name__, exc_info=error)
    page: ProblemPage | None = getattr(request.app.state, "problem_page", None)
    if page is None or request.url.path.startswith(MACHINE_PATHS):
        response: Response = JSONResponse(problem.to_json(), problem.status, media_type=MEDIA_TYPE)
    else:
        response = page(request, problem)
    response.headers.update(problem.headers or {})
    deliver_session(request, response)
    return response


def problem_of(error: Exception) -> Problem:
    """What may be said outside."""
    if isinstance(error, PrintServerError):
        return _of_ours(error)
    if isinstance(error, RequestValidationError):
        return Problem(422, "malformed", "The request is not as it should be.", errors=_field_errors(error.errors()))
    if isinstance(error, HTTPException):
        return _of_framework(error)
    if _cannot_be_stored(error):
        return Problem(422, "malformed", "The request holds characters or numbers that cannot be stored.")
    if isinstance(error, OperationalError | NoConnectionInTime):
        return Problem(503, "database-busy", "The database does not answer; nothing was changed.", headers=_soon(5))
    return Problem(500, "internal-error", _NEUTRAL)


def _cannot_be_stored(error: Exception) -> bool:
    """PostgreSQL stores no text with a null character, and SQLite no number beyond 64 bits; each says so only then."""
    return isinstance(error, DataError) or (isinstance(error, OverflowError) and "SQLite" in str(error))


def status_of(error: PrintServerError) -> int:
    """500 for one of no kind."""
    return next((status for kind, status in STATUS.items() if isinstance(error, kind)), 500)


def _of_ours(error: PrintServerError) -> Problem:
    status = status_of(error)
    if status == 500:
        return Problem(500, "internal-error", _NEUTRAL)
    facts = {name: getattr(error, name, None) for name in _SHOWN_FACTS}
    shown = {
        name: value if isinstance(value, int) else str(value) for name, value in facts.items() if value is not None
    }
    headers = {401: {"WWW-Authenticate": 'Bearer realm="printserver"'}, 429: _soon(60), 503: _soon(5)}.get(status)
    return Problem(status, error.code, str(error), facts=shown, headers=headers)


def _of_framework(error: HTTPException) -> Problem:
    codes = {404: "not-found", 405: "method-not-allowed", 413: "too-large"}
    details = {404: "There is nothing here.", 413: "What you send is larger than this server takes."}
    status = error.status_code
    code = codes.get(status, "malformed" if status < 500 else "internal-error")
    return Problem(status, code, details.get(status, f"{HTTPStatus(status).phrase}."), headers=error.headers)


def _field_errors(errors: Sequence[Any]) -> tuple[FieldError, ...]:
    return tuple(FieldError(".".join(str(part) for part in error["loc"]), str(error["msg"])) for error in errors)


def _soon(seconds: int) -> dict[str, str]:
    return {"Retry-After": str(seconds)}


def _numbered(request: Request, problem: Problem) -> Problem:
    number = getattr(request.state, "number", None) or new_id()
    return Problem(**{**vars(problem), "instance": number})


async def _handle(request: Request, error: Exception) -> Response:
    return problem_response(request, error)
