"""A stored layout reads back as it was, and only as a layout that could have been planned."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from printserver.rendering.page_layout import (
    BARCODE_BOX_UM,
    EDGE_UM,
    QR_BOX_UM,
    WHOLE,
    Box,
    ContentTransform,
    LayoutMalformed,
    PageLayout,
)
from printserver.rendering.units import A4_LANDSCAPE, A4_PORTRAIT

BARCODE = Box(EDGE_UM, 297_000 - EDGE_UM - BARCODE_BOX_UM[1], *BARCODE_BOX_UM)
PLAIN = PageLayout(1, A4_PORTRAIT, Box(165_700, EDGE_UM, *QR_BOX_UM), BARCODE, ContentTransform())


@st.composite
def layouts(draw):
    size = draw(st.sampled_from([A4_PORTRAIT, A4_LANDSCAPE]))
    right = draw(st.booleans())
    spot = st.integers(EDGE_UM, EDGE_UM + 5_000)
    x = size.width_um - draw(spot) - QR_BOX_UM[0] if right else draw(spot)
    other = draw(spot) if right else size.width_um - draw(spot) - BARCODE_BOX_UM[0]
    qr = Box(x, draw(spot), *QR_BOX_UM)
    barcode = Box(other, size.height_um - draw(spot) - BARCODE_BOX_UM[1], *BARCODE_BOX_UM)
    offset = st.integers(-300_000, 300_000)
    content = ContentTransform(draw(st.integers(1, WHOLE)), draw(offset), draw(offset))
    return PageLayout(draw(st.integers(1, 65_535)), size, qr, barcode, content)


@given(layouts())
def test_a_layout_survives_json(layout):
    assert PageLayout.from_json(json.loads(json.dumps(layout.to_json()))) == layout


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("page",), 0),
        (("page",), 1.0),
        (("page",), True),
        (("width_um",), 100),
        (("qr", "x_um"), 11_999),
        (("qr", "x_um"), 180_000),
        (("qr", "y_um"), 250_000_000),
        (("barcode", "x_um"), "12000"),
        (("content", "scale_ppm"), 1_000_001),
        (("content", "scale_ppm"), 0),
        (("content",), None),
        (("another",), 1),
    ],
)
def test_a_layout_that_was_never_planned_is_refused(path, value):
    stored = json.loads(json.dumps(PLAIN.to_json()))
    place = stored
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    with pytest.raises(LayoutMalformed):
        PageLayout.from_json(stored)


def test_marks_that_overlap_are_refused():
    stored = json.loads(json.dumps(PLAIN.to_json()))
    stored["qr"] = {"x_um": 20_000, "y_um": 240_000}
    with pytest.raises(LayoutMalformed):
        PageLayout.from_json(stored)


@pytest.mark.parametrize("value", [None, [], "", 3, {}])
def test_anything_else_is_refused(value):
    with pytest.raises(LayoutMalformed):
        PageLayout.from_json(value)
