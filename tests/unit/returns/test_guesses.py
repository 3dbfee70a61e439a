"""What a doubtful page most probably is, and for which pages nobody guesses."""

from __future__ import annotations

from uuid import UUID

import pytest

from printserver.foundation.serials import CopySerial, PageCode
from printserver.returns.guesses import GUESSED, Books, Guess, Spot, Why, guesses, nearest
from printserver.returns.states import PageAction, PageState, Reason

COPY, OTHER, REQUEST = UUID(int=1), UUID(int=2), UUID(int=3)


def page(position: int, number: int, copy: UUID = COPY, state: PageState = PageState.MATCHED) -> Spot:
    return Spot(position, state, "", copy, number)


def unread(position: int, reason: str = Reason.UNREADABLE) -> Spot:
    return Spot(position, PageState.DOUBTFUL, reason, None, None)


def blank(position: int) -> Spot:
    return Spot(position, PageState.BLANK, "", None, None)


def books(*spots: Spot, expected: int = 6) -> Books:
    home: dict[UUID, set[int]] = {COPY: set(), OTHER: set()}
    for spot in spots:
        if spot.copy_id is not None and spot.page is not None and spot.state is PageState.MATCHED:
            home[spot.copy_id].add(spot.page)
    return Books({COPY: expected, OTHER: expected}, home)


def said(found: tuple[Guess, ...]) -> list[tuple[Why, UUID | None, int | None]]:
    return [(each.why, each.copy_id or each.request_id, each.page) for each in found]


@pytest.mark.parametrize(("before", "behind"), [(2, 4), (4, 2)], ids=["forwards", "backwards"])
def test_a_page_between_its_neighbours_is_the_one_between_them_also_with_blank_backs(before: int, behind: int):
    batch = [page(1, before), blank(2), unread(3), blank(4), page(5, behind)]
    assert said(guesses(batch[2], batch, books(*batch)))[0] == (Why.BETWEEN, COPY, 3)


def test_of_two_unread_pages_in_a_row_each_has_its_own_guess():
    batch = [page(1, 1), unread(2), unread(3), page(4, 4)]
    first = [said(guesses(each, batch, books(*batch)))[0] for each in batch[1:3]]
    assert first == [(Why.BETWEEN, COPY, 2), (Why.BETWEEN, COPY, 3)]


def test_at_a_seam_between_copies_both_neighbours_speak():
    batch = [page(1, 5), unread(2), page(3, 2, OTHER)]
    assert said(guesses(batch[1], batch, books(*batch))) == [
        (Why.BESIDE, COPY, 6),
        (Why.BESIDE, OTHER, 1),
        (Why.BESIDE, COPY, 4),
    ]


def test_what_is_home_already_is_not_guessed_and_the_nearest_missing_page_is():
    batch = [page(1, 1), page(2, 2), page(3, 3), unread(9)]
    found = guesses(batch[3], batch, Books({COPY: 4}, {COPY: {1, 2, 3}}))
    assert [(each.page, each.action) for each in found] == [(4, PageAction.SETTLE)]
    assert guesses(batch[3], batch, Books({COPY: 3}, {COPY: {1, 2, 3}})) == ()


def test_a_page_that_names_itself_is_that_page_or_a_further_scan_of_it():
    named = Spot(1, PageState.DOUBTFUL, Reason.DIFFERS, COPY, 2)
    assert said(guesses(named, [named], books())) == [(Why.CODE, COPY, 2)]
    (again,) = guesses(named, [named], Books({COPY: 6}, {COPY: {2}}))
    assert (again.why, again.action) == (Why.VERSION, PageAction.KEEP_VERSION)


@pytest.mark.parametrize("reason", [reason for reason in Reason if reason not in GUESSED])
def test_nobody_guesses_at_paper_that_should_not_exist(reason: Reason):
    spot = Spot(2, PageState.DOUBTFUL, reason, COPY, 2)
    assert guesses(spot, [page(1, 1), spot, page(3, 3)], books()) == ()


def test_a_page_behind_a_process_sheet_may_belong_to_its_request():
    sheet = Spot(1, PageState.SHEET, "", None, None, REQUEST)
    (found,) = guesses(unread(3), [sheet, unread(2), unread(3)], books())
    assert found == Guess(Why.SECTION, PageAction.ATTACH, request_id=REQUEST)
    batch = [sheet, page(2, 1), unread(3)]
    assert Why.SECTION not in [each.why for each in guesses(batch[2], batch, books(*batch))]


def test_damaged_bars_name_the_serial_they_differ_least_from():
    serials = [(COPY, CopySerial(bytes(range(10))), 6), (OTHER, CopySerial(bytes(range(10, 20))), 6)]
    digits = PageCode(serials[1][1], 4).digits()
    damaged = digits[:6] + "99" + digits[8:]
    assert nearest([damaged], serials) == [(OTHER, 4)]
    assert nearest([damaged[:25] + "99999" + damaged[30:]], serials) == [(OTHER, 0)]
    assert nearest(["0" * 32, damaged[:30]], serials) == []
    found = guesses(unread(1), [unread(1)], books(), [(OTHER, 4)])
    assert said(found) == [(Why.DIGITS, OTHER, 4)]


def test_there_are_never_more_than_three():
    batch = [page(1, 1), page(2, 1, OTHER), unread(3)]
    found = guesses(batch[2], batch, books(*batch), [(OTHER, 5)])
    assert len(found) == 3
    assert len({(each.copy_id, each.page) for each in found}) == 3
