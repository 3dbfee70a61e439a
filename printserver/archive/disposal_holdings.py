"""What the archive itself keeps of a copy, for disposal; and which copies are gone, for the other rooms."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Select, String, Text, cast, exists, or_, select, update

from printserver.archive.models import ArchiveParty, ArchiveRecord
from printserver.archive.retention_models import DisposedRecord
from printserver.archive.search_index import forget as forget_words
from printserver.foundation.database import Base
from printserver.foundation.unit_of_work import Work

_DIGEST: Final = re.compile(r"[0-9a-f]{64}")
KEPT_OF_PAGES: Final = ("page", "image_sha256", "scan_sha256", "position", "verdict", "return_id")
"""What remains of a disposed record's pages: which bytes they were, and nothing that shows them."""
ANSWERED_FOR: Final = frozenset(
    {"archive_record", "copy", "copy_seal", "document", "hand_over", "print_request", "quarantined_scan"}
    | {"request_attachment", "return_batch", "return_page"}
)
"""Tables whose room says itself what is still named."""
ONLY_DIGESTS: Final = frozenset({"approval", "authorisation", "signing_record", "statement"})
"""Tables that say which bytes were decided on, and keep none of them."""
OF_SECRETS: Final = frozenset({"api_token", "idempotency_record", "print_ticket", "release_code", "web_session"})
"""Tables with digests of what was never an object; the worker may not read them."""


def disposed_copies(only: UUID | None = None) -> Select[UUID]:
    """Ids of copies whose record was disposed of, or is just going.   only: this one, if it is among them."""
    chosen = select(DisposedRecord.copy_id)
    return chosen if only is None else chosen.where(DisposedRecord.copy_id == only)


def digests_in(value: Any) -> Iterator[str]:
    """Every digest anywhere in a JSON value."""
    if isinstance(value, str):
        if _DIGEST.fullmatch(value):
            yield value
    elif isinstance(value, dict):
        for each in value.values():
            yield from digests_in(each)
    elif isinstance(value, list):
        for each in value:
            yield from digests_in(each)


class RecordHoldings:
    """Archive records. What their pages name is named by returned pages too, whose room answers for it."""

    def objects_of(self, work: Work, copy_id: UUID) -> set[str]:
        record = work.session.scalar(select(ArchiveRecord).where(ArchiveRecord.copy_id == copy_id))
        if record is None:
            return set()
        one = {record.issued_sha256, record.searchable_sha256}
        return {each for each in one if each} | set(digests_in(record.pages))

    def still_named(self, work: Work, organisation_id: UUID, digests: Collection[str]) -> set[str]:
        gone = exists().where(DisposedRecord.record_id == ArchiveRecord.id).correlate(ArchiveRecord)
        rows = work.session.execute(
            select(ArchiveRecord.issued_sha256, ArchiveRecord.searchable_sha256, ArchiveRecord.pages).where(
                ArchiveRecord.organisation_id == organisation_id,
                ~gone,
                or_(
                    ArchiveRecord.issued_sha256.in_(digests),
                    ArchiveRecord.searchable_sha256.in_(digests),
                    *(cast(ArchiveRecord.pages, Text).contains(digest, autoescape=True) for digest in digests),
                ),
            )
        )
        return {digest for row in rows for digest in digests_in(list(row))} & set(digests)

    def forget(self, work: Work, copy_id: UUID) -> None:
        record = work.session.scalar(select(ArchiveRecord).where(ArchiveRecord.copy_id == copy_id))
        if record is None:
            return
        record.title = record.own_reference = ""
        record.amount_minor, record.amount_currency = None, ""
        record.pages = [{name: page.get(name) for name in KEPT_OF_PAGES} for page in record.pages]
        record.searchable_pages, record.searchable_failure = None, ""
        work.session.execute(update(ArchiveParty).where(ArchiveParty.record_id == record.id).values(name="", number=""))
        forget_words(work, record.id)
        work.session.flush()


class OtherHoldings:
    """All tables that nobody answers for: what one of them names stays, also of a release that is not written yet."""

    def objects_of(self, work: Work, copy_id: UUID) -> set[str]:
        return set()

    def still_named(self, work: Work, organisation_id: UUID, digests: Collection[str]) -> set[str]:
        found: set[str] = set()
        for table in Base.metadata.sorted_tables:
            if table.name in ANSWERED_FOR | ONLY_DIGESTS | OF_SECRETS:
                continue
            for column in table.columns:
                if column.name.endswith("sha256") and isinstance(column.type, String):
                    found |= set(work.session.scalars(select(column).where(column.in_(digests))))
        return found

    def forget(self, work: Work, copy_id: UUID) -> None:
        return None
