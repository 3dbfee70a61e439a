"""What a print queue says that its printer does not is there to be seen, and goes away with its cause."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import cast
from uuid import UUID

import pytest

from printserver.print_requests.printing import PrintTools
from printserver.printing.models import PrinterStatus
from printserver.printing.ports import (
    JobReport,
    JobState,
    PrinterState,
    QueueNotFound,
    Spooler,
    SpoolerUnavailable,
)
from printserver.printing.ports import PrinterStatus as QueueStatus
from printserver.printing.status import statuses
from printserver.worker.queue_watch import note_queues
from tests.world import World

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)


@dataclass
class Queue:
    """A spooler, as far as it is asked: its queue says what the test wants."""

    reasons: tuple[str, ...] = ()
    failure: Exception | None = None
    held: bool = False

    def printer_status(self, queue: str) -> QueueStatus:
        if self.failure is not None:
            raise self.failure
        return QueueStatus(PrinterState.STOPPED, self.reasons, accepting=True)

    def report(self, job_uuid: UUID) -> JobReport | None:
        held = ("cups-held-for-authentication",) if self.held else ("job-incoming",)
        return JobReport(1, JobState.PENDING_HELD, held, 0, None)


@pytest.fixture
def printer_id(world: World) -> UUID:
    """The north's printer, which was asked before."""
    at = world.home.north.printer_id
    with world.database.work() as work:
        work.session.add(PrinterStatus(printer_id=at, asked_at=NOW))
    return at


def _tools(world: World, queue: Queue) -> PrintTools:
    return world.print_tools(cast("Spooler", queue))


def _noted(world: World, queue: Queue, printer_id: UUID) -> tuple[str, ...]:
    note_queues(_tools(world, queue))
    with world.database.reading() as work:
        return statuses(work, [printer_id])[printer_id].queue_reasons


def test_a_queue_tells_only_what_is_its_own_to_tell(world: World, printer_id: UUID):
    reasons = ("media-empty-error", "paused", "cups-pki-invalid", "cups-waiting-for-job-completed")
    queue = Queue((*reasons, "printserver-desk-unreachable", "cups-remote-pending"))
    assert _noted(world, queue, printer_id) == ("cups-pki-invalid", "paused", "printserver-desk-unreachable")
    queue.reasons = ()
    assert _noted(world, queue, printer_id) == ()


@pytest.mark.parametrize(
    ("failure", "said"),
    [
        (SpoolerUnavailable("no answer"), "printserver-spooler-unreachable"),
        (QueueNotFound("no queue"), "printserver-queue-missing"),
    ],
)
def test_a_queue_that_does_not_answer_is_said_to(world: World, printer_id: UUID, failure: Exception, said: str):
    assert _noted(world, Queue(failure=failure), printer_id) == (said,)


def test_a_copy_that_is_held_for_a_password_is_said_of_its_printer(world: World, printer_id: UUID):
    queue = Queue(held=True)
    assert _noted(world, queue, printer_id) == ()
    world.released()
    assert _noted(world, queue, printer_id) == ("cups-held-for-authentication",)


def test_what_is_no_news_is_not_written_and_a_printer_that_was_never_asked_is_left_out(world: World, printer_id: UUID):
    queue = Queue(("paused",))
    assert note_queues(_tools(world, queue)) == 1
    assert note_queues(_tools(world, queue)) == 0
    with world.database.reading() as work:
        assert set(statuses(work, [printer_id, world.home.south.printer_id])) == {printer_id}
