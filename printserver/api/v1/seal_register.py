"""The register of seals: the ledger with the physical ones, imports of seals that exist already, filed seal objects."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import File, Form, UploadFile
from fastapi.responses import Response
from pydantic import Field

from printserver.api.v1.common import View, api_router, attachment
from printserver.http_edge.declarations import Lane, requires
from printserver.http_edge.work import CurrentActor, CurrentCall, CurrentWork
from printserver.organisations.permissions import Permission
from printserver.rendering.seal_artwork_types import SealType
from printserver.seals import ledger, physical
from printserver.seals.filing import Filing, file_seal, read_filed, require_filer
from printserver.seals.imports import MOST_BYTES, apply_import, import_facts, keep_import, look_at
from printserver.seals.states import PhysicalAction, PhysicalState
from printserver.signing.seal_object import MAX_BYTES

router = api_router("", "seals")

Text = Annotated[str, Field(min_length=1, max_length=200)]


class LedgerLine(View):
    """`kind`: electronic or physical."""

    id: UUID
    kind: str
    name: str
    type: str
    registration_number: str
    branch: str
    keepers: tuple[str, ...]
    place: str
    state: str
    origin: str
    width_mm: int | None
    height_mm: int | None
    valid_from: datetime | None
    valid_until: datetime | None
    uses: int | None
    uses_limit: int | None
    code_id: str
    entered_at: datetime


class ImportLine(View):
    """`code`, `problem`: why the line cannot be applied for, else empty.   number: the heading is 1."""

    number: int
    name: str
    fields: dict[str, str]
    artwork_sha256: str
    artwork_source: str
    code: str
    problem: str


class SealImport(View):
    """`file_sha256`: what applying it names."""

    id: UUID
    filename: str
    file_sha256: str
    lines: tuple[ImportLine, ...]
    wrong: int
    created_at: datetime
    applied_at: datetime | None


class ImportSeen(View):
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class Applied(View):
    """The seals that were applied for."""

    seal_ids: tuple[UUID, ...]


class Filed(View):
    seal_id: UUID


class PhysicalSeal(View):
    id: UUID
    branch_id: UUID
    keeper_id: UUID
    name: str
    type: str
    registration_number: str
    place: str
    state: PhysicalState
    created_at: datetime


class NewPhysicalSeal(View):
    branch_id: UUID
    name: Text
    type: Text
    keeper_id: UUID
    place: Text
    registration_number: Annotated[str, Field(max_length=200)] = ""


class PhysicalStep(View):
    """witness_id: needed for `hand-over` and `destroy`: neither its keeper nor oneself."""

    action: PhysicalAction
    reason: Annotated[str, Field(min_length=1, max_length=500)]
    keeper_id: UUID | None = None
    place: Text | None = None
    witness_id: UUID | None = None


@router.get("/seal-ledger", summary="The register of all seals, electronic and physical")
@requires(Permission.READ_SEALS)
def list_ledger(actor: CurrentActor, work: CurrentWork) -> list[LedgerLine]:
    return [LedgerLine.model_validate(line) for line in ledger.ledger(work, actor)]


@router.get("/seal-ledger.csv", summary="The register as a file for a spreadsheet", response_class=Response)
@requires(Permission.READ_SEALS)
def read_ledger(actor: CurrentActor, work: CurrentWork) -> Response:
    rows = [ledger.cells(line) for line in ledger.ledger(work, actor)]
    return attachment(ledger.csv_file(ledger.COLUMNS, rows), "text/csv; charset=utf-8", "seals.csv")


@router.post("/seal-imports", status_code=201, summary="Look at a file of registered seals")
@requires(Permission.MANAGE_SEALS, lane=Lane.DRAWING)
def create_import(
    call: CurrentCall, table: Annotated[UploadFile, File(description="zip with seals.csv and pictures")]
) -> SealImport:
    """A dry run: nothing is applied for."""
    data = table.file.read(MOST_BYTES + 1)
    with call.adapters.database.reading() as work:
        lines = look_at(work, call.adapters.objects, call.caller_in(work).actor, data)
    with call.transaction() as work:
        actor = call.caller_in(work).actor
        import_id = keep_import(work, actor, table.filename or "", data, lines)
        return SealImport.model_validate(import_facts(work, actor, import_id))


@router.get("/seal-imports/{import_id}", summary="What was seen in a file of seals")
@requires(Permission.MANAGE_SEALS)
def read_import(import_id: UUID, actor: CurrentActor, work: CurrentWork) -> SealImport:
    return SealImport.model_validate(import_facts(work, actor, import_id))


@router.post("/seal-imports/{import_id}/applications", status_code=201, summary="Apply for every seal of the file")
@requires(Permission.MANAGE_SEALS)
def create_applications(import_id: UUID, body: ImportSeen, actor: CurrentActor, work: CurrentWork) -> Applied:
    return Applied(seal_ids=apply_import(work, actor, import_id, sha256=body.sha256))


@router.post("/seal-filings", status_code=201, summary="File the seal object of another maker")
@requires(Permission.MANAGE_SEALS, lane=Lane.DRAWING)
def create_filing(
    call: CurrentCall,
    file: Annotated[UploadFile, File(description="a seal object, GB/T 38540")],
    branch_id: Annotated[UUID, Form()],
    custodian_id: Annotated[UUID, Form()],
    type: Annotated[SealType, Form()] = SealType.COMPANY,
    purpose: Annotated[str, Form(max_length=500)] = "",
) -> Filed:
    adapters = call.adapters
    with adapters.database.reading() as work:
        require_filer(work, call.caller_in(work).actor, branch_id)
    data = file.file.read(MAX_BYTES + 1)
    makers, now = adapters.load_seal_makers(), adapters.database.clock.now()
    filed = read_filed(adapters.objects, data, makers, call.organisation_id, at=now)
    with call.transaction() as work:
        filing = Filing(branch_id, type.value, (custodian_id,), purpose)
        return Filed(seal_id=file_seal(work, call.caller_in(work).actor, filing, filed))


@router.get("/physical-seals", summary="The physical seals within my rights")
@requires(Permission.READ_SEALS)
def list_physical_seals(actor: CurrentActor, work: CurrentWork) -> list[PhysicalSeal]:
    return [PhysicalSeal.model_validate(seal) for seal in physical.physical_seals(work, actor)]


@router.post("/physical-seals", status_code=201, summary="Enter a physical seal into the register")
@requires(Permission.MANAGE_SEALS)
def create_physical_seal(body: NewPhysicalSeal, actor: CurrentActor, work: CurrentWork) -> PhysicalSeal:
    seal_id = physical.record_physical_seal(work, actor, physical.NewPhysicalSeal(**body.model_dump()))
    return PhysicalSeal.model_validate(physical.physical_seal(work, actor, seal_id))


@router.get("/physical-seals/{seal_id}", summary="One physical seal")
@requires(Permission.READ_SEALS)
def read_physical_seal(seal_id: UUID, actor: CurrentActor, work: CurrentWork) -> PhysicalSeal:
    return PhysicalSeal.model_validate(physical.physical_seal(work, actor, seal_id))


@router.post("/physical-seals/{seal_id}/steps", status_code=201, summary="Record what became of a physical seal")
@requires(Permission.MANAGE_SEALS)
def create_physical_step(seal_id: UUID, body: PhysicalStep, actor: CurrentActor, work: CurrentWork) -> PhysicalSeal:
    physical.take_physical_step(work, actor, seal_id, physical.PhysicalStep(**body.model_dump()))
    work.session.expire_all()
    return PhysicalSeal.model_validate(physical.physical_seal(work, actor, seal_id))
