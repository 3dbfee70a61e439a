"""What the log says is held stays, whatever somebody did to the rows; what two persons lifted does not."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import delete, text, update

from printserver.archive.disposal import NothingToDispose
from printserver.archive.disposal_running import DisposalLogBroken, LogNotReady, dispose
from printserver.archive.hold_queries import HoldFacts, hold_facts, holds
from printserver.archive.holds import ask_to_lift, hold_branch, hold_record, keep_hold, lift_hold
from printserver.archive.models import ArchiveRecord
from printserver.archive.retention import Standing
from printserver.archive.retention_events import HoldEvent, HoldLifted
from printserver.archive.retention_models import DisposalRun, HeldBranch, HeldRecord, LegalHold
from printserver.archive.retention_queries import overview, retention_of
from printserver.archive.signed_words import lifting, sign_word
from printserver.archive.states import HoldState, ItemState, RunState
from printserver.archive.two_persons import Word
from printserver.audit.log import By, append
from printserver.audit.models import AuditEntry, AuditHead, AuditLeaf
from printserver.foundation.errors import TransitionRefused
from printserver.foundation.ids import new_id
from printserver.organisations.models import Branch
from printserver.signing.key_list import KeyList
from printserver.signing.published_key import KeyUsage
from tests.databases import clock_of
from tests.paper_books import NUMBER, Books
from tests.unit.archive.retention_scene import Scene
from tests.unit.archive.test_disposal_running import approved, items

CASE = {"matter": "7", "reason": "the court"}
GONE = (ItemState.DISPOSED, "")
KEPT = (ItemState.KEPT, "held-by-log")


@pytest.fixture
def scene(books: Books, tmp_path: Path) -> Scene:
    return Scene(books, witness=tmp_path / "heads.jsonl")


def held(scene: Scene, record_id: UUID) -> UUID:
    with scene.database.work() as work:
        return hold_record(work, scene.first, record_id, **CASE)


def take_rows_away(scene: Scene) -> None:
    with scene.database.work() as work:
        for table in (HeldRecord, HeldBranch, LegalHold):
            work.session.execute(delete(table))


def test_a_hold_whose_rows_were_taken_away_holds_all_the_same_and_the_log_says_why(scene: Scene):
    record_id, other = scene.archived(), scene.archived()
    held(scene, record_id)
    take_rows_away(scene)
    run_id = approved(scene)
    dispose(scene.tools(), run_id)
    assert items(scene, run_id) == {record_id: KEPT, other: GONE}
    assert scene.record(record_id).title != ""
    assert "RecordKept" in scene.books.entries()


def test_a_branchs_hold_holds_by_the_log_though_record_and_branch_are_said_to_lie_elsewhere(scene: Scene):
    record_id = scene.archived()
    with scene.database.work() as work:
        hold_branch(work, scene.first, scene.books.branch, **CASE)
    run_id = approved_before(scene)
    take_rows_away(scene)
    with scene.database.work() as work:
        moved = update(ArchiveRecord).where(ArchiveRecord.id == record_id)
        work.session.execute(moved.values(branch_id=scene.books.other))
        renamed = update(Branch).where(Branch.id == scene.books.branch)
        work.session.execute(renamed.values(path="/elsewhere/"))
    dispose(scene.tools(), run_id)
    assert items(scene, run_id) == {record_id: KEPT}


def test_a_branchs_hold_that_an_earlier_release_recorded_holds_by_the_log(scene: Scene):
    @dataclass(frozen=True, kw_only=True)
    class HoldSet(HoldEvent):
        branch_id: UUID
        scope: str
        records: tuple[UUID, ...] = ()

    record_id = scene.archived()
    with scene.database.work() as work:
        recorded = HoldSet(id=new_id(), branch_id=scene.books.branch, scope="branch")
        append(work, By(scene.books.organisation_id), recorded)
    run_id = approved(scene)
    dispose(scene.tools(), run_id)
    assert items(scene, run_id) == {record_id: KEPT}


def approved_before(scene: Scene) -> UUID:
    """A list of what is held, as no page would make it: the rows of the hold are out of the way meanwhile."""
    with scene.database.work() as work:
        work.session.execute(update(LegalHold).values(state="lifted", lift_evidence="forged"))
    return approved(scene)


@pytest.mark.parametrize("said", ["nothing", "one word twice", "the words of another hold", "words that were refused"])
def test_an_entry_that_says_lifted_without_the_words_of_two_persons_lifts_nothing(scene: Scene, said: str):
    record_id, other = scene.archived(), scene.archived(code="permanent")
    hold_id, lifted_id = held(scene, record_id), held(scene, other)
    at = "2026-11-22T09:00:00.000000Z"
    with scene.database.work() as work:
        first, second = Word(scene.first.person_id), Word(scene.second.person_id)
        matter = lifting(lifted_id if "another" in said else hold_id, NUMBER, asked_at=at, reason="settled")
        words = [sign_word(work, scene.attestor, matter, word) for word in (first, second)]
        if said == "nothing":
            words = ["", ""]
        if said == "one word twice":
            words = [words[0], words[0]]
        asked_at = "2026-11-22T09:00:01.000000Z" if "refused" in said else at
        forged = HoldLifted(
            id=hold_id, matter="7", reason="settled", asked_at=asked_at, asked=words[0], agreed=words[1]
        )
        append(work, By(scene.books.organisation_id), forged)
    take_rows_away(scene)
    run_id = approved(scene)
    dispose(scene.tools(), run_id)
    assert items(scene, run_id) == {record_id: KEPT}


def test_what_two_persons_lifted_goes_also_when_it_was_kept_before(scene: Scene):
    record_id = scene.archived()
    hold_id = held(scene, record_id)
    with scene.database.work() as work:
        ask_to_lift(work, scene.first, scene.attestor, hold_id, scene.load_key_list, reason="settled")
        keep_hold(work, scene.second, hold_id, reason="the appeal runs")
    clock_of(scene.database).advance(60)
    with scene.database.work() as work:
        ask_to_lift(work, scene.second, scene.attestor, hold_id, scene.load_key_list, reason="the appeal is over")
        lift_hold(work, scene.first, scene.attestor, hold_id)
    run_id = approved(scene)
    dispose(scene.tools(), run_id)
    assert items(scene, run_id) == {record_id: GONE}


def lifted_by_an_earlier_release(scene: Scene, hold_id: UUID) -> None:
    @dataclass(frozen=True, kw_only=True)
    class HoldLifted(HoldEvent):
        matter: str = "7"

    with scene.database.work() as work:
        lifted = {"state": "lifted", "lifted_by": scene.second.person_id, "lifted_at": work.now()}
        work.session.execute(update(LegalHold).where(LegalHold.id == hold_id).values(**lifted))
        append(work, By(scene.books.organisation_id), HoldLifted(id=hold_id))


def shown(scene: Scene, hold_id: UUID) -> HoldFacts:
    with scene.database.reading() as work:
        return hold_facts(work, scene.first, hold_id, scene.load_key_list)


def test_a_hold_that_was_lifted_before_words_were_signed_is_said_to_hold_until_two_persons_sign(scene: Scene):
    record_id = scene.archived()
    hold_id = held(scene, record_id)
    lifted_by_an_earlier_release(scene, hold_id)
    assert (shown(scene, hold_id).state, shown(scene, hold_id).unproved) == (HoldState.LIFTED, True)
    with pytest.raises(NothingToDispose):
        approved(scene)
    with scene.database.work() as work:
        found = retention_of(work, scene.first, record_id, scene.load_key_list)
        assert (found.standing, [each.unproved for each in found.holds]) == (Standing.HELD, [True])
        assert [each.id for each in overview(work, scene.first, scene.load_key_list).holds] == [hold_id]
        ask_to_lift(work, scene.first, scene.attestor, hold_id, scene.load_key_list, reason="settled in 2024")
    with pytest.raises(Exception, match="yourself"), scene.database.work() as work:
        lift_hold(work, scene.first, scene.attestor, hold_id)
    assert (shown(scene, hold_id).state, shown(scene, hold_id).lifted_at) == (HoldState.LIFTING, None)
    with scene.database.work() as work:
        lift_hold(work, scene.second, scene.attestor, hold_id)
    assert (shown(scene, hold_id).state, shown(scene, hold_id).unproved) == (HoldState.LIFTED, False)
    run_id = approved(scene)
    dispose(scene.tools(), run_id)
    assert items(scene, run_id) == {record_id: GONE}


def test_a_lifting_whose_key_counts_no_more_can_be_signed_anew_and_a_good_one_not(scene: Scene):
    hold_id = held(scene, scene.archived())
    with scene.database.work() as work:
        ask_to_lift(work, scene.first, scene.attestor, hold_id, scene.load_key_list, reason="settled")
        lift_hold(work, scene.second, scene.attestor, hold_id)
    with pytest.raises(TransitionRefused), scene.database.work() as work:
        ask_to_lift(work, scene.first, scene.attestor, hold_id, scene.load_key_list, reason="again")
    issuer = scene.books.issuer

    def others() -> KeyList:
        return issuer.key_list(issuer.entry(KeyUsage.TREE_HEAD))

    with scene.database.reading() as work:
        assert hold_facts(work, scene.first, hold_id, others).unproved
    with scene.database.work() as work:
        ask_to_lift(work, scene.first, scene.attestor, hold_id, others, reason="signed with a stolen key")
    assert shown(scene, hold_id).state == HoldState.LIFTING


def test_however_many_holds_are_lifted_the_key_list_is_read_once(scene: Scene):
    record_id = scene.archived()
    for _ in range(2):
        with scene.database.work() as work:
            hold_id = hold_record(work, scene.first, record_id, **CASE)
            ask_to_lift(work, scene.first, scene.attestor, hold_id, scene.load_key_list, reason="settled")
            lift_hold(work, scene.second, scene.attestor, hold_id)
    asked = list[int]()

    def keys() -> KeyList:
        asked.append(1)
        return scene.load_key_list()

    with scene.database.reading() as work:
        assert [each.unproved for each in holds(work, scene.first, keys, lifted=True)] == [False, False]
        assert holds(work, scene.first, keys) == ()
    assert len(asked) == 1


def test_whoever_does_not_let_it_be_lifted_makes_it_an_ordinary_hold_again(scene: Scene):
    hold_id = held(scene, scene.archived())
    lifted_by_an_earlier_release(scene, hold_id)
    with scene.database.work() as work:
        ask_to_lift(work, scene.first, scene.attestor, hold_id, scene.load_key_list, reason="settled in 2024")
        keep_hold(work, scene.second, hold_id, reason="the appeal runs")
    assert (shown(scene, hold_id).state, shown(scene, hold_id).unproved) == (HoldState.CONFIRMED, False)


def test_a_lifting_in_the_place_of_somebody_is_no_second_word_of_that_person(scene: Scene):
    record_id = scene.archived()
    hold_id, at = held(scene, record_id), "2026-11-22T09:00:00.000000Z"
    with scene.database.work() as work:
        matter = lifting(hold_id, NUMBER, asked_at=at, reason="settled")
        deputy = Word(scene.second.person_id, acts_for=scene.first.person_id)
        asked, agreed = (
            sign_word(work, scene.attestor, matter, word) for word in (Word(scene.first.person_id), deputy)
        )
        forged = HoldLifted(id=hold_id, matter="7", reason="settled", asked_at=at, asked=asked, agreed=agreed)
        append(work, By(scene.books.organisation_id), forged)
    take_rows_away(scene)
    run_id = approved(scene)
    dispose(scene.tools(), run_id)
    assert items(scene, run_id) == {record_id: KEPT}


@pytest.mark.parametrize("what", ["entry", "all of it"])
def test_a_log_from_which_the_hold_was_taken_stops_the_disposal_for_good(scene: Scene, what: str):
    record_id, stored = scene.archived(), scene.objects()
    hold_id = held(scene, record_id)
    scene.sequence_log()
    run_id = approved_before(scene)
    take_rows_away(scene)
    cut_log(scene, hold_id, whole=what != "entry")
    with pytest.raises(DisposalLogBroken):
        dispose(scene.tools(), run_id)
    assert state(scene, run_id) == (RunState.STOPPED, "disposal-log-broken")
    assert items(scene, run_id) == {record_id: (ItemState.LISTED, "")}
    assert stored <= scene.objects()
    dispose(scene.tools(), run_id)
    assert stored <= scene.objects()


def cut_log(scene: Scene, hold_id: UUID, *, whole: bool) -> None:
    """As whoever owns the database can: without its triggers."""
    with scene.database.work() as work:
        session = work.session
        for name in session.scalars(text("SELECT name FROM sqlite_master WHERE type = 'trigger'")).all():
            session.execute(text(f"DROP TRIGGER {name}"))
        session.execute(text("PRAGMA defer_foreign_keys = ON"))
        if whole:
            for table in (AuditHead, AuditLeaf, AuditEntry):
                session.execute(delete(table))
        else:
            taken = AuditEntry.subject_id == hold_id
            ids = session.scalars(AuditEntry.__table__.select().with_only_columns(AuditEntry.id).where(taken)).all()
            session.execute(delete(AuditLeaf).where(AuditLeaf.entry_id.in_(ids)))
            session.execute(delete(AuditEntry).where(taken))


@pytest.mark.parametrize("hold", ["record", "branch"])
def test_a_hold_that_is_cut_out_just_after_the_log_was_proved_holds_all_the_same(scene: Scene, hold: str):
    record_id = scene.archived()
    with scene.database.work() as work:
        if hold == "record":
            hold_id = hold_record(work, scene.first, record_id, **CASE)
        else:
            hold_id = hold_branch(work, scene.first, scene.books.branch, **CASE)
    run_id = approved_before(scene)
    take_rows_away(scene)
    scene.sequence_log()
    honest, asked = scene.tools(), list[UUID]()

    def keys() -> KeyList:
        asked.append(run_id)
        if len(asked) == 2:  # the first is for what the proved log says, the second for the signed list
            cut_log(scene, hold_id, whole=False)
            with scene.database.work() as work:
                elsewhere = update(ArchiveRecord).where(ArchiveRecord.id == record_id)
                work.session.execute(elsewhere.values(branch_id=scene.books.other))
        return honest.load_key_list()

    dispose(replace(honest, load_key_list=keys), run_id)
    assert len(asked) > 2
    assert items(scene, run_id) == {record_id: KEPT}


def test_while_the_log_is_behind_a_disposal_waits_and_then_goes_on(scene: Scene):
    record_id = scene.archived()
    run_id = approved(scene)
    clock_of(scene.database).advance(600)
    with pytest.raises(LogNotReady):
        dispose(scene.tools(), run_id)
    assert state(scene, run_id) == (RunState.APPROVED, "")
    scene.sequence_log()
    dispose(scene.tools(), run_id)
    assert items(scene, run_id) == {record_id: GONE}


def test_a_disposal_that_was_stopped_is_shown_and_its_records_can_be_listed_anew(scene: Scene):
    record_id = scene.archived()
    run_id = approved(scene)
    with scene.database.work() as work:
        work.session.execute(update(DisposalRun).values(approved_evidence=""))
    with pytest.raises(Exception, match="nobody has signed"):
        dispose(scene.tools(), run_id)
    assert state(scene, run_id) == (RunState.STOPPED, "disposal-list-forged")
    assert scene.books.entries()[-1] == "DisposalStopped"
    anew = approved(scene)
    dispose(scene.tools(), anew)
    assert items(scene, anew) == {record_id: GONE}


def state(scene: Scene, run_id: UUID) -> tuple[str, str]:
    with scene.database.reading() as work:
        run = work.session.get_one(DisposalRun, run_id)
    return run.state, run.refusal


def test_a_deputys_account_of_the_same_person_is_counted_once(scene: Scene):
    record_id = scene.archived()
    hold_id = held(scene, record_id)
    with scene.database.work() as work:
        ask_to_lift(work, scene.first, scene.attestor, hold_id, scene.load_key_list, reason="settled")
    grants = tuple(replace(grant, acts_for=scene.first.person_id) for grant in scene.second.grants)
    with pytest.raises(Exception, match="yourself"), scene.database.work() as work:
        lift_hold(work, replace(scene.second, grants=grants), scene.attestor, hold_id)
