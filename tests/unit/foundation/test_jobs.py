"""What stands in the tables of the job engine is data, never a program."""

from __future__ import annotations

import base64
import os
import pickle
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from dbos import DBOS, DBOSConfig, DBOSPortableJSONSerializer
from dbos._serialization import DefaultSerializer
from sqlalchemy import text
from sqlalchemy.orm import Session

from printserver.foundation.database import Engines, open_engines
from printserver.foundation.job_queue import WORK, Job
from printserver.foundation.jobs import APPLICATION, APPLICATION_VERSION, DbosJobQueue, PickledJob


class Program:
    """Runs a command when it is unpickled."""

    def __init__(self, command: str) -> None:
        self.command = command

    def __reduce__(self) -> tuple[object, ...]:
        return os.system, (self.command,)


@pytest.fixture
def engines(tmp_path: Path) -> Iterator[Engines]:
    engines = open_engines(f"sqlite:///{tmp_path / 'jobs.db'}")
    yield engines
    engines.dispose()


@pytest.fixture
def seen(engines: Engines) -> Iterator[list[str]]:
    """The arguments of the jobs that ran in a real engine."""
    ran: list[str] = []
    url = engines.writing.url.render_as_string(hide_password=False)
    config: DBOSConfig = {
        "name": APPLICATION,
        "system_database_url": url,
        "application_version": APPLICATION_VERSION,
        "serializer": DBOSPortableJSONSerializer(),
        "log_level": "CRITICAL",
    }
    DBOS(config=config)

    @DBOS.workflow(name="note")
    def note(argument: str) -> None:
        ran.append(argument)

    DBOS.launch()
    DBOS.register_queue(WORK, polling_interval_sec=0.05)
    yield ran
    DBOS.destroy(destroy_registry=True)


def test_a_pickle_put_into_the_job_tables_is_not_run_and_holds_nothing_up(
    engines: Engines, seen: list[str], tmp_path: Path
):
    queue = DbosJobQueue(engines.writing.url.render_as_string(hide_password=False))
    mark = tmp_path / "ran"
    program = pickle.dumps({"args": (Program(f"touch {mark}"),), "kwargs": {}})
    with Session(engines.writing) as session, session.begin():
        queue.enqueue(session, Job("note", "forged", ("harmless",)))
        session.execute(
            text("UPDATE workflow_status SET inputs = :inputs, serialization = 'py_pickle' WHERE name = 'note'"),
            {"inputs": base64.b64encode(program).decode("ascii")},
        )
    with Session(engines.writing) as session, session.begin():
        queue.enqueue(session, Job("note", "honest", ("honest",)))
    deadline = time.monotonic() + 60
    while status(engines, "forged") != "ERROR" or not seen:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert queue._client is not None
    queue._client.destroy()
    assert seen == ["honest"]
    assert not mark.exists()


def test_the_engine_itself_opens_no_pickle_whoever_asks_it(tmp_path: Path):
    mark = tmp_path / "ran"
    program = base64.b64encode(pickle.dumps(Program(f"touch {mark}"))).decode("ascii")
    with pytest.raises(PickledJob):
        DefaultSerializer().deserialize(program)
    assert not mark.exists()


def status(engines: Engines, workflow_id: str) -> str:
    with Session(engines.reading) as session:
        statement = text("SELECT status FROM workflow_status WHERE workflow_uuid = :id")
        return str(session.scalar(statement, {"id": workflow_id}))
