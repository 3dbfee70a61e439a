"""The words of archived texts, found again without being kept: each is written down as eight bytes of a keyed digest.

The key is the organisation's own and lies in no row, so a copy of the database tells no word. What it still tells is in
docs/decisions/0023: how many records share a word, and which words stand together.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Protocol
from uuid import UUID

from sqlalchemy import ColumnElement, delete, func, insert, literal, select
from sqlalchemy.orm import InstrumentedAttribute, aliased

from printserver.archive.models import ArchivePosting, ArchiveRecord, ArchiveText
from printserver.archive.search_words import words_of_question, words_of_text
from printserver.foundation.unit_of_work import Work
from printserver.storage.vault import Vaults

PURPOSE: Final = "archive-search"
LOOKED_AT: Final = 1_000
"""So many postings of a word are counted to learn which one is rarest; beyond that all are common."""
FIRST_PART: Final = 200
LARGEST_PART: Final = 3_200
"""So many texts are looked at before it is known whether they are the reader's own."""
_AT_ONCE: Final = 5_000


class IndexKeys(Protocol):
    """Where the keys of the words come from."""

    def key(self, owner: UUID) -> bytes:
        """32 bytes, of one organisation.   Raises: Unavailable."""


@dataclass(frozen=True)
class VaultIndexKeys:
    """Derived from the organisation's vault key, which the HSM wraps."""

    vaults: Vaults

    def key(self, owner: UUID) -> bytes:
        return self.vaults.derived(owner, PURPOSE)


def token(key: bytes, word: str) -> int:
    """A signed integer of 64 bits, which tells of the word only to who has the key."""
    return int.from_bytes(hmac.digest(key, word.encode(), "sha256")[:8], "big", signed=True)


def tokens_of_text(key: bytes, text: str) -> frozenset[int]:
    return frozenset(token(key, word) for word in words_of_text(text))


def tokens_of_question(key: bytes, typed: str) -> tuple[int, ...]:
    """Raises: WordsTooShort."""
    return tuple(dict.fromkeys(token(key, word) for word in words_of_question(typed)))


def remember(work: Work, record_id: UUID, tokens: Iterable[int]) -> None:
    """Let the record be found by these words, and by no others any more."""
    number = work.session.scalar(select(ArchiveText.number).where(ArchiveText.record_id == record_id))
    if number is None:
        row = ArchiveText(record_id=record_id)
        work.session.add(row)
        work.session.flush()
        number = row.number
    work.session.execute(delete(ArchivePosting).where(ArchivePosting.number == number))
    rows = [{"token": each, "number": number} for each in sorted(set(tokens))]
    for start in range(0, len(rows), _AT_ONCE):
        work.session.execute(insert(ArchivePosting), rows[start : start + _AT_ONCE])


def forget(work: Work, record_id: UUID) -> None:
    """Let no word of the record's text be found any more; nothing of the text is left among the words."""
    number = work.session.scalar(select(ArchiveText.number).where(ArchiveText.record_id == record_id))
    if number is not None:
        work.session.execute(delete(ArchivePosting).where(ArchivePosting.number == number))
        work.session.execute(delete(ArchiveText).where(ArchiveText.number == number))


def found_records(
    work: Work,
    tokens: Sequence[int],
    conditions: Iterable[ColumnElement[bool]],
    *,
    before: UUID | None,
    limit: int,
) -> list[ArchiveRecord]:
    """The newest records whose texts hold every one of `tokens`.

    tokens: not empty.   conditions: on `ArchiveRecord`, the reader's rights among them.   before: the last id of the
    page before.   The rarest word is followed from its newest posting, a part at a time; each other word is looked up
    for it. So no planner can choose to read and sort a common word's whole list.
    """
    ordered, asked = _rarest_first(work, tokens), tuple(conditions)
    below = None if before is None else _number(work, before)
    found: list[ArchiveRecord] = []
    part = FIRST_PART
    while len(found) < limit and below != 0:
        numbers = _numbers(work, ordered, below, part)
        found += work.session.scalars(
            select(ArchiveRecord)
            .join(ArchiveText, ArchiveText.record_id == ArchiveRecord.id)
            .where(ArchiveText.number.in_(numbers), *asked)
            .order_by(ArchiveText.number.desc())
            .limit(limit - len(found))
        )
        below = numbers[-1] if len(numbers) == part else 0
        part = min(part * 4, LARGEST_PART)
    return found


def _numbers(work: Work, tokens: Sequence[int], below: int | None, most: int) -> list[int]:
    """Of texts that hold all words, the newest first.   tokens: the rarest first.   below: only numbers below this."""
    first, *others = tokens
    led = aliased(ArchivePosting)
    held = select(led.number).where(led.token == first, *(_also(led.number, each) for each in others))
    if below is not None:
        held = held.where(led.number < below)
    return list(work.session.scalars(held.order_by(led.number.desc()).limit(most)))


def _number(work: Work, record_id: UUID) -> int:
    """0 for a record without words."""
    return work.session.scalar(select(ArchiveText.number).where(ArchiveText.record_id == record_id)) or 0


def _also(number: InstrumentedAttribute[int], other: int) -> ColumnElement[bool]:
    """That the same text holds another word: one look into the index for each text, whatever the planner would rather
    do with a whole list."""
    looked_up = aliased(ArchivePosting)
    return (
        select(literal(1))
        .where(looked_up.token == other, looked_up.number == number)
        .correlate_except(looked_up)
        .scalar_subquery()
        .is_not(None)
    )


def _rarest_first(work: Work, tokens: Sequence[int]) -> list[int]:
    def count(each: int) -> int:
        some = select(ArchivePosting.number).where(ArchivePosting.token == each).limit(LOOKED_AT).subquery()
        return work.session.scalar(select(func.count()).select_from(some)) or 0

    return sorted(tokens, key=count) if len(tokens) > 1 else list(tokens)
