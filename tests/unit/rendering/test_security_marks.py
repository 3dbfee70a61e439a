"""Marks against copying: as data, and on pages, where they keep away from codes and come off again."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pikepdf
import pytest
from hypothesis import given
from hypothesis import strategies as some

from printserver.foundation.serials import ELECTRONIC_ORIGINAL, CopySerial
from printserver.rendering.calibration import calibration_of
from printserver.rendering.guilloche import HALF_UM, INNER_UM, LINE_UM, MIDDLE_UM
from printserver.rendering.layout import CLEARANCE_UM, plan_layout
from printserver.rendering.marks import CopyMarks
from printserver.rendering.microtext import SIZES_UM, base_line
from printserver.rendering.overlay import render_copy
from printserver.rendering.page_layout import EDGE_UM
from printserver.rendering.pdf_files import page_points, single_page
from printserver.rendering.security_marks import (
    KEEP_OUT_UM,
    USUAL_CHOICE,
    MarksChoice,
    SecurityMarks,
    SecurityMarksMalformed,
    which_copy,
    without_security,
)
from printserver.rendering.typeface import SANS, text_width
from printserver.rendering.units import A4_LANDSCAPE, to_points
from printserver.rendering.watermark import LONGEST_TEXT, Watermark, WatermarkMalformed
from tests.unit.rendering.papers import raster
from tests.unit.rendering.test_pantograph import EMPTY_PAGE, LAYOUT

SERIAL = CopySerial(bytes.fromhex("00f1a2b3c4d5e6f70819"))
OTHER = CopySerial(bytes(10))
EVERYTHING = SecurityMarks(706, calibration_of({}, 600).pantograph(), True, Watermark("内部 internal", True, True))
WATERMARKS = some.builds(Watermark, text=some.just("内部"), number=some.booleans(), tiled=some.booleans())
CHOICES = some.builds(
    MarksChoice,
    microtext=some.booleans(),
    pantograph=some.booleans(),
    guilloche=some.booleans(),
    watermark=some.none() | WATERMARKS,
)


def rendition(marks: SecurityMarks, serial: CopySerial = SERIAL, number: int = 1) -> bytes:
    return render_copy(EMPTY_PAGE, (LAYOUT,), CopyMarks(serial, number, 2, (), security=marks))


def dark(pdf: bytes, folder: Path, dpi: int = 200) -> np.ndarray[Any, np.dtype[np.bool_]]:
    return np.asarray(raster(pdf, folder, dpi=dpi).convert("L")) < 250


def parts_of(pdf: bytes) -> dict[str, Any]:
    with pikepdf.open(io.BytesIO(pdf)) as document:
        layer = document.pages[0].resources.XObject.get("/Security")
        return {} if layer is None else {str(name): bytes(form.read_raw_bytes()) for name, form in _forms(layer)}


def _forms(layer: pikepdf.Object) -> list[tuple[str, pikepdf.Object]]:
    return list(layer.Resources.XObject.items())


@given(CHOICES)
def test_a_choice_reads_back_as_it_was(choice: MarksChoice):
    assert MarksChoice.from_json(choice.to_json()) == choice


def test_what_is_not_named_is_as_usual():
    assert MarksChoice.from_json({}) == MarksChoice.from_json(None) == USUAL_CHOICE
    assert (USUAL_CHOICE.microtext, USUAL_CHOICE.pantograph, USUAL_CHOICE.guilloche) == (True, False, False)


@pytest.mark.parametrize(
    "wrong",
    [{"hologram": True}, {"microtext": 1}, {"watermark": "TEXT"}, {"watermark": {"number": "yes"}}, {"watermark": []}],
)
def test_other_words_are_refused(wrong: dict[str, Any]):
    with pytest.raises(SecurityMarksMalformed):
        MarksChoice.from_json(wrong)


@pytest.mark.parametrize("text", ["", " ", "x" * (LONGEST_TEXT + 1), "a\nb", "\U0001f600"])
def test_a_watermark_says_something_that_can_be_drawn(text: str):
    with pytest.raises(WatermarkMalformed):
        Watermark(text)


def test_the_same_copy_has_the_same_bytes_and_another_copy_another_frame_and_microtext():
    assert rendition(EVERYTHING) == rendition(EVERYTHING)
    with (
        pikepdf.open(io.BytesIO(rendition(EVERYTHING))) as one,
        pikepdf.open(io.BytesIO(rendition(EVERYTHING, OTHER))) as other,
    ):
        for inner in ("/Frame", "/Microtext"):
            drawn = [each.pages[0].resources.XObject["/Security"].Resources.XObject[inner] for each in (one, other)]
            unit = "/Band" if inner == "/Frame" else "/Unit"
            contents = [form.Resources.XObject[unit].read_bytes() for form in drawn]
            assert contents[0] != contents[1]


@pytest.mark.parametrize("name", ["microtext", "pantograph", "guilloche", "watermark"])
def test_each_is_switched_by_itself(name: str):
    off = {"microtext_um": 0, "pantograph": None, "guilloche": False, "watermark": None}
    key = "microtext_um" if name == "microtext" else name
    marks = SecurityMarks(**{**off, key: getattr(EVERYTHING, key)})
    part = {"microtext": "/Microtext", "pantograph": "/Pantograph", "guilloche": "/Frame", "watermark": "/Watermark"}
    assert set(parts_of(rendition(marks))) == {part[name]}
    assert [each for each, drawn in marks.to_json().items() if drawn] == [name]


def test_nothing_comes_near_a_code_or_a_barcode(tmp_path: Path):
    """The microtext alone stands under the barcode's line of text, within the millimetre that is kept free there."""
    with_all = dark(rendition(EVERYTHING), tmp_path)
    bare = dark(rendition(SecurityMarks(0)), tmp_path)
    for box, below in ((LAYOUT.qr, KEEP_OUT_UM), (LAYOUT.barcode, 0)):
        left, top = (round((edge - KEEP_OUT_UM) * 200 / 25_400) + 1 for edge in (box.x_um, box.y_um))
        right = round((box.right_um + KEEP_OUT_UM) * 200 / 25_400) - 1
        bottom = round((box.bottom_um + below) * 200 / 25_400) - 1
        assert (with_all[top:bottom, left:right] == bare[top:bottom, left:right]).all()
    assert with_all.sum() > bare.sum() * 5


@pytest.mark.parametrize("size_um", SIZES_UM)
def test_microtext_stays_within_the_room_that_the_layout_keeps_free(size_um: int):
    _, y = base_line(LAYOUT, size_um)
    below_box = to_points(LAYOUT.size.height_um - LAYOUT.barcode.bottom_um) - y
    assert to_points(round(0.73 * size_um)) < below_box < to_points(CLEARANCE_UM)


def test_the_frame_lies_between_what_printers_leave_white_and_the_codes():
    assert MIDDLE_UM - HALF_UM - LINE_UM > 4_300
    assert MIDDLE_UM + HALF_UM + LINE_UM < INNER_UM < EDGE_UM - KEEP_OUT_UM


def test_taken_off_the_page_is_what_it_was_without_them(tmp_path: Path):
    taken_off = without_security(rendition(EVERYTHING))
    assert taken_off.framed
    assert (dark(taken_off.pdf, tmp_path) == dark(rendition(SecurityMarks(0)), tmp_path)).all()
    without_any = rendition(SecurityMarks(0))
    untouched = without_security(without_any)
    assert (untouched.pdf, untouched.framed) == (without_any, False)


def test_an_electronic_original_has_no_pantograph_and_says_what_it_is():
    assert "/Pantograph" not in parts_of(rendition(EVERYTHING, number=ELECTRONIC_ORIGINAL))
    assert "Electronic original" in which_copy(ELECTRONIC_ORIGINAL, 2)
    assert which_copy(1, 2) == "第 1 份 共 2 份 · Copy 1 of 2"


def test_lying_pages_have_them_too(tmp_path: Path):
    page = single_page(*page_points(A4_LANDSCAPE), b"")
    copy = render_copy(page, plan_layout(page), CopyMarks(SERIAL, 1, 2, (), security=EVERYTHING))
    assert raster(copy, tmp_path, dpi=50).size[0] > raster(copy, tmp_path, dpi=50).size[1]
    assert dark(copy, tmp_path, 50).mean() > 0.3


@pytest.mark.parametrize(("number", "copies", "pages"), [(1, 2, 10), (99, 99, 99), (999, 999, 999)])
def test_the_line_that_says_which_copy_it_is_is_large_enough_to_read(number: int, copies: int, pages: int):
    """At least 6 points, which is what small print of contracts has."""
    words = f"{SERIAL} · {which_copy(number, copies)} · page {pages}/{pages}"
    assert LAYOUT.barcode.width_um / text_width(SANS, words) > 6 * 25_400 / 72
