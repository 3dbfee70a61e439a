"""The form of a new request: typed as text, checked as a whole."""

from __future__ import annotations

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from printserver.rendering.places import AtKeyword, OnPage, Straddle
from printserver.web.forms import FieldsWrong, TypedRequest, check_request

ONE = "00000000-0000-7000-8000-000000000001"
RIGHT = TypedRequest(
    title=" 供货合同 ",
    seal_id=ONE,
    printer_id=ONE,
    copies="2",
    place_page=["2", "1"],
    place_x=["104.1", "12,5"],
    place_y=["148.7", "20"],
)


def _wrong(**typed: object) -> frozenset[str]:
    with pytest.raises(FieldsWrong) as refused:
        check_request(RIGHT.model_copy(update=typed), most_copies=10, pages=2)
    return refused.value.fields


def test_millimetres_become_micrometres_with_point_or_comma():
    application = check_request(RIGHT, most_copies=10, pages=2).application("c.pdf")
    assert application.places == (OnPage(2, 104_100, 148_700), OnPage(1, 12_500, 20_000))
    assert (application.title, application.copies, application.seal_id) == ("供货合同", 2, UUID(ONE))


def test_the_words_of_places_may_be_typed_in_chinese():
    kinds = {"place_kind": ["keyword", "straddle"], "place_word": ["盖章", ""], "place_which": ["最后", "right"]}
    typed = RIGHT.model_copy(update={**kinds, "place_page": ["", "全部"], "place_x": ["", "0"], "place_y": ["", ""]})
    application = check_request(typed, most_copies=10, pages=2).application("c.pdf")
    assert application.places == (AtKeyword("盖章", "last"), Straddle(pages="all"))


def test_each_wrong_field_is_named():
    assert _wrong(title="  ") == {"title"}
    assert _wrong(title="x" * 501) == {"title"}
    assert _wrong(copies="11") == {"copies"}
    assert _wrong(copies="0") == {"copies"}
    assert _wrong(copies="two") == {"copies"}
    assert _wrong(seal_id="") == {"seal_id"}
    assert _wrong(place_page=["2", "3"]) == {"place-1"}
    assert _wrong(place_x=["left"]) == {"place-0", "place-1"}
    assert _wrong(title="", copies="", place_y=["1"]) == {"title", "copies", "place-1"}
    assert _wrong(amount="一百万", copies="0") == {"amount", "copies"}


@pytest.mark.parametrize("length", ["NaN", "Infinity", "1e999", "-1", "--", "1.2.3", "９９９９９９９"])
def test_what_is_no_length_on_paper_is_refused(length: str):
    assert _wrong(place_x=[length, "10"]) == {"place-0"}


@given(st.lists(st.text(max_size=8), max_size=4), st.lists(st.text(max_size=8), max_size=4))
def test_whatever_is_typed_is_an_application_or_names_its_fields(pages: list[str], lengths: list[str]):
    typed = RIGHT.model_copy(update={"place_page": pages, "place_x": lengths, "place_y": lengths})
    try:
        checked = check_request(typed, most_copies=10, pages=2)
    except FieldsWrong as wrong:
        wrong_fields = wrong.fields
    else:
        wrong_fields = frozenset()
        assert all(1 <= checked.place["page"] <= 2 for checked in checked.places)
    assert wrong_fields <= {"places", *(f"place-{at}" for at in range(4))}
