"""The durable jobs on the real engine: what was not foreseen ends where a person sees it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TypeVar
from uuid import UUID

import pytest
from dbos import DBOS, DBOSConfig, DBOSPortableJSONSerializer
from sqlalchemy.exc import OperationalError

from printserver.foundation.errors import Refused
from printserver.foundation.job_queue import PRINTING, WORK, Job
from printserver.foundation.jobs import APPLICATION, APPLICATION_VERSION, DbosJobQueue
from printserver.foundation.unit_of_work import Database, Work
from printserver.print_requests.models import PrintRequest
from printserver.print_requests.states import CopyState, RequestState
from printserver.print_requests.workflows import NOT_PREPARED, NOT_SIGNED, RequestTools, register
from printserver.printing.ports import JobState
from printserver.signing.errors import JournalBroken, SignerUnavailable
from printserver.storage.objects import Objects
from tests.passed_on_objects import PassedOnObjects
from tests.unit.print_requests.test_printing import PaperTray
from tests.world import World

Seen = TypeVar("Seen")


@dataclass
class ScriptedSigner:
    """Raises what it is given, one a call, then says that it has signed."""

    faults: list[Exception] = field(default_factory=list)
    asked: list[UUID] = field(default_factory=list)

    def issue(self, authorisation_id: UUID) -> object:
        self.asked.append(authorisation_id)
        if self.faults:
            raise self.faults.pop(0)
        return {}


class BrokenObjects(PassedOnObjects):
    """Fails as no store of ours is known to."""

    def get(self, digest: str, owner: UUID) -> bytes:
        raise RuntimeError("nobody thought of this")


class UnreadableOnce(PassedOnObjects):
    """As on a disk that fails, or for a process with too many open files."""

    readable = False

    def get(self, digest: str, owner: UUID) -> bytes:
        if not self.readable:
            self.readable = True
            raise OSError(24, "too many open files")
        return super().get(digest, owner)


@dataclass(frozen=True)
class FlakyDatabase(Database):
    """Away for the first `outages` transactions."""

    outages: list[int] = field(default_factory=list)

    @contextmanager
    def work(self) -> Iterator[Work]:
        if self.outages:
            self.outages.pop()
            raise OperationalError("SELECT 1", {}, RuntimeError("the database is away"))
        with super().work() as work:
            yield work


@pytest.fixture
def engine(world: World) -> Iterator[Callable[..., None]]:
    """Start DBOS on the world's own database, with tools of the test's choice."""
    url = world.adapters.settings.database

    def start(
        *,
        objects: Callable[[Objects], Objects] = lambda stored: stored,
        signer: ScriptedSigner | None = None,
        spooler: PaperTray | None = None,
        database: Database | None = None,
    ) -> None:
        DBOS.migrate(url)
        config: DBOSConfig = {
            "name": APPLICATION,
            "system_database_url": url,
            "application_version": APPLICATION_VERSION,
            "executor_id": "tests",
            "serializer": DBOSPortableJSONSerializer(),
            "run_migrations": False,
            "log_level": "CRITICAL",
        }
        DBOS(config=config)
        tools = replace(
            world.print_tools(spooler or PaperTray()),
            database=database or world.database,
            objects=objects(world.adapters.objects),
        )
        register(RequestTools(tools, signer or ScriptedSigner(), world.adapters.load_key_list, lambda: False))
        DBOS.launch()
        DBOS.register_queue(WORK, polling_interval_sec=0.05)
        DBOS.register_queue(PRINTING, partition_concurrency=2, polling_interval_sec=0.05)

    yield start
    DBOS.destroy(destroy_registry=True)


def enqueue(world: World, *jobs: Job) -> None:
    queue = DbosJobQueue(world.adapters.settings.database)
    with world.database.work() as work:
        for job in jobs:
            queue.enqueue(work.session, job)
    assert queue._client is not None
    queue._client.destroy()


def request_of(world: World, request_id: UUID) -> PrintRequest:
    with world.database.reading() as work:
        return work.session.get_one(PrintRequest, request_id)


def wait_for_state(world: World, request_id: UUID, state: RequestState) -> PrintRequest:
    return until(lambda: request_of(world, request_id), lambda request: request.state == state)


def until(look: Callable[[], Seen], good: Callable[[Seen], bool]) -> Seen:
    deadline = time.monotonic() + 60
    while not good(seen := look()):
        assert time.monotonic() < deadline, seen
        time.sleep(0.05)
    return seen


def prepare(request_id: UUID) -> Job:
    return Job("prepare-request", f"prepare-request-{request_id}", (str(request_id),))


def issue(request_id: UUID) -> Job:
    return Job("issue-request", f"issue-request-{request_id}", (str(request_id),))


def test_a_copy_that_could_not_be_taken_up_is_taken_up_later(world: World, engine: Callable[..., None]):
    (copy,) = world.copies(world.released())
    tray = PaperTray()
    engine(objects=UnreadableOnce, spooler=tray)
    printer = str(copy.printer_id)
    enqueue(world, Job("print-next", "print-once", (printer,), queue=PRINTING, partition=printer))
    until(lambda: list(tray.held), lambda held: held == [copy.job_uuid])
    tray.state = JobState.CANCELED
    until(lambda: world.copy_row(copy.id).state, lambda state: state == CopyState.ISSUED)


def test_a_request_is_rendered_by_its_job(world: World, engine: Callable[..., None]):
    request_id = world.submitted(copies=2)
    engine()
    enqueue(world, prepare(request_id), prepare(request_id))
    wait_for_state(world, request_id, RequestState.PENDING_APPROVAL)
    assert len(world.copies(request_id)) == 2


def test_a_request_whose_rendering_breaks_fails_in_neutral_words(world: World, engine: Callable[..., None]):
    request_id = world.submitted()
    engine(objects=BrokenObjects)
    enqueue(world, prepare(request_id))
    failed = wait_for_state(world, request_id, RequestState.FAILED)
    assert failed.failure == NOT_PREPARED
    assert "nobody thought" not in failed.failure


def test_a_database_that_is_away_is_waited_for(world: World, engine: Callable[..., None]):
    request_id = world.submitted()
    engine(database=FlakyDatabase(**vars(world.database), outages=[1, 2]))
    enqueue(world, prepare(request_id))
    wait_for_state(world, request_id, RequestState.PENDING_APPROVAL)


def test_a_signer_that_is_away_is_asked_again_and_one_that_refuses_is_not(world: World, engine: Callable[..., None]):
    request_id = world.authorised()
    signer = ScriptedSigner([SignerUnavailable("away"), JournalBroken("starts anew"), Refused("the seal is suspended")])
    engine(signer=signer)
    enqueue(world, issue(request_id))
    failed = wait_for_state(world, request_id, RequestState.FAILED)
    assert failed.failure == "the seal is suspended"
    assert len(signer.asked) == 3
    assert [copy.state for copy in world.copies(request_id)] == [CopyState.VOID]


def test_a_signature_that_breaks_unforeseen_leaves_no_copy_waiting(world: World, engine: Callable[..., None]):
    request_id = world.authorised(copies=2)
    engine(signer=ScriptedSigner([ValueError("nobody thought of this")]))
    enqueue(world, issue(request_id))
    failed = wait_for_state(world, request_id, RequestState.FAILED)
    assert failed.failure == NOT_SIGNED
    assert {copy.state for copy in world.copies(request_id)} == {CopyState.VOID}


def test_a_copy_whose_printing_breaks_unforeseen_does_not_block_its_printer(world: World, engine: Callable[..., None]):
    (first,), (second,) = world.copies(world.released()), world.copies(world.released())
    tray = PaperTray(fault=ValueError("nobody thought of this"))
    engine(spooler=tray)
    for copy in (first, second):
        printer = str(copy.printer_id)
        enqueue(world, Job("print-next", f"print-{copy.job_uuid}", (printer,), queue=PRINTING, partition=printer))
    for copy in (first, second):
        until(
            lambda copy=copy: world.copies(copy.request_id)[0].state,  # type: ignore[misc]  # bound at once
            lambda state: state == CopyState.ISSUED,
        )
    assert tray.held == {}
