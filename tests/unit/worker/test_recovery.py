"""One worker on SQLite; on PostgreSQL any number, each taking over what a dead one left."""

from __future__ import annotations

import inspect
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from dbos import DBOS, DBOSConfig, DBOSPortableJSONSerializer
from sqlalchemy import Engine, text

from printserver.foundation.database import open_engines
from printserver.settings import REPOSITORY
from printserver.worker import recovery
from printserver.worker.recovery import (
    LOST_DATABASE_STATUS,
    Liveness,
    WorkerRunsAlready,
    hold_single_worker_lock,
    recover_jobs_of,
)

HOLD = """
import sys, time
from pathlib import Path
from printserver.worker.recovery import hold_single_worker_lock
hold_single_worker_lock(Path(sys.argv[1]))
print("held", flush=True)
time.sleep(600)
"""


def test_a_second_worker_on_one_database_is_refused(tmp_path: Path):
    held = hold_single_worker_lock(tmp_path / "worker.lock")
    with pytest.raises(WorkerRunsAlready):
        hold_single_worker_lock(tmp_path / "worker.lock")
    os.close(held)
    os.close(hold_single_worker_lock(tmp_path / "worker.lock"))


def test_a_worker_that_was_killed_leaves_its_place_to_the_next(tmp_path: Path):
    lock = tmp_path / "worker.lock"
    command = [sys.executable, "-c", HOLD, str(lock)]
    with subprocess.Popen(command, cwd=REPOSITORY, stdout=subprocess.PIPE, text=True) as worker:
        assert worker.stdout is not None
        assert worker.stdout.readline() == "held\n"
        with pytest.raises(WorkerRunsAlready):
            hold_single_worker_lock(lock)
        worker.kill()
        worker.wait()
    os.close(hold_single_worker_lock(lock))


def test_the_engine_still_has_the_private_call_that_takes_over():
    """The engine promises nothing about it; this is where a new version would show that it has changed."""
    parameters = inspect.signature(DBOS._recover_pending_workflows).parameters
    assert list(parameters) == ["executor_ids"]


@pytest.fixture
def engine(postgresql_url: str) -> Iterator[Engine]:
    engines = open_engines(postgresql_url)
    yield engines.writing
    engines.dispose()


RAN: list[str] = []


@pytest.fixture
def launched(postgresql_url: str) -> Iterator[None]:
    """DBOS on PostgreSQL, as the executor `living`, with one workflow that notes its argument."""
    RAN.clear()
    DBOS.migrate(postgresql_url)
    config: DBOSConfig = {
        "name": "tests",
        "system_database_url": postgresql_url,
        "application_version": "tests-1",
        "executor_id": "living",
        "serializer": DBOSPortableJSONSerializer(),
        "run_migrations": False,
        "log_level": "CRITICAL",
    }
    DBOS(config=config)

    @DBOS.workflow(name="note")
    def note(word: str) -> None:
        RAN.append(word)

    DBOS.launch()
    DBOS.start_workflow(note, "once").get_result()
    yield
    DBOS.destroy(destroy_registry=True)


def begun_by(engine: Engine, executor: str) -> None:
    """As if `executor` had begun the workflow and died in it."""
    with engine.begin() as connection:
        connection.execute(
            text("UPDATE dbos.workflow_status SET status = 'PENDING', executor_id = :executor"), {"executor": executor}
        )


def wait_until_it_ran(times: int) -> None:
    for _ in range(1200):
        if len(RAN) >= times:
            return
        threading.Event().wait(0.05)


def test_the_private_call_runs_again_what_an_executor_had_begun(launched: None, engine: Engine):
    begun_by(engine, "dead")
    recover_jobs_of("somebody else")
    assert RAN == ["once"]
    recover_jobs_of("dead")
    wait_until_it_ran(2)
    assert RAN == ["once", "once"]


def test_what_a_dead_worker_had_begun_is_taken_over(launched: None, engine: Engine):
    dead = Liveness(engine)
    begun_by(engine, dead.executor)
    dead._connection.invalidate()
    dead._connection.close()
    living = Liveness(engine)
    living.take_over()
    wait_until_it_ran(2)
    assert RAN == ["once", "once"]
    living._connection.close()


def test_what_a_living_worker_is_about_is_left_to_it(launched: None, engine: Engine):
    other, own = Liveness(engine), Liveness(engine)
    begun_by(engine, other.executor)
    own.take_over()
    threading.Event().wait(0.3)
    assert RAN == ["once"]
    other._connection.close()
    own._connection.close()


def test_a_worker_whose_lock_is_lost_ends(engine: Engine, launched: None, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(recovery, "REAP_SECONDS", 0.05)
    statuses: list[int] = []
    ended = threading.Event()

    def stop(status: int) -> None:
        statuses.append(status)
        ended.set()

    worker = Liveness(engine, stop=stop)
    worker.watch()
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(
            text(
                "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND pid <> pg_backend_pid()"
            )
        )
    assert ended.wait(10)
    assert statuses == [LOST_DATABASE_STATUS]
    worker._connection.close()


def test_two_workers_have_names_of_their_own(engine: Engine):
    first, second = Liveness(engine), Liveness(engine)
    assert first.executor != second.executor
    first._connection.close()
    second._connection.close()
