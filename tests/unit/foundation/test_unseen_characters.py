"""What hides itself, or turns other characters around, is found; what people see is not."""

from __future__ import annotations

import pytest

from printserver.foundation.full_width import half_width
from printserver.foundation.unseen_characters import hides_something


@pytest.mark.parametrize("hidden", ["\x00", "\x1b", "\n", "\u2028", "\u202e", "\u2066", "\u200f", "\u061c", "\ud800"])
def test_controls_separators_and_characters_that_turn_others_are_found(hidden: str):
    assert hides_something(f"a{hidden}b")


@pytest.mark.parametrize("hidden", ["\u200b", "\ufeff", "\u2060", "\u00ad", "\u3164", "\U000e0041"])
def test_characters_without_any_width_which_make_two_texts_look_alike_are_found(hidden: str):
    assert hides_something(f"OA-1{hidden}")


@pytest.mark.parametrize(
    "seen", ["", "采购合同 (第二版)", "A\u3000B", "naïve – “quoted” №7", "𠮷野家 🖨", "👩\u200d💼 葛\U000e0100城"]
)
def test_what_people_see_hides_nothing(seen: str):
    assert not hides_something(seen)


def test_what_may_be_there_is_said_by_the_caller():
    assert not hides_something("one\ntwo", besides="\n")
    assert hides_something("one\ntwo\r", besides="\n")


def test_wide_characters_become_ordinary_ones_and_no_others_change():
    assert half_width("\uff21\uff11\uff0c\uff5e\u3000\uffe5") == "A1,~ ¥"
    assert half_width("10² ½ ① 、。") == "10² ½ ① 、。"
