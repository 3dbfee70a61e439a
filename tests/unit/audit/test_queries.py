"""The log is found by what the audit page asks for, page by page, and followed in the order of the tree."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest

from printserver.audit.log import By, append
from printserver.audit.queries import AuditSearch, SearchMalformed, entries_from, find_entries
from printserver.foundation.ids import new_id
from tests.databases import clock_of
from tests.unit.audit.made_logs import MadeLog, SealSuspended

HERE, THERE = UUID(int=1), UUID(int=2)
ANN, BOB = UUID(int=11), UUID(int=12)
SEAL = UUID(int=21)


def found(log: MadeLog, search: AuditSearch | None = None) -> list[str]:
    """The reasons of the entries that were found, newest first."""
    with log.database.reading() as work:
        return [entry.facts["reason"] for entry in find_entries(work, search, limit=500).entries]


@pytest.fixture
def told(log: MadeLog) -> MadeLog:
    """Four entries, a second apart."""
    facts = [
        (By(organisation_id=HERE, person_id=ANN), SealSuspended(id=SEAL, reason="first 印章")),
        (By(organisation_id=HERE, person_id=BOB), SealSuspended(reason='quoted "100%"\nnext')),
        (By(organisation_id=THERE, person_id=ANN), SealSuspended(reason="third_x")),
        (By(process="worker"), SealSuspended(reason="fourth")),
    ]
    for by, event in facts:
        with log.database.work() as work:
            append(work, by, event)
        clock_of(log.database).advance()
    return log


def test_every_filter_finds_what_it_names_and_nothing_else(told: MadeLog):
    first, second, third, fourth = "first 印章", 'quoted "100%"\nnext', "third_x", "fourth"
    end = clock_of(told.database).now()
    wanted = [
        (None, [fourth, third, second, first]),
        (AuditSearch(organisations=[HERE]), [second, first]),
        (AuditSearch(organisations=[HERE, THERE]), [third, second, first]),
        (AuditSearch(organisations=[]), []),
        (AuditSearch(person_id=ANN), [third, first]),
        (AuditSearch(person_id=ANN, organisations=[HERE]), [first]),
        (AuditSearch(event="SealSuspended"), [fourth, third, second, first]),
        (AuditSearch(event="SealResumed"), []),
        (AuditSearch(subject="seal", subject_id=SEAL), [first]),
        (AuditSearch(subject="document"), []),
        (AuditSearch(since=end - timedelta(seconds=2)), [fourth, third]),
        (AuditSearch(until=end - timedelta(seconds=2)), [second, first]),
        (AuditSearch(text="印章"), [first]),
        (AuditSearch(text="FOURTH"), [fourth]),
        (AuditSearch(text='"100%"'), [second]),
        (AuditSearch(text="%"), [second]),
        (AuditSearch(text="\nnext"), [second]),
        (AuditSearch(text="third_x"), [third]),
        (AuditSearch(text="thirdxx"), []),
        (AuditSearch(text="\x00"), []),
        (AuditSearch(text="'; DROP TABLE audit_entry"), []),
    ]
    for search, reasons in wanted:
        assert found(told, search) == reasons, search


def test_pages_follow_each_other_without_repeating_or_skipping(log: MadeLog):
    ids = log.record(7)
    seen, before = [], None
    with log.database.reading() as work:
        while True:
            page = find_entries(work, before=before, limit=3)
            seen.append([entry.id for entry in page.entries])
            log_grew = log.record if not log.on_sqlite else None
            if log_grew:
                log_grew()
            before = page.next
            if before is None:
                break
    newest_first = ids[::-1]
    assert seen == [newest_first[:3], newest_first[3:6], newest_first[6:]]


def test_a_page_that_is_just_full_is_the_last(log: MadeLog):
    log.record(3)
    with log.database.reading() as work:
        assert find_entries(work, limit=3).next is None


def test_a_view_says_who_from_where_and_at_which_place(log: MadeLog):
    by = By(organisation_id=HERE, person_id=ANN, process="web", address="192.0.2.9", device="phone")
    log.record(by=by)
    with log.database.reading() as work:
        waiting = find_entries(work).entries[0]
    log.sequencer.run_once()
    with log.database.reading() as work:
        view = find_entries(work).entries[0]
    assert (waiting.position, view.position) == (None, 0)
    assert (view.organisation_id, view.person_id, view.process) == (HERE, ANN, "web")
    assert (view.address, view.device, view.event, view.subject) == ("192.0.2.9", "phone", "SealSuspended", "seal")
    assert view.at == clock_of(log.database).now()


def test_following_the_tree_meets_every_entry_once_and_none_that_waits(log: MadeLog):
    ids = log.grow(3, 2)
    log.record()
    with log.database.reading() as work:
        first = entries_from(work, 0, limit=4)
        rest = entries_from(work, 4)
        assert entries_from(work, 5) == ()
    assert [entry.id for entry in first + rest] == ids
    assert [entry.position for entry in first + rest] == [0, 1, 2, 3, 4]


@pytest.mark.parametrize("limit", [0, -1, 501])
def test_a_page_of_another_size_is_refused(log: MadeLog, limit: int):
    with log.database.reading() as work, pytest.raises(SearchMalformed):
        find_entries(work, limit=limit)


def test_half_a_character_is_refused(log: MadeLog):
    with log.database.reading() as work, pytest.raises(SearchMalformed):
        find_entries(work, AuditSearch(text="\ud800"))


def test_the_cursor_of_a_stranger_finds_nothing_newer(log: MadeLog):
    before = new_id()
    log.record()
    with log.database.reading() as work:
        assert find_entries(work, before=before).entries == ()
