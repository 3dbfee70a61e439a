"""The form of a class of documents: what was typed becomes what is said, and back."""

from __future__ import annotations

import pytest

from printserver.approvals.classes import ClassDescription
from printserver.rendering.security_marks import MarksChoice
from printserver.rendering.watermark import Watermark, WatermarkMalformed
from printserver.web.class_form import TypedClass, typed_class

SAID = ClassDescription(
    code="lease",
    name_zh="租赁",
    name_en="lease",
    marks=MarksChoice(microtext=False, pantograph=True, guilloche=True, watermark=Watermark("内部", tiled=True)),
)


def test_what_the_form_shows_is_what_it_sends_back():
    assert typed_class(SAID).description("lease").marks == SAID.marks


def test_boxes_that_are_not_ticked_switch_marks_off():
    assert TypedClass().description("lease").marks == MarksChoice(microtext=False)


def test_the_number_alone_is_a_watermark_and_tiles_alone_are_none():
    assert TypedClass(watermark_number=True).description("lease").marks.watermark == Watermark(number=True)
    assert TypedClass(watermark_tiled=True).description("lease").marks.watermark is None


def test_a_watermark_that_cannot_be_drawn_is_refused_when_it_is_read():
    typed = TypedClass(watermark_text="\U0001f600")
    with pytest.raises(WatermarkMalformed):
        typed.description("lease")
