"""The words of archived texts, found again without being kept: each is written down as eight bytes of a keyed digest.

The key is the organisation's own and lies in no row, so a copy of the database tells no word. What it still tells is in
docs/decisions/0023: how many records share a word, and which words stand together.
"""

from __future__ import annotations

import hmac
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Protocol
from uuid import UUID

from sqlalchemy import ColumnElement, Select, Update, delete, func, insert, literal, select, update
from sqlalchemy.orm import aliased

from printserver.archive.models import ArchiveRecord, ArchiveText, ArchiveWord
from printserver.archive.search_words import words_of_question, words_of_text
from printserver.foundation.unit_of_work import Work
from printserver.storage.vault import Vaults

PURPOSE: Final = "archive-search"
FORM: Final = 2
"""Of what is written down now; texts of an earlier form are read anew by `reindexing`. In 2 all forms of a Chinese
character are alike, by the very tables whose digest the tests know: others make another form."""
LOOKED_AT: Final = 1_000
"""So many texts with a word are counted to learn which one is rarest; beyond that all are common."""
FIRST_WINDOW: Final = 2_000
"""So many of the newest texts are looked through first for a common word."""
WIDENED_AT_MOST: Final = 16
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
    number = work.session.scalar(_written(record_id).returning(ArchiveText.number))
    if number is None:
        text = ArchiveText(record_id=record_id, form=FORM)
        work.session.add(text)
        work.session.flush()
        number = text.number
    _write(work, record_id, number, tokens)


def remember_anew(work: Work, record_id: UUID, tokens: Iterable[int]) -> bool:
    """As `remember`, but only a text whose words wait to be written down anew; whether it was such a one.

    One that is being forgotten is waited for, and then is none.
    """
    waiting = _written(record_id).where(ArchiveText.form < FORM).returning(ArchiveText.number)
    number = work.session.scalar(waiting)
    if number is not None:
        _write(work, record_id, number, tokens)
    return number is not None


def forget(work: Work, record_id: UUID) -> None:
    """Let no word of the record's text be found any more; nothing of the text is left among the words.

    The text goes first: whoever is writing its words down is waited for, or finds it gone.
    """
    gone = delete(ArchiveText).where(ArchiveText.record_id == record_id).returning(ArchiveText.number)
    number = work.session.scalar(gone)
    if number is not None:
        work.session.execute(delete(ArchiveWord).where(ArchiveWord.number == number))


def _written(record_id: UUID) -> Update:
    return update(ArchiveText).where(ArchiveText.record_id == record_id).values(form=FORM)


def _write(work: Work, record_id: UUID, number: int, tokens: Iterable[int]) -> None:
    branch_id = work.session.scalars(select(ArchiveRecord.branch_id).where(ArchiveRecord.id == record_id)).one()
    work.session.execute(delete(ArchiveWord).where(ArchiveWord.number == number))
    place = shelf(branch_id)
    rows = [{"token": each, "shelf": place, "number": number} for each in sorted(set(tokens))]
    for start in range(0, len(rows), _AT_ONCE):
        work.session.execute(insert(ArchiveWord), rows[start : start + _AT_ONCE])


def found_records(
    work: Work,
    tokens: Sequence[int],
    branches: Collection[UUID],
    conditions: Iterable[ColumnElement[bool]],
    *,
    before: UUID | None,
    limit: int,
) -> list[ArchiveRecord]:
    """The newest records of these branches whose texts hold every one of `tokens`.

    tokens: not empty.   branches: those that the reader may read: only their lists of words are looked through, and
    a record's own branch decides.   conditions: on `ArchiveRecord`.   before: the last id of the page before.

    The rarest word is followed from the newest text on, through windows that widen while little is found; all else is
    looked up for each text. So no planner can choose to read and sort a common word's whole list.
    """
    shelves = sorted({shelf(each) for each in branches})
    mine = func.coalesce(ArchiveRecord.branch_id, None).in_(branches)  # no column, lest SQLite look each branch up
    below = _above_all(work) if before is None else _number(work, before)
    words, rare = _rarest_first(work, tokens, shelves)
    holding = _holding(words, shelves, (mine, *conditions))
    found: list[int] = []
    window = below if rare else FIRST_WINDOW
    while len(found) < limit and below > 0:
        least = max(below - window, 0)
        inside = holding.where(_LED.number >= least, _LED.number < below)
        numbers = work.session.scalars(inside.limit(limit - len(found))).all()
        found += numbers
        below = least
        window *= min(WIDENED_AT_MOST, max(2, limit // (len(numbers) + 1)))
    return _records(work, found)


_LED: Final = aliased(ArchiveWord)


def _holding(words: Sequence[int], shelves: Sequence[int], conditions: Sequence[ColumnElement[bool]]) -> Select[int]:
    """Numbers of texts that hold all words, the newest first.   words: the rarest first."""
    first, *others = words
    return (
        select(_LED.number)
        .where(_LED.token == first, _LED.shelf.in_(shelves), *map(_also, others), _record_is(conditions))
        .order_by(_LED.number.desc())
    )


def _also(other: int) -> ColumnElement[bool]:
    """That the same text holds another word."""
    word = aliased(ArchiveWord)
    return _there_is(
        select(literal(1)).where(word.token == other, word.shelf == _LED.shelf, word.number == _LED.number)
    )


def _record_is(conditions: Sequence[ColumnElement[bool]]) -> ColumnElement[bool]:
    return _there_is(
        select(literal(1))
        .join_from(ArchiveText, ArchiveRecord, ArchiveRecord.id == ArchiveText.record_id)
        .where(ArchiveText.number == _LED.number, *conditions)
    )


def _there_is(found: Select[int]) -> ColumnElement[bool]:
    """One look into an index for each text, whatever the planner would rather do with a whole list."""
    return found.correlate(_LED).scalar_subquery().is_not(None)


def _records(work: Work, numbers: Sequence[int]) -> list[ArchiveRecord]:
    chosen = select(ArchiveRecord).join(ArchiveText, ArchiveText.record_id == ArchiveRecord.id)
    return list(work.session.scalars(chosen.where(ArchiveText.number.in_(numbers)).order_by(ArchiveText.number.desc())))


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
