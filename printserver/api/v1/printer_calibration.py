"""How fine a printer's security marks are: the sheet to judge, and what was chosen from it."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi.responses import Response
from pydantic import Field

from printserver.api.v1.common import View, api_router, attachment
from printserver.http_edge.declarations import Lane, requires
from printserver.http_edge.work import CurrentActor, CurrentCall, CurrentWork
from printserver.organisations.permissions import Permission
from printserver.printing.calibrating import calibrate_printer, current_calibration, is_calibrated, take_sheet
from printserver.printing.queries import printer_facts, readable_printer
from printserver.rendering.microtext import USUAL_UM

router = api_router("/printers/{printer_id}", "printers")


class CalibrationChoice(View):
    """`cell`: of the sheet, or empty for the usual.   microtext_um: 529, 706, 882 or 1058."""

    cell: Annotated[str, Field(max_length=10, examples=["A5"])]
    microtext_um: int = USUAL_UM


class PrinterCalibration(View):
    """`calibrated`: whether a person has chosen this for the printer's present resolution."""

    resolution_dpi: int
    cell: str
    microtext_um: int
    calibrated: bool


@router.get("/calibration", summary="What a printer's security marks are drawn with")
@requires(Permission.READ_PRINTERS)
def read_calibration(printer_id: UUID, actor: CurrentActor, work: CurrentWork) -> PrinterCalibration:
    """Refused for a resolution at which no pantograph is drawn."""
    printer = readable_printer(work, actor, printer_id)
    return PrinterCalibration(**current_calibration(printer).to_json(), calibrated=is_calibrated(printer))


@router.put("/calibration", summary="Store what was chosen from the calibration sheet")
@requires(Permission.MANAGE_PRINTERS)
def change_calibration(
    printer_id: UUID, body: CalibrationChoice, actor: CurrentActor, work: CurrentWork
) -> PrinterCalibration:
    calibrate_printer(work, actor, printer_id, cell=body.cell, microtext_um=body.microtext_um)
    printer = printer_facts(work, printer_id)
    return PrinterCalibration(**current_calibration(printer).to_json(), calibrated=is_calibrated(printer))


@router.get(
    "/calibration-sheet.pdf",
    summary="A sheet of cells and lines to print and photocopy; it is no copy of any document",
    response_class=Response,
    responses={200: {"content": {"application/pdf": {}}}},
)
@requires(Permission.MANAGE_PRINTERS, lane=Lane.DRAWING)
def read_calibration_sheet(printer_id: UUID, call: CurrentCall) -> Response:
    """Each taking is recorded."""
    sheet = take_sheet(call.adapters.database, lambda work: call.caller_in(work).actor, printer_id)
    return attachment(sheet.pdf, "application/pdf", sheet.name)
