"""A PostgreSQL server of the tests' own: Debian's program, a temporary folder, a spare port on the loopback interface.

It ends with the process that started it, however that ends. Its data is not meant to survive a power cut
(`fsync=off`), which makes a fresh database cheap.
"""

from __future__ import annotations

import itertools
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, LiteralString

import psycopg
import pytest
from psycopg import sql

from tests.free_ports import free_port

_PROGRAMS: Final = Path("/usr/lib/postgresql/15/bin")
_START_SECONDS: Final = 60
_SETTINGS: Final = (
    "listen_addresses=127.0.0.1",
    "fsync=off",
    "synchronous_commit=off",
    "full_page_writes=off",
    "max_connections=200",
    "shared_buffers=64MB",
    "timezone=UTC",
)


@dataclass(frozen=True)
class PostgresqlServer:
    """A running server; its superuser is `postgres`, trusted without a password on this machine."""

    port: int
    """TCP port on 127.0.0.1."""
    process_id: int
    folder: Path
    """Holds its data, log and Unix socket."""
    _numbers: Iterator[int] = field(default_factory=itertools.count, repr=False)

    def url(self, database: str, user: str = "postgres") -> str:
        """The address for SQLAlchemy with psycopg 3."""
        return f"postgresql+psycopg://{user}@127.0.0.1:{self.port}/{database}"

    def create_database(self, template: str = "template0") -> str:
        """Make a database of a new name as a copy of `template`, which nobody may be connected to; returns the name."""
        name = f"fresh_{next(self._numbers)}"
        self._execute("CREATE DATABASE {} TEMPLATE {}", name, template)
        return name

    def drop_database(self, name: str) -> None:
        """Remove the database, also while connections to it are open."""
        self._execute("DROP DATABASE IF EXISTS {} WITH (FORCE)", name)

    def _execute(self, statement: LiteralString, *names: str) -> None:
        with psycopg.connect(_address(self.port), autocommit=True) as connection:
            connection.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))


def _address(port: int) -> str:
    return f"host=127.0.0.1 port={port} user=postgres dbname=postgres connect_timeout=5"


def _as(owner: pwd.struct_passwd) -> list[str]:
    """The beginning of a command that runs as `owner` and ends with this process.

    The kernel forgets the death signal when a process changes its user, so setpriv sets it after that. The signal is
    PostgreSQL's "immediate shutdown", which takes the server's own children along.
    """
    identity = [f"--reuid={owner.pw_uid}", f"--regid={owner.pw_gid}", "--clear-groups"] if os.geteuid() == 0 else []
    return ["setpriv", *identity, "--pdeathsig", "QUIT", "--"]


def _initialise(folder: Path, owner: pwd.struct_passwd) -> None:
    os.chown(folder, owner.pw_uid, owner.pw_gid)
    command = [*_as(owner), str(_PROGRAMS / "initdb"), f"--pgdata={folder / 'data'}", "--username=postgres"]
    command += ["--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync", "--no-instructions"]
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, cwd=folder)


def _start(folder: Path, owner: pwd.struct_passwd, port: int) -> subprocess.Popen[bytes]:
    command = [*_as(owner), str(_PROGRAMS / "postgres"), "-D", str(folder / "data"), "-p", str(port), "-k", str(folder)]
    for setting in _SETTINGS:
        command += ["-c", setting]
    with (folder / "log").open("wb") as log:
        return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=folder)


def _wait_until_ready(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        try:
            psycopg.connect(_address(port)).close()
        except psycopg.OperationalError:
            time.sleep(0.05)
        else:
            return
    raise RuntimeError(f"PostgreSQL did not start:\n{log.read_text(errors='replace')}")


@contextmanager
def running_postgresql() -> Iterator[PostgresqlServer]:
    """Start a server in an empty folder; stop it and remove the folder at the end.

    As root the server runs as Debian's user `postgres`, otherwise as oneself: PostgreSQL refuses to run as root.
    """
    owner = pwd.getpwnam("postgres") if os.geteuid() == 0 else pwd.getpwuid(os.geteuid())
    # Not pytest's tmp_path: another user could not enter it.
    folder = Path(tempfile.mkdtemp(prefix="printserver-postgresql-"))
    try:
        _initialise(folder, owner)
        port = free_port()
        process = _start(folder, owner, port)
        try:
            _wait_until_ready(process, port, folder / "log")
            yield PostgresqlServer(port=port, process_id=process.pid, folder=folder)
        finally:
            process.send_signal(signal.SIGINT)  # PostgreSQL's "fast shutdown"
            process.wait(timeout=_START_SECONDS)
    finally:
        shutil.rmtree(folder)


@pytest.fixture(scope="session")
def postgresql() -> Iterator[PostgresqlServer]:
    """One server for all tests of the run."""
    with running_postgresql() as server:
        yield server


@pytest.fixture
def postgresql_url(postgresql: PostgresqlServer) -> Iterator[str]:
    """The SQLAlchemy address of an empty database of the test's own."""
    name = postgresql.create_database()
    yield postgresql.url(name)
    postgresql.drop_database(name)
