"""Lengths survive the way to points and back."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from printserver.rendering.units import to_micrometres, to_points


@given(st.integers(-5_000_000, 5_000_000))
def test_a_length_comes_back_from_points_unchanged(length_um):
    assert to_micrometres(to_points(length_um)) == length_um


def test_a4_has_the_points_that_printers_expect():
    assert [round(to_points(side), 3) for side in (210_000, 297_000)] == [595.276, 841.89]
