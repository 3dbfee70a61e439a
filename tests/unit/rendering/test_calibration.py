"""A printer's lattices, and the sheet from which they are chosen."""

from __future__ import annotations

import io

import pikepdf
import pytest

from printserver.documents.intake import make_safe
from printserver.rendering.calibration import (
    Calibration,
    CalibrationMalformed,
    PantographNotPossible,
    calibration_of,
    cells,
)
from printserver.rendering.calibration_sheet import draw_calibration_sheet
from printserver.rendering.layout import plan_layout
from printserver.rendering.page_layout import ContentTransform
from printserver.rendering.pantograph import Lattice


def test_without_a_choice_the_measured_lattices_are_usual():
    assert calibration_of({}, 600).pantograph().word == Lattice(3, 9_500)
    assert calibration_of({}, 1200).pantograph().word == Lattice(6, 18_750)


def test_a_choice_holds_for_the_resolution_that_it_was_made_for():
    stored = Calibration(600, "B2", 882).to_json()
    assert calibration_of(stored, 600) == Calibration(600, "B2", 882)
    assert calibration_of(stored, 1200) == calibration_of({}, 1200)


@pytest.mark.parametrize("dpi", [300, 720, 2400])
def test_other_resolutions_draw_no_pantograph(dpi: int):
    with pytest.raises(PantographNotPossible):
        calibration_of({}, dpi)
    with pytest.raises(PantographNotPossible):
        draw_calibration_sheet(dpi, "printer")


@pytest.mark.parametrize(("cell", "microtext_um"), [("A9", 706), ("C1", 706), ("", 706), ("A1", 700)])
def test_what_is_not_on_the_sheet_is_no_choice(cell: str, microtext_um: int):
    with pytest.raises(CalibrationMalformed):
        Calibration(600, cell, microtext_um)


@pytest.mark.parametrize("dpi", [600, 1200])
def test_no_two_cells_of_the_sheet_are_the_same(dpi: int):
    assert len(set(cells(dpi).values())) == len(cells(dpi)) == 16


def test_the_sheet_may_be_handed_in_as_a_document_and_keeps_every_dot():
    sheet = draw_calibration_sheet(600, "二楼 🖨 printer")
    assert draw_calibration_sheet(600, "二楼 🖨 printer") == sheet
    safe = make_safe(sheet).pdf
    (layout,) = plan_layout(safe)
    assert layout.content == ContentTransform()
    assert _mask(safe) == _mask(sheet)


def _mask(pdf: bytes) -> bytes:
    with pikepdf.open(io.BytesIO(pdf)) as document:
        (mask,) = [each for each in document.objects if isinstance(each, pikepdf.Stream) and each.get("/ImageMask")]
        return bytes(mask.read_bytes())
