"""A named person settles, voids and replaces copies, with a reason, once."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID, uuid4

import pytest
from sqlalchemy import update

from printserver.approvals.rules import ApplicantMayNotDecide
from printserver.foundation.errors import NotFound, TransitionRefused
from printserver.organisations.access import Grant
from printserver.organisations.permissions import Permission, Role
from printserver.print_requests.copy_service import (
    Settlement,
    confirm_loss,
    give_up_waiting,
    recall_copy,
    release_copies,
    replace_copy,
    settle_copy,
    void_copy,
)
from printserver.print_requests.flows import approve_request
from printserver.print_requests.models import Copy, PrintRequest
from printserver.print_requests.queries import copy_facts
from printserver.print_requests.release import SecondPersonNeeded
from printserver.print_requests.service import ReasonMissing, withdraw_request
from printserver.print_requests.states import CopyState, RequestState
from printserver.printing.outcome import Outcome
from printserver.printing.ports import TicketRefused
from tests.world import World


def unknown(world: World) -> Copy:
    (copy,) = world.copies(world.printed(outcome=Outcome.OUTCOME_UNKNOWN))
    return copy


def settle(world: World, copy_id: UUID, settlement: Settlement, reason: str = "I looked at the tray") -> CopyState:
    with world.database.work() as work:
        actor = world.actor(work, Role.PRINTER_ADMINISTRATOR)
        return settle_copy(work, actor, copy_id, settlement=settlement, reason=reason)


@pytest.mark.parametrize(
    ("settlement", "state"),
    [("seen", CopyState.PRINTED), ("destroyed", CopyState.DESTROYED), ("missing", CopyState.MISSING)],
)
def test_a_copy_of_unknown_outcome_is_settled_once(world: World, settlement: Settlement, state: CopyState):
    copy = unknown(world)
    assert settle(world, copy.id, settlement) is state
    before = world.row_counts()
    for again in ("seen", "destroyed", "missing"):
        with pytest.raises(TransitionRefused):
            settle(world, copy.id, again)
    assert world.row_counts() == before
    with world.database.reading() as work:
        facts = copy_facts(work, copy.id)
    assert (facts.printed_at is not None) is (settlement == "seen")
    assert facts.settled_reason == "I looked at the tray"
    assert (facts.settled_by, facts.settled_at) == (world.person(Role.PRINTER_ADMINISTRATOR).id, world.clock.now())


@pytest.mark.parametrize("reason", ["", "  \n"])
def test_nothing_is_settled_or_voided_without_a_reason(world: World, reason: str):
    copy, before = unknown(world), None
    before = world.row_counts()
    with pytest.raises(ReasonMissing):
        settle(world, copy.id, "seen", reason)
    with pytest.raises(ReasonMissing), world.database.work() as work:
        void_copy(work, world.actor(work, Role.PRINTER_ADMINISTRATOR), copy.id, reason=reason)
    assert world.row_counts() == before


def test_the_clerk_who_printed_it_does_not_settle_it(world: World):
    copy = unknown(world)
    before = world.row_counts()
    with pytest.raises(NotFound), world.database.work() as work:
        settle_copy(work, world.actor(work, Role.CLERK), copy.id, settlement="destroyed", reason="trust me")
    assert world.row_counts() == before


def test_a_replacement_is_a_request_of_its_own_that_starts_at_the_beginning(world: World):
    void = world.replaceable()
    with world.database.work() as work:
        replacement = replace_copy(work, world.actor(work, Role.CLERK), void)
    with world.database.reading() as work:
        original = work.session.get_one(PrintRequest, work.session.get_one(Copy, void).request_id)
        assert copy_facts(work, void).state is CopyState.REPLACED
        assert copy_facts(work, void).replaced_by == replacement.id
    assert (replacement.state, replacement.copies, replacement.manifest_sha256) == (RequestState.RENDERING, 1, None)
    assert replacement.document_id == original.document_id
    assert world.copies(replacement.id) == []
    before = world.row_counts()
    with pytest.raises(TransitionRefused), world.database.work() as work:
        replace_copy(work, world.actor(work, Role.CLERK), void)
    assert world.row_counts() == before


def test_who_asks_for_a_replacement_is_its_applicant_and_does_not_approve_it(world: World):
    void, asking = world.replaceable(), world.person(Role.CLERK, world.home.head)
    with world.database.work() as work:
        actor = world.actor(work, Role.CLERK, world.home.head)
        asker = replace(actor, grants=(*actor.grants, Grant(Role.APPROVER, actor.paths(Permission.CREATE_REQUEST)[0])))
        replacement = replace_copy(work, asker, void)
    assert replacement.applicant_id == asking.id
    world.prepare(replacement.id)
    digest, before = world.manifest_sha256(replacement.id), world.row_counts()
    with pytest.raises(ApplicantMayNotDecide), world.database.work() as work:
        approve_request(work, asker, world.adapters.attestor, replacement.id, manifest_sha256=digest)
    assert world.row_counts() == before


def confirm(world: World, copy_id: UUID, role: Role = Role.PRINTER_ADMINISTRATOR, *, at_head: bool = True) -> None:
    with world.database.work() as work:
        actor = world.actor(work, role, world.home.head if at_head else None)
        confirm_loss(work, actor, copy_id, reason="I saw the shreds")


@pytest.mark.parametrize("settlement", ["destroyed", "missing"])
def test_a_copy_that_may_have_come_to_paper_is_replaced_only_after_a_second_person(
    any_world: World, settlement: Settlement
):
    world = any_world
    copy = unknown(world)
    settle(world, copy.id, settlement)
    if settlement == "missing":
        with world.database.work() as work:
            void_copy(work, world.actor(work, Role.PRINTER_ADMINISTRATOR), copy.id, reason="it is nowhere")
    before = world.row_counts()
    with pytest.raises(SecondPersonNeeded) as refused, world.database.work() as work:
        replace_copy(work, world.actor(work, Role.CLERK), copy.id)
    assert refused.value.code == "second-person-needed"
    with pytest.raises(SecondPersonNeeded):
        confirm(world, copy.id, at_head=False)
    assert world.row_counts() == before
    confirm(world, copy.id)
    with pytest.raises(TransitionRefused):
        confirm(world, copy.id)
    with world.database.work() as work:
        replace_copy(work, world.actor(work, Role.CLERK), copy.id)
    assert world.events().count("CopyLossConfirmed") == 1


def test_the_applicant_never_confirms_a_loss(world: World):
    copy_id = world.voided()
    before = world.row_counts()
    with world.database.reading() as work:
        applicant = world.actor(work, Role.CLERK)
        administrator = world.actor(work, Role.PRINTER_ADMINISTRATOR)
    both = replace(applicant, grants=(*applicant.grants, *administrator.grants))
    with pytest.raises(SecondPersonNeeded), world.database.work() as work:
        confirm_loss(work, both, copy_id, reason="trust me")
    with pytest.raises(NotFound):
        confirm(world, copy_id, Role.CLERK)
    with pytest.raises(ReasonMissing), world.database.work() as work:
        confirm_loss(work, administrator, copy_id, reason=" ")
    assert world.row_counts() == before


def test_a_copy_voided_before_it_was_ever_released_needs_no_second_person(world: World):
    (copy,) = world.copies(world.issued())
    with world.database.work() as work:
        void_copy(work, world.actor(work, Role.PRINTER_ADMINISTRATOR), copy.id, reason="wrong annex")
    with pytest.raises(TransitionRefused):
        confirm(world, copy.id)
    with world.database.work() as work:
        assert replace_copy(work, world.actor(work, Role.CLERK), copy.id).state == RequestState.RENDERING


@pytest.mark.parametrize("state", [state for state in CopyState if state is not CopyState.SENT])
def test_only_a_copy_at_the_printer_is_waited_for_no_longer(world: World, state: CopyState):
    (copy,) = world.copies(world.issued())
    with world.database.work() as work:
        work.session.execute(update(Copy).where(Copy.id == copy.id).values(state=state))
    before = world.row_counts()
    with pytest.raises(TransitionRefused), world.database.work() as work:
        give_up_waiting(work, world.actor(work, Role.PRINTER_ADMINISTRATOR), copy.id, reason="gone for repair")
    assert world.row_counts() == before
    assert world.copies(copy.request_id)[0].state == state


def test_a_named_person_waits_no_longer_and_somebody_settles_it(world: World):
    (copy,) = world.copies(world.released())
    world.sent(copy.printer_id)
    for role, reason, problem in (
        (Role.CLERK, "I am in a hurry", NotFound),
        (Role.PRINTER_ADMINISTRATOR, "", ReasonMissing),
    ):
        before = world.row_counts()
        with pytest.raises(problem), world.database.work() as work:
            give_up_waiting(work, world.actor(work, role), copy.id, reason=reason)
        assert world.row_counts() == before
    with world.database.work() as work:
        administrator = world.actor(work, Role.PRINTER_ADMINISTRATOR)
        assert give_up_waiting(work, administrator, copy.id, reason="burnt") is CopyState.OUTCOME_UNKNOWN
    assert settle(world, copy.id, "missing") is CopyState.MISSING


def test_only_copies_of_the_request_are_released_and_all_or_none(world: World):
    own, other = world.issued(copies=2), world.issued()
    chosen = [copy.id for copy in world.copies(own)]
    before = world.row_counts()
    for wrong in ([*chosen, world.copies(other)[0].id], [*chosen, uuid4()], [chosen[0], chosen[0]]):
        with pytest.raises((NotFound, TransitionRefused)), world.database.work() as work:
            release_copies(work, world.actor(work, Role.CLERK), own, wrong)
    assert world.row_counts() == before
    assert {copy.state for copy in world.copies(own)} == {CopyState.ISSUED}


def test_nothing_is_left_to_release_after_all_were(world: World):
    request_id = world.released()
    with pytest.raises(TransitionRefused), world.database.work() as work:
        release_copies(work, world.actor(work, Role.CLERK), request_id)


def test_only_the_applicant_withdraws_and_only_before_anything_is_authorised(world: World):
    pending, authorised = world.pending(), world.authorised()
    with pytest.raises(NotFound), world.database.work() as work:
        withdraw_request(work, world.actor(work, Role.CLERK, world.home.head), pending)
    with pytest.raises(TransitionRefused), world.database.work() as work:
        withdraw_request(work, world.actor(work, Role.CLERK), authorised)
    with world.database.work() as work:
        withdraw_request(work, world.actor(work, Role.CLERK), pending)
    assert {copy.state for copy in world.copies(pending)} == {CopyState.VOID}
    assert {copy.state for copy in world.copies(authorised)} == {CopyState.AUTHORISED}


def test_a_copy_that_waits_is_called_back_and_its_ticket_prints_nothing_any_more(world: World):
    (copy,) = world.copies(world.released())
    backend = world.taken_up(copy.printer_id)
    with world.database.work() as work:
        recall_copy(work, world.actor(work, Role.CLERK), copy.id, reason="the wrong tray")
    assert world.copy_row(copy.id).state == CopyState.ISSUED
    with pytest.raises(TicketRefused):
        backend.redeem()
    with world.database.work() as work:
        release_copies(work, world.actor(work, Role.CLERK), copy.request_id)
    assert world.sent(copy.printer_id).copy_id == copy.id


def test_a_copy_that_a_backend_has_claimed_is_not_called_back(world: World):
    (copy,) = world.copies(world.released())
    world.sent(copy.printer_id)
    for role in (Role.CLERK, Role.PRINTER_ADMINISTRATOR):
        with pytest.raises(TransitionRefused), world.database.work() as work:
            recall_copy(work, world.actor(work, role), copy.id, reason="too late")
    assert world.copy_row(copy.id).state == CopyState.SENT


def test_nobody_calls_a_copy_back_who_could_not_release_it(world: World):
    (copy,) = world.copies(world.released())
    for role, office in ((Role.APPROVER, world.home.north), (Role.CLERK, world.home.south)):
        with pytest.raises(NotFound), world.database.work() as work:
            recall_copy(work, world.actor(work, role, office), copy.id, reason="not mine")
    assert world.copy_row(copy.id).state == CopyState.RELEASED


def test_who_first_said_that_a_copy_is_missing_still_stands_there_when_another_voids_it(world: World):
    (copy,) = world.copies(world.printed(outcome=Outcome.OUTCOME_UNKNOWN))
    with world.database.work() as work:
        first = world.actor(work, Role.PRINTER_ADMINISTRATOR)
        settle_copy(work, first, copy.id, settlement="missing", reason="the tray was empty")
    with world.database.work() as work:
        second = replace(world.actor(work, Role.PRINTER_ADMINISTRATOR), id=world.person(Role.AUDITOR).id)
        void_copy(work, second, copy.id, reason="nobody found it")
    row = world.copy_row(copy.id)
    assert (row.state, row.settled_by, row.settled_reason) == (CopyState.VOID, first.id, "the tray was empty")
