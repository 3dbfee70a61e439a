"""Statements from the proposal to the signer's register: who signs, who sees, and what follows."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from printserver.approvals.registering import RegisterTools, register_statement
from printserver.approvals.rules import PersonCountsOnce
from printserver.approvals.statement_queries import statements
from printserver.approvals.statement_states import StatementState
from printserver.approvals.statements import StatementChanged, SubjectMayNotSign, confirm, refuse, withdraw
from printserver.foundation.errors import Forbidden, NotFound, TransitionRefused, Unavailable
from printserver.organisations.models import RoleBinding
from printserver.organisations.permissions import Role
from printserver.worker.effects import EFFECTS
from tests.signing_world import SigningWorld, all_at_once
from tests.statement_steps import K, SignerHere, confirmed, facts_of, newcomer, proposed, registered, seat_of, tools


def test_two_officers_give_a_role_that_helps_to_seal(signing_world: SigningWorld):
    person = newcomer(signing_world)
    statement_id = proposed(signing_world, K.SEAT, seat_of(signing_world, person))
    assert facts_of(signing_world, statement_id).state is StatementState.PROPOSED
    register_statement(tools(signing_world), statement_id)
    assert facts_of(signing_world, statement_id).state is StatementState.PROPOSED
    after = confirmed(signing_world, statement_id, Role.SEAL_ADMINISTRATOR)
    assert after.state is StatementState.CONFIRMED
    assert signing_world.world.jobs.jobs[-1].workflow == "register-statement"
    register_statement(tools(signing_world), statement_id)
    assert facts_of(signing_world, statement_id).state is StatementState.REGISTERED
    standing = signing_world.register.standing(signing_world.world.home.number)
    assert [seat.role for seat in standing.seats_of(str(person))] == ["approver"]
    with signing_world.database.reading() as work:
        held = work.session.scalars(
            select(RoleBinding.role).where(RoleBinding.user_id == person, RoleBinding.ended_at.is_(None))
        )
        assert "approver" in set(held)
    assert signing_world.events()[-6:].count("StatementRegistered") == 1


def test_asking_the_signer_again_after_a_lost_answer_changes_nothing(sqlite_signing_world: SigningWorld):
    statement_id = proposed(sqlite_signing_world, K.POLICY, {"officer_evidence": "attested"})
    confirmed(sqlite_signing_world, statement_id, Role.SEAL_ADMINISTRATOR)
    SignerHere(sqlite_signing_world).register(statement_id)
    head = sqlite_signing_world.register.head
    register_statement(tools(sqlite_signing_world), statement_id)
    assert sqlite_signing_world.register.head == head
    assert facts_of(sqlite_signing_world, statement_id).state is StatementState.REGISTERED


def test_a_signer_that_is_away_is_asked_again_later(sqlite_signing_world: SigningWorld):
    class Away:
        def register(self, statement_id: UUID) -> Mapping[str, Any]:
            raise Unavailable("not now")

    statement_id = proposed(sqlite_signing_world, K.POLICY, {"officer_evidence": "attested"})
    confirmed(sqlite_signing_world, statement_id, Role.SEAL_ADMINISTRATOR)
    with pytest.raises(Unavailable):
        register_statement(RegisterTools(sqlite_signing_world.database, Away(), EFFECTS), statement_id)
    assert facts_of(sqlite_signing_world, statement_id).state is StatementState.CONFIRMED


def test_nobody_signs_twice_and_others_not_at_all(signing_world: SigningWorld):
    statement_id = proposed(signing_world, K.POLICY, {"officer_evidence": "attested"})
    with pytest.raises(PersonCountsOnce):
        confirmed(signing_world, statement_id, Role.KEY_OFFICER)
    for role in (Role.CLERK, Role.APPROVER, Role.CUSTODIAN, Role.SYSTEM_ADMINISTRATOR, Role.AUDITOR):
        with pytest.raises(Forbidden):
            confirmed(signing_world, statement_id, role)
    assert len(facts_of(signing_world, statement_id).signatures) == 1


def test_an_officer_of_another_company_does_not_even_see_it(signing_world: SigningWorld):
    statement_id = proposed(signing_world, K.POLICY, {"officer_evidence": "attested"})
    with pytest.raises(NotFound):
        confirmed(signing_world, statement_id, Role.SEAL_ADMINISTRATOR, signing_world.world.foreign.north)


def test_officers_do_not_vouch_for_themselves(signing_world: SigningWorld):
    officer = signing_world.world.person(Role.SEAL_ADMINISTRATOR, signing_world.world.home.head).id
    statement_id = proposed(signing_world, K.SEAT, seat_of(signing_world, officer, "custodian"))
    with pytest.raises(SubjectMayNotSign):
        confirmed(signing_world, statement_id, Role.SEAL_ADMINISTRATOR)
    own = proposed(signing_world, K.SEAT, seat_of(signing_world, officer), Role.SEAL_ADMINISTRATOR)
    assert facts_of(signing_world, own).signatures == ()


def test_what_was_looked_at_is_what_is_signed(sqlite_signing_world: SigningWorld):
    statement_id = proposed(sqlite_signing_world, K.POLICY, {"officer_evidence": "attested"})
    world = sqlite_signing_world.world
    with world.database.reading() as work:
        actor = world.actor(work, Role.SEAL_ADMINISTRATOR, world.home.head)
    with pytest.raises(StatementChanged), world.database.work() as work:
        confirm(work, actor, world.adapters.attestor, statement_id, sha256="0" * 64)


def test_a_refused_or_withdrawn_statement_is_signed_no_more(sqlite_signing_world: SigningWorld):
    world = sqlite_signing_world.world
    refused, withdrawn = (proposed(sqlite_signing_world, K.POLICY, {"officer_evidence": "attested"}) for _ in range(2))
    with world.database.work() as work:
        refuse(work, world.actor(work, Role.SEAL_ADMINISTRATOR, world.home.head), refused, reason="why?")
        withdraw(work, world.actor(work, Role.KEY_OFFICER, world.home.head), withdrawn)
    for statement_id in (refused, withdrawn):
        with pytest.raises(TransitionRefused):
            confirmed(sqlite_signing_world, statement_id, Role.SEAL_ADMINISTRATOR)


def test_of_many_officers_at_once_the_last_needed_one_asks_the_signer_once(signing_world: SigningWorld):
    home = signing_world.world.home
    person = newcomer(signing_world)
    statement_id = proposed(signing_world, K.SEAT, seat_of(signing_world, person), Role.SYSTEM_ADMINISTRATOR)
    before = len(signing_world.world.jobs.jobs)
    answers = all_at_once(
        [
            partial(confirmed, signing_world, statement_id, role, office)
            for role in (Role.KEY_OFFICER, Role.SEAL_ADMINISTRATOR)
            for office in (home.head, home.north)
        ],
        threads=4,
    )
    assert sum(not isinstance(answer, Exception) for answer in answers) >= 2
    asked = [job for job in signing_world.world.jobs.jobs[before:] if job.workflow == "register-statement"]
    assert len(asked) == 1
    assert facts_of(signing_world, statement_id).state is StatementState.CONFIRMED


def test_officers_of_a_branch_speak_of_that_branch_alone(signing_world: SigningWorld):
    """Of the north's seats, not of the whole organisation's policy; and others' officers not of the north."""
    home, person = signing_world.world.home, newcomer(signing_world)
    policy = proposed(signing_world, K.POLICY, {"officer_evidence": "attested"}, Role.KEY_OFFICER, home.north)
    assert facts_of(signing_world, policy).signatures == ()
    seat = proposed(signing_world, K.SEAT, seat_of(signing_world, person), Role.KEY_OFFICER, home.north)
    for statement_id, office in ((policy, home.north), (policy, home.south), (seat, home.south)):
        with pytest.raises(NotFound):
            confirmed(signing_world, statement_id, Role.SEAL_ADMINISTRATOR, office)
    confirmed(signing_world, seat, Role.SEAL_ADMINISTRATOR, home.north)
    register_statement(tools(signing_world), seat)
    assert facts_of(signing_world, seat).state is StatementState.REGISTERED


def test_everybody_sees_what_they_may(sqlite_signing_world: SigningWorld):
    world = sqlite_signing_world.world
    statement_id = proposed(sqlite_signing_world, K.POLICY, {"officer_evidence": "attested"})
    with world.database.reading() as work:
        for role, seen in ((Role.SEAL_ADMINISTRATOR, 1), (Role.AUDITOR, 1), (Role.CLERK, 0), (Role.APPROVER, 0)):
            there = statements(work, world.actor(work, role, world.home.head), state=StatementState.PROPOSED)
            assert len(there) == seen
            assert statements(work, world.actor(work, role, world.home.north)) == ()
        assert statements(work, world.actor(work, Role.KEY_OFFICER, world.foreign.head)) == ()
        assert statements(work, world.actor(work, Role.KEY_OFFICER, world.home.head))[0].id == statement_id


def test_where_officers_sign_with_passkeys_alone_proposing_signs_nothing(sqlite_signing_world: SigningWorld):
    registered(sqlite_signing_world, K.POLICY, {"officer_evidence": "passkey"})
    person = newcomer(sqlite_signing_world)
    statement_id = proposed(sqlite_signing_world, K.SEAT, seat_of(sqlite_signing_world, person))
    assert facts_of(sqlite_signing_world, statement_id).signatures == ()
    for role in (Role.KEY_OFFICER, Role.SEAL_ADMINISTRATOR):
        confirmed(sqlite_signing_world, statement_id, role)
    register_statement(tools(sqlite_signing_world), statement_id)
    after = facts_of(sqlite_signing_world, statement_id)
    assert (after.state, "officers have signed" in after.refusal) == (StatementState.REFUSED, True)
