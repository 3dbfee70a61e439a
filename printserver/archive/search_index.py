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

from sqlalchemy import ColumnElement, Select, and_, delete, func, insert, literal, select
from sqlalchemy.orm import aliased

from printserver.archive.models import ArchiveRecord, ArchiveText, ArchiveWord
from printserver.archive.search_words import words_of_question, words_of_text
from printserver.foundation.unit_of_work import Work
from printserver.storage.vault import Vaults

PURPOSE: Final = "archive-search"
FORM: Final = 1
"""Of what is written down now; texts of another form are read anew by `reindexing`."""
LOOKED_AT: Final = 1_000
"""So many texts with a word are counted to learn which one is rarest; beyond that all are common."""
FIRST_WINDOW: Final = 2_000
"""So many of the newest texts are looked through first for a common word."""
WIDENED_AT_MOST: Final = 16
FIRST_PART: Final = 200
LARGEST_PART: Final = 3_200
"""So many texts are looked at before it is known whether the reader may see them."""
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


def shelf(branch_id: UUID) -> int:
    """A signed integer of 32 bits."""
    return int.from_bytes(branch_id.bytes[-4:], "big", signed=True)


def remember(work: Work, record_id: UUID, tokens: Iterable[int]) -> None:
    """Let the record be found by these words, and by no others any more."""
    text = work.session.scalar(select(ArchiveText).where(ArchiveText.record_id == record_id))
    if text is None:
        text = ArchiveText(record_id=record_id)
        work.session.add(text)
    text.form = FORM
    work.session.flush()
    branch_id = work.session.scalars(select(ArchiveRecord.branch_id).where(ArchiveRecord.id == record_id)).one()
    work.session.execute(delete(ArchiveWord).where(ArchiveWord.number == text.number))
    place = shelf(branch_id)
    rows = [{"token": each, "shelf": place, "number": text.number} for each in sorted(set(tokens))]
    for start in range(0, len(rows), _AT_ONCE):
        work.session.execute(insert(ArchiveWord), rows[start : start + _AT_ONCE])


def forget(work: Work, record_id: UUID) -> None:
    """Let no word of the record's text be found any more; nothing of the text is left among the words.

    The text goes first: whoever is writing its words down is waited for, or finds it gone.
    """
    gone = delete(ArchiveText).where(ArchiveText.record_id == record_id).returning(ArchiveText.number)
    number = work.session.scalar(gone)
    if number is not None:
        work.session.execute(delete(ArchiveWord).where(ArchiveWord.number == number))


def found_records(
    work: Work,
    tokens: Sequence[int],
    branches: Iterable[UUID],
    conditions: Iterable[ColumnElement[bool]],
    *,
    before: UUID | None,
    limit: int,
) -> list[ArchiveRecord]:
    """The newest records of these branches whose texts hold every one of `tokens`.

    tokens: not empty.   branches: all that the reader may read; only their lists of words are looked through.
    conditions: on `ArchiveRecord`, the reader's rights among them, which alone decide.   before: the last id of the
    page before. The rarest word is followed through windows from the newest text on; each other word is looked up for
    what was found. So no planner can choose to read and sort a common word's whole list.
    """
    shelves = sorted({shelf(each) for each in branches})
    below = _above_all(work) if before is None else _number(work, before)
    words, rare = _rarest_first(work, tokens, shelves)
    asked, found = tuple(conditions), list[ArchiveRecord]()
    window, part = below if rare else FIRST_WINDOW, FIRST_PART
    while len(found) < limit and below > 0:
        least = max(below - window, 0)
        numbers = list(work.session.scalars(_holding(words, shelves).where(_within(least, below)).limit(part)))
        found += work.session.scalars(_records(numbers, asked).limit(limit - len(found)))
        if len(numbers) == part:
            below = numbers[-1]
        else:
            below = least
            window *= min(WIDENED_AT_MOST, max(2, part // (len(numbers) + 1)))
        part = min(part * 4, LARGEST_PART)
    return found


_LED: Final = aliased(ArchiveWord)


def _holding(words: Sequence[int], shelves: Sequence[int]) -> Select[int]:
    """Numbers of texts that hold all words, the newest first.   words: the rarest first."""
    first, *others = words
    return (
        select(_LED.number)
        .where(_LED.token == first, _LED.shelf.in_(shelves), *map(_also, others))
        .order_by(_LED.number.desc())
    )


def _within(least: int, below: int) -> ColumnElement[bool]:
    return and_(_LED.number >= least, _LED.number < below)


def _also(other: int) -> ColumnElement[bool]:
    """That the same text holds another word: one look into the index for each text, whatever the planner would rather
    do with a whole list."""
    looked_up = aliased(ArchiveWord)
    return (
        select(literal(1))
        .where(looked_up.token == other, looked_up.shelf == _LED.shelf, looked_up.number == _LED.number)
        .correlate_except(looked_up)
        .scalar_subquery()
        .is_not(None)
    )


def _records(numbers: Sequence[int], conditions: Sequence[ColumnElement[bool]]) -> Select[ArchiveRecord]:
    return (
        select(ArchiveRecord)
        .join(ArchiveText, ArchiveText.record_id == ArchiveRecord.id)
        .where(ArchiveText.number.in_(numbers), *conditions)
        .order_by(ArchiveText.number.desc())
    )


def _above_all(work: Work) -> int:
    return (work.session.scalar(select(func.max(ArchiveText.number))) or 0) + 1


def _number(work: Work, record_id: UUID) -> int:
    """0 for a record without words."""
    return work.session.scalar(select(ArchiveText.number).where(ArchiveText.record_id == record_id)) or 0


def _rarest_first(work: Work, tokens: Sequence[int], shelves: Sequence[int]) -> tuple[list[int], bool]:
    """And whether the first is rare enough to be looked for everywhere at once."""

    def count(each: int) -> int:
        of_word = (ArchiveWord.token == each, ArchiveWord.shelf.in_(shelves))
        some = select(ArchiveWord.number).where(*of_word).limit(LOOKED_AT).subquery()
        return work.session.scalar(select(func.count()).select_from(some)) or 0

    counted = sorted((count(each), each) for each in tokens)
    return [each for _, each in counted], counted[0][0] < LOOKED_AT
