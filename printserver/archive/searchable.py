"""Make a record's searchable PDF/A and the words that find it, once.

Files are read and made outside transactions. May be run again after a crash: the same scans give the same bytes, and
the result is recorded only while this very try waits for it.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from PIL import Image
from sqlalchemy import exists, select, update

from printserver.archive.events import SearchableAskedAgain, SearchableFailed, SearchableMade
from printserver.archive.issued_words import IssuedPage, issued_pages
from printserver.archive.models import ArchiveParty, ArchiveRecord
from printserver.archive.retention_models import DisposedRecord
from printserver.archive.search_index import IndexKeys, remember, tokens_of_text
from printserver.archive.searchable_file import PageOfScan, SearchableFile, SearchableNotMade, build
from printserver.archive.searchable_jobs import SearchableState, searchable_job
from printserver.archive.two_persons import take_turn
from printserver.archive.word_places import UM_PER_INCH, Picture, WordOnScan, as_read, by_pose
from printserver.audit.log import By, append
from printserver.foundation.errors import PrintServerError, Unavailable
from printserver.foundation.unit_of_work import Database, Work
from printserver.rendering.security_marks import without_security
from printserver.rendering.text_recognition import TextLine, TextNotRead, read_text
from printserver.storage.objects import Objects

ISSUED: Final = "issued"
"""The words are the issued page's, which the comparison found again on the scan."""
READ: Final = "read"
"""The words were read from the scan's picture, with the errors that come with that."""
NONE: Final = "none"
_SAME: Final = ("same", "written-on")
_OCR_SECONDS: Final = 120.0


@dataclass(frozen=True)
class SearchableTools:
    """What making searchable files needs of the outside.   read_page: an upright page's lines, of a JPEG."""

    database: Database
    objects: Objects
    keys: IndexKeys
    read_page: Callable[[bytes], tuple[TextLine, ...]] = field(
        default=lambda picture: read_text(picture, wall_seconds=_OCR_SECONDS)
    )


@dataclass(frozen=True)
class _Order:
    """A record as it stands when the work begins. `said`: what else is searched with its text."""

    id: UUID
    organisation_id: UUID
    state: SearchableState
    tries: int
    number: str
    issued_sha256: str
    pages: tuple[dict[str, Any], ...]
    said: str
    created_at: datetime

    @property
    def by(self) -> By:
        return By(self.organisation_id, process="archive")


@dataclass(frozen=True)
class _PageText:
    source: str
    text: str
    words: tuple[WordOnScan, ...]


def make_searchable(tools: SearchableTools, record_id: UUID) -> None:
    """Raises: Unavailable: the record stays `waiting`, to be made later."""
    with tools.database.reading() as work:
        order = _order(work, record_id)
    if order.state is not SearchableState.WAITING:
        return
    tokens: frozenset[int] | None = None
    try:
        issued = issued_pages(without_security(tools.objects.get(order.issued_sha256, order.organisation_id)).pdf)
        texts = [_text(tools, order, page, issued) for page in order.pages]
        key = tools.keys.key(order.organisation_id)
        tokens = tokens_of_text(key, "\n".join((order.said, *(text.text for text in texts))))
        made = _built(tools, order, texts)
    except Unavailable:
        raise
    except PrintServerError as problem:
        give_up(tools.database, record_id, str(problem), tokens)
        return
    digest = tools.objects.put(made.pdf, order.organisation_id)
    if not _record(tools.database, order, digest, texts, made, tokens):
        _take_back(tools, order, digest)


def give_up(database: Database, record_id: UUID, reason: str, tokens: frozenset[int] | None = None) -> None:
    """Say on the record why it has no searchable file; its words are found all the same, if they are known."""
    with database.work() as work:
        order = _order(work, record_id)
        if not _close(work, order, SearchableState.FAILED, searchable_failure=reason[:1_000]):
            return
        if tokens is not None:
            remember(work, record_id, tokens)
        append(work, order.by, SearchableFailed(id=record_id, reason=reason[:1_000]))


def ask_again(work: Work, by: By, record_id: UUID) -> bool:
    """Have it made, unless it is made or on its way, or the record was disposed of; whether it was asked for."""
    if by.organisation_id is not None:
        take_turn(work, by.organisation_id)  # a disposal sees that the record is being read, or this sees that it goes
    asked = work.session.scalar(
        update(ArchiveRecord)
        .where(
            ArchiveRecord.id == record_id,
            ArchiveRecord.searchable_state.in_((SearchableState.NONE, SearchableState.FAILED)),
            ~exists().where(DisposedRecord.record_id == ArchiveRecord.id).correlate(ArchiveRecord),
        )
        .values(
            searchable_state=SearchableState.WAITING,
            searchable_failure="",
            searchable_tries=ArchiveRecord.searchable_tries + 1,
        )
        .returning(ArchiveRecord.searchable_tries)
        .execution_options(synchronize_session=False)
    )
    if asked is None:
        return False
    append(work, by, SearchableAskedAgain(id=record_id, tries=asked))
    work.jobs.enqueue(work.session, searchable_job(record_id, asked))
    return True


def ask_for_old(database: Database, *, limit: int = 500) -> int:
    """Have records of earlier releases made searchable, the newest first; how many were asked for."""
    with database.work() as work:
        rows = work.session.execute(
            select(ArchiveRecord.id, ArchiveRecord.organisation_id)
            .where(
                ArchiveRecord.searchable_state == SearchableState.NONE,
                ~exists().where(DisposedRecord.record_id == ArchiveRecord.id).correlate(ArchiveRecord),
            )
            .order_by(ArchiveRecord.id.desc())
            .limit(limit)
        ).all()
        return sum(ask_again(work, By(organisation_id, process="archive"), row_id) for row_id, organisation_id in rows)


def _order(work: Work, record_id: UUID) -> _Order:
    row = work.session.get_one(ArchiveRecord, record_id)
    parties = work.session.execute(
        select(ArchiveParty.name, ArchiveParty.number).where(ArchiveParty.record_id == record_id)
    )
    named = (part for party in parties for part in party)
    return _Order(
        id=row.id,
        organisation_id=row.organisation_id,
        state=SearchableState(row.searchable_state),
        tries=row.searchable_tries,
        number=row.number,
        issued_sha256=row.issued_sha256,
        pages=tuple(row.pages),
        said="\n".join((row.title, row.own_reference, row.number, row.serial, *named)),
        created_at=row.created_at,
    )


def _text(tools: SearchableTools, order: _Order, page: dict[str, Any], issued: Sequence[IssuedPage]) -> _PageText:
    digest = page["image_sha256"]
    same = page["verdict"] == "same" or page.get("kind") in _SAME
    known = issued[page["page"] - 1] if same and page["page"] <= len(issued) else None
    if digest is None:
        return _PageText(ISSUED, known.text, ()) if known else _PageText(NONE, "", ())
    data = tools.objects.get(digest, order.organisation_id)
    picture = _picture(data, page)
    if known is not None:
        return _PageText(ISSUED, known.text, by_pose(known, page.get("pose"), picture))
    try:
        lines = tools.read_page(data)
    except TextNotRead:
        return _PageText(NONE, "", ())
    words = tuple(as_read(line.text, line.box, picture) for line in lines)
    return _PageText(READ, "\n".join(line.text for line in lines), words)


def _picture(data: bytes, page: dict[str, Any]) -> Picture:
    """Its header alone is read. The server wrote the file itself."""
    measured = page.get("scan_um")
    try:
        with Image.open(io.BytesIO(data), formats=("JPEG", "PNG")) as picture:
            dpi = picture.width * UM_PER_INCH / measured[0] if measured else page.get("dpi") or 0.0
            return Picture(*picture.size, dpi)
    except OSError as problem:
        raise SearchableNotMade("the page's picture cannot be read") from problem


def _built(tools: SearchableTools, order: _Order, texts: Sequence[_PageText]) -> SearchableFile:
    digests = list(dict.fromkeys(page["scan_sha256"] for page in order.pages))
    pages = [
        PageOfScan(digests.index(page["scan_sha256"]), page["position"], page.get("rotation", 0), text.words)
        for page, text in zip(order.pages, texts, strict=True)
    ]
    scans = [tools.objects.get(digest, order.organisation_id) for digest in digests]
    return build(scans, pages, title=order.number, made_at=order.created_at)


def _record(
    database: Database,
    order: _Order,
    digest: str,
    texts: Sequence[_PageText],
    made: SearchableFile,
    tokens: frozenset[int],
) -> bool:
    """Whether this very try was still waited for."""
    pages = [
        {"page": page["page"], "text": text.source, "kept": kept}
        for page, text, kept in zip(order.pages, texts, made.kept, strict=True)
    ]
    with database.work() as work:
        values = {"searchable_sha256": digest, "searchable_pages": pages, "searchable_at": work.now()}
        if not _close(work, order, SearchableState.MADE, **values):
            return False
        remember(work, order.id, tokens)
        append(work, order.by, SearchableMade(id=order.id, sha256=digest, texts=tuple(text.source for text in texts)))
    return True


def _take_back(tools: SearchableTools, order: _Order, digest: str) -> None:
    """Of a record that was disposed of meanwhile nothing new may remain; what another run of this try made does."""
    with tools.database.reading() as work:
        named = work.session.get_one(ArchiveRecord, order.id)
        kept = named.searchable_state == SearchableState.MADE and named.searchable_sha256 == digest
    if not kept:
        tools.objects.erase(digest, order.organisation_id)


def _close(work: Work, order: _Order, state: SearchableState, **values: object) -> bool:
    """Whether this try was the one that the record waited for."""
    closed = work.session.scalar(
        update(ArchiveRecord)
        .where(
            ArchiveRecord.id == order.id,
            ArchiveRecord.searchable_state == SearchableState.WAITING,
            ArchiveRecord.searchable_tries == order.tries,
        )
        .values(searchable_state=state, **values)
        .returning(ArchiveRecord.id)
        .execution_options(synchronize_session=False)
    )
    return closed is not None
