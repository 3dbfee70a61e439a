"""The watch finds every change once, also one whose transaction ended late, on both databases."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar
from uuid import UUID, uuid4

import pytest

from printserver.audit.log import By, Event, append
from printserver.foundation.database import Base
from printserver.foundation.ids import new_id
from printserver.foundation.unit_of_work import Database
from printserver.http_edge.live_topics import Kind, Topic
from printserver.http_edge.live_watch import LATE_COMMIT, Watch
from printserver.print_requests.events import CopyMoved, RequestMoved
from printserver.returns.events import PageDiscarded, ReturnHandedIn


@dataclass(frozen=True, kw_only=True)
class SomethingElse(Event):
    subject: ClassVar[str] = "seal"
    request_id: UUID
    note: str = "copy_id"


def _watch(database: Database) -> Watch:
    with database.reading() as work:
        return Watch(work)


def _changes(database: Database, watch: Watch) -> frozenset[Topic]:
    with database.reading() as work:
        return watch.changes(work)


def _record(database: Database, *events: Event) -> None:
    with database.work() as work:
        for event in events:
            append(work, By(process="test"), event)


def _moved(copy_id: UUID) -> CopyMoved:
    return CopyMoved(id=copy_id, before="issued", after="released", reason="")


def test_what_was_there_before_is_no_change_and_each_change_is_found_once(any_database: Database):
    _record(any_database, _moved(uuid4()))
    watch = _watch(any_database)
    assert _changes(any_database, watch) == frozenset()
    copy_id = uuid4()
    _record(any_database, _moved(copy_id))
    assert _changes(any_database, watch) == {Topic(Kind.COPY, copy_id)}
    assert _changes(any_database, watch) == frozenset()


def test_an_empty_log_can_be_watched(any_database: Database):
    watch = _watch(any_database)
    assert _changes(any_database, watch) == frozenset()
    copy_id = uuid4()
    _record(any_database, _moved(copy_id))
    assert _changes(any_database, watch) == {Topic(Kind.COPY, copy_id)}


def test_an_entry_tells_of_its_subject_and_of_all_that_its_facts_name(any_database: Database):
    watch, request_id, return_id, copy_id = _watch(any_database), uuid4(), uuid4(), uuid4()
    discarded = PageDiscarded(
        id=uuid4(),
        return_id=return_id,
        position=1,
        reason="copy_id",
        state_before="doubtful",
        reason_before="",
        copy_id_before=copy_id,
        page_before=None,
    )
    _record(any_database, discarded, SomethingElse(id=uuid4(), request_id=request_id))
    assert _changes(any_database, watch) == {
        Topic(Kind.RETURN, return_id), Topic(Kind.COPY, copy_id), Topic(Kind.REQUEST, request_id)
    }  # fmt: skip


def test_what_people_wrote_names_nothing(any_database: Database):
    watch, request_id = _watch(any_database), uuid4()
    _record(any_database, RequestMoved(id=request_id, before="x", after="y", reason=f'"copy_id":"{uuid4()}"'))
    _record(any_database, ReturnHandedIn(id=None, scan_sha256="", scan_kind=str(uuid4()), bytes=1))
    assert _changes(any_database, watch) == {Topic(Kind.REQUEST, request_id)}


@pytest.mark.parametrize("late", [timedelta(seconds=1), LATE_COMMIT - timedelta(seconds=1)])
def test_a_change_that_is_born_earlier_and_comes_later_is_found(any_database: Database, late: timedelta):
    watch, born_first, slow, quick = _watch(any_database), new_id(), uuid4(), uuid4()
    _record(any_database, _moved(quick))
    assert _changes(any_database, watch) == {Topic(Kind.COPY, quick)}
    _insert_born(any_database, UUID(int=born_first.int - (late // timedelta(milliseconds=1) << 80)), slow)
    assert _changes(any_database, watch) == {Topic(Kind.COPY, slow)}
    assert _changes(any_database, watch) == frozenset()


def _insert_born(database: Database, entry_id: UUID, copy_id: UUID) -> None:
    table = Base.metadata.tables["audit_entry"]
    with database.work() as work:
        work.session.execute(
            table.insert().values(
                id=entry_id, at=work.now(), event="CopyMoved", subject="copy", subject_id=copy_id, body='{"facts":{}}'
            )
        )


def test_thousands_of_changes_at_once_are_all_found(any_database: Database):
    watch, copies = _watch(any_database), {uuid4() for _ in range(3000)}
    _record(any_database, *map(_moved, copies))
    assert {topic.id for topic in _changes(any_database, watch)} == copies
