"""Code and barcode never cover content, stand at opposite corners, and change the page as little as needed."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from printserver.documents.intake import make_safe
from printserver.rendering.layout import CodeCorner, layout_of_page, plan_layout
from printserver.rendering.page_images import CELL_UM, InkMap
from printserver.rendering.page_layout import EDGE_UM, WHOLE, Box, ContentTransform, PageLayout, inside
from printserver.rendering.units import A4_LANDSCAPE, A4_PORTRAIT
from tests.unit.rendering.papers import contract


def ink_map(*boxes: Box, size=A4_PORTRAIT) -> InkMap:
    cells = np.zeros((size.height_um // CELL_UM, size.width_um // CELL_UM), np.bool_)
    for box in boxes:
        rows = slice(box.y_um // CELL_UM, box.bottom_um // CELL_UM)
        cells[rows, box.x_um // CELL_UM : box.right_um // CELL_UM] = True
    return InkMap(size, cells)


def covers_content(layout: PageLayout, ink: InkMap) -> bool:
    """By moving every cell of ink, not by moving the boxes back, as the product does."""
    rows, columns = np.nonzero(ink.cells)
    scale = layout.content.scale_ppm / WHOLE
    x, y = columns * CELL_UM * scale + layout.content.x_um, rows * CELL_UM * scale + layout.content.y_um
    side = CELL_UM * scale
    return any(
        ((x + side > box.x_um) & (x < box.right_um) & (y + side > box.y_um) & (y < box.bottom_um)).any()
        for box in (layout.qr, layout.barcode)
    )


def stays_on_the_page(layout: PageLayout, ink: InkMap) -> bool:
    rows, columns = np.nonzero(ink.cells)
    corners = [
        layout.content.apply(int(x) * CELL_UM, int(y) * CELL_UM)
        for x, y in ((columns.min(), rows.min()), (columns.max() + 1, rows.max() + 1))
    ]
    return all(-1 <= x <= layout.size.width_um + 1 and -1 <= y <= layout.size.height_um + 1 for x, y in corners)


BODY = Box(31_800, 25_400, 146_400, 246_200)
WHOLE_PAGE = Box(0, 0, 210_000, 297_000)
boxes = st.builds(
    lambda x, y, width, height: Box(x, y, min(width, 210_000 - x), min(height, 297_000 - y)),
    st.integers(0, 200_000), st.integers(0, 290_000), st.integers(2_000, 210_000), st.integers(2_000, 297_000),
)  # fmt: skip


def test_an_empty_page_has_its_code_top_right_and_its_barcode_bottom_left():
    for size in (A4_PORTRAIT, A4_LANDSCAPE):
        layout = layout_of_page(1, ink_map(size=size))
        assert (layout.qr.right_um, layout.qr.y_um) == (size.width_um - EDGE_UM, EDGE_UM)
        assert (layout.barcode.x_um, layout.barcode.bottom_um) == (EDGE_UM, size.height_um - EDGE_UM)
        assert layout.content == ContentTransform()


def test_a_logo_top_right_sends_the_code_to_another_corner_and_the_page_stays_as_it_was():
    layout = layout_of_page(1, ink_map(Box(170_000, 12_000, 30_000, 15_000)))
    assert (layout.qr.x_um, layout.qr.y_um) == (EDGE_UM, EDGE_UM)
    assert layout.content == ContentTransform()


@pytest.mark.parametrize("corner", list(CodeCorner)[1:])
def test_the_code_stands_in_the_corner_that_was_asked_for_and_the_content_gives_way(corner: CodeCorner):
    ink = ink_map(Box(12_000, 12_000, 186_000, 30_000), Box(12_000, 255_000, 186_000, 30_000))
    layout = layout_of_page(1, ink, corner)
    vertical, horizontal = corner.split("-")
    assert (layout.qr.y_um == EDGE_UM) == (vertical == "top")
    assert (layout.qr.x_um == EDGE_UM) == (horizontal == "left")
    assert not covers_content(layout, ink)


def test_an_ordinary_full_page_keeps_its_size_and_moves_aside():
    layout = layout_of_page(1, ink_map(BODY))
    assert layout.content.scale_ppm == WHOLE
    assert abs(layout.content.x_um) < 16_000
    assert not covers_content(layout, ink_map(BODY))


def test_a_page_full_to_its_edges_is_made_smaller_but_no_more_than_needed():
    layout = layout_of_page(1, ink_map(WHOLE_PAGE))
    assert 740_000 <= layout.content.scale_ppm <= 800_000
    assert not covers_content(layout, ink_map(WHOLE_PAGE))
    assert stays_on_the_page(layout, ink_map(WHOLE_PAGE))


@settings(max_examples=60, deadline=None)
@given(
    st.lists(boxes, min_size=1, max_size=6),
    st.sampled_from([A4_PORTRAIT, A4_LANDSCAPE]),
    st.sampled_from(list(CodeCorner)),
)
def test_marks_never_cover_content_whatever_the_page_shows(content, size, corner):
    ink = ink_map(*content, size=size)
    layout = layout_of_page(3, ink, corner)
    assert layout.page == 3
    assert not covers_content(layout, ink)
    assert not ink.cells.any() or stays_on_the_page(layout, ink)
    assert all(inside(mark, size, EDGE_UM) for mark in (layout.qr, layout.barcode))
    assert (layout.qr.x_um < size.width_um // 2) != (layout.barcode.x_um < size.width_um // 2)
    assert (layout.qr.y_um < size.height_um // 2) != (layout.barcode.y_um < size.height_um // 2)
    assert PageLayout.from_json(layout.to_json()) == layout


@pytest.mark.parametrize("lines", [3, 60])
def test_a_real_contract_is_planned_page_by_page(lines):
    safe = make_safe(contract(lines))
    layout = plan_layout(safe.pdf)
    assert [page.page for page in layout] == list(range(1, len(safe.pages) + 1))
    assert [page.size for page in layout] == list(safe.pages)
    assert layout == plan_layout(safe.pdf)
    assert all(page.content.scale_ppm >= 900_000 for page in layout)
