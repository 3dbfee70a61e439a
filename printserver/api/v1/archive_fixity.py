"""Whether what the archive keeps is still what was put there."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from printserver.api.v1.common import View, api_router
from printserver.archive.fixity_queries import damaged_records, fixity_figures
from printserver.http_edge.declarations import requires
from printserver.http_edge.work import CurrentActor, CurrentWork
from printserver.organisations.permissions import Permission
from printserver.returns.foreign_fixity import import_figures

router = api_router("/archive-fixity", "archive")


class DamagedObject(View):
    """`result`: missing, changed or unreadable."""

    what: str
    sha256: str
    result: str


class DamagedRecord(View):
    id: UUID
    number: str
    title: str
    checked_at: datetime
    damaged_since: datetime
    problems: list[DamagedObject]


class DamagedImport(View):
    """An imported record. `result`: missing, changed or unreadable, of its package."""

    id: UUID
    number: str
    title: str
    package_sha256: str
    result: str
    damaged_since: datetime


class Imported(View):
    """Of records of other installations; `never`: not checked yet."""

    records: int
    never: int
    oldest: datetime | None
    damaged: list[DamagedImport]


class Fixity(View):
    """`never`: records that were not checked yet.   oldest, newest: moments of the checks."""

    records: int
    never: int
    intact: int
    damaged: int
    objects: int
    bytes: int
    oldest: datetime | None
    newest: datetime | None
    damaged_records: list[DamagedRecord]
    imported: Imported


@router.get("", summary="Figures of the checks, and what is damaged")
@requires(Permission.READ_ARCHIVE)
def read_fixity(actor: CurrentActor, work: CurrentWork) -> Fixity:
    """Of the records that the caller may read."""
    found = [DamagedRecord.model_validate(each) for each in damaged_records(work, actor)]
    imported = Imported.model_validate(import_figures(work, actor))
    return Fixity(**vars(fixity_figures(work, actor)), damaged_records=found, imported=imported)
