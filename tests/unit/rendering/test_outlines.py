"""Outlines enclose exactly the dark modules."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from printserver.rendering.outlines import Corner, outlines


def dark_again(loops: list[tuple[Corner, ...]], width: int, height: int) -> list[list[bool]]:
    """By the winding number of each module's middle: how many sides on its left go upwards rather than downwards."""
    winding = np.zeros((height, width), int)
    for corners in loops:
        for one, other in zip(corners, corners[1:] + corners[:1], strict=True):
            assert (one.x == other.x) != (one.y == other.y)
            if one.x == other.x:
                top, bottom = sorted((one.y, other.y))
                winding[top:bottom, one.x :] += 1 if other.y < one.y else -1
    assert set(np.unique(winding)) <= {0, 1}
    return [[bool(each) for each in row] for row in winding]


@settings(max_examples=60)
@given(
    st.integers(1, 7).flatmap(
        lambda width: st.lists(st.lists(st.booleans(), min_size=width, max_size=width), min_size=1, max_size=7)
    )
)
def test_exactly_the_dark_modules_lie_within_the_outlines(modules):
    assert dark_again(list(outlines(modules)), len(modules[0]), len(modules)) == modules


@pytest.mark.parametrize("second", [0, 1])
def test_every_corner_knows_the_way_into_the_dark(second):
    """Two modules that touch by a corner: each is a square of its own."""
    loops = list(outlines([[second == 0, second == 1], [second == 1, second == 0]]))
    assert [len(corners) for corners in loops] == [4, 4]
    for corners in loops:
        middle = sum(corner.x for corner in corners) / 4, sum(corner.y for corner in corners) / 4
        for corner in corners:
            assert corner.inwards == (2 * (middle[0] - corner.x), 2 * (middle[1] - corner.y))


def test_the_corners_of_a_hole_lead_away_from_it():
    ring = [[True] * 3, [True, False, True], [True] * 3]
    (hole,) = [corners for corners in outlines(ring) if corners[0].x in (1, 2) and corners[0].y in (1, 2)]
    assert {(corner.x, corner.y): corner.inwards for corner in hole} == {
        (1, 1): (-1, -1), (2, 1): (1, -1), (2, 2): (1, 1), (1, 2): (-1, 1),
    }  # fmt: skip
