"""The list at a printer: what waits, for whom, and for how long it stays."""

from __future__ import annotations

from uuid import uuid4

import pytest
from sqlalchemy import update

from printserver.foundation.errors import NotFound
from printserver.organisations.permissions import Role
from printserver.print_requests.flows import RequestExpired
from printserver.print_requests.models import PrintRequest
from printserver.print_requests.release import SecondPersonNeeded
from printserver.print_requests.release_queue import SHOWN_AFTERWARDS, ReleaseQueue, release_printers, release_queue
from printserver.print_requests.sides import Sides
from printserver.print_requests.states import CopyState
from tests.world import World
from tests.world_building import Office


def queue(world: World, office: Office | None = None, *, at: Office | None = None) -> ReleaseQueue:
    with world.database.reading() as work:
        printer_id = (at or world.home.north).printer_id
        return release_queue(work, world.actor(work, Role.CLERK, office), printer_id)


def waiting(world: World, office: Office | None = None) -> dict[str, int]:
    with world.database.reading() as work:
        listed = release_printers(work, world.actor(work, Role.CLERK, office))
    return {str(printer.id): count for printer, count in listed}


def test_the_oldest_request_comes_first_with_its_copies_in_order(any_world: World):
    world = any_world
    world.set_printer(two_sided=True)
    first, second = world.issued(copies=3, sides=Sides.TWO_SIDED_LONG_EDGE), world.issued()
    found = queue(world).requests
    assert [request.id for request in found] == [first, second]
    assert ([copy.number for copy in found[0].copies], found[0].remaining, found[0].sheets) == ([1, 2, 3], 3, 1)
    assert found[0].obstacle is None
    assert waiting(world) == {str(world.home.north.printer_id): 4}


def test_an_electronic_original_is_no_copy_that_comes_out_at_a_printer(world: World):
    world.issued(copies=2, electronic=True)
    (request,) = queue(world).requests
    assert ([copy.number for copy in request.copies], request.remaining) == ([1, 2], 2)


def test_what_was_released_stays_in_the_list_for_half_a_day(world: World):
    request_id = world.printed()
    (request,) = queue(world).requests
    assert (request.id, request.remaining, request.copies[0].state) == (request_id, 0, CopyState.PRINTED)
    world.clock.advance(SHOWN_AFTERWARDS.total_seconds() + 1)
    assert queue(world).requests == ()


def test_what_is_in_the_way_is_shown_with_the_request(world: World):
    world.issued()
    world.set_printer(release_rule="second-person")
    assert isinstance(queue(world).requests[0].obstacle, SecondPersonNeeded)
    assert queue(world, world.home.head).requests[0].obstacle is None
    world.set_printer(paused=True)
    problem = queue(world).problem
    assert problem is not None
    assert problem.code == "printer-not-usable"
    world.clock.advance(31 * 86_400)
    assert isinstance(queue(world, world.home.head).requests[0].obstacle, RequestExpired)
    assert waiting(world) == {str(world.home.north.printer_id): 0}, "an expired copy no longer waits"


def test_a_request_at_a_printer_elsewhere_is_listed_for_both_branches_alone(world: World):
    south = world.home.south
    request_id = world.issued(office=world.home.head, printer_id=south.printer_id)
    for office in (world.home.head, south):
        assert [request.id for request in queue(world, office, at=south).requests] == [request_id]
        assert waiting(world, office)[str(south.printer_id)] == 1
    for stranger in (world.home.north, world.foreign.head):
        with pytest.raises(NotFound):
            queue(world, stranger, at=south)
        assert str(south.printer_id) not in waiting(world, stranger)


def test_a_printer_of_another_branch_is_reached_by_the_own_requests_that_wait_there(world: World):
    """Whoever may release at the request's branch, but has no right at the printer's."""
    request_id = world.issued(office=world.home.head, printer_id=world.home.south.printer_id)
    with world.database.work() as work:
        work.session.execute(
            update(PrintRequest).where(PrintRequest.id == request_id).values(branch_id=world.home.north.branch_id)
        )
    assert [request.id for request in queue(world, at=world.home.south).requests] == [request_id]
    assert waiting(world) == {str(world.home.north.printer_id): 0, str(world.home.south.printer_id): 1}


def test_there_is_no_queue_for_roles_that_do_not_release(world: World):
    world.issued()
    for role in set(Role) - {Role.CLERK}:
        with world.database.reading() as work:
            actor = world.actor(work, role)
            assert release_printers(work, actor) == ()
            for printer_id in (world.home.north.printer_id, uuid4()):
                with pytest.raises(NotFound):
                    release_queue(work, actor, printer_id)
