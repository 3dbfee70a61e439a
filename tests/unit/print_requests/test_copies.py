"""A copy's state changes by one conditional statement, together with its entry in the log."""

from __future__ import annotations

from uuid import uuid4

import pytest

from printserver.audit.log import By
from printserver.foundation.errors import NotFound, TransitionRefused
from printserver.print_requests.copies import move_copy, record_issued, send_copy
from printserver.print_requests.queries import copies_in, copy_facts
from printserver.print_requests.states import COPY_TRANSITIONS, CopyAction, CopyState
from tests.paper_books import Books

BY = By(process="tests")


def state(books: Books, copy_id: object) -> CopyState:
    with books.database.reading() as work:
        return copy_facts(work, copy_id).state  # type: ignore[arg-type]


@pytest.mark.parametrize("before", CopyState)
def test_every_action_does_in_the_database_what_the_table_says(books: Books, before: CopyState):
    for action in CopyAction:
        copy, events = books.copy(state=before), len(books.entries())
        after = COPY_TRANSITIONS.get((before, action))
        if after is None:
            with pytest.raises(TransitionRefused), books.database.work() as work:
                move_copy(work, BY, copy.id, action)
            assert books.entries()[events:] == []
        else:
            with books.database.work() as work:
                assert move_copy(work, BY, copy.id, action) is after
            assert books.entries()[events:] == ["CopyMoved"]
        assert state(books, copy.id) is (after or before)
        books.set_state(copy, CopyState.VOID)


def test_a_copy_that_has_just_changed_is_not_moved_from_where_it_was(any_books: Books):
    """Two readers see the same state; the second to write finds it gone."""
    copy = any_books.copy(state=CopyState.ISSUED)
    with any_books.database.work() as work:
        move_copy(work, BY, copy.id, CopyAction.VOID)
    with pytest.raises(TransitionRefused), any_books.database.work() as work:
        move_copy(work, BY, copy.id, CopyAction.RELEASE)
    assert state(any_books, copy.id) is CopyState.VOID


def test_an_unknown_copy_is_not_found(books: Books):
    with pytest.raises(NotFound), books.database.work() as work:
        move_copy(work, BY, uuid4(), CopyAction.VOID)


def test_what_was_signed_is_recorded_with_the_journals_end(any_books: Books):
    copy = any_books.copy(state=CopyState.AUTHORISED)
    with any_books.database.work() as work:
        record_issued(work, BY, copy.id, "a" * 64, journal_lines=3, journal_head="b" * 64)
    with any_books.database.reading() as work:
        issued = copy_facts(work, copy.id)
        assert (issued.state, issued.issued_sha256) == (CopyState.ISSUED, "a" * 64)
        assert copies_in(work, CopyState.ISSUED) == {copy.id}
        assert copies_in(work, CopyState.AUTHORISED) == set()
    assert any_books.entries()[-2:] == ["CopyMoved", "CopySigned"]


def released(books: Books) -> tuple[object, object]:
    copy, job = books.copy(state=CopyState.ISSUED), uuid4()
    with books.database.work() as work:
        move_copy(work, BY, copy.id, CopyAction.RELEASE, job_uuid=job)
    return copy.id, job


def sent(books: Books, copy_id: object, job: object) -> bool:
    with books.database.work() as work:
        return send_copy(work, BY, copy_id, job)  # type: ignore[arg-type]


def test_one_copy_at_a_time_is_sent_to_a_printer(any_books: Books):
    (first, first_job), (second, second_job) = released(any_books), released(any_books)
    assert sent(any_books, first, first_job)
    assert not sent(any_books, second, second_job)
    with any_books.database.work() as work:
        move_copy(work, BY, first, CopyAction.RECORD_PRINTED)  # type: ignore[arg-type]
    assert sent(any_books, second, second_job)


def test_a_job_of_an_earlier_release_sends_nothing(books: Books):
    copy, _job = released(books)
    with pytest.raises(TransitionRefused):
        sent(books, copy, uuid4())
    assert state(books, copy) is CopyState.RELEASED
