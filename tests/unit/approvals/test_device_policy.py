"""What takes an enrolled device: read from what was registered, and never so that nobody could undo it."""

from __future__ import annotations

from uuid import UUID

import pytest
from sqlalchemy import select, update

from printserver.approvals.device_policy import (
    DevicePolicy,
    PasskeyInUse,
    PolicyLocksOut,
    concerned_without_device,
    device_policy,
    end_dormant_passkey,
    propose_policy,
)
from printserver.approvals.models import StatementRow
from printserver.foundation.errors import Forbidden
from printserver.foundation.ids import new_id
from printserver.foundation.unit_of_work import Database
from printserver.organisations.enrolled_devices import dormant_passkeys
from printserver.organisations.models import Passkey
from printserver.organisations.passkeys import PasskeyNotFound
from tests.databases import clock_of
from tests.people_scene import Company, Word, found

PASSKEYS = DevicePolicy("passkey", "passkey")


@pytest.fixture
def company(any_database: Database) -> Company:
    return found(any_database)


def propose(company: Company, policy: DevicePolicy, login: str = "officer", *, registered: bool = True) -> None:
    with company.database.work() as work:
        made = propose_policy(work, company.actor(work, login), Word(), policy, reason="")
        if registered:
            values = {"state": "registered", "registered_at": work.now()}
            work.session.execute(update(StatementRow).where(StatementRow.id == made).values(**values))
    clock_of(company.database).advance(60)


def policy(company: Company) -> DevicePolicy:
    with company.database.reading() as work:
        return device_policy(work, company.organisation_id)


def enrol(company: Company, *logins: str, vouched: bool = True) -> None:
    with company.database.work() as work:
        for login in logins:
            work.session.add(
                Passkey(
                    id=new_id(),
                    user_id=company.people[login],
                    credential_id=f"key of {login}",
                    public_key="",
                    rp_id="",
                    origin="",
                    name="phone",
                    mac="",
                    created_at=work.now(),
                    evidence_since=work.now() if vouched else None,
                )
            )


def test_only_what_was_registered_holds_and_the_newest(company: Company):
    assert policy(company) == DevicePolicy()
    propose(company, DevicePolicy(decisions="passkey"), registered=False)
    assert policy(company) == DevicePolicy()
    propose(company, DevicePolicy(decisions="passkey"))
    assert policy(company) == DevicePolicy(decisions="passkey")
    propose(company, DevicePolicy())
    assert policy(company) == DevicePolicy()


def test_a_policy_that_says_nothing_of_decisions_and_a_row_of_nonsense_change_nothing(company: Company):
    propose(company, DevicePolicy(decisions="passkey"))
    propose(company, DevicePolicy())
    with company.database.work() as work:
        newest = work.session.query(StatementRow).order_by(StatementRow.id.desc()).first()
        assert newest is not None
        newest.body = {"officer_evidence": "attested"}
    assert policy(company).decisions == "passkey"
    with company.database.work() as work:
        newest = work.session.query(StatementRow).order_by(StatementRow.id.desc()).first()
        assert newest is not None
        newest.body = {"officer_evidence": 7, "approver_evidence": "nothing"}
    assert policy(company).decisions == "passkey"


def test_officers_ask_for_passkeys_only_once_two_of_them_have_one(company: Company):
    enrol(company, "officer")
    enrol(company, "seals", vouched=False)
    before = company.events()
    with pytest.raises(PolicyLocksOut):
        propose(company, PASSKEYS)
    assert company.events() == before
    with company.database.work() as work:
        work.session.execute(update(Passkey).values(evidence_since=work.now()))
    propose(company, PASSKEYS)
    assert policy(company) == PASSKEYS


@pytest.mark.parametrize("login", ["administrator", "clerk", "auditor"])
def test_nobody_but_an_officer_proposes_it(company: Company, login: str):
    with pytest.raises(Forbidden):
        propose(company, DevicePolicy(decisions="passkey"), login)


def test_whoever_helps_to_seal_without_a_device_is_listed(company: Company):
    enrol(company, "approver", "officer")
    enrol(company, "seals", vouched=False)
    with company.database.reading() as work:
        listed = concerned_without_device(work, company.organisation_id)
    assert {(each.name, each.role) for each in listed} == {("seals", "seal-administrator"), ("custodian", "custodian")}


def test_a_passkey_that_nobody_uses_is_listed_and_ended_by_an_officer(company: Company):
    enrol(company, "approver")
    clock_of(company.database).advance(40 * 86_400)
    enrol(company, "custodian")

    def unused(login: str, days: int = 30) -> list[UUID]:
        with company.database.reading() as work:
            return [each.id for each in dormant_passkeys(work, company.actor(work, login), days=days)]

    (passkey_id,) = unused("officer")
    with company.database.reading() as work:
        in_use = work.session.scalars(select(Passkey.id).where(Passkey.id != passkey_id)).one()
    assert unused("administrator") == unused("officer", 0) == []
    for login, wanted, kind in (
        ("administrator", passkey_id, Forbidden),
        ("officer", company.people["officer"], PasskeyNotFound),
        ("officer", in_use, PasskeyInUse),
    ):
        before = company.events()
        with pytest.raises(kind), company.database.work() as work:
            end_dormant_passkey(work, company.actor(work, login), Word(), wanted, days=30)
        assert company.events() == before
    with company.database.work() as work:
        end_dormant_passkey(work, company.actor(work, "officer"), Word(), passkey_id, days=30)
    assert unused("officer") == []
    assert "PasskeyRemoved" in company.events()
