"""Wishes for places are read, written and refused as people mean them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from printserver.rendering.places import (
    AtKeyword,
    Edge,
    OnPage,
    OnPages,
    PlaceMalformed,
    Straddle,
    page_ranges,
    pages_of,
    place_from_json,
)

um = st.integers(-2_000_000, 2_000_000)
pages = st.one_of(
    st.just("all"),
    st.lists(st.tuples(st.integers(1, 50), st.integers(0, 50)), min_size=1, max_size=4).map(
        lambda ranges: ",".join(f"{first}-{first + more}" if more else str(first) for first, more in ranges)
    ),
)
places = st.one_of(
    st.builds(OnPage, st.integers(1, 2_000), um, um),
    st.builds(OnPages, pages, um, um),
    st.builds(
        AtKeyword,
        st.text("盖章签字 signature", min_size=1, max_size=20).filter(lambda text: bool(text.strip())),
        st.one_of(st.integers(1, 99), st.sampled_from(["all", "last"])),
        um,
        um,
    ),
    st.builds(
        Straddle,
        st.sampled_from(list(Edge)),
        pages,
        st.none() | st.integers(3, 100),
        st.none() | st.integers(0, 300_000),
        st.integers(0, 30_000),
    ),
)


@given(places)
def test_every_place_is_read_as_it_was_written(place):
    assert place_from_json(place.to_json()) == place


@pytest.mark.parametrize(
    "value",
    [
        None,
        [],
        {},
        {"page": 1},
        {"page": "1", "x_um": 1, "y_um": 1},
        {"page": True, "x_um": 1, "y_um": 1},
        {"page": 1, "x_um": 1.5, "y_um": 1},
        {"page": 1, "x_um": 3_000_000, "y_um": 1},
        {"page": 1, "x_um": 1, "y_um": 1, "keyword": "章"},
        {"pages": "2-1", "x_um": 1, "y_um": 1},
        {"pages": "0", "x_um": 1, "y_um": 1},
        {"pages": "one", "x_um": 1, "y_um": 1},
        {"pages": "1\u00b2", "x_um": 1, "y_um": 1},
        {"pages": 2, "x_um": 1, "y_um": 1},
        {"keyword": "  "},
        {"keyword": "章", "which": 0},
        {"keyword": "章", "which": "first"},
        {"keyword": 7},
        {"keyword": "a\nb"},
        {"straddle": "bottom"},
        {"straddle": "right", "group": 2},
        {"straddle": "right", "inset_um": -1},
        {"straddle": "right", "page": 1},
    ],
)
def test_a_place_that_nobody_could_mean_is_refused(value):
    with pytest.raises(PlaceMalformed):
        place_from_json(value)


@pytest.mark.parametrize(
    ("text", "count", "wanted"),
    [
        ("all", 3, (1, 2, 3)),
        ("2-4,7", 9, (2, 3, 4, 7)),
        ("7, 2-4,3", 9, (2, 3, 4, 7)),
        ("3\uff0c1", 3, (1, 3)),
        ("\uff12\uff0d\uff14\u3001\uff17", 9, (2, 3, 4, 7)),
        ("2-", 4, (2, 3, 4)),
        ("5-", 4, (5,)),
        ("3-6", 4, (3, 4, 6)),
        ("9", 4, (9,)),
    ],
)
def test_pages_are_read_in_order_and_those_that_are_not_there_are_named(text, count, wanted):
    assert pages_of(text, count) == wanted


def test_an_enormous_range_costs_nothing():
    assert page_ranges("1-100000") == ((1, 100_000),)
    assert pages_of("1-100000", 2) == (1, 2)
