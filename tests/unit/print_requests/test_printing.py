"""What is told to the spooler, and what its answers do to a copy, also when a step runs again after a crash."""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import sha256
from uuid import UUID, uuid4

import pytest
from sqlalchemy import update

from printserver.organisations.permissions import Role
from printserver.print_requests import printing
from printserver.print_requests.copy_service import release_copies
from printserver.print_requests.models import Copy, PrintRequest
from printserver.print_requests.outcomes import record_outcome, take_back
from printserver.print_requests.printing import PrintTools
from printserver.print_requests.states import CopyState
from printserver.printing.outcome import Outcome
from printserver.printing.ports import (
    FenceRecord,
    JobReport,
    JobState,
    PrinterState,
    PrinterStatus,
    QueueNotFound,
    SpoolerRefused,
    SpoolerUnavailable,
    TicketState,
)
from printserver.printing.tickets import ticket_of
from tests.sealed_store import content_file
from tests.world import World
from tests.world_backend import Backend, fence_lines


@dataclass
class PaperTray:
    """A spooler in memory. `fault`: raised by the next call of `hold`."""

    held: dict[UUID, int] = field(default_factory=dict)
    let_go: list[int] = field(default_factory=list)
    fault: Exception | None = None
    state: JobState = JobState.PROCESSING
    fences: dict[UUID, FenceRecord] = field(default_factory=dict)

    def hold(self, queue: str, job_uuid: UUID, job_file: bytes, *, sides: str = "one-sided") -> int:
        if self.fault is not None:
            raise self.fault
        assert queue
        assert sides
        assert b"%PDF-" not in job_file
        return self.held.setdefault(job_uuid, len(self.held) + 1)

    def release(self, job_id: int) -> None:
        self.let_go.append(job_id)

    def report(self, job_uuid: UUID) -> JobReport | None:
        if job_uuid not in self.held:
            return None
        return JobReport(self.held[job_uuid], self.state, (), 0, self.fence_record(job_uuid))

    def fence_record(self, job_uuid: UUID) -> FenceRecord | None:
        return self.fences.get(job_uuid)

    def cancel(self, job_id: int) -> None:
        self.let_go.append(-job_id)

    def printer_status(self, queue: str) -> PrinterStatus:
        return PrinterStatus(PrinterState.IDLE, (), accepting=True)

    def queue_exists(self, queue: str) -> bool:
        return True


UNFED = FenceRecord(1, False, False, None, None, None, None, 0)


@pytest.fixture
def tray() -> PaperTray:
    return PaperTray()


def tools(world: World, tray: PaperTray) -> PrintTools:
    return world.print_tools(tray)


def taken_up(world: World) -> Backend:
    """A released copy with its ticket."""
    (copy,) = world.copies(world.released())
    return world.taken_up(copy.printer_id)


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


def ticket_state(world: World, job_uuid: UUID) -> TicketState:
    with world.database.reading() as work:
        ticket = ticket_of(work, job_uuid)
    assert ticket is not None
    return ticket.state


def test_copies_are_taken_up_in_the_order_in_which_they_were_released(world: World):
    first, second = world.copies(world.released(copies=2))
    world.clock.advance()
    (third,) = world.copies(world.released())
    taken = [world.taken_up(first.printer_id).copy_id for _ in range(3)]
    assert taken == [first.id, second.id, third.id]
    assert printing.take_up(world.print_tools(), first.printer_id, "a-fourth") is None


def test_a_durable_job_that_runs_again_takes_up_the_same_copy(world: World):
    first, second = world.copies(world.released(copies=2))
    for _ in range(3):
        assert printing.take_up(world.print_tools(), first.printer_id, "one") == (first.id, first.job_uuid)
    assert printing.take_up(world.print_tools(), first.printer_id, "two") == (second.id, second.job_uuid)


def test_a_copy_that_the_log_does_not_know_as_released_is_not_taken_up(world: World):
    """As somebody who writes the database would have it printed."""
    (copy,) = world.copies(world.issued())
    with world.database.work() as work:
        values = {"state": CopyState.RELEASED, "job_uuid": uuid4(), "released_at": work.now()}
        work.session.execute(update(Copy).where(Copy.id == copy.id).values(values))
    assert printing.take_up(world.print_tools(), copy.printer_id, "forged") is None
    assert copy_of(world, copy.id).state == CopyState.ISSUED


def test_a_copy_moved_to_another_printer_in_the_books_is_not_taken_up(world: World):
    (copy,) = world.copies(world.released())
    elsewhere = world.home.south.printer_id
    with world.database.work() as work:
        work.session.execute(update(Copy).where(Copy.id == copy.id).values(printer_id=elsewhere))
    assert printing.take_up(world.print_tools(), elsewhere, "moved") is None
    assert copy_of(world, copy.id).state == CopyState.ISSUED


@pytest.mark.parametrize("content", [None, b"not what was put there", b"%PDF-1.7", b"[]", b"{}"])
def test_a_copy_whose_manifest_cannot_be_read_holds_up_no_other(world: World, content: bytes | None):
    """content: of what the books name as the manifest; None when it is lost."""
    (copy,), (other,) = world.copies(world.released()), world.copies(world.released())
    digest = sha256(content or b"lost").hexdigest()
    if content is not None:
        digest = world.adapters.objects.put(content, world.home.id)
    if content == b"not what was put there":
        content_file(world.adapters.settings.objects, world.home.id, digest).write_bytes(b"changed")
    with world.database.work() as work:
        row = update(PrintRequest).where(PrintRequest.id == copy.request_id)
        work.session.execute(row.values(manifest_sha256=digest))
    assert printing.take_up(world.print_tools(), copy.printer_id, "one") == (other.id, other.job_uuid)
    assert copy_of(world, copy.id).state == CopyState.ISSUED


def test_a_copy_is_brought_once_however_often_the_step_runs(world: World, tray: PaperTray):
    backend = taken_up(world)
    for _ in range(3):
        printing.bring(tools(world, tray), backend.copy_id, backend.claim.job_uuid)
    assert tray.held == {backend.claim.job_uuid: 1}
    assert copy_of(world, backend.copy_id).cups_job_id == 1
    assert copy_of(world, backend.copy_id).state == CopyState.RELEASED


@pytest.mark.parametrize("fault", [QueueNotFound("no queue"), SpoolerRefused("no")])
def test_a_spooler_that_says_no_gives_the_copy_back(world: World, tray: PaperTray, fault: Exception):
    backend = taken_up(world)
    tray.fault = fault
    printing.bring(tools(world, tray), backend.copy_id, backend.claim.job_uuid)
    assert copy_of(world, backend.copy_id).state == CopyState.ISSUED
    assert ticket_state(world, backend.claim.job_uuid) is TicketState.WITHDRAWN
    assert printing.settle(tools(world, tray), backend.copy_id, backend.claim.job_uuid)


def test_a_no_to_a_copy_that_the_spooler_had_before_a_crash_is_not_taken_for_never_started(
    world: World, tray: PaperTray
):
    backend = taken_up(world)
    printing.bring(tools(world, tray), backend.copy_id, backend.claim.job_uuid)
    tray.fault = QueueNotFound("the queue was removed meanwhile")
    printing.bring(tools(world, tray), backend.copy_id, backend.claim.job_uuid)
    assert copy_of(world, backend.copy_id).state == CopyState.RELEASED


def test_a_spooler_that_does_not_answer_is_asked_again(world: World, tray: PaperTray):
    backend = taken_up(world)
    tray.fault = SpoolerUnavailable("away")
    with pytest.raises(SpoolerUnavailable):
        printing.bring(tools(world, tray), backend.copy_id, backend.claim.job_uuid)
    assert copy_of(world, backend.copy_id).state == CopyState.RELEASED


def test_a_job_that_was_cancelled_before_its_ticket_was_claimed_leaves_the_copy_to_be_released(
    world: World, tray: PaperTray
):
    backend = taken_up(world)
    printing.bring(tools(world, tray), backend.copy_id, backend.claim.job_uuid)
    assert not printing.settle(tools(world, tray), backend.copy_id, backend.claim.job_uuid)
    tray.state = JobState.CANCELED
    assert printing.settle(tools(world, tray), backend.copy_id, backend.claim.job_uuid)
    assert copy_of(world, backend.copy_id).state == CopyState.ISSUED
    assert ticket_state(world, backend.claim.job_uuid) is TicketState.WITHDRAWN


def test_what_is_left_of_a_withdrawn_copy_is_taken_off_the_spooler(world: World, tray: PaperTray):
    backend = taken_up(world)
    printing.bring(tools(world, tray), backend.copy_id, backend.claim.job_uuid)
    tray.state = JobState.PENDING_HELD
    printing.clear(tools(world, tray), backend.claim.job_uuid)
    assert tray.let_go == [1]
    with world.database.work() as work:
        assert take_back(work, backend.copy_id, backend.claim.job_uuid)
    printing.clear(tools(world, tray), backend.claim.job_uuid)
    assert tray.let_go == [1, -1]


def test_the_job_of_a_copy_that_a_person_gave_up_is_cancelled_and_that_of_a_printed_one_is_not(
    world: World, tray: PaperTray
):
    for outcome, let_go in ((Outcome.OUTCOME_UNKNOWN, [1, -1]), (Outcome.PRINTED, [1, -1, 2])):
        backend = taken_up(world)
        printing.bring(tools(world, tray), backend.copy_id, backend.claim.job_uuid)
        backend.redeem()
        with world.database.work() as work:
            record_outcome(work, backend.copy_id, backend.claim.job_uuid, outcome)
        printing.clear(tools(world, tray), backend.claim.job_uuid)
        assert tray.let_go == let_go


def test_a_backend_that_died_after_it_committed_and_before_it_fed_printed_nothing(world: World, tray: PaperTray):
    backend = taken_up(world)
    printing.bring(tools(world, tray), backend.copy_id, backend.claim.job_uuid)
    backend.redeem()
    backend.start()
    tray.fences[backend.claim.job_uuid] = UNFED
    assert printing.settle(tools(world, tray), backend.copy_id, backend.claim.job_uuid)
    assert copy_of(world, backend.copy_id).state == CopyState.ISSUED


def test_a_committed_copy_whose_fence_left_no_record_is_for_a_person(world: World, tray: PaperTray):
    backend = taken_up(world)
    printing.bring(tools(world, tray), backend.copy_id, backend.claim.job_uuid)
    backend.redeem()
    backend.start()
    tray.state = JobState.COMPLETED
    assert printing.settle(tools(world, tray), backend.copy_id, backend.claim.job_uuid)
    assert copy_of(world, backend.copy_id).state == CopyState.OUTCOME_UNKNOWN


def test_the_fences_word_that_comes_late_settles_an_unknown_outcome(world: World, tray: PaperTray):
    backend = taken_up(world)
    backend.redeem()
    backend.start()
    with world.database.work() as work:
        record_outcome(work, backend.copy_id, backend.claim.job_uuid, Outcome.OUTCOME_UNKNOWN)
    backend.record(fence_lines(copy_of(world, backend.copy_id).pages))
    assert copy_of(world, backend.copy_id).state == CopyState.PRINTED


def test_the_outcome_of_an_earlier_job_says_nothing_of_a_later_one(world: World, tray: PaperTray):
    """A step that runs again after a crash must not take back what is being printed under another job."""
    earlier = taken_up(world)
    first = earlier.claim.job_uuid
    with world.database.work() as work:
        assert take_back(work, earlier.copy_id, first)
    released_anew(world, earlier.copy_id)
    later = world.sent(copy_of(world, earlier.copy_id).printer_id)
    assert later.copy_id == earlier.copy_id
    with world.database.work() as work:
        assert not take_back(work, earlier.copy_id, first)
        for outcome in (Outcome.PRINTED, Outcome.OUTCOME_UNKNOWN):
            record_outcome(work, earlier.copy_id, first, outcome)
    printing.bring(tools(world, tray), earlier.copy_id, first)
    assert printing.settle(tools(world, tray), earlier.copy_id, first)
    assert copy_of(world, earlier.copy_id).state == CopyState.SENT
    assert tray.held == {}


@pytest.mark.parametrize(
    ("outcome", "state"),
    [(Outcome.PRINTED, CopyState.PRINTED), (Outcome.OUTCOME_UNKNOWN, CopyState.OUTCOME_UNKNOWN)],
)
def test_an_outcome_is_recorded_once(world: World, outcome: Outcome, state: CopyState):
    backend = world.sent(world.copies(world.released())[0].printer_id)
    with world.database.work() as work:
        record_outcome(work, backend.copy_id, backend.claim.job_uuid, outcome)
    counts = world.row_counts()
    with world.database.work() as work:
        record_outcome(work, backend.copy_id, backend.claim.job_uuid, outcome)
    assert copy_of(world, backend.copy_id).state == state
    assert world.row_counts() == counts
    assert ticket_state(world, backend.claim.job_uuid) is TicketState.ENDED
