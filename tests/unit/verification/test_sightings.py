"""From how many places a code was opened: counted once a day and place, forgotten after a month, never by address."""

from __future__ import annotations

import re
from hashlib import sha256

from sqlalchemy import func, select

from printserver.verification.models import CodeSighting
from printserver.verification.public_view import Verdict, VerdictKind
from printserver.verification.service import with_sightings
from printserver.verification.sightings import (
    KEPT,
    MOST_KEPT,
    UNLIKELY_IN_A_DAY,
    UNLIKELY_IN_A_MONTH,
    Sightings,
    record_sighting,
    visitor_digest,
)
from tests.databases import FakeClock
from tests.paper_books import Books


def digest(*parts: str) -> str:
    return sha256("\0".join(("secret", *parts)).encode()).hexdigest()


def rows(books: Books) -> int:
    with books.database.reading() as work:
        return work.session.scalars(select(func.count()).select_from(CodeSighting)).one()


def test_a_visitor_counts_once_a_day_and_many_places_are_a_hint(any_books: Books):
    (copy, other), told = any_books.copies(2), Sightings(0, 0)
    for number in range(UNLIKELY_IN_A_DAY - 1):
        for _ in range(3):
            visitor = visitor_digest(digest, copy.id, f"192.0.2.{number}", "day")
            told = record_sighting(any_books.database, copy.id, visitor)
    assert told == Sightings(UNLIKELY_IN_A_DAY - 1, UNLIKELY_IN_A_DAY - 1)
    verdict = Verdict(VerdictKind.GENUINE, copy_id=copy.id)
    assert with_sightings(verdict, told) == verdict
    for _ in range(2):
        told = record_sighting(any_books.database, copy.id, "another")
        assert with_sightings(verdict, told).unlikely == Sightings(UNLIKELY_IN_A_DAY, UNLIKELY_IN_A_DAY)
    assert record_sighting(any_books.database, other.id, "another") == Sightings(1, 1)


def test_what_is_older_than_a_month_is_deleted(books: Books):
    copy = books.copy()
    clock = books.database.clock
    assert isinstance(clock, FakeClock)
    record_sighting(books.database, copy.id, "one")
    clock.advance(KEPT.total_seconds())
    assert record_sighting(books.database, copy.id, "two") == Sightings(1, 1)
    assert rows(books) == 1


def test_nobody_can_fill_the_table_with_one_code(books: Books):
    copy = books.copy()
    with books.database.work() as work:
        work.session.add_all(
            CodeSighting(copy_id=copy.id, visitor=str(number), seen_at=work.now()) for number in range(MOST_KEPT)
        )
    assert record_sighting(books.database, copy.id, "one more") == Sightings(MOST_KEPT, MOST_KEPT)
    assert rows(books) == MOST_KEPT


def test_a_visitor_cannot_be_found_again_by_address_or_from_one_day_to_the_next(books: Books):
    copy, other = books.copies(2)
    given = [
        visitor_digest(digest, copy.id, "192.0.2.1", "2026-11-22"),
        visitor_digest(digest, copy.id, "192.0.2.1", "2026-11-23"),
        visitor_digest(digest, other.id, "192.0.2.1", "2026-11-22"),
    ]
    assert len(set(given)) == len(given)
    assert all(re.fullmatch("[0-9a-f]{24}", each) for each in given)
    # One subscriber has a whole /64.
    assert visitor_digest(digest, copy.id, "2001:db8::1", "x") == visitor_digest(digest, copy.id, "2001:db8::2", "x")


def test_either_many_places_in_a_day_or_in_a_month_are_unlikely():
    assert not Sightings(UNLIKELY_IN_A_DAY - 1, UNLIKELY_IN_A_MONTH - 1).unlikely
    assert Sightings(UNLIKELY_IN_A_DAY, UNLIKELY_IN_A_DAY).unlikely
    assert Sightings(0, UNLIKELY_IN_A_MONTH).unlikely
