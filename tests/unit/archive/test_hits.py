"""The pages on which words stand are told, with what stands around them."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from printserver.archive.hits import AROUND, Hit, found_on
from printserver.archive.search_words import normal, words_of_question, words_of_text

HAN = st.text(st.characters(min_codepoint=0x4E00, max_codepoint=0x9FFF), min_size=2, max_size=6)


def test_every_page_with_any_of_the_words_is_told():
    pages = ["Sale of a Mill", "甲方：上海采购\n合同总价 12,345.60 元", "nothing", "合同"]
    assert found_on(pages, "采购合同") == (Hit(2, "甲方：上海", "采购合同", "总价 12,345.60 元"),)
    assert [hit.page for hit in found_on(pages, "MILL 合同")] == [1, 2, 4]
    assert found_on(pages, "mill") == (Hit(1, "Sale of a", "Mill", ""),)
    assert found_on(pages, "ill") == ()
    assert found_on(pages, "12345") == (Hit(2, "甲方：上海采购合同总价", "12,345", ".60 元"),)
    assert found_on(pages, "合同 345") == (
        Hit(2, "甲方：上海采购", "合同", "总价 12,345.60 元"),
        Hit(4, "", "合同", ""),
    )


@given(st.text(max_size=80), HAN, st.text(max_size=80))
def test_words_are_shown_where_they_stand_and_little_around_them(before: str, words: str, after: str):
    (hit,) = found_on([f"{before} {words} {after}"], words)
    assert hit.page == 1
    assert words_of_text(hit.words) == words_of_text(words)
    assert normal(hit.words) in normal(f"{before} {words} {after}")
    assert len(hit.before) <= AROUND >= len(hit.after)
    assert words_of_question(words)


def test_either_script_finds_the_paper_and_the_papers_own_is_shown():
    paper = ["Page 1", "採購 合\n約：Ｂｕｙｅｒ 買賣 雙方"]
    for asked in ("采购合约", "採購合約", "采購合约"):
        assert found_on(paper, asked) == (Hit(2, "", "採購合約", "：Ｂｕｙｅｒ 買賣雙方"),)
    assert found_on(paper, "buyer") == (Hit(2, "採購合約：", "Ｂｕｙｅｒ", "買賣雙方"),)
    assert found_on(["买卖合同"], "買賣") == (Hit(1, "", "买卖", "合同"),)
