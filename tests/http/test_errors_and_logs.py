"""What the outside hears when something goes wrong, and what the log keeps of it."""

from __future__ import annotations

import asyncio
import io
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import pytest
import structlog
from sqlalchemy import event, text
from sqlalchemy.engine import Connection
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from printserver.app import create_app
from printserver.foundation import logs
from printserver.foundation.database import open_engines
from printserver.foundation.errors import IntegrityError, PrintServerError
from printserver.foundation.unit_of_work import Database
from printserver.http_edge.declarations import public, requires
from printserver.http_edge.problems import Problem, show_problems_as_pages
from printserver.http_edge.routes import edge_router
from printserver.http_edge.work import CurrentActor, CurrentWork
from printserver.organisations.permissions import Permission, Role
from printserver.print_requests.states import RequestState
from tests.http.api_client import ApiClient, code_of
from tests.world import World
from tests.world_building import PASSWORD

VALUE: Final = "".join(("a personal", " name"))
NEUTRAL: Final = ("type", "title", "status", "detail", "code", "instance")


class BooksDisagree(IntegrityError):
    code = "books-disagree"


class OfNoKind(PrintServerError):
    code = "of-no-kind"


@pytest.fixture(autouse=True)
def rights_are_enough() -> None:
    """Not looked at here: the routes below are made to go wrong, and ask what no process asks."""


trouble = edge_router("/api/v1/trouble", "tests")


@trouble.get("/kinds/{kind}")
@public("a test")
def make_trouble(kind: str) -> None:
    errors: dict[str, Exception] = {
        "bug": ZeroDivisionError("secret detail"),
        "books": BooksDisagree("row 7 of secret table"),
        "no-kind": OfNoKind("secret words"),
    }
    raise errors[kind]


@trouble.post("/statement")
@requires(Permission.CREATE_REQUEST)
def fail_in_sql(work: CurrentWork) -> None:
    work.session.execute(text("INSERT INTO organisation (id, name) VALUES (:id, :name)"), {"id": "1", "name": VALUE})


@trouble.post("/written-then-wrong")
@requires(Permission.CREATE_REQUEST)
def write_and_fail(actor: CurrentActor, work: CurrentWork) -> None:
    work.session.execute(text("UPDATE user_account SET name = 'changed' WHERE id = :id"), {"id": actor.id.hex})
    raise ZeroDivisionError


@trouble.get("/written-by-reading")
@requires(Permission.CREATE_REQUEST)
def write_while_reading(work: CurrentWork) -> str:
    work.session.execute(text("UPDATE user_account SET name = 'changed'"))
    return "read"


@pytest.fixture
def log(world: World) -> Iterator[io.StringIO]:
    stream = io.StringIO()
    logs.configure(stream)
    yield stream
    structlog.reset_defaults()


@pytest.fixture
def troubled(world: World, log: io.StringIO) -> Iterator[ApiClient]:
    app = create_app(world.adapters)
    app.include_router(trouble)
    with ApiClient(app, world) as client:
        yield client


def _events(log: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in log.getvalue().splitlines()]


@pytest.mark.parametrize("kind", ["bug", "books", "no-kind"])
def test_what_the_caller_need_not_know_is_logged_under_the_number_that_the_caller_hears(
    troubled: ApiClient, log: io.StringIO, kind: str
):
    answer = troubled.ask("GET", f"/trouble/kinds/{kind}")
    problem = answer.json()
    assert (answer.status_code, problem["code"], tuple(problem)) == (500, "internal-error", NEUTRAL)
    assert "secret" not in answer.text
    failed, request = _events(log)
    assert problem["instance"] == f"urn:uuid:{failed['number']}" == f"urn:uuid:{request['number']}"
    assert "secret" in failed["exception"]
    assert request["status"] == 500


def test_a_failed_statements_values_are_not_logged(troubled: ApiClient, log: io.StringIO):
    assert troubled.submit("/trouble/statement", Role.CLERK).status_code == 500
    assert "INSERT INTO organisation" in log.getvalue()
    assert VALUE not in log.getvalue()


def test_an_error_after_a_change_takes_the_change_back(troubled: ApiClient):
    before = troubled.fetch("/me", Role.CLERK).json()
    assert troubled.submit("/trouble/written-then-wrong", Role.CLERK).status_code == 500
    assert troubled.fetch("/me", Role.CLERK).json() == before


def test_reading_never_changes_anything(troubled: ApiClient):
    before = troubled.fetch("/me", Role.CLERK).json()
    assert troubled.fetch("/trouble/written-by-reading", Role.CLERK).json() == "read"
    assert troubled.fetch("/me", Role.CLERK).json() == before


def test_a_commit_that_fails_is_never_answered_as_done(troubled: ApiClient):
    world = troubled.world
    request_id = world.pending()

    def fail(_connection: Connection) -> None:
        raise ZeroDivisionError("the disk is full")

    event.listen(world.database.engines.writing, "commit", fail)
    answer = troubled.submit(f"/print-requests/{request_id}/withdrawals", Role.CLERK, json={})
    event.remove(world.database.engines.writing, "commit", fail)
    assert (answer.status_code, code_of(answer)) == (500, "internal-error")
    state = troubled.fetch(f"/print-requests/{request_id}", Role.CLERK).json()["state"]
    assert state == RequestState.PENDING_APPROVAL


def test_a_database_that_is_not_there_is_unavailable_not_a_secret_told(world: World, tmp_path: Path, log: io.StringIO):
    gone = Database(open_engines(f"sqlite:///{tmp_path}/no/such/folder.db"), world.jobs)
    with ApiClient(create_app(replace(world.adapters, database=gone)), world) as api:
        answer = api.ask("GET", "/health")
    assert (answer.status_code, code_of(answer)) == (503, "database-busy")
    assert "no/such" not in answer.text
    assert answer.headers["retry-after"] == "5"


HOSTILE: Final = [
    'x\n{"event": "request", "status": 200, "forged": true}',
    "x\r\nSet-Cookie: a=b",
    "\x1b[2J\x1b]0;owned\x07",
    "\u2028\u2029\x85 line ends of other alphabets",
    "\x00\x7f\x9b",
    "q" * 100_000,
]


@pytest.mark.parametrize("value", HOSTILE)
def test_hostile_text_stays_within_its_one_record(world: World, log: io.StringIO, value: str):
    """As raw as a broken proxy might pass it on."""
    app = create_app(world.adapters)
    raw = value.encode("utf-8", "replace")
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        sent.append(dict(message))

    scope = {
        "type": "http",
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": f"/api/v1/{value}",
        "raw_path": raw,
        "query_string": b"",
        "root_path": "",
        "headers": [(b"host", b"print.example"), (b"user-agent", raw), (b"authorization", b"Bearer " + raw[:150])],
        "client": (value, 1),
        "server": ("print.example", 80),
    }
    asyncio.run(app(scope, receive, send))
    (line,) = log.getvalue().splitlines(keepends=True)
    assert line.isascii()
    assert all(32 <= ord(character) < 127 for character in line.rstrip("\n"))
    assert len(line) < 10_000
    record = json.loads(line)
    assert (record["event"], record["status"], "forged" in record) == ("request", 404, False)


def test_no_secret_reaches_the_log(troubled: ApiClient, log: io.StringIO):
    world = troubled.world
    clerk = world.person(Role.CLERK)
    session, headers = troubled.browser(Role.CLERK)
    wish = {"login": clerk.login, "password": PASSWORD, "name": "x"}
    new = troubled.ask("POST", "/tokens", json=wish, headers={"User-Agent": f"agent {clerk.token}"}).json()["token"]
    troubled.ask("GET", "/me", headers=headers)
    troubled.ask("GET", f"/{clerk.token}")
    troubled.ask("POST", "/tokens", json={"login": clerk.login, "password": PASSWORD})
    structlog.get_logger().warning("clumsy", password=PASSWORD, Cookie=session.secret, words=f"got {new}, sorry")
    written = log.getvalue()
    for secret in (PASSWORD, clerk.token, new, session.secret, session.csrf_token):
        assert secret not in written
    assert "[hidden]" in written


def test_the_log_names_person_and_route_but_not_what_was_looked_at(troubled: ApiClient, log: io.StringIO):
    request_id = troubled.world.pending()
    troubled.fetch(f"/print-requests/{request_id}?x=personal", Role.CLERK)
    record = _events(log)[-1]
    assert record["route"] == "/api/v1/print-requests/{request_id}"
    assert record["person"] == str(troubled.world.person(Role.CLERK).id)
    assert str(request_id) not in log.getvalue()
    assert "personal" not in log.getvalue()


def test_every_answer_carries_the_security_headers(api: ApiClient):
    for answer in (api.ask("GET", "/health"), api.ask("GET", "/nothing"), api.ask("POST", "/tokens", json={})):
        assert answer.headers["content-security-policy"].startswith("default-src 'none'")
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert answer.headers["cache-control"] == "no-store"
        assert "strict-transport-security" not in answer.headers


def test_an_address_that_is_none_and_a_method_that_is_none_are_problems(api: ApiClient):
    assert code_of(api.ask("GET", "/no-such-thing")) == "not-found"
    answer = api.ask("PUT", "/health")
    assert (answer.status_code, code_of(answer), answer.headers["allow"]) == (405, "method-not-allowed", "GET")
    assert code_of(api.ask("GET", "/print-requests/no-uuid", Role.CLERK)) == "malformed"


def test_pages_show_problems_in_their_own_way_and_programs_get_problems_all_the_same(world: World):
    def page(request: Request, problem: Problem) -> Response:
        return HTMLResponse(f"<h1>{problem.code}</h1>", problem.status)

    app = create_app(world.adapters)
    show_problems_as_pages(app, page)
    with ApiClient(app, world) as api:
        shown = api.get("/somewhere/else")
        assert (shown.status_code, shown.text) == (404, "<h1>not-found</h1>")
        assert "script-src 'self'" in shown.headers["content-security-policy"]
        assert code_of(api.ask("GET", "/me")) == "unauthenticated"
