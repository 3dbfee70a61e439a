"""A printer's calibration: the sheet is taken out, judged on paper by a person, and what was chosen is stored."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from printserver.audit.log import append
from printserver.foundation.unit_of_work import Database, Work
from printserver.organisations.access import Actor
from printserver.printing.events import CalibrationSheetDrawn, PrinterCalibrated
from printserver.printing.queries import PrinterFacts, facts_of
from printserver.printing.register import Asker
from printserver.printing.service import printer_to_manage
from printserver.rendering.calibration import Calibration, calibration_of, cells
from printserver.rendering.calibration_sheet import draw_calibration_sheet


@dataclass(frozen=True)
class Sheet:
    """`name`: of the file, ASCII."""

    name: str
    pdf: bytes


def current_calibration(printer: PrinterFacts) -> Calibration:
    """What its next copies are drawn with.   Raises PantographNotPossible."""
    return calibration_of(printer.calibration, printer.resolution_dpi)


def is_calibrated(printer: PrinterFacts) -> bool:
    """Whether somebody has chosen for the resolution that it has now."""
    return printer.calibration.get("resolution_dpi") == printer.resolution_dpi


def take_sheet(database: Database, asker: Asker, printer_id: UUID) -> Sheet:
    """Draw the sheet for this printer; each taking is recorded.   Raises: NotFound, PrinterRetired,
    PantographNotPossible."""
    with database.work() as work:
        actor = asker(work)
        printer = facts_of(printer_to_manage(work, actor, printer_id))
        cells(printer.resolution_dpi)
        append(work, actor.by, CalibrationSheetDrawn(id=printer.id, resolution_dpi=printer.resolution_dpi))
    pdf = draw_calibration_sheet(printer.resolution_dpi, printer.name)
    return Sheet(f"calibration-{printer.queue}-{printer.resolution_dpi}dpi.pdf", pdf)


def calibrate_printer(work: Work, actor: Actor, printer_id: UUID, *, cell: str, microtext_um: int) -> None:
    """Use these from the next copy on that is drawn; copies that are drawn already stay as they are.

    cell: of the sheet for the printer's resolution, or empty for the usual again.
    Raises: NotFound, PrinterRetired, PantographNotPossible, CalibrationMalformed.
    """
    printer = printer_to_manage(work, actor, printer_id)
    chosen = {} if not cell else Calibration(printer.resolution_dpi, cell.strip().upper(), microtext_um).to_json()
    before = printer.calibration
    if chosen == before:
        return
    printer.calibration = chosen
    calibrated = PrinterCalibrated(
        id=printer.id,
        before=str(before.get("cell", "")),
        after=str(chosen.get("cell", "")),
        microtext_um=int(chosen.get("microtext_um", 0)),
    )
    append(work, actor.by, calibrated)
