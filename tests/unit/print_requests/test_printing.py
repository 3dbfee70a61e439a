"""What is told to the spooler, and what its answers do to a copy, also when a step runs again after a crash."""

from __future__ import annotations

from dataclasses import dataclass, field
from uuid import UUID, uuid4

import pytest

from printserver.foundation.errors import TransitionRefused
from printserver.organisations.permissions import Role
from printserver.print_requests import printing
from printserver.print_requests.copy_service import release_copies
from printserver.print_requests.models import Copy
from printserver.print_requests.printing import PrintTools
from printserver.print_requests.states import CopyState
from printserver.printing.outcome import Outcome
from printserver.printing.ports import (
    JobReport,
    JobState,
    PrinterState,
    PrinterStatus,
    QueueNotFound,
    SpoolerRefused,
    SpoolerUnavailable,
)
from tests.world import World


@dataclass
class PaperTray:
    """A spooler in memory. `fault`: raised by the next call of `hold`."""

    held: dict[UUID, int] = field(default_factory=dict)
    let_go: list[int] = field(default_factory=list)
    fault: Exception | None = None

    def hold(self, queue: str, job_uuid: UUID, pdf: bytes) -> int:
        if self.fault is not None:
            raise self.fault
        assert queue
        assert pdf.startswith(b"%PDF-")
        return self.held.setdefault(job_uuid, len(self.held) + 1)

    def release(self, job_id: int) -> None:
        self.let_go.append(job_id)

    def report(self, job_uuid: UUID) -> JobReport | None:
        if job_uuid not in self.held:
            return None
        return JobReport(self.held[job_uuid], JobState.PROCESSING, (), 0, None)

    def cancel(self, job_id: int) -> None:
        self.let_go.append(-job_id)

    def printer_status(self, queue: str) -> PrinterStatus:
        return PrinterStatus(PrinterState.IDLE, (), accepting=True)

    def queue_exists(self, queue: str) -> bool:
        return True


@pytest.fixture
def tray() -> PaperTray:
    return PaperTray()


def tools(world: World, tray: PaperTray) -> PrintTools:
    return PrintTools(world.database, world.adapters.objects, tray)


def sent(world: World, tray: PaperTray) -> tuple[UUID, UUID]:
    """A copy for which the printer is reserved, and its job."""
    (copy,) = world.copies(world.released())
    assert copy.job_uuid is not None
    assert printing.reserve(tools(world, tray), copy.id, copy.job_uuid)
    return copy.id, copy.job_uuid


def released_anew(world: World, copy_id: UUID) -> UUID:
    with world.database.work() as work:
        request_id = work.session.get_one(Copy, copy_id).request_id
        release_copies(work, world.actor(work, Role.CLERK), request_id, [copy_id])
    job = copy_of(world, copy_id).job_uuid
    assert job is not None
    return job


def copy_of(world: World, copy_id: UUID) -> Copy:
    with world.database.reading() as work:
        return work.session.get_one(Copy, copy_id)


def test_a_copy_is_handed_over_once_however_often_the_step_runs(world: World, tray: PaperTray):
    copy, job = sent(world, tray)
    for _ in range(3):
        assert printing.hand_over(tools(world, tray), copy, job)
    assert tray.held == {job: 1}
    assert copy_of(world, copy).cups_job_id == 1


@pytest.mark.parametrize("fault", [QueueNotFound("no queue"), SpoolerRefused("no")])
def test_a_spooler_that_says_no_has_nothing_to_print(world: World, tray: PaperTray, fault: Exception):
    copy, job = sent(world, tray)
    tray.fault = fault
    assert not printing.hand_over(tools(world, tray), copy, job)
    printing.record_outcome(tools(world, tray), copy, job, Outcome.NOT_STARTED)
    assert copy_of(world, copy).state == CopyState.ISSUED


def test_a_no_to_a_copy_that_the_spooler_had_before_a_crash_is_not_taken_for_never_started(
    world: World, tray: PaperTray
):
    copy, job = sent(world, tray)
    assert printing.hand_over(tools(world, tray), copy, job)
    tray.fault = QueueNotFound("the queue was removed meanwhile")
    assert printing.hand_over(tools(world, tray), copy, job)
    assert copy_of(world, copy).state == CopyState.SENT


def test_a_spooler_that_does_not_answer_is_asked_again(world: World, tray: PaperTray):
    copy, job = sent(world, tray)
    tray.fault = SpoolerUnavailable("away")
    with pytest.raises(SpoolerUnavailable):
        printing.hand_over(tools(world, tray), copy, job)
    assert copy_of(world, copy).state == CopyState.SENT


def test_the_outcome_of_an_earlier_job_says_nothing_of_a_later_one(world: World, tray: PaperTray):
    """A step that runs again after a crash must not take back what is being printed under another job."""
    copy, first = sent(world, tray)
    printing.record_outcome(tools(world, tray), copy, first, Outcome.NOT_STARTED)
    second = released_anew(world, copy)
    assert printing.reserve(tools(world, tray), copy, second)
    for outcome in (Outcome.NOT_STARTED, Outcome.PRINTED, Outcome.OUTCOME_UNKNOWN):
        printing.record_outcome(tools(world, tray), copy, first, outcome)
        assert copy_of(world, copy).state == CopyState.SENT
    with pytest.raises(TransitionRefused):
        printing.hand_over(tools(world, tray), copy, first)
    with pytest.raises(TransitionRefused):
        printing.reserve(tools(world, tray), copy, first)
    assert tray.held == {}


def test_a_copy_that_is_not_on_its_way_is_not_handed_over(world: World, tray: PaperTray):
    copy, job = sent(world, tray)
    printing.record_outcome(tools(world, tray), copy, job, Outcome.PRINTED)
    for wrong in (job, uuid4()):
        with pytest.raises(TransitionRefused):
            printing.hand_over(tools(world, tray), copy, wrong)
    assert tray.held == {}


@pytest.mark.parametrize(
    ("outcome", "state"),
    [
        (Outcome.PRINTED, CopyState.PRINTED),
        (Outcome.OUTCOME_UNKNOWN, CopyState.OUTCOME_UNKNOWN),
        (Outcome.NOT_STARTED, CopyState.ISSUED),
    ],
)
def test_an_outcome_is_recorded_once(world: World, tray: PaperTray, outcome: Outcome, state: CopyState):
    copy, job = sent(world, tray)
    printing.record_outcome(tools(world, tray), copy, job, outcome)
    before = world.row_counts()
    printing.record_outcome(tools(world, tray), copy, job, outcome)
    assert copy_of(world, copy).state == state
    assert world.row_counts() == before
