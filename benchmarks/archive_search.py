"""Search by words over 1,000,000 archive records beside the same over 10,000, on SQLite and PostgreSQL.

Each record has some two dozen words, so that a million fit a small machine; a real contract has some thousands, which
makes the index larger and leaves a word's own list as long as it is here. There are 200 branches:
three quarters of the records lie in one, a hundredth in a small one that the common words never reach, the rest in all
others. Value and limit are searches a second; growth is the median over a million beside that over ten thousand.
"""

from __future__ import annotations

import sqlite3
import statistics
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Final
from uuid import UUID

import psycopg

from printserver.archive.queries import records
from printserver.archive.search_fields import ArchiveSearch
from printserver.archive.search_index import shelf, token
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
BRANCHES: Final = 200
_UUIDS: Final = {name: UUID(int=at) for at, name in enumerate(("company", "head", "small", "person"), 1)}
_FIRST_BRANCH: Final = 1_000
"""The others' ids, as numbers, from here on."""

QUESTIONS: Final = {
    "a rare word": ("rare",),
    "a common word": ("common",),
    "two common words": ("common", "usual"),
    "two common words that never meet": ("common", "never"),
}
SMALL: Final = "a common word, for a branch that has none"
SMALL_OWN: Final = "a word of its own, for a small branch"
WITH_NUMBER: Final = "a common word, and an archive number's beginning"

_RECORDS: Final = """
    INSERT INTO archive_record (id, organisation_id, branch_id, copy_id, request_id, number, serial, copy_number,
        copies, title, own_reference, issued_sha256, pages, retention_class, created_at)
    SELECT {id}, {company},
        CASE WHEN n % 100 = 7 THEN {small} WHEN (n / 10) % 4 = 0 THEN {other} ELSE {head} END,
        {id}, {id}, 'N' || n, 'S' || n, 1, 1, 'Contract ' || n, 'OA-' || n, '', '[]', 'permanent',
        '2026-11-23 00:00:00{zone}'
    FROM {numbers}
"""
_TEXTS: Final = "INSERT INTO archive_text (number, record_id) SELECT n, {id} FROM {numbers}"


def measure() -> list[dict[str, object]]:
    """Rows {"name", "value", "limit", "ratio", "unit", "p50_ms", "p95_ms", "p50_ms_of_few", "growth"}.

    p50_ms, p95_ms: over the million.
    """
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
                    "p50_ms_of_few": 1e3 / limit,
                    "growth": limit / value,
                }
            )
    return rows


def _timed(kind: str, count: int) -> dict[str, list[float]]:
    """Seconds of each call, by question."""
    with tempfile.TemporaryDirectory(prefix="psb-") as folder, _filled(kind, count, Path(folder)) as database:
        everywhere = _actor("head")
        asked = {name: (everywhere, _search(*words)) for name, words in QUESTIONS.items()}
        asked[SMALL] = (_actor("small"), _search("common"))
        asked[SMALL_OWN] = (_actor("small"), _search("own"))
        asked[WITH_NUMBER] = (everywhere, replace(_search("common"), number="N10"))
        return {name: _calls(database, actor, search) for name, (actor, search) in asked.items()}


def _search(*words: str) -> ArchiveSearch:
    return ArchiveSearch(tokens=tuple(token(KEY, word) for word in words))


def _actor(branch: str) -> Actor:
    path = f"/{_UUIDS['head']}/" + (f"{_UUIDS['small']}/" if branch == "small" else "")
    return Actor(_UUIDS["person"], _UUIDS["company"], _UUIDS[branch], "x", (Grant(Role.ARCHIVIST, path),))


def _calls(database: Database, actor: Actor, search: ArchiveSearch) -> list[float]:
    """The first call is not counted: it compiles the statement and warms what later ones find warm."""
    took = []
    for _ in range(CALLS + 1):
        began = time.perf_counter()
        with database.reading() as work:
            records(work, actor, search, limit=50)
        took.append(time.perf_counter() - began)
    return took[1:]


def _branch(n: int) -> UUID:
    if n % 100 == 7:
        return _UUIDS["small"]
    return UUID(int=_FIRST_BRANCH + n // 40 % BRANCHES) if n // 10 % 4 == 0 else _UUIDS["head"]


def _postings(count: int) -> Iterator[tuple[int, int, int]]:
    """Token, shelf and number, by token."""
    shelves = [shelf(_branch(n)) for n in range(count + 1)]
    for each, numbers in _lists(count):
        yield from ((each, shelves[n], n) for n in numbers)


def _lists(count: int) -> Iterator[tuple[int, Iterable[int]]]:
    lists: dict[int, Iterable[int]] = {
        token(KEY, "rare"): range(1, count + 1, count // 20),
        token(KEY, "common"): range(10, count + 1, 10),
        token(KEY, "never"): range(5, count + 1, 10),
        token(KEY, "own"): range(7, count + 1, 100),
        token(KEY, "usual"): [n for n in range(1, count + 1) if n // 10 % 10 == 0],
    }
    for filler in range(FILLERS):
        for kind in range(KINDS):
            lists[token(KEY, f"{filler}/{kind}")] = range(1 + (kind * 7 + filler) % KINDS, count + 1, KINDS)
    yield from sorted(lists.items())


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
    head = f"/{_UUIDS['head']}/"
    paths = {_UUIDS["head"]: head, _UUIDS["small"]: f"{head}{_UUIDS['small']}/"}
    paths |= {each: f"{head}{each}/" for each in (UUID(int=_FIRST_BRANCH + at) for at in range(BRANCHES))}
    return [
        f"INSERT INTO branch (id, organisation_id, name, path, created_at) "  # noqa: S608 -- made of our own numbers
        f"VALUES ('{each.hex}', {spelled['company']}, '{each}', '{path}', '2026-11-23 00:00:00{zone}')"
        for each, path in paths.items()
    ]


def _fill_sqlite(file: Path, count: int) -> None:
    spelled = {name: f"'{each.hex}'" for name, each in _UUIDS.items()}
    numbers = f"(WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < {count}) SELECT n FROM c)"  # noqa: S608
    other = f"printf('%032x', {_FIRST_BRANCH} + n / 40 % {BRANCHES})"
    parts = {**spelled, "other": other, "id": "printf('%032x', n)", "numbers": numbers, "zone": ""}
    connection = sqlite3.connect(file)
    connection.execute("PRAGMA synchronous=OFF")
    for statement in (*_branches(spelled, ""), _RECORDS.format(**parts), _TEXTS.format(**parts)):
        connection.execute(statement)
    connection.execute("DROP INDEX archive_word_of_text")  # searching does not use it
    connection.executemany("INSERT INTO archive_word (token, shelf, number) VALUES (?, ?, ?)", _postings(count))
    connection.commit()
    connection.execute("ANALYZE")
    connection.close()


def _fill_postgresql(url: str, count: int) -> None:
    spelled = {name: f"'{each}'::uuid" for name, each in _UUIDS.items()}
    numbers = f"generate_series(1, {count}) AS n"
    other = f"lpad(to_hex({_FIRST_BRANCH} + n / 40 % {BRANCHES}), 32, '0')::uuid"
    parts = {**spelled, "other": other, "id": "lpad(to_hex(n), 32, '0')::uuid", "numbers": numbers, "zone": "+00"}
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("SET session_replication_role = replica")
        for statement in (*_branches(spelled, "+00"), _RECORDS.format(**parts), _TEXTS.format(**parts)):
            connection.execute(statement.encode())
        connection.execute("DROP INDEX archive_word_of_text")
        with connection.cursor() as cursor, cursor.copy("COPY archive_word (token, shelf, number) FROM STDIN") as copy:
            for row in _postings(count):
                copy.write_row(row)
        connection.execute("VACUUM ANALYZE")
