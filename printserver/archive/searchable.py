"""Make a record's searchable PDF/A and the words that find it, once.

Files are read and made outside transactions. May be run again after a crash: the same scans give the same bytes, and
the result is recorded only while this very try waits for it.
"""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import exists, select, update

from printserver.archive.events import SearchableAskedAgain, SearchableFailed, SearchableMade
from printserver.archive.models import ArchiveRecord
from printserver.archive.record_texts import PageText, RecordOrder, SearchableTools, order_of, page_texts, tokens_of
from printserver.archive.retention_models import DisposedRecord
from printserver.archive.search_index import remember
from printserver.archive.searchable_file import PageOfScan, SearchableFile, build
from printserver.archive.searchable_jobs import SearchableState, searchable_job
from printserver.archive.two_persons import take_turn
from printserver.audit.log import By, append
from printserver.foundation.errors import PrintServerError, Unavailable
from printserver.foundation.unit_of_work import Database, Work


def make_searchable(tools: SearchableTools, record_id: UUID) -> None:
    """Raises: Unavailable: the record stays `waiting`, to be made later."""
    with tools.database.reading() as work:
        order = order_of(work, record_id)
    if order.state is not SearchableState.WAITING:
        return
    tokens: frozenset[int] | None = None
    try:
        texts = page_texts(tools, order)
        tokens = tokens_of(tools, order, (text.text for text in texts))
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
        order = order_of(work, record_id)
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


def _built(tools: SearchableTools, order: RecordOrder, texts: Sequence[PageText]) -> SearchableFile:
    digests = list(dict.fromkeys(page["scan_sha256"] for page in order.pages))
    pages = [
        PageOfScan(digests.index(page["scan_sha256"]), page["position"], page.get("rotation", 0), text.words)
        for page, text in zip(order.pages, texts, strict=True)
    ]
    scans = [tools.objects.get(digest, order.organisation_id) for digest in digests]
    return build(scans, pages, title=order.number, made_at=order.created_at)


def _record(
    database: Database,
    order: RecordOrder,
    digest: str,
    texts: Sequence[PageText],
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


def _take_back(tools: SearchableTools, order: RecordOrder, digest: str) -> None:
    """Of a record that was disposed of meanwhile nothing new may remain; what another run of this try made does."""
    with tools.database.reading() as work:
        named = work.session.get_one(ArchiveRecord, order.id)
        kept = named.searchable_state == SearchableState.MADE and named.searchable_sha256 == digest
    if not kept:
        tools.objects.erase(digest, order.organisation_id)


def _close(work: Work, order: RecordOrder, state: SearchableState, **values: object) -> bool:
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
