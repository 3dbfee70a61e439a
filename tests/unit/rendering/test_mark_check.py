"""A page counts only when its code and barcode can be read back where they should stand."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import pytest

from printserver.documents.intake import make_safe
from printserver.foundation.serials import CopySerial
from printserver.rendering.layout import plan_layout
from printserver.rendering.mark_check import MarksUnreadable, check_marks
from printserver.rendering.overlay import CopyMarks, put_codes, render_copy
from tests.unit.rendering.papers import contract, painted_over

SERIAL = CopySerial(bytes.fromhex("00f1a2b3c4d5e6f70819"))
DIGITS = str(int(hashlib.sha512(b"a code").hexdigest() * 3, 16))[:316]


@pytest.fixture(scope="module")
def safe():
    return make_safe(contract()).pdf


@pytest.fixture(scope="module")
def layout(safe):
    return plan_layout(safe)


@pytest.fixture(scope="module")
def codes(layout):
    return [f"https://print.example.cn/q/{place.page}{DIGITS[1:]}" for place in layout]


@pytest.fixture(scope="module")
def pages(safe, layout, codes):
    return put_codes(render_copy(safe, layout, CopyMarks(SERIAL, 1, 2, ())), layout, codes, 600)


def test_finished_pages_are_read_back(pages, layout, codes):
    check_marks(pages, layout, SERIAL, codes)


@pytest.mark.parametrize("dpi", [200, 300, 1200])
def test_pages_for_coarse_and_fine_printers_are_read_back_too(dpi, safe, layout, codes):
    marks = CopyMarks(SERIAL, 1, 2, (), dpi=dpi)
    check_marks(put_codes(render_copy(safe, layout, marks), layout, codes, dpi), layout, SERIAL, codes)


@pytest.mark.parametrize("mark", ["qr", "barcode"])
def test_a_mark_that_something_covers_is_found_with_its_page(mark, pages, layout, codes):
    with pytest.raises(MarksUnreadable) as refusal:
        check_marks(painted_over(pages, 2, getattr(layout[1], mark)), layout, SERIAL, codes)
    assert refusal.value.page == 2


def test_a_code_or_barcode_that_says_something_else_is_found(pages, layout, codes):
    with pytest.raises(MarksUnreadable):
        check_marks(pages, layout, SERIAL, [codes[0], codes[0], *codes[2:]])
    with pytest.raises(MarksUnreadable):
        check_marks(pages, layout, CopySerial.generate(), codes)


def test_marks_that_stand_elsewhere_are_not_taken_for_read(pages, layout, codes):
    elsewhere = [replace(place, qr=place.barcode, barcode=place.qr) for place in layout]
    with pytest.raises(MarksUnreadable):
        check_marks(pages, elsewhere, SERIAL, codes)


def test_what_cannot_be_drawn_or_has_other_pages_is_refused(pages, layout, codes):
    for pdf, places in ((b"%PDF-1.7 nothing", layout), (pages, layout[:1])):
        with pytest.raises(MarksUnreadable) as refusal:
            check_marks(pdf, places, SERIAL, codes)
        assert refusal.value.page is None
