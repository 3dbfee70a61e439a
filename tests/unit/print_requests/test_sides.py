"""How many sheets a copy takes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as some

from printserver.print_requests.sides import Sides, sheets_of


@pytest.mark.parametrize(
    ("pages", "one_sided", "two_sided"), [(1, 1, 1), (2, 2, 1), (3, 3, 2), (10, 10, 5), (11, 11, 6)]
)
def test_a_sheet_carries_one_page_or_two(pages: int, one_sided: int, two_sided: int):
    assert sheets_of(pages, Sides.ONE_SIDED) == one_sided
    assert sheets_of(pages, Sides.TWO_SIDED_LONG_EDGE) == two_sided


@given(pages=some.integers(1, 10_000))
def test_two_sided_sheets_hold_all_pages_and_none_stays_empty(pages: int):
    sheets = sheets_of(pages, Sides.TWO_SIDED_LONG_EDGE)
    assert sheets * 2 - pages in (0, 1)
