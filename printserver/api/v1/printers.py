"""Controlled printers."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from pydantic import Field

from printserver.api.v1.common import View, api_router
from printserver.http_edge.declarations import requires
from printserver.http_edge.work import CurrentActor, CurrentWork
from printserver.organisations.permissions import Permission
from printserver.printing import queries, service

router = api_router("/printers", "printers")


class Printer(View):
    id: UUID
    branch_id: UUID
    name: str
    location: str
    colour: bool
    paused: bool


class Pause(View):
    paused: bool
    reason: Annotated[str, Field(min_length=1, max_length=500, examples=["toner is being changed"])]


@router.get("", summary="The printers within my rights")
@requires(Permission.READ_PRINTERS)
def list_printers(actor: CurrentActor, work: CurrentWork) -> list[Printer]:
    return [Printer.model_validate(printer) for printer in queries.printers(work, actor)]


@router.post("/{printer_id}/pauses", status_code=201, summary="Pause a printer, or let it go on")
@requires(Permission.SETTLE_COPIES)
def create_pause(printer_id: UUID, body: Pause, actor: CurrentActor, work: CurrentWork) -> Printer:
    """A paused printer takes no new copies; what is on its way stays on its way."""
    service.set_paused(work, actor, printer_id, paused=body.paused, reason=body.reason)
    return Printer.model_validate(queries.printer_facts(work, printer_id))
