"""The other ways in for returns: many files at once, and what the channels brought that no gate let in."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import File, Query, UploadFile
from fastapi.responses import Response
from pydantic import Field

from printserver.api.v1.common import Before, Limit, Page, View, api_router, attachment, page_of
from printserver.http_edge.declarations import Lane, requires
from printserver.http_edge.problems import problem_of
from printserver.http_edge.work import CurrentActor, CurrentAdapters, CurrentWork
from printserver.organisations.permissions import Permission
from printserver.returns import intake_many, intake_status, quarantine

router = api_router("", "returns")


class FileProblem(View):
    """As in a refusal of the whole call."""

    code: str
    detail: str


class HandedInFile(View):
    """`return_id`: also of the earlier return, when the branch has handed in the very same bytes before."""

    filename: str
    fate: intake_many.FileFate
    return_id: UUID | None
    problem: FileProblem | None


class QuarantinedScan(View):
    """`problem`: the refusal's code.   outcome: empty while it waits, `taken-in` or `discarded`."""

    id: UUID
    branch: str
    channel: str
    filename: str
    scan_sha256: str
    bytes: int
    problem: str
    detail: str
    handed_in_by: str
    created_at: datetime
    outcome: str
    return_id: UUID | None
    settled_by: str
    settled_at: datetime | None
    settled_reason: str


class TakenIn(View):
    return_id: UUID


class Discard(View):
    reason: Annotated[str, Field(min_length=1, max_length=500, examples=["an advertisement"])]


class IntakeChannel(View):
    """`trouble`: what keeps it from taking in scans, empty when nothing does.   waiting: files that are not whole yet.

    looked_at: when a worker last looked; one that is more than a few minutes ago means that none does.
    """

    id: UUID
    branch: str
    channel: str
    name: str
    account: str
    trouble: str
    waiting: int
    taken_in: int
    quarantined: int
    looked_at: datetime
    last_taken_at: datetime | None


@router.post("/return-uploads", status_code=201, summary="Hand in several scans: PDF, TIFF, JPEG or PNG")
@requires(Permission.HAND_IN_RETURNS, lane=Lane.DRAWING)
def create_return_upload(
    scans: Annotated[list[UploadFile], File(description="Each a return of its own.")],
    actor: CurrentActor,
    adapters: CurrentAdapters,
) -> list[HandedInFile]:
    """What became of each file, in their order. A refused file blocks none; sent twice, a file is handed in once."""
    files = ((scan.filename or "", scan.file.read()) for scan in scans)
    done = intake_many.hand_in_many(adapters.database, adapters.objects, actor, files)
    return [_file(each) for each in done]


def _file(done: intake_many.HandedInFile) -> HandedInFile:
    problem = None
    if done.problem is not None:
        said = problem_of(done.problem)
        problem = FileProblem(code=said.code, detail=said.detail)
    return HandedInFile(filename=done.filename, fate=done.fate, return_id=done.return_id, problem=problem)


@router.get("/quarantined-scans", summary="Scans that no gate let in, newest first")
@requires(Permission.READ_RETURNS)
def list_quarantined_scans(
    actor: CurrentActor,
    work: CurrentWork,
    before: Before = None,
    limit: Limit = 50,
    settled: Annotated[bool, Query(description="Those that were tried again or discarded instead.")] = False,
) -> Page[QuarantinedScan]:
    found = quarantine.quarantined(work, actor, settled=settled, before=before, limit=limit)
    return page_of(QuarantinedScan, found, limit)


@router.get("/quarantined-scans/{scan_id}", summary="One scan in quarantine")
@requires(Permission.READ_RETURNS)
def read_quarantined_scan(scan_id: UUID, actor: CurrentActor, work: CurrentWork) -> QuarantinedScan:
    return QuarantinedScan.model_validate(quarantine.quarantined_scan(work, actor, scan_id))


@router.get(
    "/quarantined-scans/{scan_id}/file",
    summary="The refused file, untouched; that it was read is recorded",
    response_class=Response,
)
@requires(Permission.READ_RETURNS)
def read_quarantined_file(scan_id: UUID, actor: CurrentActor, adapters: CurrentAdapters) -> Response:
    """Never under its own name or type: nothing has looked into it."""
    data = quarantine.quarantined_file(adapters.database, adapters.objects, actor, scan_id)
    return attachment(data, "application/octet-stream", f"quarantined-{scan_id}.bin")


@router.post("/quarantined-scans/{scan_id}/tries", status_code=201, summary="Show a scan to the gate again")
@requires(Permission.SETTLE_RETURNS, lane=Lane.DRAWING)
def create_quarantine_try(scan_id: UUID, actor: CurrentActor, adapters: CurrentAdapters) -> TakenIn:
    """When it is refused again, it waits on as it was."""
    return TakenIn(return_id=quarantine.try_again(adapters.database, adapters.objects, actor, scan_id))


@router.post("/quarantined-scans/{scan_id}/discards", status_code=201, summary="Discard a scan, with a reason")
@requires(Permission.SETTLE_RETURNS)
def create_quarantine_discard(scan_id: UUID, body: Discard, actor: CurrentActor, work: CurrentWork) -> QuarantinedScan:
    """Its bytes stay stored."""
    quarantine.discard(work, actor, scan_id, reason=body.reason)
    return QuarantinedScan.model_validate(quarantine.quarantined_scan(work, actor, scan_id))


@router.get("/intake-channels", summary="How the watched folders, the mail sink and the SFTP drop do")
@requires(Permission.READ_RETURNS)
def list_intake_channels(actor: CurrentActor, work: CurrentWork) -> list[IntakeChannel]:
    return [IntakeChannel.model_validate(each) for each in intake_status.channels(work, actor)]
