"""Records of other installations: the roots that are believed, taking packages in, looking."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import File, Form, Query, UploadFile
from fastapi.responses import Response
from pydantic import Field

from printserver.api.v1.common import View, api_router, attachment, scan_attachment
from printserver.http_edge.declarations import Lane, requires
from printserver.http_edge.work import CurrentActor, CurrentAdapters, CurrentWork
from printserver.organisations.permissions import Permission
from printserver.returns import foreign_records as foreign

router = api_router("", "archive")

Text = Annotated[str, Field(min_length=1, max_length=foreign.LONGEST)]


class NewSource(View):
    """`root_fingerprint`: SHA-256, 64 hexadecimal digits.   note: with what it was compared, and how."""

    name: Text
    root_fingerprint: Annotated[str, Field(min_length=64, max_length=200)]
    note: Text


class Source(View):
    id: UUID
    name: str
    root_fingerprint: str
    note: str
    pinned_by: UUID
    pinned_at: datetime


class Pinned(View):
    id: UUID


class Imported(View):
    """`known`: it was here already, and nothing was done."""

    id: UUID
    number: str
    serial: str
    known: bool


class ImportedRecord(View):
    """`number`, `serial`: the other installation's.   facts: what was proved when it came."""

    id: UUID
    source_id: UUID
    source: str
    number: str
    serial: str
    title: str
    own_reference: str
    branch_id: UUID
    imported_at: datetime
    facts: Mapping[str, Any]


@router.get("/archive-sources", summary="Installations whose records may be taken in")
@requires(Permission.READ_ARCHIVE)
def list_sources(actor: CurrentActor, work: CurrentWork) -> list[Source]:
    return [Source.model_validate(each) for each in foreign.sources(work, actor)]


@router.post("/archive-sources", summary="Believe another installation's root", status_code=201)
@requires(Permission.IMPORT_ARCHIVE, step_up=True)
def create_source(body: NewSource, actor: CurrentActor, work: CurrentWork) -> Pinned:
    """For those who take archives in for the whole organisation."""
    return Pinned(
        id=foreign.pin_source(work, actor, name=body.name, root_fingerprint=body.root_fingerprint, note=body.note)
    )


@router.post("/archive-sources/{source_id}/records", summary="Take in a package of one record", status_code=201)
@requires(Permission.IMPORT_ARCHIVE, lane=Lane.DRAWING, takes_packages=True)
def create_record(
    source_id: UUID,
    actor: CurrentActor,
    adapters: CurrentAdapters,
    branch_id: Annotated[UUID, Form(description="Whose people shall read it.")],
    package: Annotated[UploadFile, File(description="A zip file as `GET /archive/{record_id}/evidence.zip` answers.")],
) -> Imported:
    """Verified whole before anything is kept; the same record again changes nothing. It may be a large file."""
    return Imported.model_validate(
        foreign.import_package(adapters.database, adapters.objects, actor, source_id, branch_id, package.file)
    )


@router.get("/imported-records", summary="Records of other installations, newest first")
@requires(Permission.READ_ARCHIVE)
def list_records(
    actor: CurrentActor, work: CurrentWork, query: Annotated[str, Query(max_length=500)] = ""
) -> list[ImportedRecord]:
    return [ImportedRecord.model_validate(each) for each in foreign.foreign_records(work, actor, query)]


@router.get("/imported-records/{imported_id}", summary="A record of another installation")
@requires(Permission.READ_ARCHIVE)
def read_record(imported_id: UUID, actor: CurrentActor, work: CurrentWork) -> ImportedRecord:
    return ImportedRecord.model_validate(foreign.foreign_record(work, actor, imported_id))


@router.get(
    "/imported-records/{imported_id}/package.zip",
    summary="The package as it came",
    response_class=Response,
    responses={200: {"content": {"application/zip": {}}}},
)
@requires(Permission.READ_EVIDENCE)
def read_package(imported_id: UUID, actor: CurrentActor, adapters: CurrentAdapters) -> Response:
    data = foreign.foreign_package(adapters.database, adapters.objects, actor, imported_id)
    return attachment(data, "application/zip", f"imported-{imported_id}.zip")


@router.get("/imported-records/{imported_id}/file", summary="One file of an imported record", response_class=Response)
@requires(Permission.READ_ARCHIVE)
def read_file(
    imported_id: UUID,
    actor: CurrentActor,
    adapters: CurrentAdapters,
    name: Annotated[str, Query(max_length=300, description="As in its package, such as `issued.pdf`.")],
) -> Response:
    """`issued.pdf` is for those who may take evidence packages."""
    data = foreign.foreign_file(adapters.database, adapters.objects, actor, imported_id, name)
    return scan_attachment(data, f"imported-{imported_id}")
