"""A seeded batch with every fault: pages find their copy, none a wrong one, the rest waits with reason and guesses."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

import pytest

from benchmarks.returned_pages import WHOLE, Kind, Look, Scanned, Scanner, batch
from benchmarks.returns_batches import Ended, Tally, Uncompared, return_batch
from printserver.organisations.permissions import Role
from printserver.returns.access import ReturnNotFound
from printserver.returns.batches import batch as batch_page
from printserver.returns.batches import guesses_for
from printserver.returns.guesses import Why
from printserver.returns.papers import returned_papers
from printserver.returns.states import PageState, Reason
from tests.unit.returns.drawn_copies import Office, open_office

DPI = 150


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    opened = open_office(tmp_path_factory.mktemp("office"))
    yield opened
    opened.books.database.engines.dispose()


@pytest.fixture(scope="module")
def returned(office: Office) -> tuple[list[Scanned], UUID, Tally]:
    pages = batch(Scanner(3, DPI, Look.COLOUR), [(paper, range(1, 5)) for paper in office.print_copies(3, 4)])
    return_id, lines = return_batch(office.desk, pages, Uncompared)
    tally = Tally()
    for line in lines:
        tally.add(line)
    return pages, return_id, tally


def test_every_whole_code_is_matched_and_no_page_is_taken_for_another(returned: tuple[list[Scanned], UUID, Tally]):
    pages, _, tally = returned
    assert len(pages) <= 40
    assert tally.count(Ended.WRONG) == 0
    assert tally.count(Ended.RIGHT, WHOLE) == tally.of(WHOLE) > 0
    assert tally.count(Ended.RIGHT, [Kind.BLANK, Kind.SHEET, Kind.BEHIND]) == tally.of(
        [Kind.BLANK, Kind.SHEET, Kind.BEHIND]
    )


def test_every_other_page_waits_with_its_reason(returned: tuple[list[Scanned], UUID, Tally]):
    _, _, tally = returned
    assert set(tally.reasons) == {(Kind.UNREADABLE, Reason.UNREADABLE), (Kind.FOREIGN, Reason.UNREADABLE)}


def test_the_batch_page_tells_of_its_tiles_copies_and_sheets_a_part_at_a_time(
    office: Office, returned: tuple[list[Scanned], UUID, Tally]
):
    pages, return_id, _ = returned
    with office.books.database.reading() as work:
        archivist = office.books.actor(Role.ARCHIVIST)
        whole = batch_page(work, archivist, return_id)
        assert [tile.position for tile in whole.tiles] == list(range(1, len(pages) + 1))
        assert (whole.read, whole.more, len(whole.groups)) == (len(pages), None, 3)
        assert all(tile.has_picture for tile in whole.tiles)
        assert [(sheet.attached, sheet.sheet) for sheet in whole.sheets] == [(3, len(pages) - 3)]
        some = batch_page(work, archivist, return_id, limit=5)
        assert (len(some.tiles), some.more) == (5, 5)
        rest = batch_page(work, archivist, return_id, behind=5, state=PageState.DOUBTFUL)
        assert {tile.state for tile in rest.tiles} == {PageState.DOUBTFUL}
        assert all(tile.position > 5 for tile in rest.tiles)
        with pytest.raises(ReturnNotFound):
            batch_page(work, office.books.actor(Role.ARCHIVIST, branch=office.books.other), return_id)


def test_the_unread_page_has_guesses_that_name_pages_still_missing(
    office: Office, returned: tuple[list[Scanned], UUID, Tally]
):
    pages, return_id, _ = returned
    at = next(number for number, page in enumerate(pages, 1) if page.kind is Kind.UNREADABLE)
    with office.books.database.reading() as work:
        archivist = office.books.actor(Role.ARCHIVIST)
        tile = batch_page(work, archivist, return_id).tiles[at - 1]
        found = guesses_for(work, archivist, tile.id)
    assert 1 <= len(found) <= 3
    assert {each.guess.why for each in found} <= {Why.BETWEEN, Why.BESIDE, Why.MISSING, Why.SECTION}


def test_what_lay_behind_the_sheet_is_shown_at_its_request_in_order(
    office: Office, returned: tuple[list[Scanned], UUID, Tally]
):
    pages, _, _ = returned
    request_id = pages[-1].request
    assert request_id is not None
    with office.books.database.reading() as work:
        papers = returned_papers(work, office.books.actor(Role.APPROVER), request_id)
    assert [(paper.number, paper.position) for paper in papers] == [
        (number, len(pages) - 3 + number) for number in (1, 2, 3)
    ]
