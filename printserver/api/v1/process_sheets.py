"""Process sheets: the cover page of a request's file."""

from __future__ import annotations

from uuid import UUID

from fastapi.responses import Response

from printserver.api.v1.common import api_router, attachment
from printserver.api.v1.print_requests import READERS
from printserver.http_edge.declarations import Lane, requires
from printserver.http_edge.work import CurrentCall
from printserver.print_requests.process_sheet import draw_process_sheet, take_process_sheet

router = api_router("/print-requests/{request_id}/process-sheet.pdf", "print requests")


@router.get(
    "",
    summary="Parties, seals, approvals and copies on a cover page, with a barcode",
    response_class=Response,
    responses={200: {"content": {"application/pdf": {}}}},
)
@requires(*READERS, lane=Lane.DRAWING)
def read_process_sheet(request_id: UUID, call: CurrentCall) -> Response:
    """It bears no seal, is no copy, and may be printed anywhere. Each taking is recorded."""
    adapters = call.adapters
    with adapters.database.work() as work:
        sheet = take_process_sheet(work, call.caller_in(work).actor, request_id)
    pdf = draw_process_sheet(sheet, time_zone=adapters.settings.time_zone)
    return attachment(pdf, "application/pdf", f"process-sheet-{request_id}.pdf")
