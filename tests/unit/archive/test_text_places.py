"""What the search reads is found again in the text itself."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from printserver.archive.han_forms import alike
from printserver.archive.search_words import normal, without_gaps
from printserver.archive.text_places import placed

ODD = st.sampled_from(["ﬁ", "Ⅷ", "e\u0301", "ｶﾞ", "각", "㈱", "İ", "ß", "\u3000", "\n", "合\n同", "買", "买", "க\u0bbe"])
TEXT = st.lists(st.one_of(ODD, st.text(max_size=8)), max_size=12).map("".join)


@given(TEXT)
def test_it_reads_what_the_search_reads_and_knows_a_place_for_each_character(text: str):
    found = placed(text)
    assert found.read == alike(normal(text))
    assert len(found.places) == len(found.read)
    assert all(0 <= start < end <= len(found.text) for start, end in found.places)
    assert list(found.places) == sorted(found.places)


@given(TEXT, st.sampled_from(["買賣", "買 賣", "Ａ股", "12,345", "ﬁnance", "Ge\u0301rard"]), TEXT)
def test_what_stands_there_is_shown_as_it_was_written(before: str, words: str, after: str):
    found = placed(f"{before} {words} {after}")
    start = found.read.index(alike(normal(words)))
    shown = found.around(start, start + len(alike(normal(words))))[1]
    assert alike(normal(shown)) == alike(normal(words))
    only = placed(f"( {words} )")
    assert only.around(2, len(only.read) - 2)[1] == " ".join(without_gaps(words).split())


def test_letters_that_join_in_ways_of_their_own_are_shown_plain():
    odd = "ெ\u0bbe"
    found = placed(f"{odd}A")
    assert found.read == normal(f"{odd}A")
    assert len(found.places) == len(found.read)
