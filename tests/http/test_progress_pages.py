"""Long work shows how far it is, as text also where no script runs."""

from __future__ import annotations

from sqlalchemy import update

from printserver.organisations.permissions import Role
from printserver.print_requests.models import Copy, PrintRequest
from printserver.printing.models import PrinterStatus
from printserver.returns.models import Return
from printserver.returns.service import hand_in
from tests.http.api_client import ApiClient
from tests.http.page_visitor import Visitor
from tests.world_building import scanned_page


def test_a_request_that_is_being_drawn_says_how_many_copies_are(api: ApiClient):
    world, clerk = api.world, Visitor.of(api, Role.CLERK)
    request_id = world.submitted(copies=3)
    assert "0 of 3 copies drawn" in clerk.page(f"/requests/{request_id}")
    with world.database.work() as work:
        work.session.execute(update(PrintRequest).values(drawn=2))
    assert "2 of 3 copies drawn" in clerk.page(f"/requests/{request_id}")


def test_a_copy_in_the_printer_says_how_many_pages_came_out_and_why_it_waits(api: ApiClient):
    world, clerk = api.world, Visitor.of(api, Role.CLERK)
    request_id = world.released(copies=2)
    copy = world.copies(request_id)[0]
    world.sent(copy.printer_id)
    pages = [f"/requests/{request_id}", f"/copies/{copy.id}", "/copies"]
    assert all("the printer has reported no page yet" in clerk.page(page) for page in pages)
    with world.database.work() as work:
        work.session.execute(update(Copy).where(Copy.id == copy.id).values(impressions_reported=1))
        said = PrinterStatus(printer_id=copy.printer_id, reasons=["media-empty-error"], asked_at=work.now())
        work.session.add(said)
    assert all("1 of 2 pages printed" in clerk.page(page) for page in pages)
    assert all("out of paper" in clerk.page(page) and "Load paper." in clerk.page(page) for page in pages[:2])
    assert "0 of 2 copies printed" in clerk.page(pages[0])


def test_a_return_that_is_being_read_says_how_many_pages_are(api: ApiClient):
    world = api.world
    with world.database.reading() as work:
        actor = world.actor(work, Role.ARCHIVIST)
    return_id = hand_in(world.database, world.adapters.objects, actor, filename="s.jpg", data=scanned_page(5))
    archivist = Visitor.of(api, Role.ARCHIVIST)
    assert "0 of 1 pages read" in archivist.page(f"/returns/{return_id}")
    with world.database.work() as work:
        work.session.execute(update(Return).values(pages_read=1))
    assert "1 of 1 pages read" in archivist.page(f"/returns/{return_id}")
