"""What a doubtful page most probably is: at most three guesses, each with its reason. Pure; a person decides."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from enum import StrEnum
from typing import Final
from uuid import UUID

from printserver.foundation.serials import CopySerial
from printserver.returns.states import PageAction, PageState, Reason

MOST: Final = 3
MOST_DIGITS_WRONG: Final = 6
"""Of 25. Serials are random: two copies' serials agree in so many places about once in 10¹⁴ times."""
_SERIAL_DIGITS: Final = 25
_PAGE_DIGITS: Final = 5

GUESSED: Final = frozenset(
    {
        Reason.UNREADABLE,
        Reason.BROKEN_PAGE,
        Reason.DUPLICATE_PAGE,
        Reason.NEW_VERSION,
        Reason.DIFFERS,
        Reason.COMPARE_BY_EYE,
        Reason.NOT_COMPARED,
    }
)
"""Whatever else a page waits for needs more than a guess: a forged code, paper that should not exist."""


class Why(StrEnum):
    """On what a guess rests. Codes are documented and never renamed; words for people are the pages' own."""

    CODE = "guess-code"
    """The page's own code says so."""
    VERSION = "guess-version"
    """The page's own code says so, and that page came home before."""
    DIGITS = "guess-digits"
    """The damaged bars differ from that copy's in few digits."""
    BETWEEN = "guess-between"
    """It lies between its neighbours."""
    BESIDE = "guess-beside"
    """It lies before or behind a neighbour."""
    SECTION = "guess-section"
    """It lies behind the request's process sheet."""
    MISSING = "guess-missing"
    """The page is missing of a copy in this batch."""


@dataclass(frozen=True)
class Guess:
    """`action`: what settling by it does; with a copy and a page, or with a request."""

    why: Why
    action: PageAction
    copy_id: UUID | None = None
    page: int | None = None
    request_id: UUID | None = None


@dataclass(frozen=True)
class Spot:
    """A page of the batch as its neighbours see it.   position: 1-based, in the scan."""

    position: int
    state: PageState
    reason: str
    copy_id: UUID | None
    page: int | None
    request_id: UUID | None = None


@dataclass(frozen=True)
class Books:
    """Of the copies that are met in the batch: how many pages each has, and which are kept."""

    expected: Mapping[UUID, int]
    home: Mapping[UUID, AbstractSet[int]]

    def is_missing(self, copy_id: UUID, page: int) -> bool:
        return 1 <= page <= self.expected.get(copy_id, 0) and page not in self.home.get(copy_id, ())


def guesses(
    spot: Spot, batch: Sequence[Spot], books: Books, near: Iterable[tuple[UUID, int]] = ()
) -> tuple[Guess, ...]:
    """At most three, the likeliest first; none for a page whose reason needs more than a guess.

    batch: every page of the scan, by position.   near: copies and pages whose bars resemble the page's damaged ones.
    """
    if spot.state is PageState.DOUBTFUL and spot.reason not in GUESSED:
        return ()
    found: dict[tuple[UUID | None, int | None], Guess] = {}
    for guess in _all(spot, batch, books, near):
        found.setdefault((guess.copy_id or guess.request_id, guess.page), guess)
    return tuple(found.values())[:MOST]


def nearest(damaged: Iterable[str], serials: Iterable[tuple[UUID, CopySerial, int]]) -> list[tuple[UUID, int]]:
    """Copies, with the page read or 0, whose serials differ least from the digits of damaged bars.

    damaged: texts; those that have not a page code's 32 digits tell nothing.   serials: copy, serial, pages.
    """
    texts = [text for text in damaged if len(text) == _SERIAL_DIGITS + _PAGE_DIGITS + 2]
    if not texts:
        return []
    ranked: list[tuple[int, UUID, int]] = []
    for copy_id, serial, pages in serials:
        digits = f"{int.from_bytes(serial.value, 'big'):0{_SERIAL_DIGITS}d}"
        for text in texts:
            wrong = sum(a != b for a, b in zip(digits, text, strict=False))
            page = int(text[_SERIAL_DIGITS : _SERIAL_DIGITS + _PAGE_DIGITS])
            if wrong <= MOST_DIGITS_WRONG:
                ranked.append((wrong, copy_id, page if 1 <= page <= pages else 0))
    return [(copy_id, page) for _, copy_id, page in sorted(ranked)[:MOST]]


def _all(spot: Spot, batch: Sequence[Spot], books: Books, near: Iterable[tuple[UUID, int]]) -> Iterator[Guess]:
    yield from _by_code(spot, books)
    for copy_id, page in near:
        wanted = [page] if page else range(1, books.expected.get(copy_id, 0) + 1)
        first = next((each for each in wanted if books.is_missing(copy_id, each)), None)
        if first is not None:
            yield Guess(Why.DIGITS, PageAction.SETTLE, copy_id, first)
    if spot.copy_id is not None:
        return
    yield from _by_neighbours(spot, batch, books)
    marks = [
        each for each in batch if each.position < spot.position and (each.copy_id or each.state is PageState.SHEET)
    ]
    if marks and marks[-1].state is PageState.SHEET and marks[-1].request_id is not None:
        yield Guess(Why.SECTION, PageAction.ATTACH, request_id=marks[-1].request_id)
    yield from _by_missing(spot, batch, books)


def _by_code(spot: Spot, books: Books) -> Iterator[Guess]:
    if spot.copy_id is None or spot.page is None or not 1 <= spot.page <= books.expected.get(spot.copy_id, 0):
        return
    if books.is_missing(spot.copy_id, spot.page):
        yield Guess(Why.CODE, PageAction.SETTLE, spot.copy_id, spot.page)
    elif spot.state is PageState.DOUBTFUL:
        yield Guess(Why.VERSION, PageAction.KEEP_VERSION, spot.copy_id, spot.page)


def _by_neighbours(spot: Spot, batch: Sequence[Spot], books: Books) -> Iterator[Guess]:
    """Counted from the nearest known page on either side, forwards and, for a stack scanned from its end, backwards."""
    before = _from_neighbour([each for each in reversed(batch) if each.position < spot.position], +1)
    behind = _from_neighbour([each for each in batch if each.position > spot.position], -1)
    for copy_id, page in before:
        if (copy_id, page) in behind and books.is_missing(copy_id, page):
            yield Guess(Why.BETWEEN, PageAction.SETTLE, copy_id, page)
    for copy_id, page in (*before[:1], *behind[:1], *before[1:], *behind[1:]):
        if books.is_missing(copy_id, page):
            yield Guess(Why.BESIDE, PageAction.SETTLE, copy_id, page)


def _from_neighbour(pages: Sequence[Spot], step: int) -> list[tuple[UUID, int]]:
    """pages: from the nearest on; blank backs and what was put aside do not count."""
    away = 1
    for each in pages:
        if each.state in (PageState.SHEET, PageState.ATTACHED):
            return []
        if each.copy_id is not None and each.page is not None and each.state is not PageState.DISCARDED:
            return [(each.copy_id, each.page + step * away), (each.copy_id, each.page - step * away)]
        if each.state not in (PageState.BLANK, PageState.DISCARDED):
            away += 1
    return []


def _by_missing(spot: Spot, batch: Sequence[Spot], books: Books) -> Iterator[Guess]:
    """Of the copies in the batch, the nearest in the scan first."""
    for each in sorted(batch, key=lambda one: abs(one.position - spot.position)):
        if each.copy_id is not None:
            for page in range(1, books.expected.get(each.copy_id, 0) + 1):
                if books.is_missing(each.copy_id, page):
                    yield Guess(Why.MISSING, PageAction.SETTLE, each.copy_id, page)
