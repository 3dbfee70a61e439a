"""A job is queued when, and only when, the transaction that needs it commits; once, however often it is asked for."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from printserver.foundation.database import open_engines
from printserver.foundation.job_queue import PRINTING, Job, NoJobs, RecordedJobs
from printserver.foundation.jobs import DbosJobQueue
from printserver.foundation.unit_of_work import Database
from printserver.migrations.upgrade import upgrade
from tests.databases import BOTH

JOB = Job("print-copy", "print-copy-1", ("纸", 1, True, None), queue=PRINTING)


@pytest.fixture(params=BOTH)
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    sqlite = request.param == "sqlite"
    url = f"sqlite:///{tmp_path / 'jobs.db'}" if sqlite else request.getfixturevalue("postgresql_url")
    upgrade(url)
    queue = DbosJobQueue(url)
    opened = Database(open_engines(url), queue)
    yield opened
    if queue._client is not None:
        queue._client.destroy()
    opened.engines.dispose()


def queued(database: Database) -> list[tuple[str, str]]:
    table = "workflow_status" if database.engines.reading.dialect.name == "sqlite" else "dbos.workflow_status"
    with database.engines.reading.connect() as connection:
        rows = connection.execute(text(f"SELECT name, queue_name FROM {table}"))  # noqa: S608 -- our own names
        return [(row.name, row.queue_name) for row in rows]


def test_a_job_is_queued_with_the_commit(database: Database):
    with database.work() as work:
        work.jobs.enqueue(work.session, JOB)
        assert queued(database) == []
    assert queued(database) == [("print-copy", PRINTING)]


def test_a_transaction_that_is_rolled_back_queues_nothing(database: Database):
    def fails() -> None:
        with database.work() as work:
            work.jobs.enqueue(work.session, JOB)
            raise RuntimeError("the change failed")

    with pytest.raises(RuntimeError):
        fails()
    assert queued(database) == []


def test_a_job_asked_for_twice_is_queued_once(database: Database):
    for _ in range(2):
        with database.work() as work:
            work.jobs.enqueue(work.session, JOB)
    assert len(queued(database)) == 1


def test_a_process_without_jobs_says_so_and_recorded_jobs_are_kept(tmp_path: Path):
    recorded = RecordedJobs()
    engines = open_engines(f"sqlite:///{tmp_path / 'x.db'}")
    with Database(engines, recorded).work() as work:
        work.jobs.enqueue(work.session, JOB)
    with Database(engines, NoJobs()).work() as work, pytest.raises(RuntimeError, match="print-copy"):
        work.jobs.enqueue(work.session, JOB)
    assert recorded.jobs == [JOB]
    engines.dispose()
