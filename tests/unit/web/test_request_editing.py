"""The form's buttons add and take away seals and places, and classes suggest them."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from printserver.rendering.places import AtKeyword, Edge, OnPage, OnPages, Straddle, place_from_json
from printserver.seals.queries import SealFacts
from printserver.web.draft_fields import fields_of, typed_of
from printserver.web.forms import FieldsWrong, TypedRequest, check_places
from printserver.web.placed_seals import KINDS, TypedPlace, first_place, new_place
from printserver.web.request_editing import edited, suggested

A, B, C = (str(UUID(int=number)) for number in (1, 2, 3))
SEALS = cast(
    list[SealFacts],
    [SimpleNamespace(id=UUID(A), type="contract"), SimpleNamespace(id=UUID(B), type="personal")],
)
ONE = TypedRequest(seal_id=A, shown="2").with_places([first_place(2)])


def press(typed: TypedRequest, *actions: str) -> TypedRequest:
    for action in actions:
        typed = edited(typed.model_copy(update={"action": action}), pages=3, seals=SEALS)
    return typed


def rows(typed: TypedRequest) -> list[tuple[int, str]]:
    return [(place.of_seal, place.kind) for place in typed.places]


def test_a_seal_is_added_with_a_place_and_goes_with_its_places():
    two = press(ONE, "seal-add", "keyword-1", "straddle-0")
    assert two.seal_ids == [A, B]
    assert rows(two) == [(0, "page"), (1, "page"), (1, "keyword"), (0, "straddle")]
    assert rows(press(two, "seal-0")) == [(0, "page"), (0, "keyword")]
    assert press(two, "seal-0").seal_ids == [B]
    assert press(ONE, "seal-0") == ONE.model_copy(update={"action": "seal-0"})


def test_each_seal_keeps_a_place_and_pages_are_shown():
    assert rows(press(ONE, "remove-0")) == [(0, "page")]
    assert rows(press(ONE, "add", "remove-0")) == [(0, "page")]
    assert press(ONE, "show-3").shown == "3"
    assert press(ONE, "show-4").shown == "2"


@pytest.mark.parametrize("action", ["add-9", "seal-9", "remove-99", "nonsense", "add-x", "keyword-99999"])
def test_a_button_that_means_nothing_changes_nothing(action: str):
    assert rows(press(ONE, action)) == rows(ONE)


@given(
    st.lists(
        st.sampled_from(["seal-add", "seal-0", "seal-1", "add-1", "pages-0", "keyword-0", "straddle-1", "remove-1"])
    )
)
def test_whatever_is_pressed_every_seal_has_a_place_and_every_place_a_seal(actions: list[str]):
    typed = press(ONE, *actions)
    assert {place.of_seal for place in typed.places} == set(range(len(typed.seal_ids)))


def test_what_the_buttons_add_is_read_as_a_place_once_it_is_filled_in():
    read = {kind: place_from_json(replace(new_place(kind, 0, "2"), word="章").to_json()) for kind in KINDS}
    assert read == {
        "page": OnPage(2, 150_000, 225_000),
        "pages": OnPages("all", 150_000, 225_000),
        "keyword": AtKeyword("章"),
        "straddle": Straddle(Edge.RIGHT),
    }


@pytest.mark.parametrize(
    "place",
    [
        TypedPlace("2", "104.1", "12"),
        TypedPlace("2-4,7", "104.1", "12", seal="1", kind="pages"),
        TypedPlace("", "-5", "2.5", seal="1", kind="keyword", word="甲方（盖章）", which="last"),
        TypedPlace("all", "4", "150", kind="straddle", which="top", group="10"),
        TypedPlace("all", "0", "", kind="straddle", which="right"),
        TypedPlace("two", "left", "", kind="page"),
        TypedPlace("1", "1e9999", "1e999999", kind="page"),
    ],
)
def test_a_draft_keeps_each_place_as_it_was_typed(place: TypedPlace):
    others = [first_place(1), first_place(1, 1)]
    typed = TypedRequest(seal_id=A, further_seal=[B]).with_places([*others, place])
    kept = typed_of(fields_of(typed))
    assert kept.seal_ids == [A, B]
    assert sorted(map(str, kept.places)) == sorted(map(str, [*others, place]))


def test_seals_are_checked_with_their_places_and_each_wrong_field_is_named():
    typed = press(ONE, "seal-add")
    first, second = check_places(typed, pages=3)
    assert (str(first.seal_id), str(second.seal_id)) == (A, B)
    assert second.places == (OnPage(2, 90_000, 225_000),)
    wrong = typed.with_seals([A, "none"]).with_places([first_place(9), TypedPlace(kind="keyword"), first_place(1, 5)])
    with pytest.raises(FieldsWrong) as refused:
        check_places(wrong, pages=3)
    assert refused.value.fields == {"seal-1", "place-0", "place-1", "place-2"}


def test_a_class_suggests_printer_seal_and_place():
    hints: dict[str, Any] = {"printer_id": C, "place": {"keyword": "盖章", "which": "last"}}
    filled = suggested(ONE, hints, ("personal",), SEALS)
    assert (filled.printer_id, filled.seal_id) == (C, B)
    assert [place.to_json() for place in filled.places] == [
        {"keyword": "盖章", "which": "last", "dx_um": 0, "dy_um": 0}
    ]
    assert suggested(ONE, {}, (), SEALS) == ONE
    assert suggested(ONE, {}, ("finance",), SEALS) == ONE
