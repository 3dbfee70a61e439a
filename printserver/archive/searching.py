"""Search the archive by words and fields together, and view what was found, which is recorded.

The key of the words is asked for outside the transaction: the first time it comes from the HSM.
"""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

from printserver.archive.access import record_in_view
from printserver.archive.copy_records import require_kept
from printserver.archive.events import ArchiveRecordViewed, CatalogueExported
from printserver.archive.holds import is_held
from printserver.archive.queries import RecordDetail, RecordSummary, catalogue_records, record_detail, records
from printserver.archive.search_fields import ArchiveSearch
from printserver.archive.search_index import IndexKeys, tokens_of_question
from printserver.archive.searchable import ask_again
from printserver.archive.searchable_jobs import SearchableState
from printserver.audit.log import append
from printserver.foundation.errors import Refused
from printserver.foundation.unit_of_work import Database, Work
from printserver.organisations.access import Actor, require
from printserver.organisations.permissions import Permission


class SearchableNotAwaited(Refused):
    """It is made already, or on its way."""

    code = "searchable-not-awaited"


def with_words(keys: IndexKeys, actor: Actor, search: ArchiveSearch, words: str) -> ArchiveSearch:
    """The search, and that the text holds these words.   Raises: Forbidden, WordsTooShort, Unavailable."""
    require(actor, Permission.READ_ARCHIVE)
    if not words.strip():
        return search
    return replace(search, tokens=tokens_of_question(keys.key(actor.organisation_id), words))


def search_records(
    database: Database,
    keys: IndexKeys,
    actor: Actor,
    search: ArchiveSearch,
    *,
    words: str = "",
    held: bool | None = None,
    before: UUID | None = None,
    limit: int = 50,
) -> tuple[RecordSummary, ...]:
    """The newest records that `actor` may read.   words: all of which the text holds.   held: by a legal hold, or not.

    before: the last id of the page before.   Raises: Forbidden, WordsTooShort, Unavailable.
    """
    asked = with_words(keys, actor, search, words)
    also = () if held is None else (is_held() if held else ~is_held(),)
    with database.reading() as work:
        return records(work, actor, asked, also=also, before=before, limit=limit)


def view_record(work: Work, actor: Actor, record_id: UUID, *, by_page: bool) -> RecordDetail:
    """What the record says; that it was looked at is recorded.   Raises: Forbidden, RecordNotFound."""
    detail = record_detail(work, actor, record_id)
    append(work, actor.by, ArchiveRecordViewed(id=record_id, by_page=by_page))
    return detail


def export_catalogue(work: Work, actor: Actor, search: ArchiveSearch) -> tuple[RecordSummary, ...]:
    """Every record of a part of the catalogue, by number; that it was taken out is recorded.

    search: catalogue, branch and class of it.   Raises: Forbidden.
    """
    found = tuple(catalogue_records(work, actor, search))
    append(
        work,
        actor.by,
        CatalogueExported(
            year=search.catalogue, class_code=search.class_code, branch_id=search.branch_id, records=len(found)
        ),
    )
    return found


def make_searchable_again(work: Work, actor: Actor, record_id: UUID) -> None:
    """Try once more to make the searchable file.

    Raises: Forbidden, RecordNotFound, RecordDisposed, SearchableNotAwaited.
    """
    require(actor, Permission.SETTLE_RETURNS)
    record = record_in_view(work, actor, record_id)
    require_kept(work, record.organisation_id, record.copy_id)
    if not ask_again(work, actor.by, record.id):
        made = record.searchable_state == SearchableState.MADE
        raise SearchableNotAwaited("the searchable file is made" if made else "the searchable file is on its way")
