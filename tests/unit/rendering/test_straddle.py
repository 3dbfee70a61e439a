"""The slices of a straddle seal are exactly the seal, and stand at the edge of their pages."""

from __future__ import annotations

import io
from dataclasses import replace
from itertools import pairwise
from typing import Final

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pikepdf import Dictionary
from PIL import Image

from printserver.documents.intake import make_safe
from printserver.rendering.layout import plan_layout
from printserver.rendering.marks import CopyMarks, PlacedSeal, SealPlace, seal_box
from printserver.rendering.overlay import render_copy
from printserver.rendering.page_images import page_image
from printserver.rendering.page_layout import BARCODE_BOX_UM, QR_BOX_UM, Box, ContentTransform, PageLayout
from printserver.rendering.placement import Document, WantedSeal, resolve
from printserver.rendering.places import Edge, OnPage, Straddle
from printserver.rendering.straddle import beside_um, groups, pages_a_group, seals_cut, slices
from printserver.rendering.units import A4_LANDSCAPE, A4_PORTRAIT, PageSize
from tests.unit.rendering.papers import pdf_of
from tests.unit.rendering.test_overlay import ARTWORK, SERIAL

UNMOVED = ContentTransform()
sizes = st.tuples(st.integers(2_000, 60_000), st.integers(2_000, 60_000))


def page(number: int, size: PageSize = A4_PORTRAIT, content: ContentTransform = UNMOVED) -> PageLayout:
    qr = Box(size.width_um - 12_000 - QR_BOX_UM[0], 12_000, *QR_BOX_UM)
    return PageLayout(
        number, size, qr, Box(12_000, size.height_um - 12_000 - BARCODE_BOX_UM[1], *BARCODE_BOX_UM), content
    )


@given(sizes, st.sampled_from(list(Edge)), st.integers(1, 200))
def test_slices_tile_the_seal(size, edge, count):
    width, height = size
    parts = [piece.part for piece in slices(width, height, edge, count)]
    assert len(parts) == count
    assert sum(part.width_um * part.height_um for part in parts) == size[0] * size[1]
    assert not any(one.overlaps(other) for at, one in enumerate(parts) for other in parts[at + 1 :])
    assert all(part.x_um >= 0 and part.right_um <= size[0] for part in parts)
    assert all(part.y_um >= 0 and part.bottom_um <= size[1] for part in parts)


@given(st.integers(2, 2_000), st.integers(3, 100))
def test_groups_hold_neighbours_and_never_leave_one_page_alone(count, most):
    made = list(groups(range(1, count + 1), most, overlap=False))
    assert [number for group in made for number in group] == list(range(1, count + 1))
    assert all(2 <= len(group) <= most for group in made)
    assert max(map(len, made)) - min(map(len, made)) <= 1


@given(st.integers(2, 2_000), st.integers(3, 100))
def test_overlapping_groups_share_one_page_with_the_next_one(count, most):
    made = list(groups(range(1, count + 1), most, overlap=True))
    assert made[0][0] == 1
    assert made[-1][-1] == count
    assert all(one[-1] == other[0] for one, other in pairwise(made))
    assert all(list(group) == list(range(group[0], group[-1] + 1)) for group in made)
    assert all(2 <= len(group) <= most for group in made)
    assert max(map(len, made)) - min(map(len, made)) <= 1


def test_a_shared_page_carries_a_slice_of_both_seals_one_beside_the_other():
    layout = tuple(page(at) for at in range(1, 8))
    wanted = [WantedSeal(b"", 42_000, 42_000, (Straddle(group=4),))]
    found = resolve(Document(layout), wanted)
    assert not found.problems
    (seal,) = found.seals
    assert [(place.page, place.y_um) for place in seal.places] == [
        *((number, 148_500) for number in (1, 2, 3, 4)),
        *((number, 192_500) for number in (4, 5, 6, 7)),
    ]


SHARED: Final = (Straddle(group=3),)
"""Over seven pages: 1-3, 3-5 and 5-7, so that the pages 3 and 5 are shared."""


@pytest.mark.parametrize(
    ("other", "pages"),
    [
        (Straddle(group=3), [1, 2, 3, 4, 5, 6, 7]),
        (Straddle(at_um=192_500, overlap=False), [3, 4, 5]),
        (Straddle(at_um=192_500, group=3), [3, 5]),
        (Straddle(at_um=104_500, group=3), [3, 5]),
        (Straddle(at_um=236_500, overlap=False), []),
        (Straddle(Edge.LEFT, group=3), []),
        (OnPage(3, 189_000, 148_500), [3]),
        (OnPage(3, 189_000, 192_500), [3]),
        (OnPage(2, 189_000, 192_500), []),
    ],
    ids=str,
)
def test_another_custodians_seal_over_either_slice_of_a_shared_page_is_refused(other, pages):
    wanted = [WantedSeal(b"", 42_000, 42_000, SHARED), WantedSeal(b"", 42_000, 42_000, (other,))]
    found = resolve(Document(tuple(page(at) for at in range(1, 8))), wanted)
    assert [(each.kind, each.page) for each in found.problems] == [("seals-overlap", at) for at in pages]


def test_a_seal_that_stands_beside_is_refused_over_a_code_and_off_the_page_as_the_first_one_is():
    low = Box(150_000, 185_000, *QR_BOX_UM)
    layout = tuple(replace(page(at), qr=low) for at in range(1, 8))
    found = resolve(Document(layout), [WantedSeal(b"", 42_000, 42_000, (Straddle(group=3, inset_um=20_000),))])
    assert [(each.kind, each.page) for each in found.problems] == [("over-code", at) for at in (3, 4, 5)]
    tall = WantedSeal(b"", 42_000, 110_000, (Straddle(group=3),))
    wide = tuple(page(at, A4_LANDSCAPE) for at in range(1, 8))
    found = resolve(Document(wide), [tall])
    assert [(each.kind, each.page) for each in found.problems] == [("off-page", at) for at in (3, 4, 5)]


@given(
    sizes, st.sampled_from(list(Edge)), st.integers(2, 60), st.none() | st.integers(3, 30), st.booleans(), st.booleans()
)
def test_the_slices_of_each_seal_are_told_from_those_of_the_next_one(size, edge, count, group, two_sided, overlap):
    layout = tuple(page(at) for at in range(1, count + 1))
    wish = Straddle(edge, "all", group, None, 0, overlap)
    fronts = list(range(1, count + 1, 2 if two_sided else 1))
    (seal,) = resolve(Document(layout, two_sided=two_sided), [WantedSeal(b"", size[0], size[1], (wish,))]).seals
    cut = [tuple(place.page for place in places) for places in seals_cut(seal.places, *size)]
    most = pages_a_group(size[0] if edge is not Edge.TOP else size[1], group)
    assert cut == (list(groups(fronts, most, overlap=overlap)) if len(fronts) > 1 else [])


@pytest.mark.parametrize(
    ("edge", "at_um", "beside"),
    [
        (Edge.RIGHT, 148_500, 192_500),
        (Edge.LEFT, 148_500, 104_500),
        (Edge.TOP, 105_000, 61_000),
        (Edge.RIGHT, 270_000, 226_000),
        (Edge.TOP, 25_000, 69_000),
    ],
)
def test_every_second_seal_keeps_away_from_the_code_and_on_the_page(edge, at_um, beside):
    assert beside_um(edge, at_um, 42_000, 210_000 if edge is Edge.TOP else 297_000) == beside


def test_many_pages_share_a_seal_only_while_each_has_a_strip_that_shows_something():
    assert pages_a_group(42_000) == 21
    assert pages_a_group(42_000, 8) == 8
    assert pages_a_group(42_000, 90) == 21
    assert pages_a_group(4_000) == 3


@given(
    sizes,
    st.sampled_from(list(Edge)),
    st.integers(2, 60),
    st.none() | st.integers(3, 30),
    st.integers(0, 10_000),
    st.booleans(),
    st.booleans(),
)
def test_every_slice_ends_at_the_edge_of_its_page_and_each_group_shows_the_seal_once(
    size, edge, count, group, inset, two_sided, overlap
):
    moved = ContentTransform(900_000, 7_000, 9_000)
    layout = tuple(page(at, A4_LANDSCAPE if at % 3 == 0 else A4_PORTRAIT, moved) for at in range(1, count + 1))
    width, height = size
    wanted = WantedSeal(b"", width, height, (Straddle(edge, "all", group, None, inset, overlap),))
    placement = resolve(Document(layout, two_sided=two_sided), [wanted])
    fronts = [at for at in range(1, count + 1) if not two_sided or at % 2]
    if len(fronts) < 2:
        assert [finding.kind for finding in placement.problems] == ["straddle-needs-pages"]
        return
    (seal,) = placement.seals
    assert sorted({place.page for place in seal.places}) == fronts
    if not overlap:
        assert len(seal.places) == len(fronts)
    for place in seal.places:
        box = seal_box(layout[place.page - 1], seal, place)
        ends = {
            Edge.RIGHT: layout[place.page - 1].size.width_um - box.right_um,
            Edge.LEFT: box.x_um,
            Edge.TOP: box.y_um,
        }
        assert ends[edge] == inset
    area = sum(place.part.width_um * place.part.height_um for place in seal.places if place.part)
    assert area % (size[0] * size[1]) == 0
    assert not [finding for finding in placement.findings if finding.kind == "off-page"]


def test_two_thousand_pages_are_straddled_in_no_time_and_resolved_alike():
    layout = tuple(page(at) for at in range(1, 2_001))
    wanted = WantedSeal(b"", 42_000, 42_000, (Straddle(),))
    first, second = (resolve(Document(layout), [wanted]) for _ in range(2))
    assert first == second
    assert len(first.seals[0].places) == 2_000 + 99
    assert not first.findings


def test_printed_slices_laid_side_by_side_are_the_seal():
    """By pixels of the rendered pages: the joined strips look like the seal printed whole."""
    count, size = 4, 40_000
    safe = make_safe(pdf_of(*(Dictionary() for _ in range(count)))).pdf
    layout = plan_layout(safe)
    (seal,) = resolve(Document(layout), [WantedSeal(ARTWORK, size, size, (Straddle(inset_um=3_000),))]).seals
    pdf = render_copy(safe, layout, CopyMarks(SERIAL, 1, 1, (seal,)))
    assert pdf == render_copy(safe, layout, CopyMarks(SERIAL, 1, 1, (seal,)))
    strips = [cut(pdf, place.page, seal_box(layout[place.page - 1], seal, place)) for place in seal.places]
    joined = np.concatenate(strips, axis=1)
    whole = PlacedSeal(ARTWORK, size, size, (SealPlace(1, 100_000, 150_000),))
    printed = cut(
        render_copy(safe, layout, CopyMarks(SERIAL, 1, 1, (whole,))), 1, seal_box(layout[0], whole, *whole.places)
    )
    assert joined.shape == printed.shape == (400, 400, 3)
    assert np.abs(joined - printed).mean() < 6
    assert np.abs(joined - 255).mean() > 20


def cut(pdf: bytes, page: int, box: Box) -> np.ndarray:
    """The box as it is printed, ten pixels a millimetre."""
    picture = Image.open(io.BytesIO(page_image(pdf, page, dpi=254, format="png"))).convert("RGB")
    left, top, right, bottom = (round(side / 100) for side in (box.x_um, box.y_um, box.right_um, box.bottom_um))
    return np.asarray(picture.crop((left, top, right, bottom))).astype(int)
