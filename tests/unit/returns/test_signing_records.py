"""A signing is recorded once a capture, confirmed by another person, and corrected without forgetting."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from functools import partial
from uuid import UUID

import pytest
from sqlalchemy import select, update

from printserver.audit.models import AuditEntry
from printserver.foundation.errors import NotFound, TransitionRefused
from printserver.foundation.ids import new_id
from printserver.organisations.models import User
from printserver.organisations.permissions import Role
from printserver.print_requests.copy_service import void_copy
from printserver.returns.signing_models import SigningRecord
from printserver.returns.signing_records import (
    CaptureTaken,
    Decision,
    SamePerson,
    SigningNotFound,
    SigningView,
    correct_signing,
    decide_signing,
    record_signing,
    records_of_copy,
    unconfirmed,
    unconfirmed_count,
)
from printserver.returns.signing_rules import IdentityCheck, NewSigning, Signer, SigningMalformed
from tests.signing_world import all_at_once
from tests.world import World
from tests.world_building import Office

NUMBER = "11010119900307123X"


def said(world: World, copy_id: UUID, **fields: object) -> NewSigning:
    signer = Signer("李雷", IdentityCheck.IDENTITY_CARD, "远东公司", NUMBER)
    now = world.clock.now()
    new = NewSigning(new_id(), copy_id, (signer,), "Shanghai", now, "Han Meimei", now)
    return replace(new, **fields)  # type: ignore[arg-type]


def record(world: World, new: NewSigning, role: Role = Role.CLERK) -> SigningView:
    with world.database.work() as work:
        return record_signing(work, world.actor(work, role), new)


def decide(
    world: World,
    view: SigningView,
    role: Role,
    decision: Decision = Decision.CONFIRMED,
    office: Office | None = None,
) -> SigningView:
    with world.database.work() as work:
        actor = world.actor(work, role, office)
        return decide_signing(
            work, actor, view.record_id, revision=view.revision, decision=decision, remark="as I saw it"
        )


def test_a_capture_that_is_sent_many_times_at_once_is_recorded_once(any_world: World):
    world = any_world
    (copy,) = world.copies(world.printed())
    new = said(world, copy.id)
    answers = all_at_once([partial(record, world, new)] * 6, threads=6)
    assert {each.id for each in answers if isinstance(each, SigningView)} == {record(world, new).id}
    assert len([each for each in answers if isinstance(each, SigningView)]) == 6
    assert world.events().count("SigningRecorded") == 1
    with pytest.raises(CaptureTaken):
        record(world, replace(new, place="Beijing"))
    with pytest.raises(CaptureTaken):
        record(world, new, Role.ARCHIVIST)


def test_no_identity_number_reaches_the_database_or_the_log(world: World):
    (copy,) = world.copies(world.printed())
    record(world, said(world, copy.id))
    with world.database.reading() as work:
        row = work.session.scalars(select(SigningRecord)).one()
        assert row.signers[0]["number_end"] == "123X"
        logged = "".join(work.session.scalars(select(AuditEntry.body)))
        stored = f"{vars(row)}{logged}"
    assert NUMBER[:-4] not in stored
    assert "李雷" not in logged


def test_a_late_entry_is_marked_late_with_both_clocks_kept(world: World):
    (copy,) = world.copies(world.printed())
    new = said(world, copy.id)
    world.clock.advance(24 * 3_600 + 1)
    late = record(world, new)
    assert (late.late, late.captured_at) == (True, new.captured_at)
    assert late.received_at == world.clock.now()
    assert record(world, said(world, copy.id)).late is False


def test_a_second_natural_person_confirms_it_and_nobody_twice(world: World):
    (copy,) = world.copies(world.printed())
    view = record(world, said(world, copy.id))
    before = world.row_counts()
    with pytest.raises(SamePerson):
        decide(world, view, Role.CLERK)
    with world.database.work() as work:  # the archivist's account turns out to be the clerk's second one
        archivist, clerk = (world.person(role).id for role in (Role.ARCHIVIST, Role.CLERK))
        work.session.execute(update(User).where(User.id == archivist).values(person_id=clerk))
    with pytest.raises(SamePerson):
        decide(world, view, Role.ARCHIVIST)
    assert world.row_counts() == before
    with world.database.work() as work:
        work.session.execute(update(User).where(User.id == archivist).values(person_id=None))
        assert [each.id for each in unconfirmed(work, world.actor(work, Role.ARCHIVIST))] == [view.id]
        assert unconfirmed(work, world.actor(work, Role.CLERK)) == ()
        assert [unconfirmed_count(work, world.actor(work, role)) for role in (Role.ARCHIVIST, Role.CLERK)] == [1, 0]
    confirmed = decide(world, view, Role.ARCHIVIST)
    assert confirmed.decision is Decision.CONFIRMED
    with pytest.raises(TransitionRefused):
        decide(world, view, Role.ARCHIVIST, Decision.REFUSED)


def test_a_correction_keeps_the_old_words_and_is_confirmed_anew(any_world: World):
    world = any_world
    (copy,) = world.copies(world.printed())
    new = said(world, copy.id)
    view = record(world, new)
    decide(world, view, Role.ARCHIVIST)
    world.clock.advance(3 * 86_400)
    with world.database.work() as work:
        actor = world.actor(work, Role.ARCHIVIST)
        correct_signing(work, actor, view.record_id, replace(new, place="Beijing"), reason="the other office")
    with world.database.reading() as work:
        now, before = records_of_copy(work, copy.id)
    assert (now.place, now.revision, now.decision, now.reason) == ("Beijing", 2, None, "the other office")
    assert now.late is False
    assert (before.place, before.decision, before.present) == ("Shanghai", Decision.CONFIRMED, False)
    with pytest.raises(TransitionRefused):
        decide(world, view, Role.CLERK)
    with pytest.raises(SamePerson):
        decide(world, now, Role.ARCHIVIST)
    assert decide(world, now, Role.CLERK, Decision.REFUSED).decision is Decision.REFUSED


def test_what_is_not_valid_paper_of_the_branch_has_no_signing(world: World):
    (waiting,), (void,) = world.copies(world.issued()), world.copies(world.printed())
    with world.database.work() as work:
        void_copy(work, world.actor(work, Role.PRINTER_ADMINISTRATOR), void.id, reason="spoiled")
    (printed,) = world.copies(world.printed())
    before = world.row_counts()
    for copy_id in (waiting.id, void.id):
        with pytest.raises(TransitionRefused):
            record(world, said(world, copy_id))
    for office in (world.home.south, world.foreign.head):
        with world.database.work() as work, pytest.raises(NotFound):
            record_signing(work, world.actor(work, Role.CLERK, office), said(world, printed.id))
    with pytest.raises(SigningMalformed):
        record(world, said(world, printed.id, signed_at=world.clock.now() + timedelta(seconds=1)))
    assert world.row_counts() == before
    view = record(world, said(world, printed.id))
    with pytest.raises(SigningNotFound):
        decide(world, view, Role.CLERK, office=world.home.south)


def test_a_correction_and_a_refusal_say_why_and_a_record_stays_with_its_copy(world: World):
    (copy,), (other,) = world.copies(world.printed()), world.copies(world.printed())
    new = said(world, copy.id)
    view, before = record(world, new), world.row_counts()
    with world.database.work() as work:
        archivist = world.actor(work, Role.ARCHIVIST)
        for changed, reason in ((new, " "), (new, "x" * 501), (replace(new, copy_id=other.id), "the other copy")):
            with pytest.raises(SigningMalformed):
                correct_signing(work, archivist, view.record_id, changed, reason=reason)
        for decision, remark in ((Decision.REFUSED, " "), (Decision.CONFIRMED, "x" * 501)):
            with pytest.raises(SigningMalformed):
                decide_signing(work, archivist, view.record_id, revision=1, decision=decision, remark=remark)
    assert world.row_counts() == before
    with world.database.reading() as work:
        assert [each.decision for each in records_of_copy(work, copy.id)] == [None]
