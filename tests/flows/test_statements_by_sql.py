"""Rows of roles, seals, custodians and statements set by SQL: the signer believes its register."""

from __future__ import annotations

import json
import threading
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Uuid, bindparam, delete, func, insert, select, text, update

from printserver.approvals.models import Authorisation, StatementRow, StatementSignature
from printserver.approvals.registering import register_statement
from printserver.approvals.statement_queries import (
    StatementUnreadable,
    listed_statements,
    readable_statement,
    statements,
)
from printserver.approvals.statement_states import StatementState
from printserver.approvals.statements import StatementChanged, confirm
from printserver.audit.models import AuditEntry
from printserver.foundation.ids import new_id
from printserver.organisations.access import branch_path
from printserver.organisations.models import RoleBinding, User
from printserver.organisations.permissions import Role
from printserver.print_requests import flows
from printserver.seals.models import Seal, SealCustodian
from printserver.signer.daemon import Signer
from printserver.signer.registering import check_register
from printserver.signing.errors import (
    AlreadySpent,
    EvidenceForged,
    EvidenceInsufficient,
    RegisterBroken,
    StatementRefused,
)
from printserver.signing.flow import default_flow
from printserver.signing.statements import StatementMalformed
from tests.flows.refusing import by_sql, change, one_authorisation, refuses
from tests.signing_world import SigningWorld
from tests.statement_steps import K, confirmed, facts_of, newcomer, proposed, registered, role_row, seat_of, tools

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


def test_an_officer_signs_what_was_shown_and_nothing_that_was_put_in_its_place(signing_world: SigningWorld):
    """The column with the digest is left as it was, or made to fit beforehand what will be put there."""
    person, intruder = newcomer(signing_world), signing_world.world.person(Role.CLERK).id
    statement_id = proposed(signing_world, K.SEAT, seat_of(signing_world, person))
    shown = facts_of(signing_world, statement_id).sha256
    by_sql(signing_world, change(StatementRow, id=statement_id, body=seat_of(signing_world, intruder)))
    other = facts_of(signing_world, statement_id).sha256
    assert other != shown
    for column in (shown, other):
        by_sql(signing_world, change(StatementRow, id=statement_id, sha256=column))
        with signing_world.database.work() as work:
            officer = signing_world.world.actor(work, Role.SEAL_ADMINISTRATOR, signing_world.world.home.head)
            with pytest.raises(StatementChanged):
                confirm(work, officer, signing_world.world.adapters.attestor, statement_id, sha256=shown)
    assert len(facts_of(signing_world, statement_id).signatures) == 1


@pytest.mark.parametrize("words", ["", "{}", "a.b.c"])
def test_words_of_ones_own_writing_register_nothing(sqlite_signing_world: SigningWorld, words: str):
    statement_id = proposed(sqlite_signing_world, K.POLICY, {"officer_evidence": "attested"})
    second = sqlite_signing_world.world.person(Role.SEAL_ADMINISTRATOR).id
    by_sql(sqlite_signing_world, forged_signature(sqlite_signing_world, statement_id, second, words))
    with pytest.raises(EvidenceForged):
        sqlite_signing_world.registering.take_up(statement_id)


@pytest.mark.parametrize(
    "values",
    [
        {"body": {"flow": {"version": 2**80}}},
        {"body": {"flow": {"version": 1.5e300}}},
        {"made_at": datetime.max.replace(tzinfo=UTC)},
        {"made_at": datetime.min.replace(tzinfo=UTC)},
    ],
)
def test_a_row_that_no_statement_of_ours_ever_held_does_not_stop_the_signer(
    sqlite_signing_world: SigningWorld, values: dict[str, Any]
):
    signed, alarm = sqlite_signing_world, threading.Event()
    statement_id = proposed(signed, K.FLOW, {"flow": default_flow().to_json()})
    confirmed(signed, statement_id, Role.SEAL_ADMINISTRATOR)
    by_sql(signed, change(StatementRow, id=statement_id, **values))
    head = signed.register.head
    signer = Signer(signed.issuing, signed.registering, frozenset({0}), alarm)
    answer = signer.answer({"do": "register", "statement_id": str(statement_id)}, 0)
    assert (answer["ok"], alarm.is_set()) == (False, False)
    assert signed.register.head == head


def test_a_time_without_end_does_not_stop_the_signer(signing_world: SigningWorld):
    """PostgreSQL keeps such times; Python has none."""
    signed, alarm = signing_world, threading.Event()
    authorisation = one_authorisation(signed)
    statement_id = proposed(signed, K.FLOW, {"flow": default_flow().to_json()})
    confirmed(signed, statement_id, Role.SEAL_ADMINISTRATOR)
    by_sql(
        signed,
        update(StatementRow).values(made_at=text("'infinity'")),
        update(Authorisation).values(expires_at=text("'infinity'")),
    )
    signer = Signer(signed.issuing, signed.registering, frozenset({0}), alarm)
    registering = signer.answer({"do": "register", "statement_id": str(statement_id)}, 0)
    issuing = signer.answer({"do": "issue", "authorisation_id": str(authorisation.id)}, 0)
    assert (registering["code"], issuing["code"]) == ("statement-malformed", "evidence-mismatch")
    assert not alarm.is_set()


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


def test_an_end_of_the_register_that_somebody_wrote_into_the_log_keeps_no_signer_from_starting(
    signing_world: SigningWorld,
):
    registered(signing_world, K.SEAL_STOP, {"seal_id": str(signing_world.world.home.north.seal_id)})
    body = json.dumps({"facts": {"register_lines": 10**9, "register_head": "ab" * 32}})
    by_sql(
        signing_world,
        insert(AuditEntry).values(
            id=new_id(), at=text("'infinity'"), event="StatementRegistered", subject="statement", body=body
        ),
    )
    check_register(signing_world.database, signing_world.register)
    assert signing_world.register.standing(signing_world.world.home.number).stopped


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("made_at", "'infinity'"),
        ("made_at", "'-infinity'"),
        ("made_at", "'9999-12-31 23:59:59.999999'"),
        ("registered_at", "'infinity'"),
        ("body", '\'{"flow": {}, "x": 1}\''),
        ("kind", "'throne'"),
        ("state", "'confirmed'"),
    ],
)
def test_a_row_of_nonsense_hides_no_other_statement_and_stops_no_job(
    signing_world: SigningWorld, column: str, value: str
):
    """Officers still see the others, and that this one is broken; the worker ends it and goes on."""
    whole = proposed(signing_world, K.POLICY, {"officer_evidence": "passkey"})
    broken = proposed(signing_world, K.FLOW, {"flow": default_flow().to_json()})
    confirmed(signing_world, broken, Role.SEAL_ADMINISTRATOR)
    cast = "::json" if column == "body" and signing_world.settings.database_url else ""
    by_sql(
        signing_world,
        text(f"UPDATE statement SET {column} = {value}{cast} WHERE id = :id").bindparams(  # noqa: S608 -- our own words
            bindparam("id", broken, Uuid())
        ),
    )
    with signing_world.database.reading() as work:
        officer = signing_world.world.actor(work, Role.KEY_OFFICER, signing_world.world.home.head)
        listed = listed_statements(work, officer)
        waiting = statements(work, officer, state=StatementState.PROPOSED)
    assert [each.id for each in waiting] == [whole]
    if column == "state":
        assert {each.id for each in listed.readable} == {whole, broken}
        return
    assert (listed.readable[0].id, listed.unreadable) == (whole, (broken,))
    head = signing_world.register.head
    register_statement(tools(signing_world), broken)
    assert signing_world.register.head == head
    with signing_world.database.reading() as work:
        state = work.session.scalar(select(StatementRow.state).where(StatementRow.id == broken))
        with pytest.raises(StatementUnreadable):
            readable_statement(work, officer, broken)
    assert state == StatementState.REFUSED


def test_the_signer_says_who_helps_to_seal_whatever_the_rows_say(sqlite_signing_world: SigningWorld):
    """What a new first password asks: an approver without a row of a role, an officer by a row alone."""
    signed = sqlite_signing_world
    world, home = signed.world, signed.world.home
    approver, officer, intruder = world.person(Role.APPROVER).id, world.person(Role.KEY_OFFICER).id, newcomer(signed)
    by_sql(signed, delete(RoleBinding).where(RoleBinding.user_id == approver))
    by_sql(signed, role_row(signed, intruder, "key-officer"))
    with signed.database.reading() as work:
        path = branch_path(work, home.north.branch_id)
    signer = Signer(signed.issuing, signed.registering, frozenset())

    def said(person: UUID) -> tuple[bool, bool]:
        asked = {"do": "person", "organisation": home.number, "person_id": str(person), "path": path}
        answer = signer.answer(asked, 12345)
        return answer["helps_to_seal"], answer["officer"]

    assert said(approver) == (True, False)
    assert said(officer) == (True, True)
    assert said(intruder) == (False, False)
