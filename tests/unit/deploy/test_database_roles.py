"""The roles of `deploy/database_roles.sql` can do what the processes do, and nothing of what they must not."""

from __future__ import annotations

import os
import shutil
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import httpx
import psycopg
import pytest
from psycopg import sql
from psycopg.errors import InsufficientPrivilege

from printserver.cli import audit
from printserver.cli.demo.server import DemoServer, demo_settings
from printserver.cli.demo.story import Story
from printserver.cli.supervisor import Supervisor, all_parts
from printserver.foundation.database import Base
from printserver.migrations.upgrade import load_models, upgrade
from printserver.settings import HOME_VARIABLE
from tests.postgresql_server import PostgresqlServer
from tests.unit.rendering.papers import contract

ROLES_FILE: Final = Path(__file__).parents[3] / "deploy" / "database_roles.sql"
WEB, WORKER, SIGNER = "printserver_web", "printserver_worker", "printserver_signer"
ROLES: Final = (WEB, WORKER, SIGNER)
LOG: Final = ("audit_entry", "audit_leaf", "audit_head")
URL_VARIABLE: Final = "PRINTSERVER_DATABASE_URL"
load_models()
TABLES: Final = tuple(Base.metadata.tables)


def _apply_roles(url: str) -> None:
    with psycopg.connect(_plain(url), autocommit=True) as connection:
        connection.execute(ROLES_FILE.read_bytes())


def _plain(url: str) -> str:
    return url.replace("+psycopg", "")


@pytest.fixture(scope="module")
def database(postgresql: PostgresqlServer) -> Iterator[str]:
    """The name of a migrated database with one entry in the log."""
    name = postgresql.create_database()
    upgrade(postgresql.url(name))
    _apply_roles(postgresql.url(name))
    with psycopg.connect(_plain(postgresql.url(name))) as connection:
        connection.execute(
            "INSERT INTO audit_entry (id, at, event, subject, body) VALUES (gen_random_uuid(), now(), 'A', 'b', '{}')"
        )
    yield name
    postgresql.drop_database(name)


@contextmanager
def _as(postgresql: PostgresqlServer, database: str, role: str) -> Iterator[psycopg.Connection]:
    """A connection of `role` whose changes are thrown away."""
    with psycopg.connect(_plain(postgresql.url(database, role))) as connection:
        yield connection
        connection.rollback()


def _rows_of(postgresql: PostgresqlServer, database: str, table: str) -> list[tuple[object, ...]]:
    with _as(postgresql, database, "postgres") as connection:
        return connection.execute(sql.SQL("SELECT * FROM {}").format(sql.Identifier(table))).fetchall()


ALLOWED: Final = [
    (WEB, "INSERT INTO audit_entry SELECT * FROM audit_entry WHERE false"),
    (WORKER, "INSERT INTO audit_entry SELECT * FROM audit_entry WHERE false"),
    (SIGNER, "INSERT INTO audit_entry SELECT * FROM audit_entry WHERE false"),
    (SIGNER, "INSERT INTO audit_leaf SELECT * FROM audit_leaf WHERE false"),
    (SIGNER, "INSERT INTO audit_head SELECT * FROM audit_head WHERE false"),
    (SIGNER, "UPDATE authorisation SET redeemed_at = now()"),
    (SIGNER, "UPDATE copy SET state = 'issued', issued_sha256 = '', issued_at = now()"),
    (WEB, "INSERT INTO approval SELECT * FROM approval WHERE false"),
    (WEB, "INSERT INTO authorisation SELECT * FROM authorisation WHERE false"),
    (WEB, "SELECT * FROM user_account FOR UPDATE"),
    (WEB, "UPDATE user_account SET password_hash = '', password_changed_at = now(), must_change_password = false"),
    (WORKER, "INSERT INTO copy SELECT * FROM copy WHERE false"),
    (WORKER, "DELETE FROM dbos.workflow_status"),
    (WEB, "UPDATE request_batch_row SET state = 'waiting', problem = '', problem_code = '' WHERE state = 'failed'"),
    (WORKER, "UPDATE request_batch_row SET state = 'failed', problem = '', problem_code = '' WHERE state = 'waiting'"),
    (WORKER, "SELECT id FROM request_batch FOR UPDATE"),
    (WORKER, "SELECT id FROM count_alarm FOR UPDATE"),
    (
        WORKER,
        "UPDATE count_alarm SET figures = '{}', opened_at = now(), closed_at = NULL, closed_by = NULL, reason = ''",
    ),
    (WEB, "UPDATE count_alarm SET closed_at = now(), closed_by = NULL, reason = ''"),
    (WEB, "SELECT job_uuid, ended_at FROM print_ticket"),
    (WEB, "UPDATE copy SET state = 'issued', cups_job_id = NULL, sent_at = NULL WHERE state = 'released' RETURNING id"),
    (WEB, "UPDATE print_ticket SET state = 'withdrawn', ended_at = now() WHERE state = 'open' RETURNING id"),
    (WORKER, "UPDATE identity_proof SET state = 'due', ended_at = now() WHERE state = 'verified' RETURNING id"),
    (WORKER, "INSERT INTO identity_step SELECT id, id, '', '', '', '', '', id, now() FROM identity_proof"),
    (WEB, "UPDATE identity_proof SET name = '', sealed_number = NULL, wrapped_key = NULL, state = 'erased'"),
    (WEB, "UPDATE key_medium SET state = 'lost', certificate_stopped_at = now(), pending_by = NULL"),
    (WEB, "INSERT INTO printer SELECT * FROM printer WHERE false"),
    (WEB, "SELECT id FROM printer FOR SHARE"),
    (WEB, "UPDATE printer SET calibration = '{}'"),
    (WEB, "UPDATE document_class SET marks = '{}', changed_at = now()"),
    (WEB, "INSERT INTO counter_reading SELECT * FROM counter_reading WHERE false"),
    (WORKER, "UPDATE printer_status SET state = 'idle'"),
    (WORKER, "UPDATE printer SET capabilities = '{}', colour = false"),
    (WEB, "INSERT INTO release_code SELECT * FROM release_code WHERE false"),
    (WEB, "UPDATE release_code SET used_by = made_by, used_at = now() WHERE used_at IS NULL RETURNING made_by"),
    (WEB, "INSERT INTO release_tries SELECT * FROM release_tries WHERE false"),
    (WEB, "SELECT * FROM release_tries FOR UPDATE"),
    (WEB, "UPDATE release_tries SET failed = 1, failed_at = now(), locked_until = now()"),
    (WEB, "INSERT INTO copy_notice SELECT * FROM copy_notice WHERE false"),
    (
        WEB,
        "UPDATE copy SET state = 'void', settled_by = id, settled_at = now(), confirmed_by = id, confirmed_at = now()",
    ),
]

REFUSED: Final = [
    (WORKER, "SELECT sealed_number FROM identity_proof"),
    (WORKER, "SELECT name FROM identity_proof"),
    (WORKER, "UPDATE identity_proof SET wrapped_key = NULL"),
    (WEB, "UPDATE identity_evidence SET object_sha256 = ''"),
    (SIGNER, "SELECT id FROM identity_proof"),
    (WEB, "INSERT INTO audit_leaf SELECT * FROM audit_leaf"),
    (WEB, "INSERT INTO audit_head SELECT * FROM audit_head"),
    (WORKER, "INSERT INTO audit_leaf SELECT * FROM audit_leaf"),
    (WORKER, "INSERT INTO audit_head SELECT * FROM audit_head"),
    (WEB, "UPDATE authorisation SET redeemed_at = NULL"),
    (WORKER, "UPDATE authorisation SET redeemed_at = NULL"),
    (WEB, "UPDATE authorisation SET expires_at = now()"),
    (SIGNER, "UPDATE authorisation SET expires_at = now()"),
    (SIGNER, "UPDATE authorisation SET content_sha256 = ''"),
    (WEB, "UPDATE copy SET issued_sha256 = ''"),
    (WORKER, "UPDATE copy SET issued_sha256 = ''"),
    (WEB, "UPDATE copy SET rendition_sha256 = ''"),
    (WORKER, "UPDATE copy SET rendition_sha256 = ''"),
    (SIGNER, "UPDATE copy SET serial = ''"),
    (WEB, "INSERT INTO copy SELECT * FROM copy"),
    (WEB, "INSERT INTO count_alarm SELECT * FROM count_alarm"),
    (WEB, "UPDATE count_alarm SET figures = '{}'"),
    (WEB, "UPDATE printer SET uri = '', queue = '', spooler = ''"),
    (WEB, "UPDATE printer_status SET state = 'idle'"),
    (WORKER, "UPDATE printer SET certificate_sha256 = ''"),
    (WORKER, "UPDATE printer SET paused = false"),
    (WORKER, "INSERT INTO printer SELECT * FROM printer WHERE false"),
    (SIGNER, "SELECT * FROM printer"),
    (WEB, "UPDATE counter_reading SET impressions = 0"),
    (WORKER, "UPDATE counter_reading SET impressions = 0"),
    (WEB, "SELECT secret_sha256 FROM print_ticket"),
    (WORKER, "INSERT INTO approval SELECT * FROM approval"),
    (SIGNER, "INSERT INTO approval SELECT * FROM approval"),
    (WORKER, "INSERT INTO authorisation SELECT * FROM authorisation"),
    (SIGNER, "INSERT INTO authorisation SELECT * FROM authorisation"),
    (WEB, "UPDATE approval SET decision = 'approved'"),
    (WEB, "UPDATE seal SET object_sha256 = ''"),
    (WEB, "UPDATE role_binding SET role = 'approver'"),
    (WEB, "DELETE FROM role_binding"),
    (WEB, "UPDATE delegation SET deputy_id = principal_id"),
    (WEB, "UPDATE rights_review_line SET detail = 'clerk'"),
    (SIGNER, "INSERT INTO role_binding SELECT * FROM role_binding"),
    (WORKER, "UPDATE user_account SET password_hash = ''"),
    (SIGNER, "UPDATE user_account SET password_hash = ''"),
    (WORKER, "SELECT password_hash FROM user_account"),
    (SIGNER, "SELECT password_hash FROM user_account"),
    (WORKER, "SELECT secret_sha256 FROM web_session"),
    (SIGNER, "SELECT secret_sha256 FROM api_token"),
    (SIGNER, "SELECT * FROM dbos.workflow_status"),
    (WEB, "DELETE FROM dbos.workflow_status"),
    (WEB, "UPDATE dbos.workflow_status SET inputs = ''"),
    (WEB, "CREATE TABLE public.mine (id int)"),
    (WEB, "CREATE TEMPORARY TABLE mine (id int)"),
    (WEB, "ALTER TABLE audit_entry DISABLE TRIGGER ALL"),
    (SIGNER, "DROP TRIGGER audit_head_append_only ON audit_head"),
    (SIGNER, "SET session_replication_role = replica"),
    (WEB, "UPDATE release_code SET expires_at = now()"),
    (WEB, "UPDATE copy_notice SET holder = ''"),
    (WORKER, "SELECT * FROM release_code"),
    (SIGNER, "SELECT * FROM release_code"),
]


@pytest.mark.parametrize(("role", "statement"), ALLOWED)
def test_a_process_may_do_what_it_is_for(postgresql: PostgresqlServer, database: str, role: str, statement: str):
    with _as(postgresql, database, role) as connection:
        connection.execute(statement.encode())


@pytest.mark.parametrize(("role", "statement"), REFUSED)
def test_a_process_may_not_do_what_another_is_for(
    postgresql: PostgresqlServer, database: str, role: str, statement: str
):
    with _as(postgresql, database, role) as connection, pytest.raises(InsufficientPrivilege):
        connection.execute(statement.encode())


@pytest.mark.parametrize("table", LOG)
@pytest.mark.parametrize("role", ROLES)
def test_no_process_changes_or_empties_the_log(postgresql: PostgresqlServer, database: str, role: str, table: str):
    before = _rows_of(postgresql, database, table)
    column = "body" if table == "audit_entry" else "leaf_hash" if table == "audit_leaf" else "root"
    for form in (
        "UPDATE {table} SET {column} = {column}",
        "DELETE FROM {table}",
        "TRUNCATE {table} CASCADE",
        "SELECT * FROM {table} FOR UPDATE",
    ):
        statement = sql.SQL(form).format(table=sql.Identifier(table), column=sql.Identifier(column))
        with _as(postgresql, database, role) as connection, pytest.raises(InsufficientPrivilege):
            connection.execute(statement)
    assert _rows_of(postgresql, database, table) == before


MAY_FORGET: Final = {
    (WORKER, "idempotency_record"),
    (WORKER, "request_draft"),
    (WEB, "request_draft"),
    (WEB, "request_template"),
    (WORKER, "request_batch"),
    (WORKER, "request_batch_row"),
    (WORKER, "open_form"),
    (WEB, "open_form"),
    (WEB, "code_sighting"),
    (WEB, "archive_saved_search"),
    (WORKER, "archive_text"),
    (WORKER, "archive_word"),
    (WEB, "unnamed_object"),
    (WORKER, "unnamed_object"),
    (WEB, "given_back_object"),
}
"""Answers of old keys, what people have not handed in, where codes were opened, kept searches: nothing that ever had an
effect. And the words by which a disposed record was found, and what lies aside in the store, which the log tells."""


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("role", ROLES)
def test_no_process_deletes_rows_of_the_product(postgresql: PostgresqlServer, database: str, role: str, table: str):
    statement = sql.SQL("DELETE FROM {}").format(sql.Identifier(table))
    if (role, table) in MAY_FORGET:
        with _as(postgresql, database, role) as connection:
            connection.execute(statement)
        return
    with _as(postgresql, database, role) as connection, pytest.raises(InsufficientPrivilege):
        connection.execute(statement)


def test_the_roles_can_be_granted_again_and_take_away_what_was_given_beside(
    postgresql: PostgresqlServer, database: str
):
    with psycopg.connect(_plain(postgresql.url(database))) as connection:
        connection.execute("GRANT UPDATE (object_sha256), DELETE ON seal TO printserver_web")
    _apply_roles(postgresql.url(database))
    for statement in (b"UPDATE seal SET object_sha256 = ''", b"DELETE FROM seal"):
        with _as(postgresql, database, WEB) as connection, pytest.raises(InsufficientPrivilege):
            connection.execute(statement)


@contextmanager
def _server_under_its_roles(postgresql: PostgresqlServer, database: str) -> Iterator[DemoServer]:
    """Installed by the owner of the tables; each process is then started with the address of its own role."""
    parent = "/var/lib" if os.geteuid() == 0 else tempfile.gettempdir()
    home = Path(tempfile.mkdtemp(prefix="pst-", dir=parent))
    home.chmod(0o755)
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv(HOME_VARIABLE, str(home))
        environment.setenv(URL_VARIABLE, postgresql.url(database))
        try:
            settings = demo_settings(free_ports=True)
            _apply_roles(postgresql.url(database))
            parts = all_parts(settings)
            for part in parts:
                role = f"printserver_{part.name}"
                if role in ROLES:
                    part.environment = {**part.environment, URL_VARIABLE: postgresql.url(database, role)}
            log, ready = home / "log", threading.Event()
            log.mkdir()
            supervisor = Supervisor(parts, log)
            thread = threading.Thread(target=supervisor.run, args=(ready.set,))
            thread.start()
            try:
                assert ready.wait(60)
                server = DemoServer(settings)
                _wait_until_it_answers(server)
                yield server
            finally:
                supervisor.stopping.set()
                thread.join(60)
        finally:
            shutil.rmtree(home)


def _wait_until_it_answers(server: DemoServer) -> None:
    deadline = time.monotonic() + 60
    while True:
        try:
            httpx.get(f"{server.url}/api/v1/health").raise_for_status()
        except httpx.HTTPError:
            assert time.monotonic() < deadline
            time.sleep(0.1)
        else:
            return


@pytest.mark.timeout(600)
def test_the_whole_story_needs_no_more_than_the_roles_have(postgresql: PostgresqlServer, tmp_path: Path):
    name = postgresql.create_database()
    paper = tmp_path / "contract.pdf"
    paper.write_bytes(contract(2))
    try:
        with _server_under_its_roles(postgresql, name) as server:
            summary = Story(server, paper, tmp_path / "out").tell()
            returned = summary["return"]
            assert (returned["matched"], returned["doubtful"]) == (returned["pages"], 0)
            assert len(set(summary["qr_texts"])) == returned["pages"] > 0
            report = audit.verify(server.settings)
            report.raise_if_bad()
            assert report.entries >= summary["audit_entries"]
    finally:
        postgresql.drop_database(name)
