"""Whatever two-character word and whatever English word a text holds is found in it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from printserver.archive.han_forms import alike, forms
from printserver.archive.search_words import MOST_WORDS, WordsTooShort, words_of_question, words_of_text

HAN = st.characters(min_codepoint=0x4E00, max_codepoint=0x9FFF)
LATIN = st.text("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", min_size=1, max_size=12)
BLANK = st.sampled_from(["", " ", "\n", "\r\n", "\u3000", "\t "])
AROUND = st.text(max_size=30)


def wide(text: str) -> str:
    return "".join(chr(ord(each) + 0xFEE0) for each in text)


def found(question: str, text: str) -> bool:
    return set(words_of_question(question)) <= words_of_text(text)


@given(AROUND, HAN, BLANK, HAN, AROUND)
def test_every_two_character_word_is_found_also_across_a_line_or_a_blank(
    before: str, one: str, blank: str, two: str, after: str
):
    assert found(one + two, f"{before}{one}{blank}{two}{after}")


@given(st.lists(HAN, min_size=2, max_size=20).map("".join), st.data())
def test_every_part_of_a_chinese_text_is_found_in_it(text: str, data: st.DataObject):
    start = data.draw(st.integers(0, len(text) - 2))
    assert found(text[start : data.draw(st.integers(start + 2, len(text)))], text)


@given(st.lists(HAN, min_size=2, max_size=12).map("".join), st.data())
def test_a_chinese_text_is_found_by_its_characters_in_whatever_form(text: str, data: st.DataObject):
    asked, written = ("".join(data.draw(st.sampled_from(forms(each))) for each in text) for _ in range(2))
    assert found(asked, written)
    assert words_of_text(asked) == words_of_text(written) == words_of_text(alike(text))


@given(AROUND, LATIN, AROUND)
def test_every_english_word_and_number_is_found_whatever_its_case_and_width(before: str, word: str, after: str):
    for written in (word, word.upper(), word.lower(), wide(word)):
        assert found(word, f"{before} {written}, {after}")


@given(st.lists(HAN, min_size=2, max_size=6).map("".join), LATIN)
def test_chinese_and_english_side_by_side_are_two_words(han: str, latin: str):
    for text in (han + latin, latin + han, f"{latin}{han}{latin}"):
        assert found(han, text)
        assert found(latin, text)
        assert found(f"{latin} {han}", text)


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("合同", "采购合\n同"),
        ("购合", "采 购 合 同"),
        ("㈱日立", "(株)日立"),
        ("ＡＢＣ１２３", "abc123"),
        ("ﬁnance", "FINANCE"),
        ("STRASSE", "Straße"),
        ("12,345.60", "人民币12,345.60元"),
        ("买𠀀", "買𠀀买𠀀"),
        ("カラー", "ｶﾗｰ印刷"),
        ("OA-2026/77", "own reference oa-2026/77"),
        ("A股上市", "A股上市公司"),
        ("合約", "买卖合约"),
        ("买卖", "買賣契約"),
        ("台湾", "臺\n灣"),
        ("头发", "頭髮"),
    ],
)
def test_forms_that_mean_the_same_find_each_other(question: str, text: str):
    assert found(question, text)


@pytest.mark.parametrize(
    ("question", "text"),
    [("同合", "合同"), ("采同", "采购合同"), ("合同", "合。同"), ("ware", "warehouse"), ("合同", "合abc同")],
)
def test_what_is_not_in_the_text_is_not_found(question: str, text: str):
    assert not found(question, text)


@pytest.mark.parametrize("question", ["", " ", "合", "，。", "合 a".replace("a", "！")])
def test_a_question_without_a_word_is_refused(question: str):
    with pytest.raises(WordsTooShort):
        words_of_question(question)


@given(st.text(max_size=200))
def test_no_text_is_too_strange_and_a_question_is_short(text: str):
    assert all(words_of_text(text))
    try:
        words = words_of_question(text)
    except WordsTooShort:
        return
    assert 1 <= len(words) <= MOST_WORDS
    assert set(words) <= words_of_text(text)


@given(
    st.integers(0, 10**12 - 1), st.sampled_from(["", "¥", "RMB ", "金额"]), st.sampled_from(["", ".60", "元整", "，"])
)
def test_an_amount_is_found_with_and_without_separators_of_either_width(whole: int, sign: str, after: str):
    spelled = (f"{whole}", f"{whole:,}", f"{whole:,}".replace(",", "，"), wide(f"{whole:,}"))
    for written in spelled:
        for asked in spelled:
            assert found(f"{sign}{asked}", f"合同总价：{sign}{written}{after}"), (asked, written)


@pytest.mark.parametrize(("question", "text"), [("345", "12,345"), ("1,2", "1,2"), ("100 300", "pages 100,200,300")])
def test_parts_of_numbers_are_found_as_ever(question: str, text: str):
    assert found(question, text)
