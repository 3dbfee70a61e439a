"""A hold works from one person's word on, and ends with two."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

import pytest
from sqlalchemy import select

from printserver.approvals.rules import PersonCountsOnce
from printserver.archive.access import RecordNotFound
from printserver.archive.holds import (
    HoldMalformed,
    HoldNotFound,
    ask_to_lift,
    confirm_hold,
    hold_branch,
    hold_record,
    hold_search,
    is_held,
    keep_hold,
    lift_hold,
)
from printserver.archive.models import ArchiveRecord
from printserver.archive.retention_models import LegalHold
from printserver.archive.search_fields import ArchiveSearch
from printserver.archive.states import HoldState
from printserver.archive.two_persons import RetentionReasonMissing
from printserver.foundation.errors import Forbidden, NotFound, TransitionRefused
from printserver.foundation.ids import new_id
from printserver.organisations.access import Grant
from printserver.organisations.models import Branch, User
from printserver.organisations.permissions import Role
from tests.paper_books import Books
from tests.unit.archive.retention_scene import Scene

CASE = {"matter": "(2026) 沪01民初7号", "reason": "the court asked for it"}


@pytest.fixture
def scene(books: Books) -> Scene:
    return Scene(books)


def held(scene: Scene) -> set[UUID]:
    with scene.database.reading() as work:
        return set(work.session.scalars(select(ArchiveRecord.id).where(is_held())))


def state(scene: Scene, hold_id: UUID) -> str:
    with scene.database.reading() as work:
        return work.session.get_one(LegalHold, hold_id).state


def test_a_hold_works_when_the_first_person_has_asked_and_is_confirmed_by_another(scene: Scene):
    record_id, other = scene.archived(), scene.archived()
    with scene.database.work() as work:
        hold_id = hold_record(work, scene.first, record_id, **CASE)
    assert held(scene) == {record_id} != {other}
    with pytest.raises(PersonCountsOnce), scene.database.work() as work:
        confirm_hold(work, scene.first, hold_id)
    assert state(scene, hold_id) == HoldState.SET
    with scene.database.work() as work:
        confirm_hold(work, scene.second, hold_id)
    assert state(scene, hold_id) == HoldState.CONFIRMED
    assert scene.books.entries()[-2:] == ["HoldSet", "HoldConfirmed"]


@pytest.mark.parametrize("confirmed", [True, False])
def test_a_hold_is_lifted_by_two_persons_and_works_until_the_second_has_agreed(scene: Scene, confirmed: bool):
    record_id = scene.archived()
    with scene.database.work() as work:
        hold_id = hold_record(work, scene.first, record_id, **CASE)
        if confirmed:
            confirm_hold(work, scene.second, hold_id)
        ask_to_lift(work, scene.first, scene.attestor, hold_id, scene.load_key_list, reason="settled")
    with pytest.raises(PersonCountsOnce), scene.database.work() as work:
        lift_hold(work, scene.first, scene.attestor, hold_id)
    assert held(scene) == {record_id}
    with scene.database.work() as work:
        lift_hold(work, scene.second, scene.attestor, hold_id)
    assert (held(scene), state(scene, hold_id)) == (set(), HoldState.LIFTED)
    with pytest.raises(TransitionRefused), scene.database.work() as work:
        ask_to_lift(work, scene.first, scene.attestor, hold_id, scene.load_key_list, reason="again")


def test_a_hold_that_a_second_person_keeps_works_on(scene: Scene):
    record_id = scene.archived()
    with scene.database.work() as work:
        hold_id = hold_record(work, scene.first, record_id, **CASE)
        ask_to_lift(work, scene.first, scene.attestor, hold_id, scene.load_key_list, reason="settled")
        keep_hold(work, scene.second, hold_id, reason="the appeal runs")
    assert (held(scene), state(scene, hold_id)) == ({record_id}, HoldState.CONFIRMED)
    with pytest.raises(TransitionRefused), scene.database.work() as work:
        lift_hold(work, scene.second, scene.attestor, hold_id)


def test_a_deputy_of_whoever_asked_is_no_second_person(scene: Scene):
    record_id = scene.archived()
    grants = tuple(replace(grant, acts_for=scene.first.person_id) for grant in scene.first.grants)
    deputy = replace(scene.second, grants=grants)
    with scene.database.work() as work:
        hold_id = hold_record(work, scene.first, record_id, **CASE)
    with pytest.raises(PersonCountsOnce), scene.database.work() as work:
        confirm_hold(work, deputy, hold_id)
    with scene.database.work() as work:
        by_deputy = hold_record(work, deputy, record_id, **CASE)
    with pytest.raises(PersonCountsOnce), scene.database.work() as work:
        confirm_hold(work, scene.first, by_deputy)
    assert (state(scene, hold_id), state(scene, by_deputy)) == (HoldState.SET, HoldState.SET)


def test_a_second_account_of_whoever_asked_is_no_second_person(scene: Scene):
    record_id = scene.archived()
    with scene.database.work() as work:
        hold_id = hold_record(work, scene.first, record_id, **CASE)
    with pytest.raises(PersonCountsOnce), scene.database.work() as work:
        confirm_hold(work, replace(scene.first, id=new_id(), counts_as=scene.first.id), hold_id)


def test_a_branchs_hold_covers_what_is_archived_later_and_nothing_beside(scene: Scene):
    before = scene.archived()
    with scene.database.work() as work:
        hold_branch(work, scene.first, scene.books.branch, **CASE)
    after, elsewhere = scene.archived(), scene.books.copy(branch=scene.books.other)
    beside = scene.archive(scene.issued(elsewhere))
    assert held(scene) == {before, after}
    assert beside not in held(scene)


def test_a_branch_that_is_moved_away_stays_held_with_all_that_is_archived_there(scene: Scene):
    """Whoever may move branches lifts no hold by it."""
    books = scene.books
    with scene.database.work() as work:
        above, below = work.session.get_one(Branch, books.branch), work.session.get_one(Branch, books.other)
        apart, below.path = below.path, f"{above.path}{below.id.hex}/"
    with scene.database.work() as work:
        hold_branch(work, scene.first, books.branch, **CASE)
    with scene.database.work() as work:
        work.session.get_one(Branch, books.other).path = apart
    assert scene.archive(scene.issued(books.copy(branch=books.other))) in held(scene)


def test_a_searchs_hold_covers_what_it_found_and_nothing_later(scene: Scene):
    found, other = scene.archived(title="Lease of the warehouse"), scene.archived(title="Purchase")
    with scene.database.work() as work:
        search = ArchiveSearch(title="lease")
        hold_search(work, scene.first, scene.books.branch, search, said="lease", **CASE)
    later = scene.archived(title="Lease of the roof")
    assert held(scene) == {found}
    assert {other, later} & held(scene) == set()


def test_refused_holds_change_and_record_nothing(scene: Scene):
    record_id = scene.archived()
    before, entries = scene.row_counts(), scene.books.entries()
    clerk = scene.books.actor(Role.CLERK)
    auditor = scene.books.actor(Role.AUDITOR)
    stranger = scene.books.actor(Role.ARCHIVIST, branch=scene.books.other)
    here = scene.books.branch
    nothing = ArchiveSearch(title="no such thing")
    refusals = [
        (Forbidden, lambda work: hold_record(work, clerk, record_id, **CASE)),
        (Forbidden, lambda work: hold_record(work, auditor, record_id, **CASE)),
        (RecordNotFound, lambda work: hold_record(work, stranger, record_id, **CASE)),
        (NotFound, lambda work: hold_branch(work, stranger, here, **CASE)),
        (HoldMalformed, lambda work: hold_record(work, scene.first, record_id, **{**CASE, "matter": " "})),
        (RetentionReasonMissing, lambda work: hold_record(work, scene.first, record_id, **{**CASE, "reason": " "})),
        (HoldMalformed, lambda work: hold_search(work, scene.first, here, nothing, said="", **CASE)),
        (HoldNotFound, lambda work: confirm_hold(work, scene.second, new_id())),
    ]
    for kind, refused in refusals:
        with pytest.raises(kind), scene.database.work() as work:
            refused(work)
    assert (scene.row_counts(), scene.books.entries()) == (before, entries)


def test_who_may_only_read_confirms_nothing(scene: Scene):
    record_id = scene.archived()
    with scene.database.work() as work:
        hold_id = hold_record(work, scene.first, record_id, **CASE)
    reader = replace(scene.second, grants=(Grant(Role.AUDITOR, scene.first.grants[0].path),))
    with pytest.raises((Forbidden, TransitionRefused)), scene.database.work() as work:
        confirm_hold(work, reader, hold_id)
    with pytest.raises((Forbidden, TransitionRefused)), scene.database.work() as work:
        lift_hold(work, reader, scene.attestor, hold_id)
    assert state(scene, hold_id) == HoldState.SET


def test_a_program_is_no_second_person(scene: Scene):
    record_id = scene.archived()
    with scene.database.work() as work:
        hold_id = hold_record(work, scene.first, record_id, **CASE)
        owner = work.session.get_one(User, scene.books.person)
        named = {"organisation_id": owner.organisation_id, "branch_id": owner.branch_id, "login": "robot"}
        robot = User(
            id=new_id(),
            staff_number="",
            name="robot",
            password_hash="none",
            kind="service",
            created_at=work.now(),
            **named,
        )
        work.session.add(robot)
    with pytest.raises(Forbidden), scene.database.work() as work:
        confirm_hold(work, replace(scene.second, id=robot.id), hold_id)
    assert state(scene, hold_id) == HoldState.SET
