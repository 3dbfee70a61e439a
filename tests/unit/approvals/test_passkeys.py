"""Passkeys and decisions: who is asked to vouch, what the signer is told of a removal, which signed word is taken."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import update

from printserver.approvals.flows import PasskeyEvidenceNeeded
from printserver.approvals.passkeys import (
    PATIENCE,
    AskingAttestor,
    ClaimsToSign,
    PasskeyBusy,
    PasskeyDecisionStale,
    PasskeyNotVouched,
    PasskeyOfFurtherAccount,
    PasskeyOnly,
    ask_officers,
    claims_options,
    passkey_attestor,
    remove,
    unbelieve_removed,
)
from printserver.approvals.statement_queries import StatementFacts, statement_facts, statements
from printserver.approvals.statement_states import StatementAction, StatementState
from printserver.approvals.statements import move_statement
from printserver.audit.log import By
from printserver.organisations.models import User
from printserver.organisations.passkey_answers import PasskeyRefused, PasskeyUnreadable, RelyingParty
from printserver.organisations.passkeys import AddedPasskey, add_passkey, registration_options
from printserver.organisations.permissions import Role
from printserver.organisations.second_factor import forget_second_factors
from printserver.organisations.vouched_passkeys import apply_key, apply_unkey
from printserver.signing.evidence import Decision, EvidenceClaims
from printserver.signing.passkey_evidence import verify_passkey_evidence
from printserver.signing.statements import StatementKind
from tests.passkey import ORIGIN, RP_ID, Passkey
from tests.world import World

PARTY = RelyingParty(RP_ID, ORIGIN)
BY_WORKER = By(process="worker")


def add(world: World, passkey: Passkey, role: Role = Role.APPROVER) -> tuple[AddedPasskey, UUID]:
    with world.database.work() as work:
        actor = world.actor(work, role)
        answer = json.dumps(passkey.create(registration_options(work, actor, PARTY, world.secrets, binding="b")))
        added = add_passkey(work, actor, PARTY, world.secrets, binding="b", answer=answer, name="phone")
        return added, ask_officers(work, actor, world.adapters.attestor, added)


def register(world: World, statement_id: UUID) -> None:
    """As officers, worker and signer do between them."""
    with world.database.work() as work:
        move_statement(work, BY_WORKER, statement_id, StatementAction.CONFIRM)
        move_statement(work, BY_WORKER, statement_id, StatementAction.REGISTER)
        facts = statement_facts(work, statement_id)
        (apply_key if facts.kind is StatementKind.KEY else apply_unkey)(work, BY_WORKER, facts.body)


def facts(world: World, statement_id: UUID) -> StatementFacts:
    with world.database.reading() as work:
        return statement_facts(work, statement_id)


def unkeys(world: World) -> list[StatementFacts]:
    with world.database.reading() as work:
        return list(statements(work, world.actor(work, Role.KEY_OFFICER, world.home.head), kind=StatementKind.UNKEY))


def claims(world: World, role: Role = Role.APPROVER, **changed: Any) -> EvidenceClaims:
    given = {
        "manifest_sha256": "ab" * 32,
        "request_id": "a-request",
        "person_id": str(world.person(role).id),
        "step": "approval",
        "decision": Decision.APPROVED,
        "decided_at": world.clock.now().replace(microsecond=0),
        "organisation": 1,
    }
    return EvidenceClaims(**{**given, **changed})


def vouched(world: World) -> Passkey:
    passkey = Passkey()
    register(world, add(world, passkey)[1])
    return passkey


def answered(world: World, passkey: Passkey, about: EvidenceClaims, **changed: Any) -> str:
    """changed: of what the browser says the passkey was asked."""
    with world.database.reading() as work:
        question = claims_options(work, world.actor(work, Role.APPROVER), world.secrets, about)
    return json.dumps({"claims": question["claims"], "credential": passkey.get(question["public_key"], **changed)})


def test_a_new_passkey_is_put_before_the_officers_with_all_that_it_is(world: World):
    passkey = Passkey()
    added, statement_id = add(world, passkey)
    asked = facts(world, statement_id)
    assert (asked.kind, asked.state, asked.officers_needed) == (StatementKind.KEY, StatementState.PROPOSED, 2)
    assert asked.signers == frozenset(), "who is no officer vouches for nothing"
    assert asked.body == {
        "person_id": str(world.person(Role.APPROVER).id),
        "credential_id": added.credential_id,
        "public_key": added.public_key,
        "rp_id": RP_ID,
        "origin": ORIGIN,
    }


def test_an_account_that_was_joined_to_a_person_brings_no_passkey_in_that_persons_name(world: World):
    """Whoever administers people could have made it."""
    officer = world.person(Role.KEY_OFFICER).id
    with world.database.work() as work:
        work.session.execute(update(User).where(User.id == world.person(Role.APPROVER).id).values(person_id=officer))
    before = world.row_counts()
    with pytest.raises(PasskeyOfFurtherAccount):
        add(world, Passkey())
    assert world.row_counts() == before


def test_removing_a_passkey_takes_back_what_is_asked_or_unsays_what_is_registered(world: World):
    waiting, registered, confirmed = (Passkey(credential_id=b"%d" % number) for number in range(3))
    first, first_statement = add(world, waiting)
    second, second_statement = add(world, registered)
    third, third_statement = add(world, confirmed)
    register(world, second_statement)
    with world.database.work() as work:
        move_statement(work, BY_WORKER, third_statement, StatementAction.CONFIRM)
    with world.database.work() as work:
        actor = world.actor(work, Role.APPROVER)
        remove(work, actor, world.adapters.attestor, first.id)
        remove(work, actor, world.adapters.attestor, second.id)
    with world.database.work() as work, pytest.raises(PasskeyBusy):
        remove(work, world.actor(work, Role.APPROVER), world.adapters.attestor, third.id)
    assert facts(world, first_statement).state is StatementState.WITHDRAWN
    (told,) = unkeys(world)
    assert (told.state, told.body["credential_id"]) == (StatementState.CONFIRMED, second.credential_id)


def test_a_lost_devices_passkeys_are_unsaid_once(world: World):
    passkey = Passkey()
    added, statement_id = add(world, passkey)
    register(world, statement_id)
    attestor = world.adapters.attestor
    with world.database.work() as work:
        administrator = world.actor(work, Role.SYSTEM_ADMINISTRATOR, world.home.head)
        forget_second_factors(work, administrator.by, world.person(Role.APPROVER).id)
        unbelieve_removed(work, administrator, attestor)
        unbelieve_removed(work, administrator, attestor)
    (told,) = unkeys(world)
    assert told.body == {"person_id": str(added.person_id), "credential_id": added.credential_id}
    register_unkey = facts(world, told.id)
    with world.database.work() as work:
        move_statement(work, BY_WORKER, register_unkey.id, StatementAction.REGISTER)
        apply_unkey(work, BY_WORKER, register_unkey.body)
        unbelieve_removed(work, world.actor(work, Role.SYSTEM_ADMINISTRATOR, world.home.head), attestor)
    assert len(unkeys(world)) == 1


def test_the_asking_attestor_says_what_is_to_be_signed_and_signs_nothing(world: World):
    with pytest.raises(ClaimsToSign) as asked:
        AskingAttestor(lambda about: {"claims": about.step}).attest(claims(world))
    assert asked.value.question == {"claims": "approval"}
    with pytest.raises(PasskeyEvidenceNeeded):
        PasskeyOnly().attest(claims(world))


def test_a_passkeys_word_is_taken_for_the_very_decision_within_five_minutes(world: World):
    passkey, about = vouched(world), claims(world)
    with world.database.work() as work:
        answer = answered(world, passkey, about)
        attestor = passkey_attestor(work, world.actor(work, Role.APPROVER), world.secrets, answer)
    text = attestor.attest(replace(about, decided_at=about.decided_at + PATIENCE))
    key = passkey.registered(str(world.person(Role.APPROVER).id))
    assert verify_passkey_evidence(text, lambda _: key) == about
    second = timedelta(seconds=1)
    for other in (
        replace(about, decided_at=about.decided_at + PATIENCE + second),
        replace(about, decided_at=about.decided_at - second),
        replace(about, manifest_sha256="cd" * 32),
        replace(about, request_id="another"),
        replace(about, step="second"),
        replace(about, decision=Decision.REFUSED),
        replace(about, to="somebody"),
        replace(about, acts_for="somebody"),
    ):
        with pytest.raises(PasskeyDecisionStale):
            attestor.attest(other)


def test_a_passkey_that_nobody_vouched_for_or_another_persons_decides_nothing(world: World):
    with world.database.work() as work, pytest.raises(PasskeyNotVouched):
        claims_options(work, world.actor(work, Role.APPROVER), world.secrets, claims(world))
    passkey = vouched(world)
    answer = answered(world, passkey, claims(world))
    with world.database.work() as work, pytest.raises(PasskeyNotVouched):
        passkey_attestor(work, world.actor(work, Role.CUSTODIAN), world.secrets, answer)
    other = Passkey(credential_id=b"custodian")
    register(world, add(world, other, Role.CUSTODIAN)[1])
    with world.database.work() as work, pytest.raises(PasskeyRefused):
        passkey_attestor(work, world.actor(work, Role.CUSTODIAN), world.secrets, answer)


@pytest.mark.parametrize("changed", [{"origin": "https://evil.example"}, {"type": "webauthn.create"}], ids=str)
def test_an_answer_that_does_not_hold_decides_nothing(world: World, changed: dict[str, str]):
    passkey = vouched(world)
    answer = answered(world, passkey, claims(world), **changed)
    before = world.row_counts()
    with world.database.work() as work, pytest.raises(PasskeyRefused):
        passkey_attestor(work, world.actor(work, Role.APPROVER), world.secrets, answer)
    assert world.row_counts() == before


def test_a_counter_that_goes_back_decides_nothing(world: World):
    passkey = vouched(world)
    answer = answered(world, passkey, claims(world))
    for expected in (None, PasskeyRefused):
        with world.database.work() as work:
            actor = world.actor(work, Role.APPROVER)
            if expected is None:
                passkey_attestor(work, actor, world.secrets, answer)
                continue
            with pytest.raises(expected):
                passkey_attestor(work, actor, world.secrets, answer)


@pytest.mark.parametrize(
    "answer",
    ["", "{}", "[]", "null", '{"claims": {}}', '{"claims": {}, "credential": {"response": {}}}', "{" * 100_000],
    ids=lambda text: text[:40],
)
def test_what_is_no_answer_is_unreadable(world: World, answer: str):
    vouched(world)
    with world.database.work() as work, pytest.raises((PasskeyUnreadable, PasskeyRefused)):
        passkey_attestor(work, world.actor(work, Role.APPROVER), world.secrets, answer)
