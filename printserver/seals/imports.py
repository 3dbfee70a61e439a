"""Registered seals in bulk: a zip with `seals.csv` and a picture each, looked at first, then applied as it was seen.

Applying makes applications, never seals: officers decide on each as on any other.
"""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, date, datetime, time
from hashlib import sha256
from typing import Any, Final
from uuid import UUID

from sqlalchemy import update

from printserver.audit.log import append
from printserver.foundation.errors import NotFound, PrintServerError
from printserver.foundation.ids import new_id
from printserver.foundation.unit_of_work import Work
from printserver.foundation.zip_files import BROKEN, opened_zip
from printserver.organisations.access import Actor
from printserver.organisations.colleagues import colleagues
from printserver.organisations.permissions import Permission
from printserver.organisations.queries import branches_with
from printserver.rendering.seal_artwork_types import SealType
from printserver.seals.applications import (
    IMAGE,
    Artwork,
    SealApplication,
    apply_for_seal,
    check_application,
    draw_artwork,
)
from printserver.seals.artworks import take_image
from printserver.seals.custody import require_keepers
from printserver.seals.errors import SealApplicationMalformed, SealImportChanged, SealImportMalformed
from printserver.seals.events import SealImportApplied, SealImportLookedAt
from printserver.seals.models import SealImport
from printserver.storage.objects import Objects

TABLE: Final = "seals.csv"
COLUMNS: Final = (
    *("name", "type", "registration_number", "branch", "custodians", "owner", "width_mm", "height_mm"),
    *("valid_from", "valid_until", "purpose", "image"),
)
"""`custodians`: names, with `;` between. `branch`: its name. `image`: a file of the zip; empty to have it drawn."""
MOST_LINES: Final = 100
MOST_MEMBERS: Final = 2 * (MOST_LINES + 1)
"""Of the zip: the table, a picture a line, and folders."""
MOST_BYTES: Final = 64 << 20
LARGEST_FILE: Final = 20 << 20


@dataclass(frozen=True)
class ImportLine:
    """`number`: in the table, the heading being 1.   code, problem: why it cannot be applied for, else empty."""

    number: int
    name: str
    fields: Mapping[str, str]
    artwork_sha256: str = ""
    artwork_source: str = ""
    code: str = ""
    problem: str = ""


@dataclass(frozen=True)
class ImportFacts:
    id: UUID
    filename: str
    file_sha256: str
    lines: tuple[ImportLine, ...]
    created_at: datetime
    applied_at: datetime | None

    @property
    def wrong(self) -> int:
        return sum(bool(line.code) for line in self.lines)


def read_import(data: bytes) -> tuple[list[Mapping[str, str]], Mapping[str, bytes]]:
    """The table's lines and the other files, by name.   Raises: SealImportMalformed."""
    unreadable = SealImportMalformed("this is no zip file that can be read")
    with opened_zip(
        io.BytesIO(data), most_members=MOST_MEMBERS, unreadable=unreadable, refused=SealImportMalformed
    ) as folder:
        files = _files(folder)
    table = files.pop(TABLE, None)
    if table is None:
        raise SealImportMalformed(f"the zip holds no {TABLE}")
    return _lines(table), files


def look_at(work: Work, objects: Objects, actor: Actor, data: bytes) -> tuple[ImportLine, ...]:
    """The dry run: what each line would ask for, or what is wrong with it; pictures are cleaned and stored.

    `work` reads only.   Raises: SealImportMalformed.
    """
    lines, files = read_import(data)
    return tuple(_looked_at(work, objects, actor, number, line, files) for number, line in enumerate(lines, 2))


def keep_import(work: Work, actor: Actor, filename: str, data: bytes, lines: Sequence[ImportLine]) -> UUID:
    row = SealImport(
        id=new_id(),
        organisation_id=actor.organisation_id,
        person_id=actor.id,
        filename=filename[-200:],
        file_sha256=_digest(data, lines),
        lines=[{**asdict(line), "fields": dict(line.fields)} for line in lines],
        created_at=work.now(),
        applied_at=None,
    )
    work.session.add(row)
    work.session.flush()
    wrong = sum(bool(line.code) for line in lines)
    append(work, actor.by, SealImportLookedAt(id=row.id, file_sha256=row.file_sha256, lines=len(lines), wrong=wrong))
    return row.id


def import_facts(work: Work, actor: Actor, import_id: UUID) -> ImportFacts:
    """For whoever handed it in.   Raises: NotFound."""
    row = work.session.get(SealImport, import_id)
    if row is None or row.person_id != actor.id:
        raise NotFound("there is no such import")
    lines = tuple(ImportLine(**line) for line in row.lines)
    return ImportFacts(row.id, row.filename, row.file_sha256, lines, row.created_at, row.applied_at)


def apply_import(work: Work, actor: Actor, import_id: UUID, *, sha256: str) -> tuple[UUID, ...]:
    """Apply for every seal of a file without a wrong line, once.

    sha256: of what was looked at.   Raises: NotFound, SealImportChanged, SealImportMalformed; as `apply_for_seal`.
    """
    found = import_facts(work, actor, import_id)
    if found.file_sha256 != sha256:
        raise SealImportChanged("this is not what was looked at")
    if found.wrong or not found.lines:
        raise SealImportMalformed("a file with a wrong line is not applied; mend it and look at it again")
    once = work.session.scalar(
        update(SealImport)
        .where(SealImport.id == import_id, SealImport.applied_at.is_(None))
        .values(applied_at=work.now())
        .returning(SealImport.id)
    )
    if once is None:
        raise SealImportChanged("this file was applied already")
    made = tuple(
        apply_for_seal(
            work, actor, _application(work, actor, line.fields), Artwork(line.artwork_sha256, line.artwork_source)
        )
        for line in found.lines
    )
    append(work, actor.by, SealImportApplied(id=import_id, file_sha256=sha256, seals=made))
    return made


def _looked_at(
    work: Work, objects: Objects, actor: Actor, number: int, fields: Mapping[str, str], files: Mapping[str, bytes]
) -> ImportLine:
    line = ImportLine(number, fields.get("name", ""), fields)
    try:
        application = _application(work, actor, fields)
        check_application(work, application)
        require_keepers(work, actor.organisation_id, application.branch_id, application.keepers)
        artwork = _artwork(objects, actor.organisation_id, application, fields.get("image", ""), files)
    except PrintServerError as problem:
        return replace(line, code=problem.code, problem=str(problem))
    return replace(line, artwork_sha256=artwork.sha256, artwork_source=artwork.source)


def _artwork(
    objects: Objects, owner: UUID, application: SealApplication, image: str, files: Mapping[str, bytes]
) -> Artwork:
    if not image:
        return draw_artwork(objects, application, owner)
    if image not in files:
        raise SealImportMalformed(f"the zip holds no {image}")
    width_um, height_um = application.size_um
    stored = take_image(objects, files[image], owner, width_mm=width_um // 1_000, height_mm=height_um // 1_000)
    return Artwork(stored.artwork_sha256, IMAGE)


def _application(work: Work, actor: Actor, fields: Mapping[str, str]) -> SealApplication:
    """Raises: SealApplicationMalformed."""
    branches = {each.name: each.id for each in branches_with(work, actor, Permission.MANAGE_SEALS)}
    if fields["branch"] not in branches:
        raise SealApplicationMalformed(f"there is no such branch: {fields['branch']}")
    owner = _people(work, actor, fields["owner"])
    try:
        return SealApplication(
            branch_id=branches[fields["branch"]],
            type=SealType(fields["type"]),
            name=fields["name"],
            registration_number=fields["registration_number"],
            valid_from=_moment(fields["valid_from"]),
            valid_until=_moment(fields["valid_until"]),
            width_mm=int(fields["width_mm"]) if fields["width_mm"] else None,
            height_mm=int(fields["height_mm"]) if fields["height_mm"] else None,
            custodians=_people(work, actor, fields["custodians"]),
            owner_id=owner[0] if owner else None,
            purpose=fields["purpose"],
        )
    except ValueError as problem:
        raise SealApplicationMalformed(
            f"type, size or validity cannot be read; types are {', '.join(SealType)}, dates are written 2027-12-31"
        ) from problem


def _people(work: Work, actor: Actor, named: str) -> tuple[UUID, ...]:
    """Raises: SealApplicationMalformed for a name that nobody or more than one person has."""
    everybody = colleagues(work, actor.organisation_id)
    found = []
    for name in (part.strip() for part in named.replace("；", ";").split(";")):
        if name:
            called = [each.id for each in everybody if each.name == name]
            if len(called) != 1:
                raise SealApplicationMalformed(f"nobody, or more than one person, is called {name}")
            found += called
    return tuple(found)


def _moment(day: str) -> datetime:
    return datetime.combine(date.fromisoformat(day), time(), UTC)


def _files(folder: zipfile.ZipFile) -> dict[str, bytes]:
    """Only the last part of a name counts, nothing is ever written to a disk.   Raises: SealImportMalformed."""
    files: dict[str, bytes] = {}
    entries = [entry for entry in folder.infolist() if not entry.is_dir()]
    if len(entries) > MOST_LINES + 1:
        raise SealImportMalformed(f"at most {MOST_LINES} seals at once")
    sizes = [entry.file_size for entry in entries]
    if sum(sizes) > MOST_BYTES or max(sizes, default=0) > LARGEST_FILE:
        raise SealImportMalformed("the files of the zip are too large")
    for entry in entries:
        data = _whole(folder, entry)
        name = entry.filename.replace("\\", "/").rpartition("/")[2]
        if name in files:
            raise SealImportMalformed(f"two files have the name {name}")
        files[name] = data
    return files


def _whole(folder: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bytes:
    """No further than the size that the list says.   Raises: SealImportMalformed, also for one that is larger."""
    try:
        return folder.read(entry)
    except BROKEN as problem:
        raise SealImportMalformed("this is no zip file that can be read") from problem


def _lines(table: bytes) -> list[Mapping[str, str]]:
    try:
        reader = csv.DictReader(io.StringIO(table.decode("utf-8-sig"), newline=""), strict=True)
        if not set(reader.fieldnames or ()) >= {"name", "type", "branch", "valid_from", "valid_until"}:
            raise SealImportMalformed(f"the first line of {TABLE} names its columns: {', '.join(COLUMNS)}")
        lines: list[Mapping[str, str]] = [{name: (line.get(name) or "").strip() for name in COLUMNS} for line in reader]
    except (UnicodeDecodeError, csv.Error) as problem:
        raise SealImportMalformed(f"{TABLE} is no table in UTF-8") from problem
    if not 1 <= len(lines) <= MOST_LINES:
        raise SealImportMalformed(f"{TABLE} has 1 to {MOST_LINES} lines besides its heading")
    return lines


def _digest(data: bytes, lines: Sequence[ImportLine]) -> str:
    """Of the file and of what was seen in it."""
    seen: list[Any] = [{**asdict(line), "fields": dict(line.fields)} for line in lines]
    return sha256(sha256(data).digest() + json.dumps(seen, sort_keys=True).encode()).hexdigest()
