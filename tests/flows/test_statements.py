"""Statements from the proposal to the signer's register, and rows set by SQL that the signer does not believe."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import delete, func, insert, select, text, update

from printserver.approvals.models import StatementRow, StatementSignature
from printserver.approvals.registering import RegisterTools, register_statement
from printserver.approvals.rules import PersonCountsOnce
from printserver.approvals.statement_states import StatementState
from printserver.approvals.statements import (
    StatementChanged,
    StatementFacts,
    SubjectMayNotSign,
    confirm,
    propose,
    refuse,
    statement_facts,
    statements,
    withdraw,
)
from printserver.foundation.clock import as_text
from printserver.foundation.errors import Forbidden, NotFound, TransitionRefused, Unavailable
from printserver.foundation.ids import new_id
from printserver.organisations.access import branch_path
from printserver.organisations.models import RoleBinding, User
from printserver.organisations.permissions import Role
from printserver.print_requests import flows
from printserver.seals.models import Seal, SealCustodian
from printserver.signer.registering import check_register
from printserver.signing.errors import (
    AlreadySpent,
    EvidenceForged,
    EvidenceInsufficient,
    RegisterBroken,
    StatementRefused,
)
from printserver.signing.statements import StatementKind, StatementMalformed
from printserver.worker.effects import EFFECTS
from tests.flows.refusing import by_sql, change, one_authorisation, refuses
from tests.signing_world import SigningWorld, all_at_once
from tests.world_building import Office

K = StatementKind


@dataclass(frozen=True)
class SignerHere:
    """The signer, asked without a socket."""

    signed: SigningWorld

    def register(self, statement_id: UUID) -> Mapping[str, Any]:
        lines, head = self.signed.registering.take_up(statement_id)
        return {"lines": lines, "head": head}


def tools(signed: SigningWorld) -> RegisterTools:
    return RegisterTools(signed.database, SignerHere(signed), EFFECTS)


def seat_of(signed: SigningWorld, person_id: UUID, role: str = "approver") -> dict[str, Any]:
    with signed.database.reading() as work:
        path = branch_path(work, signed.world.home.north.branch_id)
    return {
        "person_id": str(person_id),
        "role": role,
        "path": path,
        "from": as_text(signed.database.clock.now()),
        "until": None,
    }


def proposed(
    signed: SigningWorld,
    kind: StatementKind,
    body: Mapping[str, Any],
    role: Role = Role.KEY_OFFICER,
    office: Office | None = None,
) -> UUID:
    with signed.database.work() as work:
        actor = signed.world.actor(work, role, office or signed.world.home.head)
        return propose(work, actor, signed.world.adapters.attestor, kind, body)


def confirmed(signed: SigningWorld, statement_id: UUID, role: Role, office: Office | None = None) -> StatementFacts:
    with signed.database.work() as work:
        actor = signed.world.actor(work, role, office or signed.world.home.head)
        sha256 = statement_facts(work, statement_id).sha256
        return confirm(work, actor, signed.world.adapters.attestor, statement_id, sha256=sha256)


def facts_of(signed: SigningWorld, statement_id: UUID) -> StatementFacts:
    with signed.database.reading() as work:
        return statement_facts(work, statement_id)


def registered(signed: SigningWorld, kind: StatementKind, body: Mapping[str, Any]) -> UUID:
    """By as many officers as it takes, taken up, with its effect."""
    statement_id = proposed(signed, kind, body)
    if facts_of(signed, statement_id).state is StatementState.PROPOSED:
        confirmed(signed, statement_id, Role.SEAL_ADMINISTRATOR)
    register_statement(tools(signed), statement_id)
    return statement_id


def newcomer(signed: SigningWorld) -> UUID:
    """The archivist, who holds no role that helps to seal, loses the one that would not go with it."""
    person = signed.world.person(Role.ARCHIVIST).id
    by_sql(signed, update(RoleBinding).where(RoleBinding.user_id == person).values(role="nothing-any-more"))
    return person


def role_row(signed: SigningWorld, person: UUID, role: str) -> Any:
    return insert(RoleBinding).values(
        id=new_id(),
        user_id=person,
        role=role,
        branch_id=signed.world.home.north.branch_id,
        created_at=signed.world.clock.now(),
    )


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


# By SQL alone.


def forged_signature(signed: SigningWorld, statement_id: UUID, person_id: UUID, evidence: str) -> Any:
    return insert(StatementSignature).values(
        id=new_id(),
        statement_id=statement_id,
        person_id=person_id,
        as_officer=True,
        evidence=evidence,
        signed_at=signed.database.clock.now(),
    )


def test_a_signature_put_in_by_sql_registers_nothing(signing_world: SigningWorld):
    """Another's words copied under a second name, and a state set to confirmed."""
    person = newcomer(signing_world)
    statement_id = proposed(signing_world, K.SEAT, seat_of(signing_world, person))
    with signing_world.database.reading() as work:
        words = work.session.scalar(
            select(StatementSignature.evidence).where(StatementSignature.statement_id == statement_id)
        )
    second = signing_world.world.person(Role.SEAL_ADMINISTRATOR).id
    by_sql(
        signing_world,
        forged_signature(signing_world, statement_id, second, str(words)),
        change(StatementRow, id=statement_id, state="confirmed"),
    )
    head = signing_world.register.head
    register_statement(tools(signing_world), statement_id)
    assert signing_world.register.head == head
    after = facts_of(signing_world, statement_id)
    assert after.state is StatementState.REFUSED
    assert "more than once" in after.refusal


def test_a_statement_changed_after_it_was_signed_registers_nothing(signing_world: SigningWorld):
    person, other = newcomer(signing_world), signing_world.world.person(Role.CLERK).id
    statement_id = proposed(signing_world, K.SEAT, seat_of(signing_world, person))
    confirmed(signing_world, statement_id, Role.SEAL_ADMINISTRATOR)
    by_sql(signing_world, change(StatementRow, id=statement_id, body=seat_of(signing_world, other)))
    with pytest.raises(StatementRefused):
        signing_world.registering.take_up(statement_id)
    assert not signing_world.register.standing(signing_world.world.home.number).seats_of(str(other))


@pytest.mark.parametrize("words", ["", "{}", "a.b.c"])
def test_words_of_ones_own_writing_register_nothing(sqlite_signing_world: SigningWorld, words: str):
    statement_id = proposed(sqlite_signing_world, K.POLICY, {"officer_evidence": "attested"})
    second = sqlite_signing_world.world.person(Role.SEAL_ADMINISTRATOR).id
    by_sql(sqlite_signing_world, forged_signature(sqlite_signing_world, statement_id, second, words))
    with pytest.raises(EvidenceForged):
        sqlite_signing_world.registering.take_up(statement_id)


def test_a_role_given_by_sql_lets_nobody_approve_for_the_signer(signing_world: SigningWorld):
    """The pages believe the row; the web process attests truthfully who decided; the signer knows no such seat."""
    world, person = signing_world.world, newcomer(signing_world)
    by_sql(signing_world, role_row(signing_world, person, "approver"))
    request_id = world.pending()
    digest = world.manifest_sha256(request_id)
    with world.database.work() as work:
        intruder = world.actor(work, Role.ARCHIVIST)
        flows.approve_request(work, intruder, world.adapters.attestor, request_id, manifest_sha256=digest)
    with world.database.work() as work:
        keeper = world.actor(work, Role.CUSTODIAN)
        flows.confirm_seal_use(work, keeper, world.adapters.attestor, request_id, manifest_sha256=digest)
    (authorisation,) = signing_world.authorisations(request_id)
    problem = refuses(signing_world, authorisation.id, EvidenceInsufficient)
    assert "may not" in str(problem)


def test_a_seal_set_active_by_sql_seals_nothing(signing_world: SigningWorld):
    authorisation = one_authorisation(signing_world)
    seal_id = signing_world.world.home.north.seal_id
    registered(signing_world, K.SEAL_STOP, {"seal_id": str(seal_id)})
    by_sql(signing_world, change(Seal, id=seal_id, state="active"))
    problem = refuses(signing_world, authorisation.id, EvidenceInsufficient)
    assert "suspended" in str(problem)


def test_a_custodian_set_by_sql_confirms_nothing_for_the_signer(signing_world: SigningWorld):
    world = signing_world.world
    office, intruder = world.home.north, newcomer(signing_world)
    request_id = world.in_custody()
    by_sql(
        signing_world,
        insert(SealCustodian).values(seal_id=office.seal_id, person_id=intruder),
        role_row(signing_world, intruder, "custodian"),
    )
    with world.database.work() as work:
        keeper = world.actor(work, Role.ARCHIVIST)
        digest = world.manifest_sha256(request_id)
        flows.confirm_seal_use(work, keeper, world.adapters.attestor, request_id, manifest_sha256=digest)
    (authorisation,) = signing_world.authorisations(request_id)
    problem = refuses(signing_world, authorisation.id, EvidenceInsufficient)
    assert "may not" in str(problem)


def test_somebody_barred_and_unfrozen_by_sql_counts_no_more(signing_world: SigningWorld):
    authorisation = one_authorisation(signing_world)
    approver = signing_world.world.person(Role.APPROVER).id
    registered(signing_world, K.BAR, {"person_id": str(approver), "reason": "left"})
    by_sql(signing_world, update(User).where(User.id == approver).values(frozen=False, left_at=None))
    problem = refuses(signing_world, authorisation.id, EvidenceInsufficient)
    assert "barred" in str(problem)


def test_every_row_of_statements_removed_or_set_back_changes_nothing_for_the_signer(signing_world: SigningWorld):
    authorisation = one_authorisation(signing_world)
    seal_id = signing_world.world.home.north.seal_id
    registered(signing_world, K.SEAL_STOP, {"seal_id": str(seal_id)})
    by_sql(signing_world, delete(StatementSignature), delete(StatementRow))
    by_sql(signing_world, change(Seal, id=seal_id, state="active"))
    refuses(signing_world, authorisation.id, EvidenceInsufficient)


def test_a_register_whose_tail_was_cut_off_is_found_at_the_start(signing_world: SigningWorld):
    registered(signing_world, K.SEAL_STOP, {"seal_id": str(signing_world.world.home.north.seal_id)})
    check_register(signing_world.database, signing_world.register)
    file = signing_world.settings.register
    lines = file.read_bytes().splitlines(keepends=True)
    file.write_bytes(b"".join(lines[:-1]))
    with pytest.raises(RegisterBroken):
        check_register(signing_world.database, signing_world.register)
    with pytest.raises(RegisterBroken):
        signing_world.register.standing(signing_world.world.home.number)


def test_an_effect_that_cannot_be_is_an_alarm_and_the_register_holds_what_it_holds(signing_world: SigningWorld):
    """The person has left since; the seat stands in the register, the row does not follow, and somebody is told."""
    person = newcomer(signing_world)
    statement_id = proposed(signing_world, K.SEAT, seat_of(signing_world, person))
    confirmed(signing_world, statement_id, Role.SEAL_ADMINISTRATOR)
    by_sql(signing_world, update(User).where(User.id == person).values(left_at=signing_world.database.clock.now()))
    register_statement(tools(signing_world), statement_id)
    assert facts_of(signing_world, statement_id).state is StatementState.REGISTERED
    assert "StatementWithoutEffect" in signing_world.events()
    with signing_world.database.reading() as work:
        bound = work.session.scalar(
            select(func.count()).where(RoleBinding.user_id == person, RoleBinding.role == "approver")
        )
    assert bound == 0


def test_a_statement_waits_a_month_for_its_second_officer_and_no_longer(sqlite_signing_world: SigningWorld):
    statement_id = proposed(sqlite_signing_world, K.POLICY, {"officer_evidence": "attested"})
    sqlite_signing_world.world.clock.advance(timedelta(days=31).total_seconds())
    sqlite_signing_world.world.keep_tokens()
    confirmed(sqlite_signing_world, statement_id, Role.SEAL_ADMINISTRATOR)
    register_statement(tools(sqlite_signing_world), statement_id)
    after = facts_of(sqlite_signing_world, statement_id)
    assert (after.state, "too long ago" in after.refusal) == (StatementState.REFUSED, True)


def test_a_seal_is_used_as_often_as_officers_allowed_and_not_once_more(signing_world: SigningWorld):
    """Whatever the row says of its uses."""
    world = signing_world.world
    seal_id = str(world.home.north.seal_id)
    seal = signing_world.register.standing(world.home.number).seals[seal_id]
    body = {**seal.model_dump(mode="json"), "uses_limit": 2}
    registered(signing_world, K.SEAL, body)
    by_sql(signing_world, update(Seal).values(uses_limit=None, uses=0))
    signing_world.issued(copies=2)
    problem = refuses(signing_world, one_authorisation(signing_world).id, AlreadySpent)
    assert "as often" in str(problem)


@pytest.mark.parametrize("column", ["kind", "made_at", "body"])
def test_a_row_of_nonsense_is_refused_and_the_signer_goes_on(sqlite_signing_world: SigningWorld, column: str):
    statement_id = proposed(sqlite_signing_world, K.POLICY, {"officer_evidence": "attested"})
    head = sqlite_signing_world.register.head
    nonsense = {"kind": "'throne'", "made_at": "'yesterday'", "body": "'[1'"}[column]
    by_sql(sqlite_signing_world, text(f"UPDATE statement SET {column} = {nonsense}"))  # noqa: S608 -- our own words
    with pytest.raises((StatementMalformed, StatementRefused)):
        sqlite_signing_world.registering.take_up(statement_id)
    assert sqlite_signing_world.register.head == head
