"""The tests' PostgreSQL server gives separate databases and outlives nobody."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import LiteralString

import psycopg
import pytest

from tests.postgresql_server import PostgresqlServer

_REPOSITORY = Path(__file__).parents[1]
_START_AND_WAIT = """
import time
from tests.postgresql_server import running_postgresql
with running_postgresql() as server:
    print(server.process_id, server.folder, flush=True)
    time.sleep(600)
"""


def _ask(url: str, statement: LiteralString) -> list[tuple[object, ...]]:
    with psycopg.connect(url.replace("+psycopg", "")) as connection:
        return connection.execute(statement).fetchall()


def test_every_test_gets_an_empty_database_in_utf_8(postgresql_url):
    assert _ask(postgresql_url, "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'") == [(0,)]
    assert _ask(postgresql_url, "SHOW server_encoding") == [("UTF8",)]


def test_a_database_can_be_copied_from_a_prepared_one(postgresql: PostgresqlServer):
    template = postgresql.create_database()
    with psycopg.connect(postgresql.url(template).replace("+psycopg", "")) as connection:
        connection.execute("CREATE TABLE seal (name) AS VALUES ('公章')")
    copy = postgresql.create_database(template=template)
    assert _ask(postgresql.url(copy), "SELECT name FROM seal") == [("公章",)]
    postgresql.drop_database(copy)
    postgresql.drop_database(template)


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL], ids=["terminated", "killed"])
def test_the_server_ends_with_the_process_that_started_it(how):
    starter = subprocess.Popen([sys.executable, "-c", _START_AND_WAIT], stdout=subprocess.PIPE, cwd=_REPOSITORY)
    with starter:
        assert starter.stdout is not None
        server, folder = starter.stdout.readline().decode().split()
        starter.send_signal(how)
    deadline = time.monotonic() + 60
    while Path(f"/proc/{server}").exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not Path(f"/proc/{server}").exists()
    shutil.rmtree(folder)
