"""A printer's calibration page: how to judge the sheet, and what was chosen from it."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import Form
from fastapi.responses import HTMLResponse, Response

from printserver.foundation.errors import PrintServerError
from printserver.foundation.unit_of_work import Work
from printserver.http_edge.declarations import requires
from printserver.http_edge.problems import status_of
from printserver.http_edge.routes import edge_router
from printserver.http_edge.work import CurrentActor, CurrentCall, CurrentWork
from printserver.organisations.access import Actor
from printserver.organisations.permissions import Permission
from printserver.printing.calibrating import calibrate_printer, current_calibration, is_calibrated
from printserver.printing.queries import facts_of
from printserver.printing.service import printer_to_manage
from printserver.rendering.calibration import PantographNotPossible, cells
from printserver.rendering.microtext import SIZES_UM, USUAL_UM
from printserver.web.changes import refusal
from printserver.web.view import CurrentView, View

router = edge_router("/printers/{printer_id}/calibration", "pages")

POINTS = {size: f"{size / 352.8:.1f}".rstrip("0").rstrip(".") for size in SIZES_UM}


@router.get("", response_class=HTMLResponse)
@requires(Permission.MANAGE_PRINTERS)
def show_calibration(printer_id: UUID, view: CurrentView, actor: CurrentActor, work: CurrentWork) -> HTMLResponse:
    return _page(view, work, actor, printer_id)


@router.post("", response_class=HTMLResponse)
@requires(Permission.MANAGE_PRINTERS)
def change_calibration(
    printer_id: UUID,
    view: CurrentView,
    call: CurrentCall,
    cell: Annotated[str, Form(max_length=10)] = "",
    microtext_um: Annotated[int, Form()] = USUAL_UM,
) -> Response:
    def calibrate(work: Work, actor: Actor) -> None:
        calibrate_printer(work, actor, printer_id, cell=cell, microtext_um=microtext_um)

    problem = refusal(call, calibrate)
    if problem is None:
        return view.go(f"/printers/{printer_id}/calibration", "printer-calibrated")
    with call.adapters.database.reading() as work:
        return _page(view, work, call.caller_in(work).actor, printer_id, problem)


def _page(
    view: View, work: Work, actor: Actor, printer_id: UUID, problem: PrintServerError | None = None
) -> HTMLResponse:
    printer = facts_of(printer_to_manage(work, actor, printer_id))
    try:
        lattices, current = cells(printer.resolution_dpi), current_calibration(printer)
    except PantographNotPossible as impossible:
        lattices, current, problem = {}, None, problem or impossible
    return view.page(
        "calibration.html",
        status=200 if problem is None or current is None else status_of(problem),
        printer=printer,
        cells=lattices,
        current=current,
        calibrated=is_calibrated(printer),
        points=POINTS,
        problem=problem,
    )
