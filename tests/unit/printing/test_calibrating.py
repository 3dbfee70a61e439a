"""Calibrating a printer: who may, what is recorded, and that rasters for printers without PDF keep every dot."""

from __future__ import annotations

import pytest

from printserver.foundation.errors import NotFound
from printserver.foundation.serials import CopySerial
from printserver.organisations.permissions import Role
from printserver.printing.calibrating import calibrate_printer, current_calibration, is_calibrated, take_sheet
from printserver.printing.queries import PrinterFacts, printer_facts
from printserver.printing.raster import raster_document
from printserver.rendering.calibration import Calibration, CalibrationMalformed, PantographNotPossible, calibration_of
from printserver.rendering.marks import CopyMarks
from printserver.rendering.overlay import render_copy
from printserver.rendering.pantograph import page_mask
from printserver.rendering.security_marks import SecurityMarks
from printserver.rendering.units import A4_PORTRAIT
from tests.databases import any_database, database_kit, postgresql_supply, sqlite_template
from tests.unit.printing.pwg_reader import read_pages
from tests.unit.rendering.test_pantograph import EMPTY_PAGE, LAYOUT, outside_codes
from tests.world import World, world, world_template

__all__ = ["any_database", "database_kit", "postgresql_supply", "sqlite_template", "world", "world_template"]


def facts(world: World) -> PrinterFacts:
    with world.database.reading() as work:
        return printer_facts(work, world.home.north.printer_id)


def calibrate(world: World, cell: str, *, role: Role = Role.PRINTER_ADMINISTRATOR, microtext_um: int = 706) -> None:
    with world.database.work() as work:
        printer_id = world.home.north.printer_id
        calibrate_printer(work, world.actor(work, role), printer_id, cell=cell, microtext_um=microtext_um)


def test_what_was_chosen_is_stored_recorded_and_may_be_undone(world: World):
    assert not is_calibrated(facts(world))
    calibrate(world, " b3 ", microtext_um=882)
    assert current_calibration(facts(world)) == Calibration(600, "B3", 882)
    assert is_calibrated(facts(world))
    assert world.events()[-1] == "PrinterCalibrated"
    calibrate(world, "")
    assert current_calibration(facts(world)) == calibration_of({}, 600)
    assert world.events().count("PrinterCalibrated") == 2


def test_the_same_choice_again_records_nothing(world: World):
    calibrate(world, "A3")
    calibrate(world, "A3")
    assert world.events().count("PrinterCalibrated") == 1


@pytest.mark.parametrize(
    ("cell", "dpi", "refused"), [("Z1", 600, CalibrationMalformed), ("A1", 300, PantographNotPossible)]
)
def test_a_choice_that_is_not_on_the_sheet_changes_nothing(world: World, cell: str, dpi: int, refused: type[Exception]):
    world.set_printer(resolution_dpi=dpi)
    before = world.row_counts()
    with pytest.raises(refused):
        calibrate(world, cell)
    assert (world.row_counts(), facts(world).calibration) == (before, {})


def test_others_than_printer_administrators_do_not_find_the_printer(world: World):
    with pytest.raises(NotFound):
        calibrate(world, "A1", role=Role.CLERK)
    assert facts(world).calibration == {}


def test_every_sheet_that_is_taken_out_is_recorded(world: World):
    sheet = take_sheet(
        world.database, lambda work: world.actor(work, Role.PRINTER_ADMINISTRATOR), world.home.north.printer_id
    )
    assert sheet.pdf.startswith(b"%PDF-")
    assert sheet.name.endswith("-600dpi.pdf")
    assert world.events()[-1] == "CalibrationSheetDrawn"


def test_a_raster_for_a_printer_without_pdf_has_every_dot_of_the_pantograph():
    pantograph = calibration_of({}, 600).pantograph()
    marks = CopyMarks(CopySerial(bytes(10)), 1, 1, (), security=SecurityMarks(0, pantograph))
    copy = render_copy(EMPTY_PAGE, (LAYOUT,), marks)
    raster = raster_document(copy, document_format="image/pwg-raster", resolution_dpi=600, sides="one-sided")
    (page,) = read_pages(raster)
    wanted = page_mask(pantograph, A4_PORTRAIT)
    # Ghostscript begins the whole page a row lower here: its raster has a row more than fits on the page.
    drawn = page[1 : wanted.shape[0] + 1, : wanted.shape[1]]
    compared = outside_codes(600, wanted.shape)
    grey = ((drawn != 0) & (drawn != 255)).any(axis=2)
    assert int(grey[compared].sum()) == 0
    assert int(((drawn[:, :, 0] == 0) != wanted)[compared].sum()) == 0
