"""What is taken out of a printer's answer is harmless, whatever the child process says."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from printserver.printing.ipp_answer import PrinterAnswer, answer_from, harmless
from printserver.printing.ipp_query import EVERYTHING
from printserver.printing.raster import RESOLUTIONS_DPI

JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=2),
    max_leaves=5,
)


@given(st.dictionaries(st.sampled_from(EVERYTHING), st.lists(JUNK, max_size=5)))
def test_any_values_at_all_give_a_bounded_answer(attributes: dict[str, list[Any]]):
    answer = answer_from(attributes)
    for text in (answer.make_and_model, answer.uuid, answer.firmware, *(each.name for each in answer.supplies)):
        assert len(text) <= 200
        assert text.isprintable()
    assert all(72 <= each <= 4800 for each in (*answer.resolutions_dpi, *answer.pwg_resolutions_dpi))
    assert answer.state in ("", "idle", "processing", "stopped")
    assert answer.resolution_dpi in RESOLUTIONS_DPI
    json.dumps(answer.capabilities(), allow_nan=False)


@given(st.text())
def test_a_harmless_text_stays_as_it_is(text: str):
    once = harmless(text)
    assert harmless(once) == once
    assert len(once) <= 200


@pytest.mark.parametrize(
    ("formats", "chosen"),
    [
        (("image/urf", "application/pdf", "image/pwg-raster"), "application/pdf"),
        (("image/urf", "image/pwg-raster"), "image/pwg-raster"),
        (("image/urf", "image/jpeg"), "image/urf"),
        (("application/postscript",), None),
        ((), None),
    ],
)
def test_the_best_format_that_a_printer_takes_is_chosen(formats: tuple[str, ...], chosen: str | None):
    assert PrinterAnswer(formats=formats).document_format == chosen


@pytest.mark.parametrize(
    ("answer", "dpi"),
    [
        (PrinterAnswer(formats=("application/pdf",), resolutions_dpi=(300, 600, 1200)), 600),
        (PrinterAnswer(formats=("application/pdf",), resolutions_dpi=(300,)), 300),
        (PrinterAnswer(formats=("application/pdf",), resolutions_dpi=(2400,)), 600),
        (PrinterAnswer(formats=("image/pwg-raster",), pwg_resolutions_dpi=(300, 400)), 400),
        (PrinterAnswer(formats=("image/urf",), urf=("V1.4", "RS300-600")), 600),
        (PrinterAnswer(formats=("image/urf",), urf=("RS300",)), 300),
        (PrinterAnswer(formats=("image/pwg-raster",), pwg_resolutions_dpi=(360, 300)), 300),
        (PrinterAnswer(), 600),
    ],
)
def test_pages_are_drawn_at_600_dots_an_inch_or_the_finest_that_there_is(answer: PrinterAnswer, dpi: int):
    assert answer.resolution_dpi == dpi


def test_a_turn_of_the_back_that_nobody_knows_is_left_out():
    turns: list[tuple[list[Any], str]] = [(["rotated"], "rotated"), (["upside-down"], ""), ([7], "")]
    for said, kept in turns:
        assert answer_from({"pwg-raster-document-sheet-back": said}).pwg_sheet_back == kept


def test_supplies_are_told_in_either_of_two_ways():
    markers: dict[str, list[Any]] = {"marker-names": ["Black", "Cyan"], "marker-levels": [50, -2]}
    assert [(each.name, each.level) for each in answer_from(markers).supplies] == [("Black", 50), ("Cyan", None)]
    supplies = {
        "printer-supply-description": ["Black"],
        "printer-supply": ["index=1;type=toner;unit=percent;maxcapacity=200;level=50;"],
    }
    assert [(each.name, each.level) for each in answer_from(supplies).supplies] == [("Black", 25)]
