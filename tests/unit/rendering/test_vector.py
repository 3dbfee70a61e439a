"""Path operators are short, exact and never depend on how a number happens to print."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from printserver.rendering.vector import Outline, isolated, number


@given(st.floats(-1e6, 1e6))
def test_a_number_is_plain_decimal_and_near(value):
    assert re.fullmatch(r"-?[0-9]+(\.[0-9]{1,4})?", number(value))
    assert abs(float(number(value)) - value) <= 0.00005 + 1e-9


def test_zero_has_no_sign():
    assert number(-0.00001) == "0"


def test_a_ring_runs_one_way_outside_and_the_other_inside():
    outline = Outline()
    outline.ring(0, 0, 10, 1)
    lines = outline.filled().decode().splitlines()
    assert lines[0] == "10 0 m"
    assert lines[1].endswith(" 0 10 c")
    assert lines[6] == "9 0 m"
    assert lines[7].endswith(" 0 -9 c")
    assert lines[-1] == "f"


def test_isolated_operators_leave_the_state_as_it_was():
    assert isolated(b"0 g\n", matrix=(1, 0, 0, 1, 2, 3)) == b"q\n1 0 0 1 2 3 cm\n0 g\nQ\n"
