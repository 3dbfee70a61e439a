"""Words, dates, signature lines and blanks in a page's characters."""

from __future__ import annotations

import pytest

from printserver.rendering.text_search import PageChars


@pytest.mark.parametrize(
    "line",
    ["2026年1月2日", "签于____年__月__日", "   年  月  日", "年月日", "二〇二六年十一月二日", "0年月日", "1 年 月 日"],
)
def test_a_date_is_a_signature_line_whether_it_is_filled_in_or_not(line: str):
    assert list(PageChars(line).signature_lines())


def test_blanks_beside_a_signature_are_for_the_hand_and_others_are_not():
    chars = PageChars("Price: ______\r\nSignature: ______\r\n日期 ____年__月__日\r\n交货地点：____")
    assert [chars.text[start:end] for start, end in chars.blanks()] == ["______", "____"]


def test_a_page_full_of_blanks_is_read_as_any_other():
    """In the time of its length: of its square would be half a minute."""
    chars = PageChars("_" * 20_000 + "\r\n" + "___ \r\n" * 20_000)
    assert (sum(1 for _ in chars.signature_lines()), sum(1 for _ in chars.blanks())) == (0, 20_001)


def test_a_rare_character_is_found_though_it_is_counted_as_two_halves():
    chars = PageChars("甲方\ud842\udfb7野\r\n家")
    assert list(chars.occurrences("𠮷野家")) == [(2, 8)]
    assert list(chars.occurrences("甲方𠮷")) == [(0, 4)]
    assert list(chars.occurrences("\ud842")) == []
