"""A seal is refused, with every reason, before anything is drawn."""

from __future__ import annotations

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from printserver.foundation.serials import CopySerial
from printserver.rendering.layout import layout_of_page
from printserver.rendering.marks import (
    CopyMarks,
    MarksRefused,
    PlacedSeal,
    SealPlace,
    SealPlaceRefused,
    check_places,
    place_problems,
    seal_box,
)
from printserver.rendering.page_layout import ContentTransform
from printserver.rendering.placement_findings import FindingKind
from tests.unit.rendering.test_layout import WHOLE_PAGE, ink_map

EMPTY = (layout_of_page(1, ink_map()), layout_of_page(2, ink_map()))


def seal(*places: tuple[int, int, int], size: int = 40_000) -> PlacedSeal:
    return PlacedSeal(b"", size, size, tuple(SealPlace(*place) for place in places))


def test_seals_in_free_places_pass():
    check_places(EMPTY, [seal((1, 100_000, 100_000), (2, 150_000, 200_000)), seal((1, 100_000, 140_000))])
    check_places(EMPTY, [seal((1, 20_000, 20_000))])


@pytest.mark.parametrize(
    ("seals", "problem"),
    [
        ([seal((3, 100_000, 100_000))], "the document has no page 3"),
        ([seal((0, 100_000, 100_000))], "the document has no page 0"),
        ([seal((1, 19_999, 100_000))], "is not wholly on the page"),
        ([seal((1, 150_000, 277_001))], "is not wholly on the page"),
        ([seal((1, 180_000, 40_000))], "would cover the verification code"),
        ([seal((1, 60_000, 270_000))], "would cover the barcode"),
        ([seal((1, 100_000, 100_000), (1, 139_999, 100_000))], "two seals overlap on page 1"),
        ([seal((2, 90_000, 90_000)), seal((2, 100_000, 100_000))], "two seals overlap on page 2"),
        ([seal()], "a seal without a place cannot be used"),
        ([seal((1, 100_000, 100_000), size=0)], "a seal without size cannot be placed"),
    ],
)
def test_a_place_that_spoils_the_page_is_refused(seals, problem):
    with pytest.raises(SealPlaceRefused) as refusal:
        check_places(EMPTY, seals)
    (said,) = refusal.value.problems
    assert problem in said


@given(st.lists(st.tuples(st.integers(20_000, 110_000), st.integers(60_000, 200_000)), max_size=6))
def test_seals_overlap_as_soon_as_any_two_of_them_do(middles):
    placed = seal(*((1, x, y) for x, y in middles), size=20_000)
    boxes = [seal_box(EMPTY[0], placed, place) for place in placed.places]
    expected = any(one.overlaps(other) for one, other in combinations(boxes, 2))
    found = [finding.kind for finding in place_problems(EMPTY, [placed])]
    assert (FindingKind.SEALS_OVERLAP in found) is expected


def test_every_problem_is_said_at_once():
    with pytest.raises(SealPlaceRefused) as refusal:
        check_places(EMPTY, [seal((9, 1, 1)), seal((1, 180_000, 40_000), (1, 0, 0))])
    assert len(refusal.value.problems) == 3


def test_the_seal_moves_with_the_content_but_keeps_its_size():
    layout = layout_of_page(1, ink_map(WHOLE_PAGE))
    box = seal_box(layout, seal((1, 100_000, 200_000)), SealPlace(1, 100_000, 200_000))
    x, y = layout.content.apply(100_000, 200_000)
    assert layout.content.scale_ppm < 1_000_000
    assert (box.x_um + 20_000, box.y_um + 20_000) == (x, y)
    assert (box.width_um, box.height_um) == (40_000, 40_000)


def test_a_transform_rounds_to_the_nearest_micrometre():
    assert ContentTransform(500_000, 7, -7).apply(3, 4) == (2 + 7, 2 - 7)


@pytest.mark.parametrize(("number", "copies"), [(-1, 1), (2, 1), (1, 65_536)])
def test_a_copy_beyond_the_approved_number_cannot_be_marked(number, copies):
    with pytest.raises(MarksRefused):
        CopyMarks(CopySerial(bytes(10)), number, copies, ())
