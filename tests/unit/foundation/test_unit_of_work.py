"""A transaction is kept whole or not at all, and only its owner commits."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

import pytest
from sqlalchemy import select

from printserver.audit.log import By, Event, append
from printserver.audit.models import AuditEntry
from printserver.foundation.clock import SystemClock
from printserver.foundation.job_queue import Job, NoJobs, RecordedJobs
from printserver.foundation.unit_of_work import Database, Work
from tests.databases import clock_of


class Failed(Exception):
    pass


def recorded(database: Database) -> list[UUID]:
    with database.reading() as work:
        return list(work.session.scalars(select(AuditEntry.id).order_by(AuditEntry.id)))


def record(work: Work) -> UUID:
    return append(work, By(), Event()).id


def test_work_that_ends_well_is_kept(any_database: Database):
    with any_database.work() as work:
        ids = [record(work), record(work)]
    assert recorded(any_database) == ids


def test_work_that_fails_leaves_nothing(any_database: Database):
    def fail() -> None:
        with any_database.work() as work:
            record(work)
            work.session.flush()
            raise Failed

    with pytest.raises(Failed):
        fail()
    assert recorded(any_database) == []


def test_an_interrupted_work_leaves_nothing(any_database: Database):
    def interrupt() -> None:
        with any_database.work() as work:
            record(work)
            work.session.flush()
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupt()
    assert recorded(any_database) == []


def test_what_a_reader_changes_is_thrown_away(any_database: Database):
    with any_database.reading() as work:
        record(work)
        work.session.flush()
        assert len(work.session.scalars(select(AuditEntry)).all()) == 1
    assert recorded(any_database) == []


def test_a_reader_that_fails_leaves_nothing_and_frees_the_database(any_database: Database):
    def fail() -> None:
        with any_database.reading() as work:
            record(work)
            work.session.flush()
            raise Failed

    with pytest.raises(Failed):
        fail()
    with any_database.work() as work:
        kept = record(work)
    assert recorded(any_database) == [kept]


def test_objects_stay_readable_after_the_commit(any_database: Database):
    with any_database.work() as work:
        entry = append(work, By(process="worker"), Event())
    assert entry.event == "Event"
    assert "worker" in entry.body


def test_nothing_uncommitted_is_seen_by_others(any_database: Database):
    with any_database.work() as work:
        record(work)
        work.session.flush()
        assert recorded(any_database) == []
    assert len(recorded(any_database)) == 1


def test_the_clock_is_the_one_that_was_given(any_database: Database):
    clock_of(any_database).moment = datetime(2030, 1, 1, tzinfo=UTC)
    with any_database.work() as work:
        assert work.now() == datetime(2030, 1, 1, tzinfo=UTC)
    with any_database.reading() as work:
        assert work.now() == datetime(2030, 1, 1, tzinfo=UTC)


def test_without_a_clock_the_systems_clock_is_used(any_database: Database):
    assert isinstance(Database(any_database.engines, RecordedJobs()).clock, SystemClock)


def test_jobs_reach_the_queue_that_was_given(any_database: Database):
    job = Job("print", "copy-1", ("a", 1))
    with any_database.work() as work:
        work.jobs.enqueue(work.session, job)
    assert isinstance(any_database.jobs, RecordedJobs)
    assert any_database.jobs.jobs == [job]


def test_a_process_that_may_not_start_work_cannot(any_database: Database):
    signer = Database(any_database.engines, NoJobs())
    with pytest.raises(RuntimeError), signer.work() as work:
        work.jobs.enqueue(work.session, Job("print", "copy-1"))
