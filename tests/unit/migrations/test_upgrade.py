"""The migrations make, on both databases, exactly what the models say; the log stays append-only."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import sqlalchemy.exc
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import inspect, text

from printserver.audit.log import By, Event, append
from printserver.audit.models import APPEND_ONLY
from printserver.foundation.database import Base, Engines, open_engines
from printserver.foundation.job_queue import RecordedJobs
from printserver.foundation.unit_of_work import Database
from printserver.migrations.upgrade import is_current, load_models, upgrade
from tests.databases import BOTH


def is_ours(_object: object, name: str | None, kind: str, _reflected: bool, _compared: object) -> bool:
    return kind != "table" or name in Base.metadata.tables


@pytest.fixture(scope="module", params=BOTH)
def url(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A database that was empty, upgraded."""
    if request.param == "sqlite":
        address = f"sqlite:///{tmp_path_factory.mktemp('upgraded') / 'printserver.db'}"
        upgrade(address)
        yield address
        return
    server = request.getfixturevalue("postgresql")
    name = server.create_database()
    upgrade(server.url(name))
    yield server.url(name)
    server.drop_database(name)


@pytest.fixture
def engines(url: str) -> Iterator[Engines]:
    opened = open_engines(url)
    yield opened
    opened.dispose()


def test_the_upgraded_schema_is_the_one_of_the_models(engines: Engines):
    load_models()
    with engines.reading.connect() as connection:
        context = MigrationContext.configure(connection, opts={"include_object": is_ours, "compare_type": True})
        assert compare_metadata(context, Base.metadata) == []
        present = set(inspect(connection).get_table_names())
    assert set(Base.metadata.tables) <= present


def test_partial_indexes_are_partial_on_both(engines: Engines):
    """Alembic does not compare their conditions; without them a printer could print one copy in all its life."""
    kind = engines.reading.dialect.name
    with engines.reading.connect() as connection:
        for table, name, condition in (
            ("copy", "one_copy_at_a_time_per_printer", "sent"),
            ("return_page", "one_kept_page", "settled"),
        ):
            (index,) = [each for each in inspect(connection).get_indexes(table) if each["name"] == name]
            assert index["unique"]
            assert condition in str(index["dialect_options"][f"{kind}_where"])


def test_upgrading_again_changes_nothing(url: str, engines: Engines):
    before = shape(engines)
    upgrade(url)
    assert shape(engines) == before
    assert is_current(engines)


def shape(engines: Engines) -> list[str]:
    sqlite = "SELECT coalesce(sql, name) FROM sqlite_master ORDER BY name"
    postgresql = "SELECT table_name || column_name || data_type FROM information_schema.columns ORDER BY 1"
    with engines.reading.connect() as connection:
        return [str(row[0]) for row in connection.execute(text(sqlite if is_sqlite(engines) else postgresql))]


def is_sqlite(engines: Engines) -> bool:
    return engines.reading.dialect.name == "sqlite"


@pytest.mark.parametrize("table", APPEND_ONLY)
@pytest.mark.parametrize("statement", ["UPDATE {0} SET {1} = {1}", "DELETE FROM {0}"])
def test_the_log_refuses_to_be_changed_or_deleted(engines: Engines, table: str, statement: str):
    column = {"audit_entry": "body", "audit_leaf": "position", "audit_head": "size"}[table]
    fill(engines)
    before = count(engines, table)
    assert before > 0
    with pytest.raises(sqlalchemy.exc.DBAPIError, match="append-only"), engines.writing.begin() as connection:
        connection.execute(text(statement.format(table, column)))
    assert count(engines, table) == before


def test_the_log_refuses_to_be_replaced_or_emptied_at_a_stroke(engines: Engines):
    fill(engines)
    before = count(engines, "audit_entry")
    columns = ", ".join(column.name for column in Base.metadata.tables["audit_entry"].columns)
    swift = (
        f"INSERT OR REPLACE INTO audit_entry ({columns}) SELECT {columns} FROM audit_entry"  # noqa: S608 -- our own names
        if is_sqlite(engines)
        else "TRUNCATE audit_entry CASCADE"
    )
    with pytest.raises(sqlalchemy.exc.DBAPIError, match="append-only"), engines.writing.begin() as connection:
        connection.execute(text(swift))
    assert count(engines, "audit_entry") == before


def fill(engines: Engines) -> None:
    """One row in each table of the log."""
    database = Database(engines, RecordedJobs())
    with database.work() as work:
        entry = append(work, By(process="tests"), Event())
        work.session.flush()
        size = count_in(work.session.connection(), "audit_leaf")
        leaf, head = (Base.metadata.tables[name].insert() for name in ("audit_leaf", "audit_head"))
        work.session.execute(leaf.values(position=size, entry_id=entry.id, leaf_hash=b"l"))
        work.session.execute(head.values(size=size + 1, root=b"r", at=work.now(), key_id="k", signature=b"s"))


def count(engines: Engines, table: str) -> int:
    with engines.reading.connect() as connection:
        return count_in(connection, table)


def count_in(connection: sqlalchemy.Connection, table: str) -> int:
    return int(connection.execute(text(f"SELECT count(*) FROM {table}")).scalar_one())  # noqa: S608 -- our own names


def test_an_empty_database_is_not_current(tmp_path: object):
    engines = open_engines(f"sqlite:///{tmp_path}/empty.db")
    assert not is_current(engines)
    engines.dispose()


def test_the_job_engine_has_its_tables_in_the_same_database(engines: Engines):
    with engines.reading.connect() as connection:
        names = inspect(connection).get_table_names(schema=None if is_sqlite(engines) else "dbos")
    assert "workflow_status" in names


FIRST_ROWS = """
    INSERT INTO organisation (id, number, name, created_at) VALUES ('{id}', 7, '示例', '{at}');
    INSERT INTO branch (id, organisation_id, path, name, created_at)
        VALUES ('{id}', '{id}', '/{id}/', '总部', '{at}');
    INSERT INTO printer (id, organisation_id, branch_id, name, location, queue, uri, certificate_sha256, colour, paused,
        created_at) VALUES ('{id}', '{id}', '{id}', 'A', 'B', 'c', 'ipps://localhost/', 'd', true, true, '{at}')
"""


@pytest.mark.parametrize("kind", BOTH)
def test_what_an_earlier_version_wrote_is_kept(
    kind: str, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
):
    if kind == "sqlite":
        address = f"sqlite:///{tmp_path_factory.mktemp('earlier') / 'printserver.db'}"
    else:
        server = request.getfixturevalue("postgresql")
        address = server.url(server.create_database())
    upgrade(address, "0001")
    engines = open_engines(address)
    with engines.writing.begin() as connection:
        for statement in FIRST_ROWS.format(id="0" * 32, at="2026-11-22 09:00:00+00:00").split(";"):
            connection.execute(text(statement))
    upgrade(address)
    with engines.reading.connect() as connection:
        row = connection.execute(
            text("SELECT name, paused, spooler, counter, release_rule, two_sided FROM printer")
        ).one()
    assert tuple(row) == ("A", True, "local", "none", "person", False)
    engines.dispose()
