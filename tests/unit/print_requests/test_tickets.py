"""The desk: a ticket prints one copy, for one run of one backend, as people approved it, on both databases."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from functools import partial
from uuid import UUID, uuid4

import pytest
from sqlalchemy import update

from printserver.organisations.permissions import Role
from printserver.print_requests.copy_service import give_up_waiting
from printserver.print_requests.models import Copy, PrintRequest
from printserver.print_requests.outcomes import record_outcome
from printserver.print_requests.states import CopyState
from printserver.printing.models import Printer, PrintTicket
from printserver.printing.outcome import Outcome
from printserver.printing.ports import PrinterBusy, TicketRefused, TicketState
from printserver.printing.service import set_paused
from printserver.printing.tickets import keep_record, ticket_of
from printserver.seals.service import suspend_seal
from tests.world import World
from tests.world_backend import Backend, fence_lines


def state_of(world: World, backend: Backend) -> tuple[CopyState, TicketState]:
    with world.database.reading() as work:
        ticket = ticket_of(work, backend.claim.job_uuid)
        assert ticket is not None
        return CopyState(work.session.get_one(Copy, backend.copy_id).state), ticket.state


@pytest.fixture
def backend(world: World) -> Backend:
    """Of a released copy whose ticket nobody has claimed."""
    return world.taken_up(world.copies(world.released())[0].printer_id)


UNCLAIMED = (CopyState.RELEASED, TicketState.OPEN)


def test_claiming_sends_the_copy_and_answers_the_same_share_each_time(world: World, backend: Backend):
    share = backend.redeem()
    assert len(share) == 32
    assert backend.redeem() == share
    assert state_of(world, backend) == (CopyState.SENT, TicketState.CLAIMED)


def test_another_run_of_the_backend_gets_nothing_for_a_claimed_ticket(world: World, backend: Backend):
    backend.redeem()
    again = replace(backend, claim=replace(backend.claim, attempt=uuid4().hex))
    for errand in (again.redeem, again.start, again.give_back, partial(again.record, fence_lines(1))):
        with pytest.raises(TicketRefused):
            errand()
    assert state_of(world, backend) == (CopyState.SENT, TicketState.CLAIMED)


@pytest.mark.parametrize(
    "other",
    [
        {"ticket": "0" * 64},
        {"ticket": "f" * 64},
        {"ticket": ""},
        {"ticket": "no ticket at all"},
        {"job_uuid": UUID(int=7)},
        {"queue": "another"},
        {"certificate_sha256": "0" * 64},
    ],
)
def test_a_claim_that_is_not_as_approved_is_refused(world: World, backend: Backend, other: dict[str, object]):
    before = world.row_counts()
    with pytest.raises(TicketRefused):
        world.desk.claim(replace(backend.claim, **other), spooler="local")  # type: ignore[arg-type]  # one at a time
    assert state_of(world, backend) == UNCLAIMED
    assert world.row_counts() == before


@pytest.mark.parametrize("secret", ["0" * 32, "f" * 32])
def test_who_knows_a_tickets_row_does_not_know_the_ticket(world: World, backend: Backend, secret: str):
    guessed = replace(backend.claim, ticket=backend.claim.ticket[:32] + secret)
    with pytest.raises(TicketRefused):
        world.desk.claim(guessed, spooler="local")
    assert state_of(world, backend) == UNCLAIMED


def test_a_ticket_of_another_spooler_is_unknown(world: World, backend: Backend):
    with pytest.raises(TicketRefused):
        world.desk.claim(backend.claim, spooler="elsewhere")
    assert state_of(world, backend) == UNCLAIMED


@pytest.mark.parametrize(
    ("table", "values"),
    [
        (Copy, {"state": CopyState.ISSUED}),
        (Copy, {"job_uuid": UUID(int=9)}),
        (Copy, {"issued_sha256": "0" * 64}),
        (Copy, {"rendition_sha256": "0" * 64}),
        (Copy, {"number": 9}),
        (Printer, {"queue": "another"}),
        (PrintTicket, {"job_uuid": UUID(int=9)}),
    ],
)
def test_rows_changed_behind_the_servers_back_print_nothing(
    world: World, backend: Backend, table: type[Copy | Printer | PrintTicket], values: dict[str, object]
):
    with world.database.work() as work:
        rows = (backend.copy_id, world.home.north.printer_id, UUID(backend.claim.ticket[:32]))
        work.session.execute(update(table).where(table.id.in_(rows)).values(values))
    with pytest.raises(TicketRefused):
        backend.redeem()


def test_a_suspended_seal_goes_on_no_paper(world: World, backend: Backend):
    with world.database.work() as work:
        suspend_seal(
            work, world.actor(work, Role.CUSTODIAN), world.adapters.attestor, world.home.north.seal_id, reason="lost"
        )
    with pytest.raises(TicketRefused):
        backend.redeem()
    assert state_of(world, backend) == UNCLAIMED


def test_what_waited_beyond_its_requests_expiry_is_not_printed(world: World, backend: Backend):
    with world.database.work() as work:
        work.session.execute(update(PrintRequest).values(expires_at=work.now() + timedelta(hours=1)))
    world.clock.advance(3600)
    with pytest.raises(TicketRefused):
        backend.redeem()
    assert state_of(world, backend) == UNCLAIMED


def test_the_copies_of_a_paused_printer_wait(world: World, backend: Backend):
    printer_id = world.home.north.printer_id
    for paused in (True, False):
        with world.database.work() as work:
            admin = world.actor(work, Role.PRINTER_ADMINISTRATOR)
            set_paused(work, admin, printer_id, paused=paused, reason="toner")
        if paused:
            with pytest.raises(PrinterBusy):
                backend.redeem()
            assert state_of(world, backend) == UNCLAIMED
    backend.redeem()


def test_the_second_copy_of_a_printer_waits_for_the_first(world: World):
    printer_id = world.copies(world.released(copies=2))[0].printer_id
    first, second = world.taken_up(printer_id), world.taken_up(printer_id)
    first.redeem()
    with pytest.raises(PrinterBusy):
        second.redeem()
    assert state_of(world, second) == UNCLAIMED
    first.start()
    first.record(fence_lines(world.copy_row(first.copy_id).pages))
    assert state_of(world, first) == (CopyState.PRINTED, TicketState.ENDED)
    second.redeem()


def test_what_is_given_back_can_be_claimed_by_another_run(world: World, backend: Backend):
    backend.redeem()
    backend.give_back()
    backend.give_back()
    assert state_of(world, backend) == UNCLAIMED
    again = replace(backend, claim=replace(backend.claim, attempt=uuid4().hex))
    again.redeem()
    with pytest.raises(TicketRefused):
        backend.start()
    assert state_of(world, backend) == (CopyState.SENT, TicketState.CLAIMED)


def test_nothing_is_given_back_once_paper_may_come_out(world: World, backend: Backend):
    backend.redeem()
    for _ in range(2):
        backend.start()
    with pytest.raises(TicketRefused):
        backend.give_back()
    assert state_of(world, backend) == (CopyState.SENT, TicketState.COMMITTED)


def test_a_copy_that_a_person_gave_up_is_not_started_any_more(world: World, backend: Backend):
    backend.redeem()
    with world.database.work() as work:
        admin = world.actor(work, Role.PRINTER_ADMINISTRATOR)
        give_up_waiting(work, admin, backend.copy_id, reason="the printer was carried away")
    with pytest.raises(TicketRefused):
        backend.start()
    assert state_of(world, backend) == (CopyState.OUTCOME_UNKNOWN, TicketState.CLAIMED)


def test_a_copy_that_was_never_claimed_cannot_be_started(world: World, backend: Backend):
    with pytest.raises(TicketRefused):
        backend.start()
    assert state_of(world, backend) == UNCLAIMED


def test_a_record_shows_progress_and_at_its_end_settles_the_copy(world: World, backend: Backend):
    pages = world.copy_row(backend.copy_id).pages
    backend.redeem()
    backend.start()
    whole = fence_lines(pages).splitlines(keepends=True)
    backend.record("".join(whole[:-1]))
    assert world.copy_row(backend.copy_id).impressions_reported == pages
    assert state_of(world, backend) == (CopyState.SENT, TicketState.COMMITTED)
    backend.record("".join(whole))
    assert state_of(world, backend) == (CopyState.PRINTED, TicketState.ENDED)
    before = world.row_counts()
    backend.record("".join(whole))
    assert world.row_counts() == before


def test_two_who_settle_the_same_copy_do_not_wait_for_each_other(any_world: World):
    """The fence delivers its record while the worker has seen by itself that the copy is over."""
    world = any_world
    backend = world.sent(world.copies(world.released())[0].printer_id)
    backend.start()
    copy_id, job_uuid = backend.copy_id, backend.claim.job_uuid

    def lose_track() -> None:
        with world.database.work() as work:
            record_outcome(work, copy_id, job_uuid, Outcome.OUTCOME_UNKNOWN)

    with ThreadPoolExecutor(1) as worker:
        with world.database.work() as work:
            ticket = ticket_of(work, job_uuid)
            assert ticket is not None
            keep_record(work, ticket.id, fence_lines(1))
            lost = worker.submit(lose_track)
            time.sleep(0.5)  # it is now waiting for this transaction
            record_outcome(work, copy_id, job_uuid, Outcome.PRINTED)
        lost.result(10)
    assert world.copy_row(copy_id).state == CopyState.PRINTED


def test_a_printer_that_aborts_leaves_the_outcome_to_a_person(world: World, backend: Backend):
    backend.redeem()
    backend.start()
    backend.record(fence_lines(0))
    assert state_of(world, backend)[0] is CopyState.OUTCOME_UNKNOWN


def test_what_is_no_record_of_a_fence_is_refused(world: World, backend: Backend):
    backend.redeem()
    with pytest.raises(TicketRefused):
        backend.record("printed everything, trust me\n")
    assert state_of(world, backend) == (CopyState.SENT, TicketState.CLAIMED)
