"""A permission check on one request and the newest 50 that a person may see, at 100,000 requests, on SQLite.

Beside each the bare read of the same rows without any permission: by primary key, and the newest 50 of the table.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from sqlalchemy import JSON, Table, insert, select

from printserver.foundation.database import Base, Moment, open_engines
from printserver.foundation.ids import new_id
from printserver.foundation.job_queue import RecordedJobs
from printserver.foundation.unit_of_work import Database, Work
from printserver.migrations.upgrade import upgrade
from printserver.organisations.access import Actor, Grant
from printserver.organisations.permissions import Permission, Role
from printserver.print_requests.access import request_for
from printserver.print_requests.models import PrintRequest
from printserver.print_requests.queries import requests

REQUESTS: Final = 100_000
BRANCHES: Final = 200
CALLS: Final = 100
NEWEST: Final = 50
NOW: Final = datetime(2026, 11, 22, tzinfo=UTC)


def measure() -> list[dict[str, object]]:
    """Rows {"name", "value", "limit", "ratio", "unit"}; value and limit in calls a second of wall time."""
    with tempfile.TemporaryDirectory(prefix="psb-") as folder, _filled(Path(folder)) as (database, people, ids):
        rows = []
        for who, actor in people.items():
            own = [each for each, branch in ids if actor.paths(Permission.READ_REQUESTS)[0] in branch][:CALLS]
            check = _rate(database, lambda work, at: request_for(work, actor, own[at % len(own)], READ))  # noqa: B023 -- called in this very round
            bare = _rate(database, lambda work, at: work.session.get(PrintRequest, own[at % len(own)]))  # noqa: B023 -- likewise
            rows.append(_row(f"permission check on one of {REQUESTS} requests, {who}", check, bare))
            newest = _rate(database, lambda work, _at: requests(work, actor, limit=NEWEST))  # noqa: B023 -- likewise
            plain = _rate(database, _newest_of_all)
            rows.append(_row(f"newest {NEWEST} visible of {REQUESTS} requests, {who}", newest, plain))
        return rows


READ: Final = Permission.READ_REQUESTS


def _row(name: str, value: float, limit: float) -> dict[str, object]:
    return {"name": name, "value": value, "limit": limit, "ratio": value / limit, "unit": "calls/s"}


def _newest_of_all(work: Work, _at: int) -> object:
    return work.session.scalars(select(PrintRequest).order_by(PrintRequest.id.desc()).limit(NEWEST)).all()


def _rate(database: Database, call: Callable[[Work, int], object]) -> float:
    """The first call is not counted: it compiles the statement."""
    with database.reading() as work:
        call(work, 0)
    began = time.perf_counter()
    for at in range(CALLS):
        with database.reading() as work:
            call(work, at)
    return CALLS / (time.perf_counter() - began)


@contextmanager
def _filled(folder: Path) -> Iterator[tuple[Database, dict[str, Actor], list[tuple[UUID, str]]]]:
    url = f"sqlite:///{folder / 'bench.db'}"
    upgrade(url)
    database = Database(open_engines(url), RecordedJobs())
    company, person, seal, printer, document = (new_id() for _ in range(5))
    head = new_id()
    branches = {head: f"/{head}/"} | {(each := new_id()): f"/{head}/{each}/" for _ in range(BRANCHES - 1)}
    _fill(database, "organisation", [{"id": company, "number": 1, "name": "x", "created_at": NOW}])
    places = [
        {"id": id_, "organisation_id": company, "name": str(id_), "path": path, "created_at": NOW}
        for id_, path in branches.items()
    ]
    _fill(database, "branch", places)
    at_head = {"organisation_id": company, "branch_id": head}
    _fill(database, "user_account", [{"id": person, **at_head, "login": "x", "name": "x"}])
    _fill(database, "seal", [{"id": seal, **at_head, "custodian_id": person, "code_id": "0" * 12}])
    _fill(database, "printer", [{"id": printer, **at_head}])
    _fill(database, "document", [{"id": document, **at_head, "created_by": person}])
    keys = list(branches)
    made = [(new_id(), keys[at % BRANCHES]) for at in range(REQUESTS)]
    common: dict[str, Any] = {"organisation_id": company, "applicant_id": person, "document_id": document}
    common |= {"seal_id": seal, "printer_id": printer, "copies": 1, "state": "pending-approval"}
    _fill(database, "print_request", [{"id": id_, "branch_id": branch, **common} for id_, branch in made])
    grant = {"of one branch": branches[keys[-1]], "of all branches": branches[head]}
    people = {who: Actor(person, company, head, "x", (Grant(Role.CLERK, path),)) for who, path in grant.items()}
    yield database, people, [(id_, branches[branch]) for id_, branch in made]
    database.engines.dispose()


def _fill(database: Database, name: str, rows: list[dict[str, Any]]) -> None:
    """What a row does not say and the table needs is empty."""
    table = Base.metadata.tables[name]
    missing = {
        column.name: _empty(table, column.name) for column in table.columns if _needed(table, column.name, rows[0])
    }
    with database.work() as work:
        work.session.execute(insert(table), [{**missing, **row} for row in rows])


def _needed(table: Table, column: str, row: dict[str, Any]) -> bool:
    found = table.columns[column]
    return column not in row and not found.nullable and found.server_default is None


def _empty(table: Table, column: str) -> object:
    kind = table.columns[column].type
    if isinstance(kind, Moment):
        return NOW
    return [] if isinstance(kind, JSON) else kind.python_type()
