"""Proofs of identity: handed in sealed, looked at by a second person, seen on record, due again, erased by two."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from printserver.audit.models import AuditEntry
from printserver.foundation.database import Base
from printserver.foundation.errors import PrintServerError, TransitionRefused, Unavailable
from printserver.foundation.unit_of_work import Database, Work
from printserver.organisations import people
from printserver.organisations.access import Actor
from printserver.organisations.branches import BranchNotFound
from printserver.organisations.identity_proof import Document, Method, ProofAction, ProofState
from printserver.organisations.identity_proof_errors import (
    IdentityErased,
    IdentityNotProved,
    IdentityNumberTaken,
    IdentityNumberWrong,
    IdentityPolicyMalformed,
    IdentityProofMalformed,
    IdentityProofNotFound,
    IdentityProofOpen,
    IdentityRetained,
)
from printserver.organisations.identity_proof_intake import (
    EvidenceFile,
    open_file,
    open_number,
    seal_proof,
    submit_proof,
)
from printserver.organisations.identity_proof_policy import (
    PolicyFacts,
    policy_of,
    require_proved_company,
    require_proved_custodians,
    require_proved_for_role,
    set_policy,
)
from printserver.organisations.identity_proof_queries import (
    company_standing,
    evidence_of,
    list_proofs,
    proof_facts,
    proof_steps,
)
from printserver.organisations.identity_proof_secrets import (
    ask_erasure,
    drop_erasure,
    erase,
    view_evidence,
    view_number,
)
from printserver.organisations.identity_proof_steps import ProofStep, move_by_time, take_proof_step
from printserver.organisations.models import User
from printserver.organisations.people import Handover, PersonGone, PersonNotFound, ReasonNeeded
from printserver.organisations.permissions import Role
from printserver.organisations.roles import WholeOrganisationNeeded
from printserver.organisations.stewards import AnotherPersonNeeded
from printserver.storage.sealed import Sealed, SealedNotGenuine
from tests.databases import clock_of
from tests.people_scene import SECRETS
from tests.unit.organisations.identity_desk import CHECK, CITIZEN, COMPANY, PICTURE, Desk

DAY = 24 * 3600.0


@pytest.fixture
def desk(sqlite_database: Database, tmp_path: Path) -> Desk:
    return Desk(sqlite_database, tmp_path / "objects")


@pytest.fixture
def any_desk(any_database: Database, tmp_path: Path) -> Desk:
    return Desk(any_database, tmp_path / "objects")


def test_a_person_hands_in_and_another_one_verifies(any_desk: Desk):
    proof_id = any_desk.submit()
    assert not any_desk.proved()
    any_desk.step(proof_id, "seals")
    assert any_desk.proved()
    facts = any_desk.facts(proof_id)
    assert (facts.name, facts.number_masked, facts.subject) == ("李四", "1101**********002X", "clerk")
    assert (facts.method, facts.checked_by) == (Method.IN_PERSON, any_desk.company.people["seals"])
    assert facts.recheck_on == date(2027, 11, 22)
    with any_desk.company.database.reading() as work:
        assert [step.action for step in proof_steps(work, proof_id)] == [ProofAction.VERIFY]
    assert any_desk.company.events()[-2:] == ["IdentitySubmitted", "IdentityMoved"]


def test_a_steward_hands_in_for_somebody_and_does_not_verify_that(desk: Desk):
    proof_id = desk.submit(by="administrator")
    desk.refused(AnotherPersonNeeded, "administrator", lambda w, a: take_proof_step(w, a, proof_id, CHECK))
    desk.step(proof_id, "north-administrator")
    assert desk.state(proof_id) is ProofState.VERIFIED


def test_nobody_verifies_or_refuses_their_own_identity(desk: Desk):
    proof_id = desk.submit(desk.new("seals"), by="administrator")
    for step in (CHECK, ProofStep(ProofAction.REFUSE, remark="it shows somebody else")):
        desk.refused(AnotherPersonNeeded, "seals", partial(take_proof_step, proof_id=proof_id, step=step))
    assert desk.state(proof_id) is ProofState.SUBMITTED


@pytest.mark.parametrize("login", ["approver", "custodian", "auditor", "nobody"])
def test_a_proof_of_somebody_else_is_not_found(desk: Desk, login: str):
    proof_id = desk.submit()
    for act in (
        lambda w, a: take_proof_step(w, a, proof_id, CHECK),
        lambda w, a: view_number(w, a, proof_id),
        lambda w, a: ask_erasure(w, a, proof_id),
        lambda w, a: proof_facts(w, a, proof_id),
    ):
        desk.refused(IdentityProofNotFound, login, act)
    assert desk.act(login, lambda w, a: list_proofs(w, a)) == ()


def test_a_steward_reaches_only_people_of_the_own_branches(desk: Desk):
    proof_id = desk.submit(desk.new("custodian"), by="custodian")
    desk.refused(IdentityProofNotFound, "north-administrator", lambda w, a: take_proof_step(w, a, proof_id, CHECK))
    desk.refused(PersonNotFound, "north-administrator", lambda w, a: submit_proof(*_args(desk, w, a, "custodian")))
    desk.refused(PersonNotFound, "clerk", lambda w, a: submit_proof(*_args(desk, w, a, "approver")))


def _args(desk: Desk, work: Work, actor: Actor, login: str) -> tuple[Any, ...]:
    file = EvidenceFile("x", PICTURE, 1)
    sealed = seal_proof(desk.objects, desk.keys, desk.company.organisation_id, CITIZEN, [file])
    return work, actor, desk.new(login), sealed, SECRETS


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        (IdentityNumberWrong, {"number": "110105194912310021"}),
        (IdentityProofMalformed, {"name": "  "}),
        (IdentityProofMalformed, {"valid_until": date(2026, 11, 21)}),
        (IdentityProofMalformed, {"document": Document.BUSINESS_LICENCE}),
    ],
)
def test_what_is_wrong_in_form_is_refused(desk: Desk, kind: type[PrintServerError], fields: dict[str, Any]):
    with pytest.raises(kind):
        desk.submit(desk.new(**fields))
    assert desk.act("clerk", lambda w, a: list_proofs(w, a)) == ()


def test_a_proof_without_evidence_is_none(desk: Desk):
    with pytest.raises(IdentityProofMalformed):
        seal_proof(desk.objects, desk.keys, desk.company.organisation_id, CITIZEN, [])
    assert desk.keys.asked == []


def test_a_second_one_waits_until_the_first_is_looked_at(desk: Desk):
    proof_id = desk.submit()
    with pytest.raises(IdentityProofOpen):
        desk.submit()
    desk.step(proof_id, "clerk", ProofStep(ProofAction.WITHDRAW, remark="wrong picture"))
    assert desk.state(desk.submit()) is ProofState.SUBMITTED


def test_nothing_readable_of_number_or_picture_lies_in_rows_objects_or_log(desk: Desk, tmp_path: Path):
    proof_id = desk.verified()
    with desk.company.database.reading() as work:
        rows = [str(row) for table in Base.metadata.tables.values() for row in work.session.execute(table.select())]
        log = "".join(work.session.scalars(select(AuditEntry.body).where(AuditEntry.subject == "identity-proof")))
    assert not any(CITIZEN in row or PICTURE.decode() in row for row in rows)
    assert "李四" not in log
    assert "002X" not in log
    stored = [path.read_bytes() for path in (tmp_path / "objects").rglob("*") if path.is_file()]
    assert stored
    assert not any(PICTURE in content or CITIZEN.encode() in content for content in stored)
    assert proof_id is not None


def test_whoever_looks_is_on_record_and_sees_what_was_handed_in(desk: Desk):
    proof_id = desk.submit()
    with desk.company.database.reading() as work:
        (file,) = evidence_of(work, proof_id)
    for login in ("clerk", "administrator"):
        number = desk.act(login, lambda w, a: view_number(w, a, proof_id))
        opened = open_number(desk.keys, number.organisation_id, proof_id, number.sealed_number, number.wrapped_key)
        assert opened == CITIZEN
        seen = desk.act(login, lambda w, a: view_evidence(w, a, proof_id, file.id))
        sealed = Sealed(seen.wrapped_key, desk.objects.get(seen.object_sha256, desk.company.organisation_id))
        assert open_file(desk.keys, seen.organisation_id, file.id, sealed) == PICTURE
    assert desk.company.events()[-4:] == ["IdentityViewed"] * 4


def test_evidence_opens_only_as_what_it_was_sealed_as(desk: Desk):
    proof_id = desk.submit()
    number = desk.act("clerk", lambda w, a: view_number(w, a, proof_id))
    with pytest.raises(SealedNotGenuine):
        open_number(
            desk.keys, number.organisation_id, desk.company.people["clerk"], number.sealed_number, number.wrapped_key
        )


def test_without_the_hsm_nothing_is_handed_in(desk: Desk):
    desk.keys.away = True
    before = desk.company.events()
    with pytest.raises(Unavailable):
        desk.submit()
    assert desk.company.events() == before


def test_a_check_says_how_and_a_refusal_why(desk: Desk):
    proof_id = desk.submit()
    for step, kind in (
        (ProofStep(ProofAction.VERIFY), IdentityProofMalformed),
        (ProofStep(ProofAction.REFUSE), ReasonNeeded),
        (ProofStep(ProofAction.WITHDRAW, remark=" "), ReasonNeeded),
        (ProofStep(ProofAction.VERIFY, method=Method.VIDEO, recheck_on=date(2026, 11, 21)), IdentityProofMalformed),
        (ProofStep(ProofAction.VERIFY, method=Method.VIDEO, recheck_on=date(2036, 11, 21)), IdentityProofMalformed),
        (ProofStep(ProofAction.EXPIRE, remark="x"), TransitionRefused),
        (ProofStep(ProofAction.ERASE, remark="x"), TransitionRefused),
        (ProofStep(ProofAction.REVERIFY, method=Method.VIDEO), TransitionRefused),
    ):
        desk.refused(kind, "seals", partial(take_proof_step, proof_id=proof_id, step=step))
    desk.step(proof_id, "seals", ProofStep(ProofAction.REFUSE, remark="the face is another one"))
    assert desk.state(proof_id) is ProofState.REFUSED
    with desk.company.database.reading() as work:
        assert [step.remark for step in proof_steps(work, proof_id)] == ["the face is another one"]


def test_two_who_look_at_once_do_not_both_decide(any_desk: Desk):
    proof_id = any_desk.submit()
    any_desk.step(proof_id, "seals")
    refusal = ProofStep(ProofAction.VERIFY, method=Method.REGISTER)
    any_desk.refused(TransitionRefused, "administrator", lambda w, a: take_proof_step(w, a, proof_id, refusal))
    assert any_desk.facts(proof_id).method is Method.IN_PERSON


def test_the_same_number_proves_one_person_alone(desk: Desk):
    desk.verified()
    other = desk.submit(desk.new("approver"), by="approver")
    desk.refused(IdentityNumberTaken, "seals", lambda w, a: take_proof_step(w, a, other, CHECK))
    assert not desk.proved("approver")


def test_nobody_checks_for_an_account_that_turns_out_to_be_their_own(desk: Desk):
    proof_id, company = desk.submit(), desk.company
    with company.database.work() as work:
        work.session.get_one(User, company.people["clerk"]).person_id = company.people["seals"]
    desk.refused(AnotherPersonNeeded, "seals", lambda w, a: take_proof_step(w, a, proof_id, CHECK))
    desk.step(proof_id, "administrator")
    assert desk.state(proof_id) is ProofState.VERIFIED


def test_a_newer_proof_takes_the_older_ones_place(desk: Desk):
    first = desk.verified()
    second = desk.verified()
    assert (desk.state(first), desk.state(second)) == (ProofState.WITHDRAWN, ProofState.VERIFIED)
    assert desk.proved()


def test_a_proof_falls_due_with_the_year_or_the_document_and_is_over_after_the_grace(any_desk: Desk):
    soon = date(2026, 12, 1)
    proof_id = any_desk.verified(any_desk.new(valid_until=soon))
    usual = any_desk.verified(any_desk.new("approver", number="E1234567", document=Document.PASSPORT), by="approver")
    assert any_desk.facts(proof_id).recheck_on == soon
    database, clock = any_desk.company.database, clock_of(any_desk.company.database)
    assert move_by_time(database) == 0
    clock.advance(9 * DAY)
    assert move_by_time(database) == 1
    assert any_desk.state(proof_id) is ProofState.DUE
    assert any_desk.proved()
    clock.advance(DAY)
    assert not any_desk.proved()
    assert (move_by_time(database), any_desk.state(proof_id)) == (1, ProofState.EXPIRED)
    clock.advance(355 * DAY)
    assert (move_by_time(database), any_desk.state(usual)) == (1, ProofState.DUE)
    any_desk.step(usual, "administrator", ProofStep(ProofAction.REVERIFY, method=Method.REGISTER))
    assert (move_by_time(database), any_desk.state(usual)) == (0, ProofState.VERIFIED)
    clock.advance(400 * DAY)
    assert (move_by_time(database), any_desk.state(usual)) == (1, ProofState.EXPIRED)


def test_who_leaves_is_no_longer_proved(desk: Desk):
    proof_id, waiting = desk.verified(), desk.submit(desk.new("approver"), by="approver")
    for login in ("clerk", "approver"):
        user_id = desk.company.people[login]
        desk.act(
            "administrator",
            partial(people.leave, user_id=user_id, reason="gone", handover=Handover()),
        )
    assert move_by_time(desk.company.database) == 2
    assert {desk.state(proof_id), desk.state(waiting)} == {ProofState.WITHDRAWN}
    desk.refused(PersonGone, "administrator", lambda w, a: submit_proof(*_args(desk, w, a, "clerk")))


def ended(desk: Desk) -> UUID:
    proof_id = desk.verified()
    desk.step(proof_id, "clerk", ProofStep(ProofAction.WITHDRAW, remark="I move on"))
    clock_of(desk.company.database).advance(31 * DAY)
    return proof_id


def test_erasing_takes_two_persons_and_leaves_nothing_readable(any_desk: Desk):
    proof_id = ended(any_desk)
    any_desk.act("administrator", lambda w, a: ask_erasure(w, a, proof_id))
    any_desk.refused(AnotherPersonNeeded, "administrator", lambda w, a: erase(w, a, proof_id))
    any_desk.act("north-administrator", lambda w, a: erase(w, a, proof_id))
    facts = any_desk.facts(proof_id)
    assert facts.state is ProofState.ERASED
    assert (facts.name, facts.number_masked, facts.legal_representative) == ("", "", "")
    with any_desk.company.database.reading() as work:
        assert [(file.filename, file.readable) for file in evidence_of(work, proof_id)] == [("", False)]
        assert {step.remark for step in proof_steps(work, proof_id)} == {""}
        assert [step.action for step in proof_steps(work, proof_id)][-1] is ProofAction.ERASE
        (file,) = evidence_of(work, proof_id)
    any_desk.refused(IdentityErased, "administrator", lambda w, a: view_number(w, a, proof_id))
    any_desk.refused(IdentityErased, "administrator", lambda w, a: view_evidence(w, a, proof_id, file.id))
    any_desk.refused(TransitionRefused, "administrator", lambda w, a: ask_erasure(w, a, proof_id))


def test_nobody_says_the_second_word_on_erasing_what_turns_out_to_be_their_own_proof(desk: Desk):
    proof_id, company = ended(desk), desk.company
    desk.act("north-administrator", lambda w, a: ask_erasure(w, a, proof_id))
    with company.database.work() as work:
        work.session.get_one(User, company.people["clerk"]).person_id = company.people["administrator"]
    desk.refused(AnotherPersonNeeded, "administrator", lambda w, a: erase(w, a, proof_id))
    assert desk.state(proof_id) is ProofState.WITHDRAWN


def test_nothing_is_erased_before_its_time_or_without_being_asked_for(desk: Desk):
    proof_id = desk.verified()
    desk.refused(TransitionRefused, "administrator", lambda w, a: ask_erasure(w, a, proof_id))
    desk.step(proof_id, "clerk", ProofStep(ProofAction.WITHDRAW, remark="I move on"))
    desk.refused(IdentityRetained, "administrator", lambda w, a: ask_erasure(w, a, proof_id))
    clock_of(desk.company.database).advance(31 * DAY)
    desk.refused(TransitionRefused, "administrator", lambda w, a: erase(w, a, proof_id))
    desk.refused(IdentityProofNotFound, "seals", lambda w, a: ask_erasure(w, a, proof_id))
    desk.act("administrator", lambda w, a: ask_erasure(w, a, proof_id))
    desk.act("north-administrator", lambda w, a: drop_erasure(w, a, proof_id))
    desk.refused(TransitionRefused, "north-administrator", lambda w, a: erase(w, a, proof_id))
    assert desk.facts(proof_id).name == "李四"


def test_a_company_is_proved_for_its_branch_and_all_below(desk: Desk):
    desk.refused(BranchNotFound, "clerk", lambda w, a: submit_proof(*_licence(desk, w, a)))
    proof_id = desk.submit(desk.licence(), by="administrator")
    desk.step(proof_id, "seals")
    with desk.company.database.reading() as work:
        for branch in ("head", "north", "team"):
            standing = company_standing(work, desk.company.branches[branch])
            assert (standing.proved, standing.proof_id) == (True, proof_id)
    with pytest.raises(IdentityProofMalformed):
        desk.submit(desk.licence("north", legal_representative=""), by="administrator")


def _licence(desk: Desk, work: Work, actor: Actor) -> tuple[Any, ...]:
    sealed = seal_proof(desk.objects, desk.keys, desk.company.organisation_id, COMPANY, [EvidenceFile("x", PICTURE, 1)])
    return work, actor, desk.licence("north"), sealed, SECRETS


def test_a_policy_asks_for_proofs_and_says_whose_is_missing(desk: Desk):
    company = desk.company
    clerk, north = company.people["clerk"], company.branches["north"]
    asks: tuple[Callable[[Work], None], ...] = (
        lambda work: require_proved_custodians(work, company.organisation_id, [clerk]),
        lambda work: require_proved_for_role(work, company.organisation_id, clerk, Role.APPROVER),
        lambda work: require_proved_company(work, company.organisation_id, north),
    )
    with company.database.reading() as work:
        for ask in asks:
            ask(work)
    wanted = PolicyFacts(custodians=True, binding_roles=True, companies=True, recheck_days=180, retention_days=0)
    desk.refused(WholeOrganisationNeeded, "north-administrator", lambda w, a: set_policy(w, a, wanted))
    desk.refused(IdentityPolicyMalformed, "administrator", lambda w, a: set_policy(w, a, PolicyFacts(recheck_days=0)))
    desk.act("administrator", lambda w, a: set_policy(w, a, wanted))
    assert company.events()[-1] == "IdentityPolicyChanged"
    with company.database.reading() as work:
        assert policy_of(work, company.organisation_id) == wanted
        for ask, said in zip(asks, ("clerk", "clerk", "north"), strict=True):
            with pytest.raises(IdentityNotProved, match=said):
                ask(work)
        require_proved_for_role(work, company.organisation_id, clerk, Role.CLERK)
    proof_id = desk.verified()
    desk.step(desk.submit(desk.licence(), by="administrator"), "seals")
    assert desk.facts(proof_id).recheck_on == date(2026, 11, 22) + timedelta(days=180)
    with company.database.reading() as work:
        for ask in asks:
            ask(work)
