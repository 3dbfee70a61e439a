"""Numbers are short, exact and never depend on how a float happens to print."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from printserver.rendering.vector import number, numbers


@given(st.floats(-1e6, 1e6))
def test_a_number_is_plain_decimal_and_near(value):
    assert re.fullmatch(r"-?[0-9]+(\.[0-9]{1,4})?", number(value))
    assert abs(float(number(value)) - value) <= 0.00005 + 1e-9


def test_zero_has_no_sign():
    assert number(-0.00001) == "0"


def test_numbers_stand_in_their_order():
    assert numbers(1, 0.5, -2.25) == "1 0.5 -2.25"
