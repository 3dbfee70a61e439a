"""Where a process sheet's section begins and ends."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from printserver.returns.fate import PageFate
from printserver.returns.separation import Section, placed
from printserver.returns.states import PageState, Reason

ONE, OTHER = UUID(int=1), UUID(int=2)


def sheet(position: int, request: UUID = ONE) -> PageFate:
    return PageFate(position, PageState.SHEET, request_id=request)


def uncoded(position: int) -> PageFate:
    return PageFate(position, PageState.DOUBTFUL, Reason.UNREADABLE)


def coded(position: int, request: UUID) -> PageFate:
    return PageFate(position, PageState.MATCHED, copy_id=UUID(int=9), page=1, request_id=request)


def through(*pages: PageFate) -> list[PageFate]:
    section, found = None, []
    for page in pages:
        fate, section = placed(section, page)
        found.append(fate)
    return found


def owners(*pages: PageFate) -> list[UUID | None]:
    return [fate.request_id if fate.state is PageState.ATTACHED else None for fate in through(*pages)]


def test_uncoded_pages_behind_a_sheet_go_to_its_request_and_blank_backs_are_skipped():
    blank = PageFate(3, PageState.BLANK)
    found = through(sheet(1), uncoded(2), blank, uncoded(4))
    assert [fate.state for fate in found] == [
        PageState.SHEET,
        PageState.ATTACHED,
        PageState.BLANK,
        PageState.ATTACHED,
    ]
    assert [fate.sheet for fate in found] == [1, 1, None, 1]
    assert [fate.reason for fate in found[1:]] == ["", "", ""]


def test_nothing_is_attached_before_the_first_sheet():
    assert through(uncoded(1))[0] == uncoded(1)


def test_the_next_sheet_begins_another_section_and_a_sheets_second_page_does_not():
    assert owners(sheet(1), uncoded(2), sheet(3, OTHER), uncoded(4)) == [None, ONE, None, OTHER]
    assert [fate.sheet for fate in through(sheet(1), sheet(2), uncoded(3))] == [1, 1, 1]


def test_a_page_of_the_same_request_with_its_code_does_not_end_the_section():
    assert owners(sheet(1), coded(2, ONE), uncoded(3)) == [None, None, ONE]


@pytest.mark.parametrize(
    "ending",
    [
        coded(2, OTHER),
        PageFate(2, PageState.DOUBTFUL, Reason.SHEET_UNKNOWN),
        PageFate(2, PageState.DOUBTFUL, Reason.SHEET_FOREIGN),
        PageFate(2, PageState.DOUBTFUL, Reason.CODE_ALTERED),
        PageFate(2, PageState.DOUBTFUL, Reason.BROKEN_PAGE),
        replace(uncoded(2), findings={"damaged": ["9" * 42]}),
    ],
    ids=["other request", "unknown sheet", "foreign sheet", "altered code", "broken page", "damaged bars"],
)
def test_what_may_belong_elsewhere_ends_the_section_and_keeps_its_own_fate(ending: PageFate):
    found = through(sheet(1), ending, uncoded(3))
    assert found[1:] == [ending, uncoded(3)]


@given(st.lists(st.sampled_from(["one", "other", "uncoded", "blank", "mine", "theirs", "broken"]), max_size=12))
def test_a_page_is_attached_only_to_the_request_of_the_nearest_sheet_before_it(kinds: list[str]):
    makers = {
        "one": lambda at: sheet(at),
        "other": lambda at: sheet(at, OTHER),
        "uncoded": uncoded,
        "blank": lambda at: PageFate(at, PageState.BLANK),
        "mine": lambda at: coded(at, ONE),
        "theirs": lambda at: coded(at, OTHER),
        "broken": lambda at: PageFate(at, PageState.DOUBTFUL, Reason.BROKEN_PAGE),
    }
    pages = [makers[kind](at) for at, kind in enumerate(kinds, 1)]
    for at, fate in enumerate(through(*pages)):
        before = [page.request_id for page in pages[:at] if page.state is PageState.SHEET]
        if fate.state is PageState.ATTACHED:
            assert pages[at].is_uncoded
            assert fate.request_id == before[-1]
        else:
            assert replace(fate, sheet=None) == pages[at]


def test_a_section_is_known_by_its_request_and_place():
    assert placed(None, sheet(4))[1] == Section(ONE, 4)
