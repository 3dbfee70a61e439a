"""A record is kept longer on one person's word, and for a shorter time on two persons'."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import select

from printserver.approvals.rules import PersonCountsOnce
from printserver.archive.holds import hold_record
from printserver.archive.retention_changes import (
    RecordHeld,
    RetentionMalformed,
    RetentionOvertaken,
    RetentionUnchanged,
    change_retention,
    confirm_change,
    refuse_change,
)
from printserver.archive.retention_models import RetentionChange
from printserver.archive.two_persons import RetentionReasonMissing
from printserver.foundation.errors import Forbidden, TransitionRefused
from printserver.organisations.permissions import Role
from tests.paper_books import Books
from tests.unit.archive.retention_scene import LONG_AGO, Scene

LATER = date(2030, 12, 31)


@pytest.fixture
def scene(books: Books) -> Scene:
    return Scene(books)


def kept(scene: Scene, record_id):
    record = scene.record(record_id)
    return record.retention_class, record.contract_end


def test_longer_is_in_force_at_once_and_keeps_the_old_value_and_the_reason(scene: Scene):
    record_id = scene.archived()
    with scene.database.work() as work:
        asked = change_retention(work, scene.first, record_id, "30-years", LATER, reason="real estate")
    assert asked.in_force
    assert kept(scene, record_id) == ("30-years", LATER)
    with scene.database.reading() as work:
        row = work.session.scalars(select(RetentionChange)).one()
        assert (row.old_class, row.old_end, row.reason) == ("10-years", LONG_AGO, "real estate")
    assert scene.books.entries()[-1] == "RetentionChanged"


def test_shorter_waits_for_a_second_person(scene: Scene):
    record_id = scene.archived(code="permanent")
    with scene.database.work() as work:
        asked = change_retention(work, scene.first, record_id, "10-years", LONG_AGO, reason="wrong class")
    assert not asked.in_force
    assert kept(scene, record_id) == ("permanent", LONG_AGO)
    with pytest.raises(PersonCountsOnce), scene.database.work() as work:
        confirm_change(work, scene.first, asked.id)
    assert kept(scene, record_id) == ("permanent", LONG_AGO)
    with scene.database.work() as work:
        confirm_change(work, scene.second, asked.id)
    assert kept(scene, record_id) == ("10-years", LONG_AGO)
    with pytest.raises(TransitionRefused), scene.database.work() as work:
        confirm_change(work, scene.second, asked.id)


def test_a_person_names_an_unknown_end_alone_unless_it_lies_before_the_archives_day(scene: Scene):
    record_id = scene.archived(end=None)
    with scene.database.work() as work:
        early = change_retention(work, scene.first, record_id, "10-years", date(2020, 1, 1), reason="it ended")
        assert not early.in_force
        refuse_change(work, scene.second, early.id, reason="the annex runs on")
        assert change_retention(work, scene.first, record_id, "10-years", LATER, reason="as the annex says").in_force
    assert kept(scene, record_id) == ("10-years", LATER)


def test_what_is_held_is_not_shortened_neither_when_asked_nor_when_confirmed(scene: Scene):
    record_id = scene.archived(code="30-years")
    with scene.database.work() as work:
        asked = change_retention(work, scene.first, record_id, "10-years", LONG_AGO, reason="wrong class")
        hold_record(work, scene.second, record_id, matter="7", reason="the court")
    with pytest.raises(RecordHeld), scene.database.work() as work:
        confirm_change(work, scene.second, asked.id)
    with pytest.raises(RecordHeld), scene.database.work() as work:
        change_retention(work, scene.first, record_id, "5-years", LONG_AGO, reason="even less")
    assert kept(scene, record_id) == ("30-years", LONG_AGO)
    with scene.database.work() as work:
        assert change_retention(work, scene.first, record_id, "permanent", LONG_AGO, reason="a precedent").in_force


def test_a_shortening_is_overtaken_by_what_was_said_since(scene: Scene):
    record_id = scene.archived(code="30-years")
    with scene.database.work() as work:
        asked = change_retention(work, scene.first, record_id, "10-years", LONG_AGO, reason="wrong class")
        change_retention(work, scene.first, record_id, "permanent", LONG_AGO, reason="a precedent")
    with pytest.raises(RetentionOvertaken), scene.database.work() as work:
        confirm_change(work, scene.second, asked.id)
    assert kept(scene, record_id) == ("permanent", LONG_AGO)


def test_refused_changes_change_and_record_nothing(scene: Scene):
    record_id = scene.archived()
    before, entries = scene.row_counts(), scene.books.entries()
    for kind, actor, code, reason in (
        (Forbidden, scene.books.actor(Role.AUDITOR), "permanent", "x"),
        (RetentionMalformed, scene.first, "until tomorrow", "x"),
        (RetentionUnchanged, scene.first, "10-years", "x"),
        (RetentionReasonMissing, scene.first, "permanent", " "),
    ):
        with pytest.raises(kind), scene.database.work() as work:
            change_retention(work, actor, record_id, code, LONG_AGO, reason=reason)
    assert (scene.row_counts(), scene.books.entries()) == (before, entries)
