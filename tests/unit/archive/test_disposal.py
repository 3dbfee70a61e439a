"""Only what is due is listed, and only the very list that two persons have signed is carried out."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime

import pytest
from sqlalchemy import event

from printserver.approvals.rules import PersonCountsOnce
from printserver.archive.disposal import (
    DisposalListChanged,
    DisposalNotFound,
    NothingToDispose,
    approve_disposal,
    preview_disposal,
    propose_disposal,
    refuse_disposal,
    withdraw_disposal,
)
from printserver.archive.holds import hold_record
from printserver.archive.retention_models import DisposalRun
from printserver.archive.retention_queries import runs, waiting_for
from printserver.archive.states import RunState
from printserver.foundation.errors import Forbidden, TransitionRefused
from printserver.foundation.ids import new_id
from printserver.organisations.permissions import Role
from printserver.signing.evidence import Decision, verify_evidence
from printserver.signing.published_key import KeyUsage
from tests.databases import clock_of
from tests.paper_books import Books
from tests.unit.archive.retention_scene import Scene


@pytest.fixture
def scene(books: Books) -> Scene:
    return Scene(books)


def propose(scene: Scene, **options):
    with scene.database.work() as work:
        return propose_disposal(
            work, scene.first, scene.attestor, scene.books.branch, reason="their time is over", **options
        )


def run_of(scene: Scene, run_id) -> DisposalRun:
    with scene.database.reading() as work:
        return work.session.get_one(DisposalRun, run_id)


def test_a_preview_counts_each_record_once(scene: Scene):
    due, held = scene.archived(), scene.archived()
    scene.archived(end=date(2020, 1, 1))
    scene.archived(end=None)
    scene.archived(code="permanent")
    scene.archived(code="a word of long ago")
    with scene.database.work() as work:
        hold_record(work, scene.first, held, matter="7", reason="the court")
    with scene.database.reading() as work:
        found = preview_disposal(work, scene.first, scene.books.branch)
    assert [each.listed.record_id for each in found.due] == [due]
    counts = (found.all_due, found.listed, found.held, found.not_due, found.end_unknown, found.permanent)
    assert counts == (1, 0, 1, 1, 1, 2)
    propose(scene)
    with scene.database.reading() as work:
        found = preview_disposal(work, scene.first, scene.books.branch)
    assert (found.due, found.listed) == ((), 1)


def test_the_last_day_of_a_leap_days_term_is_kept(scene: Scene):
    """Ended on 29 February 2016, kept five years: 1 March 2021 is the last day."""
    scene.archived(end=date(2016, 2, 29), code="5-years")
    clock = clock_of(scene.database)
    for moment, due in (("2021-03-02T11:59:00+00:00", 0), ("2021-03-02T12:01:00+00:00", 1)):
        clock.moment = datetime.fromisoformat(moment)
        with scene.database.reading() as work:
            assert preview_disposal(work, scene.first, scene.books.branch).all_due == due


def test_the_very_list_is_approved_by_another_person_and_both_words_are_signed(scene: Scene):
    scene.archived()
    run_id = propose(scene)
    digest = run_of(scene, run_id).list_sha256
    with pytest.raises(PersonCountsOnce), scene.database.work() as work:
        approve_disposal(work, scene.first, scene.attestor, run_id, list_sha256=digest)
    with pytest.raises(DisposalListChanged), scene.database.work() as work:
        approve_disposal(work, scene.second, scene.attestor, run_id, list_sha256="0" * 64)
    assert run_of(scene, run_id).state == RunState.PROPOSED
    with scene.database.work() as work:
        approve_disposal(work, scene.second, scene.attestor, run_id, list_sha256=digest)
    run = run_of(scene, run_id)
    assert run.state == RunState.APPROVED
    assert [job.workflow for job in scene.jobs()][-1] == "dispose-run"
    keys = scene.books.issuer.key_list(scene.books.issuer.entry(KeyUsage.ATTESTATION))
    said = [verify_evidence(text, keys) for text in (run.asked_evidence, run.approved_evidence)]
    assert [(each.manifest_sha256, each.decision, each.step) for each in said] == [
        (digest, Decision.APPROVED, "disposal")
    ] * 2
    assert [each.person_id for each in said] == [str(scene.first.person_id), str(scene.second.person_id)]


def test_what_is_left_out_or_listed_already_is_not_listed(scene: Scene):
    one, other = scene.archived(), scene.archived()
    run_id = propose(scene, leave_out=[one])
    assert run_of(scene, run_id).records == 1
    with pytest.raises(NothingToDispose):
        propose(scene, leave_out=[one])
    assert run_of(scene, propose(scene)).number == 2
    with pytest.raises(NothingToDispose):
        propose(scene)
    assert other != one


def test_a_refused_or_withdrawn_list_frees_its_records(scene: Scene):
    scene.archived()
    run_id = propose(scene)
    with pytest.raises(PersonCountsOnce), scene.database.work() as work:
        refuse_disposal(work, scene.first, run_id, reason="no")
    with scene.database.work() as work:
        refuse_disposal(work, scene.second, run_id, reason="the audit needs it")
    again = propose(scene)
    with pytest.raises(DisposalNotFound), scene.database.work() as work:
        withdraw_disposal(work, scene.second, again)
    with scene.database.work() as work:
        withdraw_disposal(work, scene.first, again)
    with pytest.raises(TransitionRefused), scene.database.work() as work:
        approve_disposal(work, scene.second, scene.attestor, again, list_sha256=run_of(scene, again).list_sha256)
    assert [job.workflow for job in scene.jobs()].count("dispose-run") == 0


def test_who_may_not_changes_and_records_nothing(scene: Scene):
    scene.archived()
    run_id = propose(scene)
    digest = run_of(scene, run_id).list_sha256
    before, entries = scene.row_counts(), scene.books.entries()
    stranger = replace(scene.books.actor(Role.ARCHIVIST, branch=scene.books.other), id=new_id())
    auditor = replace(scene.books.actor(Role.AUDITOR), id=new_id())
    for kind, actor in ((DisposalNotFound, stranger), (Forbidden, auditor)):
        with pytest.raises(kind), scene.database.work() as work:
            approve_disposal(work, actor, scene.attestor, run_id, list_sha256=digest)
        with pytest.raises(DisposalNotFound), scene.database.work() as work:
            propose_disposal(work, actor, scene.attestor, scene.books.branch, reason="x")
    assert (scene.row_counts(), scene.books.entries()) == (before, entries)
    assert run_of(scene, run_id).state == RunState.PROPOSED


def test_many_lists_are_shown_by_as_many_questions_as_one_and_wait_for_a_second_person(scene: Scene):
    asked = list[int]()
    for _ in range(3):
        scene.archived()
        propose(scene)
        with scene.database.reading() as work:
            seen = list[object]()
            event.listen(work.session.connection(), "before_cursor_execute", lambda *said, seen=seen: seen.append(said))
            shown = runs(work, scene.first)
            asked.append(len(seen))
            assert [waiting_for(work, each) for each in (scene.first, scene.second)] == [0, len(shown)]
            assert {run.asked_by_name for run in shown} == {"王小明"}
    assert len(asked) == 3
    assert set(asked) == {asked[0]}
