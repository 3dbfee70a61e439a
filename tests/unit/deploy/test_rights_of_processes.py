"""`tests/process_rights.py` reads the grants as PostgreSQL does, and sees what a statement needs."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest
from sqlalchemy import func, select, text

from printserver.foundation.database import Base
from printserver.migrations.upgrade import load_models, upgrade
from printserver.print_requests.drafts import forget_old_drafts
from printserver.print_requests.models import RequestDraft
from tests.databases import DatabaseKit, database_kit, sqlite_template
from tests.postgresql_server import PostgresqlServer
from tests.process_rights import ROLES, ROLES_FILE, RightsWatch, granted, missing

__all__ = ["database_kit", "sqlite_template"]

WEB, WORKER, SIGNER = ROLES
load_models()

COLUMNS = """
    SELECT grantee, privilege_type, table_name, column_name FROM information_schema.column_privileges
    WHERE table_schema = 'public' AND privilege_type <> 'REFERENCES' AND grantee = ANY(%s)
"""
DELETES = """
    SELECT grantee, privilege_type, table_name, '*' FROM information_schema.table_privileges
    WHERE table_schema = 'public' AND privilege_type = 'DELETE' AND grantee = ANY(%s)
"""


def test_the_grants_are_read_as_postgresql_reads_them(postgresql: PostgresqlServer):
    name = postgresql.create_database()
    upgrade(postgresql.url(name))
    with psycopg.connect(postgresql.url(name).replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute(ROLES_FILE.read_bytes())
        of_postgresql = {
            row for query in (COLUMNS, DELETES) for row in connection.execute(query.encode(), [list(ROLES)]).fetchall()
        }
    postgresql.drop_database(name)
    read = {(role, kind, table, column) for role, rights in granted().items() for kind, table, column in rights}
    for role, kind, table, column in tuple(read):
        if column == "*" and kind != "DELETE" and table in Base.metadata.tables:
            read.remove((role, kind, table, "*"))
            read |= {(role, kind, table, each.name) for each in Base.metadata.tables[table].columns}
    known = set(Base.metadata.tables)
    assert {each for each in read if each[2] in known} ^ {each for each in of_postgresql if each[2] in known} == set()


@pytest.mark.parametrize(
    ("role", "statement", "refused"),
    [
        (WORKER, "SELECT user_account.id, user_account.login \nFROM user_account", []),
        (WORKER, "SELECT u.password_hash AS secret FROM user_account AS u", ["SELECT user_account.password_hash"]),
        (WORKER, "SELECT count(*) AS count_1 FROM user_account WHERE user_account.frozen > ?", []),
        (SIGNER, "SELECT count(*) AS count_1 \nFROM printer", ["SELECT printer.*"]),
        (SIGNER, "SELECT copy.id FROM copy JOIN printer ON printer.id = copy.printer_id", ["SELECT printer.*"]),
        (WEB, "UPDATE copy SET state=?, serial=? WHERE copy.id = ?", ["UPDATE copy.serial"]),
        (WEB, "UPDATE copy SET state=%(state)s::VARCHAR, \nissued_at=now() RETURNING id", ["UPDATE copy.issued_at"]),
        (
            WEB,
            'UPDATE request_batch_row SET "values"=? WHERE request_batch_row.id = ?',
            ["UPDATE request_batch_row.values"],
        ),
        (WEB, "UPDATE print_ticket SET state=? RETURNING id, secret_sha256", ["SELECT print_ticket.secret_sha256"]),
        (WEB, "INSERT INTO audit_leaf (id) VALUES (?)", ["INSERT audit_leaf.id"]),
        (WORKER, "DELETE FROM seal WHERE seal.id = ?", ["DELETE seal.*"]),
        (
            WEB,
            "INSERT INTO legal_hold (id) VALUES (?) ON CONFLICT (id) DO UPDATE SET matter = excluded.matter",
            ["UPDATE legal_hold.matter"],
        ),
        (SIGNER, "SELECT document.id FROM document FOR UPDATE", ["UPDATE document.*"]),
    ],
)
def test_what_a_statement_needs_is_seen(role: str, statement: str, refused: list[str]):
    found = [each.removeprefix(f"{role} may not ") for each in missing(role, granted()[role], statement)]
    assert set(refused) <= set(found)
    assert bool(refused) == bool(found)


def test_a_lock_that_sqlite_is_not_told_needs_the_right_to_change_something():
    statement = "SELECT document.id FROM document"
    assert missing(SIGNER, granted()[SIGNER], statement) == []
    assert missing(SIGNER, granted()[SIGNER], statement, locks=True) == [f"{SIGNER} may not UPDATE document.*"]


@pytest.fixture
def watch_without_rights() -> Iterator[RightsWatch]:
    watch = RightsWatch(dict.fromkeys(ROLES, frozenset()))
    watch.begin()
    yield watch
    watch.end()


def test_what_a_process_or_what_it_calls_asks_for_is_noted_and_nothing_else(
    database_kit: DatabaseKit, watch_without_rights: RightsWatch
):
    database = database_kit.make("sqlite")
    with database.work() as work:
        work.session.execute(text("SELECT 1"))
        work.session.execute(select(func.count()).select_from(RequestDraft))
    assert watch_without_rights.taken() == []
    forget_old_drafts(database)
    noted = watch_without_rights.taken()
    assert any(each.startswith(f"{WORKER} may not DELETE request_draft.*: DELETE") for each in noted)
    assert all(each.startswith(WORKER) for each in noted)
    assert watch_without_rights.taken() == []
