"""Amounts as people type and read them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from printserver.print_requests.money import (
    CURRENCIES,
    MOST_MINOR,
    AmountMalformed,
    Money,
    in_capitals,
    parse_money,
)


@pytest.mark.parametrize(
    ("minor", "said"),
    [
        (0, "人民币零元整"),
        (1, "人民币壹分"),
        (10, "人民币壹角整"),
        (105, "人民币壹元零伍分"),
        (140_950, "人民币壹仟肆佰零玖元伍角整"),
        (600_714, "人民币陆仟零柒元壹角肆分"),
        (168_032, "人民币壹仟陆佰捌拾元叁角贰分"),
        (10_700_053, "人民币壹拾万柒仟元伍角叁分"),
        (1_640_902, "人民币壹万陆仟肆佰零玖元零贰分"),
        (10_000_000_00, "人民币壹仟万元整"),
        (100_000_000_00, "人民币壹亿元整"),
        (100_010_000_00, "人民币壹亿零壹万元整"),
        (100_000_001_00, "人民币壹亿零壹元整"),
        (1_000_000_000_000_00, "人民币壹万亿元整"),
        (1_000_100_000_000_00, "人民币壹万零壹亿元整"),
    ],
)
def test_amounts_in_capitals_are_written_as_banks_ask_for(minor: int, said: str):
    assert in_capitals(Money(minor)) == said


def test_other_currencies_have_no_capitals_and_no_fen():
    assert in_capitals(Money(100, "USD")) == ""
    assert Money(100, "USD").fen is None


@given(st.integers(0, MOST_MINOR), st.sampled_from(CURRENCIES))
def test_what_is_shown_is_read_as_the_same_amount(minor: int, currency: str):
    money = Money(minor, currency)
    assert parse_money(money.plain, currency) == money
    assert parse_money(money.grouped, currency) == money


@given(st.integers(0, MOST_MINOR // 100 - 1))
def test_capitals_of_two_amounts_differ(yuan: int):
    assert in_capitals(Money(yuan * 100)) != in_capitals(Money(yuan * 100 + 100))


def test_nothing_typed_is_no_amount():
    assert parse_money("  ") is None


def test_an_amount_may_be_typed_in_full_width_characters():
    assert parse_money("\uffe5\uff11\uff12\uff0c\uff13\uff14\uff15\uff0e\uff16") == Money(1_234_560)


@pytest.mark.parametrize("typed", ["-1", "1.234", "1,23", "1e5", "one", "1.2.3", "١٢", "10²", "9999999999999999"])
def test_what_is_no_amount_is_refused(typed: str):
    with pytest.raises(AmountMalformed):
        parse_money(typed)


def test_yen_have_no_decimals_and_unknown_currencies_are_refused():
    with pytest.raises(AmountMalformed):
        parse_money("1.50", "JPY")
    with pytest.raises(AmountMalformed):
        parse_money("1", "XXX")
