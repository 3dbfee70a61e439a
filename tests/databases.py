"""Databases with every table of the product, on SQLite and on PostgreSQL, under a clock that the test sets.

A `conftest.py` that wants them imports the fixtures: `from tests.databases import any_database, database_kit`.
"""

from __future__ import annotations

import importlib
import itertools
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import text

from printserver.foundation.database import Base, open_engines
from printserver.foundation.job_queue import RecordedJobs
from printserver.foundation.unit_of_work import Database
from tests.postgresql_server import PostgresqlServer

BOTH: Final = ("sqlite", "postgresql")
PACKAGE: Final = Path(__file__).parent.parent / "printserver"


@dataclass
class FakeClock:
    """Stands still until told otherwise."""

    moment: datetime = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)

    def now(self) -> datetime:
        return self.moment

    def advance(self, seconds: float = 1.0) -> None:
        self.moment += timedelta(seconds=seconds)


def create_every_table(url: str) -> None:
    """In an empty database, with what the tables bring along, such as append-only triggers."""
    for module in sorted(PACKAGE.glob("*/models.py")):
        importlib.import_module(f"printserver.{module.parent.name}.models")
    engines = open_engines(url)
    Base.metadata.create_all(engines.writing)
    engines.dispose()


SHAPE: Final = """
    SELECT (SELECT count(*) FROM pg_class), (SELECT count(*) FROM pg_constraint), (SELECT count(*) FROM pg_attribute),
           (SELECT string_agg(tgname || tgenabled::text, ',' ORDER BY tgname) FROM pg_trigger WHERE NOT tgisinternal)
"""


@dataclass
class PostgresqlSupply:
    """PostgreSQL takes long to copy a database, so one is emptied and used again unless a test changed its tables."""

    server: PostgresqlServer
    template: str
    _idle: list[str] = field(default_factory=list)

    def take(self) -> str:
        return self._idle.pop() if self._idle else self.server.create_database(self.template)

    def give_back(self, name: str) -> None:
        """Nobody may be connected any more."""
        if self._shape(name) == self._template_shape:
            self._empty(name)
            self._idle.append(name)
        else:
            self.server.drop_database(name)

    @cached_property
    def _template_shape(self) -> object:
        return self._shape(self.template)

    def _shape(self, name: str) -> object:
        with self._connected(name) as connection:
            return connection.execute(SHAPE).fetchone()

    def _empty(self, name: str) -> None:
        """Delete every row, past triggers and references."""
        tables = [sql.Identifier(table) for table in Base.metadata.tables]
        filled = sql.SQL(" UNION ALL ").join(
            sql.SQL("SELECT {} WHERE EXISTS (SELECT FROM {})").format(sql.Literal(table.as_string()), table)
            for table in tables
        )
        with self._connected(name) as connection:
            connection.execute("SET session_replication_role = replica")
            for (table,) in connection.execute(filled).fetchall():
                connection.execute(sql.SQL("DELETE FROM {}").format(sql.SQL(table)))

    def _connected(self, name: str) -> psycopg.Connection[tuple[Any, ...]]:
        return psycopg.connect(self.server.url(name).replace("+psycopg", ""))


@dataclass
class DatabaseKit:
    """Makes databases of their own for one test, as copies of a template."""

    request: pytest.FixtureRequest
    folder: Path
    sqlite_template: Path
    _made: list[Database] = field(default_factory=list)
    _postgresql: list[str] = field(default_factory=list)
    _numbers: Iterator[int] = field(default_factory=itertools.count)

    def url(self, kind: str) -> str:
        """The address of a new database with every table. kind: `sqlite` or `postgresql`."""
        if kind == "sqlite":
            file = self.folder / f"database-{next(self._numbers)}.sqlite"
            shutil.copyfile(self.sqlite_template, file)
            return f"sqlite:///{file}"
        supply: PostgresqlSupply = self.request.getfixturevalue("postgresql_supply")
        name = supply.take()
        self._postgresql.append(name)
        return supply.server.url(name)

    def make(self, kind: str) -> Database:
        return self.open(self.url(kind))

    def open(self, url: str, clock: FakeClock | None = None) -> Database:
        """A further `Database` on the same tables, as another process would have it."""
        database = Database(open_engines(url), RecordedJobs(), clock or FakeClock())
        self._made.append(database)
        return database

    def close(self) -> None:
        for database in self._made:
            database.engines.dispose()
        for name in self._postgresql:
            self.request.getfixturevalue("postgresql_supply").give_back(name)


COUNTED: Final = """
    SELECT counter.oid::regclass::text, owner.oid::regclass::text, attname
    FROM pg_class counter JOIN pg_depend ON objid = counter.oid AND deptype IN ('a', 'i')
    JOIN pg_class owner ON owner.oid = refobjid JOIN pg_attribute ON attrelid = refobjid AND attnum = refobjsubid
    WHERE counter.relkind = 'S'
"""


def copy_rows(source: str, target: Database) -> None:
    """Every row, past triggers and references; counters go on after them.

    source: address of a database that nobody uses.   target: with the same tables, empty.
    """
    reading, writing = open_engines(source), target.engines.writing
    with reading.writing.connect() as old, writing.begin() as new:
        postgresql = new.dialect.name == "postgresql"
        if postgresql:
            new.execute(text("SET LOCAL session_replication_role = replica"))
        for table in Base.metadata.sorted_tables:
            rows = [row._asdict() for row in old.execute(table.select())]
            if rows:
                new.execute(table.insert(), rows)
        for counter, owner, column in new.execute(text(COUNTED)).all() if postgresql else ():
            new.execute(text(f"SELECT setval('{counter}', max({column})) FROM {owner}"))  # noqa: S608 -- names of ours
    reading.dispose()


def clock_of(database: Database) -> FakeClock:
    assert isinstance(database.clock, FakeClock)
    return database.clock


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("template") / "template.sqlite"
    create_every_table(f"sqlite:///{file}")
    return file


@pytest.fixture(scope="session")
def postgresql_supply(postgresql: PostgresqlServer) -> PostgresqlSupply:
    template = postgresql.create_database()
    create_every_table(postgresql.url(template))
    return PostgresqlSupply(postgresql, template)


@pytest.fixture
def database_kit(request: pytest.FixtureRequest, tmp_path: Path, sqlite_template: Path) -> Iterator[DatabaseKit]:
    kit = DatabaseKit(request, tmp_path, sqlite_template)
    yield kit
    kit.close()


@pytest.fixture(scope="module")
def module_database_kit(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path
) -> Iterator[DatabaseKit]:
    """For databases that the tests of a module share, because each throws its changes away."""
    kit = DatabaseKit(request, tmp_path_factory.mktemp("shared"), sqlite_template)
    yield kit
    kit.close()


@pytest.fixture(params=BOTH)
def any_database(request: pytest.FixtureRequest, database_kit: DatabaseKit) -> Database:
    """The test runs once on SQLite and once on PostgreSQL."""
    return database_kit.make(request.param)


@pytest.fixture
def sqlite_database(database_kit: DatabaseKit) -> Database:
    return database_kit.make("sqlite")
