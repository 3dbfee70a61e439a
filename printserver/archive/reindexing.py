"""The words of archived texts written down anew from the records, while the archive is in use.

Rows say which texts wait, so it goes on after a crash where it was; each text is found by its former words till then.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final
from uuid import UUID

import structlog
from sqlalchemy import func, select, update

from printserver.archive.events import IndexAskedAnew
from printserver.archive.models import ArchiveRecord, ArchiveText
from printserver.archive.record_texts import RecordOrder, SearchableTools, order_of, texts_again, tokens_of
from printserver.archive.search_index import FORM, remember_anew
from printserver.audit.log import append
from printserver.foundation.errors import PrintServerError, Unavailable
from printserver.foundation.unit_of_work import Work
from printserver.organisations.access import Actor, require, within
from printserver.organisations.permissions import Permission

AT_ONCE: Final = 50


@dataclass(frozen=True)
class IndexFacts:
    """`texts`: of records whose words are searched.   waiting: of them, to be read anew."""

    texts: int
    waiting: int


def index_facts(work: Work, actor: Actor) -> IndexFacts:
    """Of the records that `actor` may read.   Raises: Forbidden."""
    require(actor, Permission.READ_ARCHIVE)
    texts, waiting = work.session.execute(
        select(func.count(), func.count().filter(ArchiveText.form < FORM))
        .join_from(ArchiveText, ArchiveRecord, ArchiveRecord.id == ArchiveText.record_id)
        .where(within(ArchiveRecord.branch_id, actor, Permission.READ_ARCHIVE))
    ).one()
    return IndexFacts(texts, waiting)


def is_read_anew(work: Work, actor: Actor) -> bool:
    """Whether a search by words may miss some that `actor` may read."""
    one = (
        select(ArchiveText.number)
        .join(ArchiveRecord, ArchiveRecord.id == ArchiveText.record_id)
        .where(ArchiveText.form < FORM, within(ArchiveRecord.branch_id, actor, Permission.READ_ARCHIVE))
    )
    return work.session.scalar(one.limit(1)) is not None


def read_anew(work: Work, actor: Actor) -> int:
    """Have the words of all records where `actor` settles returns written down anew; of how many.

    Raises: Forbidden.
    """
    require(actor, Permission.SETTLE_RETURNS)
    mine = select(ArchiveRecord.id).where(within(ArchiveRecord.branch_id, actor, Permission.SETTLE_RETURNS))
    asked = work.session.scalars(
        update(ArchiveText)
        .where(ArchiveText.record_id.in_(mine), ArchiveText.form >= FORM)
        .values(form=0)
        .returning(ArchiveText.number)
        .execution_options(synchronize_session=False)
    ).all()
    append(work, actor.by, IndexAskedAnew(id=actor.organisation_id, texts=len(asked)))
    return len(asked)


def write_anew(tools: SearchableTools, stopped: Callable[[], bool]) -> int:
    """Go through what waits, the newest first, until nothing does or `stopped`; how many were written."""
    written, below = 0, None
    while waiting := _waiting(tools, below):
        for number, record_id in waiting:
            if stopped():
                return written
            written += _write(tools, record_id)
            below = number
    return written


def _waiting(tools: SearchableTools, below: int | None) -> list[tuple[int, UUID]]:
    chosen = select(ArchiveText.number, ArchiveText.record_id).where(ArchiveText.form < FORM)
    if below is not None:
        chosen = chosen.where(ArchiveText.number < below)
    with tools.database.reading() as work:
        rows = work.session.execute(chosen.order_by(ArchiveText.number.desc()).limit(AT_ONCE)).all()
    return [(number, record_id) for number, record_id in rows]


def _write(tools: SearchableTools, record_id: UUID) -> bool:
    with tools.database.reading() as work:
        order = order_of(work, record_id)
    try:
        tokens = tokens_of(tools, order, _texts(tools, order))
    except Unavailable as problem:
        structlog.get_logger().warning("an archived text waits", record=str(record_id), reason=str(problem))
        return False
    with tools.database.work() as work:
        return remember_anew(work, record_id, tokens)


def _texts(tools: SearchableTools, order: RecordOrder) -> list[str]:
    """Nothing where the paper can no longer be read: what the record says is found all the same.

    Raises: Unavailable.
    """
    try:
        return texts_again(tools, order)
    except Unavailable:
        raise
    except PrintServerError as problem:
        structlog.get_logger().warning("an archived text cannot be read", record=str(order.id), reason=str(problem))
        return []
