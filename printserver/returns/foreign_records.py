"""Records of other installations: believed under a root that a person pinned, verified before anything is kept.

They are read-only and never mixed with the own archive: nothing here was approved, printed or returned here.
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import IO, Any, Final
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.exc import IntegrityError as RowExists

from printserver.archive.bag import opened
from printserver.archive.evidence_format import ISSUED, RECORD, RECORDS
from printserver.audit.log import append
from printserver.foundation.clock import as_text
from printserver.foundation.errors import Forbidden, Malformed, NotFound, Refused
from printserver.foundation.ids import new_id
from printserver.foundation.unit_of_work import Database, Work
from printserver.organisations.access import Actor, require, within
from printserver.organisations.permissions import Permission
from printserver.organisations.queries import branches_with, covers_organisation
from printserver.returns.foreign_events import ArchiveSourcePinned, ForeignRecordImported, ForeignRecordRead
from printserver.returns.foreign_models import ArchiveSource, ForeignRecord
from printserver.signing.key_list import normal_fingerprint
from printserver.storage.objects import Objects
from printserver.verification.package_check import PackageMalformed, check_package
from printserver.verification.package_findings import PackageVerdict
from printserver.verification.package_json import read_object

LONGEST: Final = 500


class SourceNotFound(NotFound):
    code = "archive-source-not-found"


class SourcePinnedAlready(Refused):
    code = "archive-source-pinned-already"


class SourceMalformed(Malformed):
    code = "archive-source-malformed"


class ForeignRecordNotFound(NotFound):
    code = "foreign-record-not-found"


class ForeignPackageRefused(Refused):
    """It does not prove itself under the pinned root; nothing of it was kept."""

    code = "foreign-package-refused"


@dataclass(frozen=True)
class SourceFacts:
    """`note`: how the fingerprint was compared."""

    id: UUID
    name: str
    root_fingerprint: str
    note: str
    pinned_by: UUID
    pinned_at: datetime


@dataclass(frozen=True)
class ForeignFacts:
    """`facts`: what was proved of it when it came, see `package_findings.RecordShown`, times as text."""

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


@dataclass(frozen=True)
class Imported:
    """`known`: it was here already, and nothing was done."""

    id: UUID
    number: str
    serial: str
    known: bool


def pin_source(work: Work, actor: Actor, *, name: str, root_fingerprint: str, note: str) -> UUID:
    """Believe another installation's root from now on. For those who import for the whole organisation.

    note: with what the fingerprint was compared.   Raises: Forbidden, KeyListRefused for no fingerprint,
    SourceMalformed, SourcePinnedAlready.
    """
    if not may_pin(work, actor):
        raise Forbidden("whom to believe is said by those who take archives in for the whole organisation")
    fingerprint, name, note = normal_fingerprint(root_fingerprint), name.strip(), note.strip()
    if not 0 < len(name) <= LONGEST or not 0 < len(note) <= LONGEST:
        raise SourceMalformed("give the other installation a name, and say with what you compared the fingerprint")
    source = ArchiveSource(
        id=new_id(),
        organisation_id=actor.organisation_id,
        name=name,
        root_fingerprint=fingerprint,
        note=note,
        pinned_by=actor.id,
        pinned_at=work.now(),
    )
    try:
        with work.session.begin_nested():
            work.session.add(source)
    except RowExists:
        raise SourcePinnedAlready("this root is pinned already") from None
    append(work, actor.by, ArchiveSourcePinned(id=source.id, name=name, root_fingerprint=fingerprint, note=note))
    return source.id


def sources(work: Work, actor: Actor) -> tuple[SourceFacts, ...]:
    """Of the own organisation, by name.   Raises: Forbidden."""
    require(actor, Permission.READ_ARCHIVE)
    rows = work.session.scalars(
        select(ArchiveSource)
        .where(ArchiveSource.organisation_id == actor.organisation_id)
        .order_by(ArchiveSource.name, ArchiveSource.id)
    )
    return tuple(
        SourceFacts(row.id, row.name, row.root_fingerprint, row.note, row.pinned_by, row.pinned_at) for row in rows
    )


def import_package(
    database: Database, objects: Objects, actor: Actor, source_id: UUID, branch_id: UUID, package: IO[bytes]
) -> Imported:
    """Keep a package of one record, once it proves itself under the source's root.

    branch_id: whose people shall read it.   package: an open zip file, read where it lies and never into memory.
    The same record again changes nothing.
    Raises: Forbidden, SourceNotFound, NotFound for another branch, BagUnreadable, PackageMalformed,
    ForeignPackageRefused.
    """
    with database.reading() as work:
        require(actor, Permission.IMPORT_ARCHIVE)
        source = _source(work, actor, source_id)
        if branch_id not in {each.id for each in branches_with(work, actor, Permission.IMPORT_ARCHIVE)}:
            raise NotFound("there is no such branch")
    verdict, record = _proved(package, source.root_fingerprint)
    shown = verdict.records[0]
    with database.reading() as work:
        known = _known(work, actor.organisation_id, source_id, record["record"]["id"])
    if known is not None:
        return Imported(known, shown.number, shown.serial, known=True)
    digest = objects.put_file(package, actor.organisation_id)
    row = ForeignRecord(
        id=new_id(),
        organisation_id=actor.organisation_id,
        branch_id=branch_id,
        source_id=source_id,
        record_id=record["record"]["id"],
        number=shown.number,
        serial=shown.serial,
        title=shown.title,
        own_reference=str(record["record"]["own_reference"]),
        package_sha256=digest,
        facts=_plain(asdict(shown)),
        imported_by=actor.id,
        imported_at=database.clock.now(),
    )
    try:
        with database.work() as work:
            work.session.add(row)
            work.session.flush()
            imported = ForeignRecordImported(
                id=row.id, source_id=source_id, number=shown.number, serial=shown.serial, package_sha256=digest
            )
            append(work, actor.by, imported)
    except RowExists:
        with database.reading() as work:
            known = _known(work, actor.organisation_id, source_id, record["record"]["id"])
        if known is None:
            raise
        return Imported(known, shown.number, shown.serial, known=True)
    return Imported(row.id, shown.number, shown.serial, known=False)


def foreign_records(work: Work, actor: Actor, text: str = "", *, limit: int = 200) -> tuple[ForeignFacts, ...]:
    """Those that `actor` may read, the newest first.   text: in title or own reference, beginning of the number, or
    the serial.   Raises: Forbidden."""
    require(actor, Permission.READ_ARCHIVE)
    chosen = (
        select(ForeignRecord, ArchiveSource.name)
        .join(ArchiveSource, ArchiveSource.id == ForeignRecord.source_id)
        .where(within(ForeignRecord.branch_id, actor, Permission.READ_ARCHIVE))
        .order_by(ForeignRecord.id.desc())
        .limit(max(1, min(limit, 500)))
    )
    if text.strip():
        wanted = text.strip()
        chosen = chosen.where(
            or_(
                ForeignRecord.title.icontains(wanted, autoescape=True),
                ForeignRecord.own_reference.icontains(wanted, autoescape=True),
                ForeignRecord.number.startswith(wanted, autoescape=True),
                ForeignRecord.serial == wanted.upper(),
            )
        )
    return tuple(_facts(row, name) for row, name in work.session.execute(chosen))


def foreign_record(work: Work, actor: Actor, record_id: UUID) -> ForeignFacts:
    """Raises: Forbidden, ForeignRecordNotFound."""
    row = _readable(work, actor, record_id)
    return _facts(row, work.session.get_one(ArchiveSource, row.source_id).name)


def foreign_package(database: Database, objects: Objects, actor: Actor, record_id: UUID) -> bytes:
    """The package as it came; each fetching is recorded.   Raises: Forbidden, ForeignRecordNotFound, ObjectChanged."""
    with database.work() as work:
        row = _readable(work, actor, record_id, Permission.READ_EVIDENCE)
        append(work, actor.by, ForeignRecordRead(id=row.id, what="package"))
    return objects.get(row.package_sha256, row.organisation_id)


def foreign_file(database: Database, objects: Objects, actor: Actor, record_id: UUID, name: str) -> bytes:
    """One file of its record, such as `issued.pdf` or `pages/0001.jpg`; each fetching is recorded.

    The signed file takes the right to evidence, as here. Raises: Forbidden, ForeignRecordNotFound, also for a file that
    is not in it; ObjectChanged.
    """
    permission = Permission.READ_EVIDENCE if name == ISSUED else Permission.READ_ARCHIVE
    with database.work() as work:
        row = _readable(work, actor, record_id, permission)
        append(work, actor.by, ForeignRecordRead(id=row.id, what=name[:100]))
    with opened(io.BytesIO(objects.get(row.package_sha256, row.organisation_id))) as bag:
        found = [path for path in bag.digests if path.startswith(RECORDS) and path.split("/", 2)[2] == name]
        if not found:
            raise ForeignRecordNotFound("the record has no such file")
        return bag.read(found[0])


def may_pin(work: Work, actor: Actor) -> bool:
    """Whether the actor imports for the whole organisation."""
    return covers_organisation(work, actor, Permission.IMPORT_ARCHIVE)


def _proved(package: IO[bytes], root: str) -> tuple[PackageVerdict, Mapping[str, Any]]:
    """Raises: BagUnreadable, PackageMalformed, ForeignPackageRefused."""
    verdict = check_package(package, lambda key_list: root)
    if not verdict.genuine:
        problems = "; ".join(f"{each.check}: {each.problem}" for each in verdict.problems)
        raise ForeignPackageRefused(f"the package does not prove itself under the pinned root: {problems}"[:1000])
    if verdict.test:
        raise ForeignPackageRefused("the package was made with keys that are for tests only")
    if len(verdict.records) != 1:
        raise ForeignPackageRefused("take in one record a package; `printserver archive export` makes such packages")
    with opened(package) as bag:
        (name,) = (each for each in bag.digests if each.startswith(RECORDS) and each.endswith(f"/{RECORD}"))
        return verdict, read_object(bag.read(name), PackageMalformed)


def _plain(value: object) -> Any:
    """With times as text, for a row of JSON."""
    if isinstance(value, Mapping):
        return {str(name): _plain(each) for name, each in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_plain(each) for each in value]
    return as_text(value) if isinstance(value, datetime) else value


def _source(work: Work, actor: Actor, source_id: UUID) -> ArchiveSource:
    row = work.session.scalar(
        select(ArchiveSource).where(
            ArchiveSource.id == source_id, ArchiveSource.organisation_id == actor.organisation_id
        )
    )
    if row is None:
        raise SourceNotFound("there is no such pinned source")
    return row


def _known(work: Work, organisation_id: UUID, source_id: UUID, record_id: str) -> UUID | None:
    return work.session.scalar(
        select(ForeignRecord.id).where(
            ForeignRecord.organisation_id == organisation_id,
            ForeignRecord.source_id == source_id,
            ForeignRecord.record_id == record_id,
        )
    )


def _readable(
    work: Work, actor: Actor, record_id: UUID, permission: Permission = Permission.READ_ARCHIVE
) -> ForeignRecord:
    require(actor, permission)
    row = work.session.scalar(
        select(ForeignRecord).where(ForeignRecord.id == record_id, within(ForeignRecord.branch_id, actor, permission))
    )
    if row is None:
        raise ForeignRecordNotFound("there is no such imported record")
    return row


def _facts(row: ForeignRecord, source: str) -> ForeignFacts:
    return ForeignFacts(
        row.id,
        row.source_id,
        source,
        row.number,
        row.serial,
        row.title,
        row.own_reference,
        row.branch_id,
        row.imported_at,
        row.facts,
    )
