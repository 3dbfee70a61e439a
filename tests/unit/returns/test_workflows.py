"""The durable job reads a return, tries again after an outage, and gives up visibly."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from uuid import UUID

import numpy as np
import pytest
from dbos import DBOS, DBOSConfig, DBOSPortableJSONSerializer, WorkflowHandle
from sqlalchemy.exc import OperationalError

from printserver.foundation import workflows as steps
from printserver.foundation.errors import Unavailable
from printserver.foundation.job_queue import WORK
from printserver.foundation.jobs import APPLICATION, APPLICATION_VERSION, DbosJobQueue
from printserver.foundation.unit_of_work import Database, Work
from printserver.organisations.permissions import Role
from printserver.returns import workflows
from printserver.returns.pipeline import ReturnTools
from printserver.returns.queries import ReturnSummary, returns
from printserver.returns.service import hand_in
from printserver.returns.states import ReturnState
from printserver.storage.objects import Objects
from tests.paper_books import Books
from tests.paper_drawings import png_of
from tests.passed_on_objects import PassedOnObjects


class ShakyObjects(PassedOnObjects):
    """Away for the first `outages` readings."""

    def __init__(self, objects: Objects, outages: int) -> None:
        super().__init__(objects)
        self.outages = outages

    def get(self, digest: str, owner: UUID) -> bytes:
        if self.outages > 0:
            self.outages -= 1
            raise Unavailable("the store does not answer")
        return super().get(digest, owner)


@dataclass(frozen=True)
class ShakyDatabase(Database):
    """Away for as many writing transactions as `outages` has members."""

    outages: list[int] = field(default_factory=list)

    @contextmanager
    def work(self) -> Iterator[Work]:
        if self.outages:
            self.outages.pop()
            raise OperationalError("SELECT 1", {}, RuntimeError("the database is away"))
        with super().work() as work:
            yield work


@pytest.fixture
def working(books: Books, monkeypatch: pytest.MonkeyPatch) -> Iterator[Books]:
    """The books with the real queue and engine on their database file; pauses between tries are short."""
    monkeypatch.setattr(steps, "FIRST_PAUSE_SECONDS", 0.01)
    url = books.database.engines.writing.url.render_as_string(hide_password=False)
    config: DBOSConfig = {
        "name": APPLICATION,
        "system_database_url": url,
        "application_version": APPLICATION_VERSION,
        "serializer": DBOSPortableJSONSerializer(),
        "log_level": "CRITICAL",
    }
    DBOS(config=config)
    yield replace(books, database=replace(books.database, jobs=DbosJobQueue(url)))
    DBOS.destroy(destroy_registry=True)


def hand_in_and_wait(books: Books, outages: int, *, database_outages: int = 0) -> ReturnSummary:
    """A blank page's return, when its job has ended."""
    database = ShakyDatabase(**vars(books.database), outages=[0] * database_outages)
    workflows.register(ReturnTools(database, ShakyObjects(books.objects, outages), books.issuer.key_list))
    DBOS.launch()
    DBOS.register_queue(WORK, polling_interval_sec=0.05)
    data = png_of(np.full((2339, 1654), 255, np.uint8))
    return_id = hand_in(books.database, books.objects, books.actor(Role.CLERK), filename="scan.png", data=data)
    handle: WorkflowHandle[None] = DBOS.retrieve_workflow(f"process-return-{return_id}")
    handle.get_result()
    with books.database.reading() as work:
        (only,) = returns(work, books.actor(Role.CLERK))
    return only


def test_the_job_reads_the_return_also_after_outages(working: Books):
    assert hand_in_and_wait(working, outages=2).state is ReturnState.READ


def test_a_lasting_outage_makes_the_return_fail_visibly(working: Books):
    failed = hand_in_and_wait(working, outages=1000)
    assert failed.state is ReturnState.FAILED
    assert "could not read" in failed.failure


def test_a_return_is_not_left_unread_for_ever_when_the_database_is_away_longer_than_the_tries_last(working: Books):
    assert hand_in_and_wait(working, outages=0, database_outages=steps.TRIES + 3).state is ReturnState.FAILED
