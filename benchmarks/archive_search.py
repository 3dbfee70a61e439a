"""Search by words over 1,000,000 archive records beside the same over 10,000, on SQLite and PostgreSQL.

Each record has some two dozen words, so that a million fit a small machine; a real contract has some thousands, which
makes the index larger and leaves a word's own list as long as it is here. Value and limit are searches a second.
"""

from __future__ import annotations

import sqlite3
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final
from uuid import UUID

import psycopg

from printserver.archive.queries import records
from printserver.archive.search_fields import ArchiveSearch
from printserver.archive.search_index import token
from printserver.foundation.database import open_engines
from printserver.foundation.job_queue import RecordedJobs
from printserver.foundation.unit_of_work import Database
from printserver.migrations.upgrade import upgrade
from printserver.organisations.access import Actor, Grant
from printserver.organisations.permissions import Role
from tests.postgresql_server import running_postgresql

FEW: Final = 10_000
MANY: Final = 1_000_000
CALLS: Final = 40
KEY: Final = bytes(32)
FILLERS: Final = 20
KINDS: Final = 1_000
_UUIDS: Final = {name: UUID(int=at) for at, name in enumerate(("company", "head", "small", "person"), 1)}

QUESTIONS: Final = {
    "a rare word": ("rare",),
    "a common word": ("common",),
    "two common words": ("common", "usual"),
    "two common words that never meet": ("common", "never"),
}
SMALL: Final = "a common word, for a branch that has none"

_RECORDS: Final = """
    INSERT INTO archive_record (id, organisation_id, branch_id, copy_id, request_id, number, serial, copy_number,
        copies, title, own_reference, issued_sha256, pages, retention_class, created_at)
    SELECT {id}, {company}, CASE WHEN n % 100 = 7 THEN {small} ELSE {head} END, {id}, {id}, 'N' || n, 'S' || n, 1, 1,
        'Contract ' || n, 'OA-' || n, '', '[]', 'permanent', '2026-11-23 00:00:00{zone}'
    FROM {numbers}
"""
_TEXTS: Final = "INSERT INTO archive_text (number, record_id) SELECT n, {id} FROM {numbers}"


def measure() -> list[dict[str, object]]:
    """Rows {"name", "value", "limit", "ratio", "unit", "p50_ms", "p95_ms"}; the last two over the million."""
    rows: list[dict[str, object]] = []
    for kind in ("SQLite", "PostgreSQL"):
        few, many = (_timed(kind, count) for count in (FEW, MANY))
        for name in few:
            median, slow = statistics.median(many[name]), sorted(many[name])[int(CALLS * 0.95) - 1]
            value, limit = 1 / median, 1 / statistics.median(few[name])
            rows.append(
                {
                    "name": f"search for {name}, {MANY} records beside {FEW}, {kind}",
                    "value": value,
                    "limit": limit,
                    "ratio": value / limit,
                    "unit": "searches/s",
                    "p50_ms": median * 1e3,
                    "p95_ms": slow * 1e3,
                }
            )
    return rows


def _timed(kind: str, count: int) -> dict[str, list[float]]:
    """Seconds of each call, by question."""
    with tempfile.TemporaryDirectory(prefix="psb-") as folder, _filled(kind, count, Path(folder)) as database:
        everywhere = _actor("head")
        asked = {name: (everywhere, words) for name, words in QUESTIONS.items()}
        asked[SMALL] = (_actor("small"), ("common",))
        return {name: _calls(database, actor, words) for name, (actor, words) in asked.items()}


def _actor(branch: str) -> Actor:
    path = f"/{_UUIDS['head']}/" + (f"{_UUIDS['small']}/" if branch == "small" else "")
    return Actor(_UUIDS["person"], _UUIDS["company"], _UUIDS[branch], "x", (Grant(Role.ARCHIVIST, path),))


def _calls(database: Database, actor: Actor, words: tuple[str, ...]) -> list[float]:
    """The first call is not counted: it compiles the statement and warms what later ones find warm."""
    search = ArchiveSearch(tokens=tuple(token(KEY, word) for word in words))
    took = []
    for _ in range(CALLS + 1):
        began = time.perf_counter()
        with database.reading() as work:
            records(work, actor, search, limit=50)
        took.append(time.perf_counter() - began)
    return took[1:]


def _postings(count: int) -> Iterator[tuple[int, int]]:
    """Token and number, in the order of the index."""
    lists: dict[int, range] = {
        token(KEY, "rare"): range(1, count + 1, count // 20),
        token(KEY, "common"): range(10, count + 1, 10),
        token(KEY, "never"): range(5, count + 1, 10),
    }
    for filler in range(FILLERS):
        for kind in range(KINDS):
            lists[token(KEY, f"{filler}/{kind}")] = range(1 + (kind * 7 + filler) % KINDS, count + 1, KINDS)
    usual = token(KEY, "usual")
    for each in sorted([*lists, usual]):
        if each == usual:
            yield from ((usual, n) for n in range(1, count + 1) if n // 10 % 10 == 0)
        else:
            yield from ((each, n) for n in lists[each])


@contextmanager
def _filled(kind: str, count: int, folder: Path) -> Iterator[Database]:
    if kind == "SQLite":
        file = folder / "bench.db"
        url = f"sqlite:///{file}"
        upgrade(url)
        _fill_sqlite(file, count)
        yield from _opened(url)
        return
    with running_postgresql() as server:
        url = server.url(server.create_database())
        upgrade(url)
        _fill_postgresql(url.replace("+psycopg", ""), count)
        yield from _opened(url)


def _opened(url: str) -> Iterator[Database]:
    database = Database(open_engines(url), RecordedJobs())
    yield database
    database.engines.dispose()


def _branches(spelled: dict[str, str], zone: str) -> list[str]:
    paths = {"head": f"/{_UUIDS['head']}/", "small": f"/{_UUIDS['head']}/{_UUIDS['small']}/"}
    return [
        f"INSERT INTO branch (id, organisation_id, name, path, created_at) "  # noqa: S608 -- made of our own numbers
        f"VALUES ({spelled[name]}, {spelled['company']}, '{name}', '{path}', '2026-11-23 00:00:00{zone}')"
        for name, path in paths.items()
    ]


def _fill_sqlite(file: Path, count: int) -> None:
    spelled = {name: f"'{each.hex}'" for name, each in _UUIDS.items()}
    numbers = f"(WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < {count}) SELECT n FROM c)"  # noqa: S608
    parts = {**spelled, "id": "printf('%032x', n)", "numbers": numbers, "zone": ""}
    connection = sqlite3.connect(file)
    connection.execute("PRAGMA synchronous=OFF")
    for statement in (*_branches(spelled, ""), _RECORDS.format(**parts), _TEXTS.format(**parts)):
        connection.execute(statement)
    connection.execute("DROP INDEX archive_posting_of_text")  # searching does not use it
    connection.executemany("INSERT INTO archive_posting (token, number) VALUES (?, ?)", _postings(count))
    connection.commit()
    connection.execute("ANALYZE")
    connection.close()


def _fill_postgresql(url: str, count: int) -> None:
    spelled = {name: f"'{each}'::uuid" for name, each in _UUIDS.items()}
    numbers = f"generate_series(1, {count}) AS n"
    parts = {**spelled, "id": "lpad(to_hex(n), 32, '0')::uuid", "numbers": numbers, "zone": "+00"}
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("SET session_replication_role = replica")
        for statement in (*_branches(spelled, "+00"), _RECORDS.format(**parts), _TEXTS.format(**parts)):
            connection.execute(statement.encode())
        connection.execute("DROP INDEX archive_posting_of_text")
        with connection.cursor() as cursor, cursor.copy("COPY archive_posting (token, number) FROM STDIN") as copy:
            for row in _postings(count):
                copy.write_row(row)
        connection.execute("VACUUM ANALYZE")
