"""Check characters of people's and companies' numbers, and what a list shows of a number."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from printserver.organisations.identity_numbers import (
    citizen_check_character,
    credit_code_check_character,
    is_citizen_number,
    is_credit_code,
    is_other_number,
    masked,
    normal_form,
)

CITIZEN = "11010519491231002X"
COMPANY = "91350100M000100Y43"
CODE_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"


def test_the_standards_own_examples_are_right():
    assert is_citizen_number(CITIZEN)
    assert is_credit_code(COMPANY)


@given(st.integers(100_000, 999_999), st.dates(date(1900, 1, 1), date(2100, 1, 1)), st.integers(0, 999))
def test_every_citizens_number_with_its_check_character_is_right_and_with_another_wrong(
    place: int, born: date, order: int
):
    digits = f"{place}{born:%Y%m%d}{order:03}"
    right = citizen_check_character(digits)
    assert [last for last in "0123456789X" if is_citizen_number(digits + last)] == [right]


@given(
    st.sampled_from("159Y"),
    st.sampled_from(CODE_ALPHABET),
    st.integers(0, 999_999),
    st.text(CODE_ALPHABET, min_size=9, max_size=9),
)
def test_every_credit_code_with_its_check_character_is_right_and_with_another_wrong(
    office: str, kind: str, place: int, body: str
):
    characters = f"{office}{kind}{place:06}{body}"
    right = credit_code_check_character(characters)
    assert [last for last in CODE_ALPHABET if is_credit_code(characters + last)] == [right]


@given(st.integers(0, 17), st.sampled_from("0123456789X"))
def test_a_citizens_number_with_one_other_character_is_refused(at: int, character: str):
    changed = CITIZEN[:at] + character + CITIZEN[at + 1 :]
    assert is_citizen_number(changed) == (changed == CITIZEN)


@given(st.integers(0, 17), st.sampled_from("0123456789ABCDEFGHJKLMNPQRTUWXYIOSVZ"))
def test_a_credit_code_with_one_other_character_is_refused(at: int, character: str):
    changed = COMPANY[:at] + character + COMPANY[at + 1 :]
    assert is_credit_code(changed) == (changed == COMPANY)


@given(st.integers(0, 16))
def test_two_neighbours_that_changed_places_are_noticed(at: int):
    for number, judge in ((CITIZEN, is_citizen_number), (COMPANY, is_credit_code)):
        turned = number[:at] + number[at + 1] + number[at] + number[at + 2 :]
        assert judge(turned) == (turned == number)


def test_a_day_that_there_is_not_makes_no_citizens_number():
    assert not is_citizen_number("110105194902300020")


def test_a_passports_number_is_taken_as_it_is_printed():
    assert normal_form("  e12  34567 ") == "E12 34567"
    assert is_other_number("E1234567")
    assert not is_other_number("<script>")


@pytest.mark.parametrize(
    ("number", "shown"), [(CITIZEN, "1101**********002X"), ("E1234567", "E1****67"), ("A12", "***"), ("", "")]
)
def test_a_list_shows_the_ends_of_a_number_alone(number: str, shown: str):
    assert masked(number) == shown


@given(st.text(min_size=1, max_size=40))
def test_a_mask_keeps_the_length_and_hides_at_least_half(number: str):
    hidden = masked(number)
    assert len(hidden) == len(number)
    assert sum(1 for at in range(len(number)) if hidden[at] == "*") * 2 >= len(number)
