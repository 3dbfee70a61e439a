"""Slices on several pages become one picture again, whatever edge they lie on."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from printserver.rendering.page_layout import Box
from printserver.rendering.places import Edge
from printserver.rendering.straddle import SeamSeal, SeamSlice
from printserver.returns.straddle_joining import joined, straddle_seals

PAGE = (210_000, 297_000)
WHOLE = np.asarray(np.random.default_rng(1).integers(0, 255, (120, 90, 3)), np.uint8)


def region(edge: Edge, along_um: int, length_um: int, depth_um: int, picture: str = "p") -> dict[str, Any]:
    if edge is Edge.TOP:
        box = (along_um, 0, length_um, depth_um)
    else:
        box = (0 if edge is Edge.LEFT else PAGE[0] - depth_um, along_um, depth_um, length_um)
    sides = dict(zip(("x_um", "y_um", "w_um", "h_um"), box, strict=True))
    return {**sides, "kind": "straddle", "picture_sha256": picture}


def png(picture: np.ndarray) -> bytes:
    return bytes(cv2.imencode(".png", np.ascontiguousarray(picture))[1])


def pixels(picture: bytes) -> np.ndarray:
    return np.asarray(cv2.imdecode(np.frombuffer(picture, np.uint8), cv2.IMREAD_COLOR))


@pytest.mark.parametrize("edge", list(Edge))
def test_slices_join_in_the_order_in_which_the_pages_were_fanned_out(edge: Edge):
    whole = WHOLE.transpose(1, 0, 2) if edge is Edge.TOP else WHOLE
    parts = [whole[at * 30 : at * 30 + 30] if edge is Edge.TOP else whole[:, at * 30 : at * 30 + 30] for at in range(3)]
    if edge is not Edge.RIGHT:
        parts.reverse()
    findings = {page: {"regions": [region(edge, 100_000, 12_000, 3_000)]} for page in (1, 2, 3)}
    (seal,) = straddle_seals(findings)
    assert (seal.edge, seal.pages) == (edge, (1, 2, 3))
    assert (pixels(joined(seal, [png(part) for part in parts])) == whole).all()


def test_slices_that_start_at_different_heights_stay_at_them():
    findings = {1: {"regions": [region(Edge.RIGHT, 100_000, 12_000, 3_000)]}}
    findings[2] = {"regions": [region(Edge.RIGHT, 106_000, 6_000, 3_000)]}
    (seal,) = straddle_seals(findings)
    picture = pixels(joined(seal, [png(WHOLE[:, :30]), png(WHOLE[60:, 30:60])]))
    assert (picture[60:, 30:] == WHOLE[60:, 30:60]).all()
    assert (picture[:60, 30:] == 255).all()


def test_seals_at_other_places_and_edges_are_others_and_one_slice_alone_is_none():
    found = {
        1: {"regions": [region(Edge.RIGHT, 50_000, 30_000, 9_000), region(Edge.RIGHT, 200_000, 30_000, 9_000)]},
        2: {"regions": [region(Edge.RIGHT, 201_000, 30_000, 9_000), region(Edge.LEFT, 50_000, 30_000, 9_000)]},
        4: {"regions": [region(Edge.RIGHT, 199_000, 28_000, 9_000), region(Edge.LEFT, 51_000, 30_000, 9_000)]},
    }
    seals = straddle_seals(found)
    assert [(seal.edge, seal.pages) for seal in seals] == [(Edge.RIGHT, (1, 2, 4)), (Edge.LEFT, (2, 4))]
    assert seals[0].missing(5) == (3, 5)


def test_slices_of_the_issued_seal_join_by_their_own_edge_and_not_with_those_put_on_afterwards():
    inset = region(Edge.LEFT, 50_000, 30_000, 9_000) | {"x_um": 6_000, "kind": "issued-straddle", "edge": "left"}
    findings = {page: {"regions": [inset, region(Edge.LEFT, 50_000, 30_000, 9_000)]} for page in (1, 2)}
    seals = straddle_seals(findings)
    assert [(seal.edge, seal.issued, seal.pages) for seal in seals] == [
        (Edge.LEFT, True, (1, 2)),
        (Edge.LEFT, False, (1, 2)),
    ]


def issued_slice(edge: Edge, along_um: int, picture: str = "p") -> tuple[dict[str, Any], SeamSlice]:
    found = region(edge, along_um, 42_000, 10_500, picture) | {"kind": "issued-straddle", "edge": edge.value}
    box = Box(*(found[side] for side in ("x_um", "y_um", "w_um", "h_um")))
    return found, SeamSlice(box, from_top=edge is Edge.TOP)


@pytest.mark.parametrize("edge", list(Edge))
def test_each_issued_seal_joins_its_own_pages_though_pages_are_shared_and_seals_stand_at_one_place_again(edge: Edge):
    groups = [((1, 2, 3, 4), 80_000), ((4, 5, 6, 7), 124_000), ((7, 8), 80_000), ((9, 10), 80_000)]
    issued = [SeamSeal(edge, {page: issued_slice(edge, along)[1] for page in pages}) for pages, along in groups]
    findings = {
        page: {
            "regions": [
                issued_slice(edge, along, str(at))[0] for at, (pages, along) in enumerate(groups) if page in pages
            ]
        }
        for page in range(1, 11)
        if page not in (6, 9)
    }
    seals = straddle_seals(findings, issued)
    assert [seal.pages for seal in seals] == [(1, 2, 3, 4), (4, 5, 7), (7, 8), (10,)]
    assert [seal.missing(10) for seal in seals] == [(), (6,), (), (9,)]
    assert [{each.picture_sha256 for each in seal.slices} for seal in seals] == [{"0"}, {"1"}, {"2"}, {"3"}]
    assert all(seal.issued for seal in seals)


def test_what_was_put_on_afterwards_at_an_issued_seals_place_is_none_of_it():
    found, place = issued_slice(Edge.RIGHT, 80_000)
    findings = {1: {"regions": [found]}, 2: {"regions": [found | {"kind": "straddle"}]}}
    issued = SeamSeal(Edge.RIGHT, {1: place, 2: place})
    assert [(seal.pages, seal.missing(2)) for seal in straddle_seals(findings, [issued])] == [((1,), (2,))]


def test_an_issued_seal_of_which_no_slice_was_found_is_listed_and_takes_nothing_of_others():
    _, place = issued_slice(Edge.LEFT, 80_000)
    other = {page: {"regions": [region(Edge.LEFT, 200_000, 30_000, 9_000)]} for page in (1, 2)}
    unseen, put_on = straddle_seals(other, [SeamSeal(Edge.LEFT, {1: place, 2: place})])
    assert (unseen.edge, unseen.issued, unseen.pages, unseen.missing(4)) == (Edge.LEFT, True, (), (1, 2))
    assert (put_on.issued, put_on.pages, put_on.missing(4)) == (False, (1, 2), (3, 4))


def test_what_is_no_slice_or_was_not_cut_out_does_not_count():
    slice_of_it = region(Edge.RIGHT, 50_000, 30_000, 9_000)
    other = slice_of_it | {"kind": "counter-seal"}
    assert straddle_seals({1: {"regions": [slice_of_it]}, 2: {"regions": [other]}, 3: {}}) == ()
    assert straddle_seals({1: {"regions": [slice_of_it]}, 2: {"regions": [slice_of_it | {"picture_sha256": ""}]}}) == ()


def test_a_picture_that_cannot_be_read_is_refused():
    (found,) = straddle_seals({page: {"regions": [region(Edge.RIGHT, 9_000, 9_000, 9_000)]} for page in (1, 2)})
    with pytest.raises(ValueError):
        joined(found, [png(WHOLE), b"nothing"])


@given(st.lists(st.tuples(st.integers(1, 200_000), st.integers(8_000, 60_000)), min_size=1, max_size=6))
def test_every_page_is_in_a_seal_at_most_once(places: list[tuple[int, int]]):
    findings = {page: {"regions": [region(Edge.RIGHT, *place, 9_000)]} for page, place in enumerate(places, 1)}
    seals = straddle_seals(findings)
    pages = [page for seal in seals for page in seal.pages]
    assert len(pages) == len(set(pages))
    assert all(len(seal.slices) > 1 for seal in seals)
