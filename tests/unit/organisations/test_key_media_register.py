"""The register of key media: applied for, handed out and signed for, lost, unlocked and wiped by two, given back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from printserver.foundation.errors import PrintServerError, TransitionRefused
from printserver.foundation.ids import new_id
from printserver.foundation.unit_of_work import Database, Work
from printserver.organisations import people
from printserver.organisations.access import Actor
from printserver.organisations.key_media import MediumAction, MediumKind, MediumState
from printserver.organisations.key_media_errors import (
    CertificateUnreadable,
    MediumMalformed,
    MediumNotFound,
    MediumNumberTaken,
    MediumReplacedAlready,
    MediumStepNotAsked,
    MediumStepWaits,
    NotYours,
)
from printserver.organisations.key_media_queries import (
    COLUMNS,
    MediumFacts,
    Show,
    cells,
    list_media,
    medium_facts,
    medium_steps,
    owed_media,
    steps_open_to,
)
from printserver.organisations.key_media_steps import (
    MediumStep,
    NewMedium,
    apply_for_medium,
    confirm_medium_step,
    drop_medium_step,
    enter_certificate,
    link_passkey,
    take_medium_step,
)
from printserver.organisations.media_certificates import CertificateFacts, read_certificate
from printserver.organisations.models import Passkey
from printserver.organisations.people import Handover, PersonGone, PersonNotFound, ReasonNeeded
from printserver.organisations.stewards import AnotherPersonNeeded
from tests.databases import clock_of
from tests.people_scene import found

A, S = MediumAction, MediumState


class Cupboard:
    """Where media are handed out; the clerk is the holder."""

    def __init__(self, database: Database) -> None:
        self.company = found(database)
        self.holder = self.company.people["clerk"]

    def act(self, login: str, body: Callable[[Work, Actor], Any]) -> Any:
        with self.company.database.work() as work:
            return body(work, self.company.actor(work, login))

    def refused(self, kind: type[PrintServerError], login: str, body: Callable[[Work, Actor], Any]) -> None:
        """Raises `kind`, and nothing is recorded."""
        before = self.company.events()
        with pytest.raises(kind):
            self.act(login, body)
        assert self.company.events() == before

    def apply(self, by: str = "clerk", **fields: Any) -> UUID:
        new = NewMedium(**{"holder_id": self.holder, "kind": MediumKind.USB_KEY, "purpose": "tax office", **fields})
        made: UUID = self.act(by, lambda work, actor: apply_for_medium(work, actor, new))
        return made

    def step(self, medium_id: UUID, login: str, action: MediumAction, remark: str = "because", **fields: str) -> None:
        step = MediumStep(action, remark, **fields)
        self.act(login, lambda work, actor: take_medium_step(work, actor, medium_id, step))

    def confirm(self, medium_id: UUID, login: str, action: MediumAction) -> None:
        self.act(login, lambda work, actor: confirm_medium_step(work, actor, medium_id, action))

    def handed_out(self, serial_number: str = "K-1") -> UUID:
        medium_id = self.apply()
        self.step(medium_id, "administrator", A.APPROVE)
        self.step(medium_id, "administrator", A.HAND_OUT, maker="Feitian", serial_number=serial_number)
        return medium_id

    def in_use(self, serial_number: str = "K-1") -> UUID:
        medium_id = self.handed_out(serial_number)
        self.step(medium_id, "clerk", A.RECEIVE)
        return medium_id

    def facts(self, medium_id: UUID, login: str = "administrator") -> MediumFacts:
        facts: MediumFacts = self.act(login, lambda work, actor: medium_facts(work, actor, medium_id))
        return facts

    def state(self, medium_id: UUID) -> MediumState:
        return self.facts(medium_id).state

    def open_to(self, medium_id: UUID, login: str) -> set[MediumAction]:
        facts = self.facts(medium_id, login)
        return set(self.act(login, lambda work, actor: steps_open_to(work, actor, facts)))

    def shown(self, show: Show, login: str = "administrator") -> list[UUID]:
        return [each.id for each in self.act(login, lambda work, actor: list_media(work, actor, show=show))]


@pytest.fixture
def cupboard(sqlite_database: Database) -> Cupboard:
    return Cupboard(sqlite_database)


@pytest.fixture
def any_cupboard(any_database: Database) -> Cupboard:
    return Cupboard(any_database)


def certificate_of(cupboard: Cupboard, days: int = 365) -> bytes:
    key, now = ec.generate_private_key(ec.SECP256R1()), clock_of(cupboard.company.database).now()
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "李四")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(0xABC123)
        .not_valid_before(now - timedelta(days=1000))
        .not_valid_after(now + timedelta(days=days))
        .sign(key, SHA256())
    )
    return made.public_bytes(Encoding.PEM)


def certified(cupboard: Cupboard, medium_id: UUID, days: int = 365) -> CertificateFacts:
    facts = read_certificate(certificate_of(cupboard, days))
    cupboard.act("administrator", lambda work, actor: enter_certificate(work, actor, medium_id, facts))
    return facts


def passkey_of(cupboard: Cupboard, login: str = "clerk") -> UUID:
    passkey_id, company = new_id(), cupboard.company
    with company.database.work() as work:
        row = Passkey(
            id=passkey_id,
            user_id=company.people[login],
            credential_id=str(passkey_id),
            public_key="AAAA",
            rp_id="localhost",
            origin="http://localhost",
            name="token",
            mac="m",
            created_at=work.now(),
        )
        work.session.add(row)
    return passkey_id


def removed(cupboard: Cupboard, passkey_id: UUID) -> bool:
    with cupboard.company.database.reading() as work:
        return work.session.get_one(Passkey, passkey_id).removed_at is not None


def test_a_medium_is_approved_handed_out_and_signed_for_by_its_holder(any_cupboard: Cupboard):
    medium_id = any_cupboard.handed_out()
    assert any_cupboard.state(medium_id) is S.HANDED_OUT
    any_cupboard.refused(
        NotYours, "administrator", lambda w, a: take_medium_step(w, a, medium_id, MediumStep(A.RECEIVE))
    )
    any_cupboard.step(medium_id, "clerk", A.RECEIVE)
    facts = any_cupboard.facts(medium_id)
    assert (facts.state, facts.name, facts.holder) == (S.IN_USE, "Feitian K-1", "clerk")
    assert facts.received_at is not None
    with any_cupboard.company.database.reading() as work:
        assert [step.action for step in medium_steps(work, medium_id)] == [A.APPROVE, A.HAND_OUT, A.RECEIVE]


def test_nobody_approves_what_they_asked_for_or_shall_carry(cupboard: Cupboard):
    approve = MediumStep(A.APPROVE)
    for_clerk = cupboard.apply(by="administrator")
    cupboard.refused(AnotherPersonNeeded, "administrator", lambda w, a: take_medium_step(w, a, for_clerk, approve))
    own = cupboard.apply(by="seals", holder_id=cupboard.company.people["seals"])
    cupboard.refused(AnotherPersonNeeded, "seals", lambda w, a: take_medium_step(w, a, own, approve))
    cupboard.step(for_clerk, "north-administrator", A.APPROVE)
    assert cupboard.state(for_clerk) is S.APPROVED


def test_media_of_other_branches_are_not_found(cupboard: Cupboard):
    medium_id = cupboard.in_use()
    for login in ("approver", "custodian", "nobody"):
        cupboard.refused(
            MediumNotFound, login, lambda w, a: take_medium_step(w, a, medium_id, MediumStep(A.REPORT_LOST, "gone"))
        )
        cupboard.refused(MediumNotFound, login, lambda w, a: medium_facts(w, a, medium_id))
    cupboard.refused(
        PersonNotFound,
        "approver",
        lambda w, a: apply_for_medium(w, a, NewMedium(cupboard.holder, MediumKind.CARD, "x")),
    )
    assert cupboard.facts(medium_id, "auditor").state is S.IN_USE
    cupboard.refused(
        MediumNotFound, "auditor", lambda w, a: take_medium_step(w, a, medium_id, MediumStep(A.RETURN, "x"))
    )


def test_a_serial_number_is_about_once(any_cupboard: Cupboard):
    first, second = any_cupboard.in_use("K-1"), any_cupboard.apply()
    any_cupboard.step(second, "administrator", A.APPROVE)
    again = MediumStep(A.HAND_OUT, maker="feitian", serial_number="k-1")
    any_cupboard.refused(MediumNumberTaken, "administrator", lambda w, a: take_medium_step(w, a, second, again))
    any_cupboard.step(first, "administrator", A.RETURN)
    any_cupboard.step(first, "administrator", A.WIPE)
    any_cupboard.confirm(first, "seals", A.WIPE)
    any_cupboard.step(second, "administrator", A.HAND_OUT, maker="Feitian", serial_number="K-1")
    assert any_cupboard.state(second) is S.HANDED_OUT


@pytest.mark.parametrize("by", ["clerk", "administrator"])
def test_a_loss_is_one_word_and_stops_certificate_and_passkey_at_once(cupboard: Cupboard, by: str):
    medium_id, passkey_id = cupboard.in_use(), passkey_of(cupboard)
    certified(cupboard, medium_id)
    cupboard.act("clerk", lambda w, a: link_passkey(w, a, medium_id, passkey_id))
    cupboard.step(medium_id, by, A.REPORT_LOST)
    facts = cupboard.facts(medium_id)
    assert (facts.state, facts.certificate_stopped_at is not None) == (S.LOST, True)
    assert removed(cupboard, passkey_id)
    assert cupboard.shown(Show.LOST) == [medium_id]


def test_what_is_found_is_locked_until_two_persons_have_looked_at_it(any_cupboard: Cupboard):
    medium_id = any_cupboard.in_use()
    certified(any_cupboard, medium_id)
    any_cupboard.step(medium_id, "clerk", A.REPORT_LOST)
    any_cupboard.step(medium_id, "clerk", A.FIND)
    assert any_cupboard.state(medium_id) is S.LOCKED
    unlock = MediumStep(A.UNLOCK, "new PIN set")
    any_cupboard.refused(AnotherPersonNeeded, "clerk", lambda w, a: take_medium_step(w, a, medium_id, unlock))
    any_cupboard.step(medium_id, "administrator", A.UNLOCK)
    assert any_cupboard.state(medium_id) is S.LOCKED
    for login in ("administrator", "clerk"):
        kind = MediumNotFound if login == "clerk" else AnotherPersonNeeded
        any_cupboard.refused(kind, login, lambda w, a: confirm_medium_step(w, a, medium_id, A.UNLOCK))
    any_cupboard.refused(MediumStepWaits, "seals", lambda w, a: take_medium_step(w, a, medium_id, unlock))
    any_cupboard.refused(MediumStepNotAsked, "seals", lambda w, a: confirm_medium_step(w, a, medium_id, A.WIPE))
    any_cupboard.confirm(medium_id, "seals", A.UNLOCK)
    facts = any_cupboard.facts(medium_id)
    assert (facts.state, facts.certificate_stopped_at, facts.pending_action) == (S.IN_USE, None, None)
    with any_cupboard.company.database.reading() as work:
        last = medium_steps(work, medium_id)[-1]
    people_of = any_cupboard.company.people
    assert (last.person_id, last.first_person_id) == (people_of["seals"], people_of["administrator"])
    any_cupboard.refused(MediumStepNotAsked, "officer", lambda w, a: confirm_medium_step(w, a, medium_id, A.UNLOCK))


def test_what_one_person_asked_for_can_be_dropped_and_a_loss_comes_before_it(cupboard: Cupboard):
    medium_id = cupboard.in_use()
    cupboard.step(medium_id, "clerk", A.LOCK)
    cupboard.step(medium_id, "administrator", A.UNLOCK)
    cupboard.act("seals", lambda w, a: drop_medium_step(w, a, medium_id))
    cupboard.refused(MediumStepNotAsked, "seals", lambda w, a: confirm_medium_step(w, a, medium_id, A.UNLOCK))
    cupboard.step(medium_id, "administrator", A.UNLOCK)
    cupboard.step(medium_id, "clerk", A.REPORT_LOST)
    assert (cupboard.facts(medium_id).pending_action, cupboard.state(medium_id)) == (None, S.LOST)
    cupboard.step(medium_id, "administrator", A.WRITE_OFF)
    cupboard.confirm(medium_id, "officer", A.WRITE_OFF)
    assert cupboard.state(medium_id) is S.WRITTEN_OFF


def test_a_new_medium_takes_the_place_of_an_old_one_once(cupboard: Cupboard):
    former = cupboard.in_use()
    later = cupboard.apply(replaces_id=former)
    assert cupboard.facts(former).replaced_by_id == later
    assert cupboard.facts(later).replaces_id == former
    again = NewMedium(cupboard.holder, MediumKind.CARD, "x", former)
    cupboard.refused(MediumReplacedAlready, "clerk", lambda w, a: apply_for_medium(w, a, again))
    cupboard.step(later, "clerk", A.WITHDRAW)
    assert cupboard.facts(former).replaced_by_id is None
    replace = MediumStep(A.REPLACE, "x")
    cupboard.refused(TransitionRefused, "clerk", lambda w, a: take_medium_step(w, a, former, replace))
    others = NewMedium(cupboard.company.people["approver"], MediumKind.CARD, "x", former)
    cupboard.refused(MediumMalformed, "administrator", lambda w, a: apply_for_medium(w, a, others))


def test_every_step_that_stops_or_moves_says_why(cupboard: Cupboard):
    medium_id = cupboard.in_use()
    for action, login in ((A.REPORT_LOST, "clerk"), (A.RETURN, "administrator")):
        step = MediumStep(action, " ")
        cupboard.refused(ReasonNeeded, login, partial(take_medium_step, medium_id=medium_id, step=step))
    for text in ("", "two\x00lines", "x" * 101):
        new = NewMedium(cupboard.holder, MediumKind.CARD, text)
        cupboard.refused(MediumMalformed, "clerk", partial(apply_for_medium, new=new))


def test_each_sees_the_steps_that_are_open_to_them(cupboard: Cupboard):
    medium_id = cupboard.apply()
    assert cupboard.open_to(medium_id, "clerk") == {A.WITHDRAW}
    assert cupboard.open_to(medium_id, "administrator") == {A.APPROVE, A.REFUSE, A.WITHDRAW}
    assert cupboard.open_to(medium_id, "auditor") == set()
    used = cupboard.in_use("K-2")
    assert cupboard.open_to(used, "clerk") == {A.REPORT_LOST, A.LOCK, A.REPLACE}
    cupboard.step(used, "administrator", A.LOCK)
    cupboard.step(used, "administrator", A.UNLOCK)
    assert cupboard.open_to(used, "seals") == {A.REPORT_LOST}


def test_a_certificate_is_read_from_its_file(cupboard: Cupboard):
    medium_id = cupboard.in_use()
    facts = certified(cupboard, medium_id, days=20)
    seen = cupboard.facts(medium_id)
    assert (seen.certificate_serial, seen.certificate_subject) == ("ABC123", "CN=李四")
    assert seen.certificate_sha256 == facts.sha256
    assert seen.expiring
    assert cupboard.shown(Show.EXPIRING) == [medium_id]
    for data in (
        b"",
        b"no certificate",
        b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----",
        b"0" * 70_000,
    ):
        with pytest.raises(CertificateUnreadable):
            read_certificate(data)


def test_a_passkey_of_somebody_else_is_not_linked(cupboard: Cupboard):
    medium_id, foreign = cupboard.in_use(), passkey_of(cupboard, "approver")
    cupboard.refused(MediumMalformed, "clerk", lambda w, a: link_passkey(w, a, medium_id, foreign))


def test_what_is_out_of_use_carries_nothing(cupboard: Cupboard):
    medium_id = cupboard.apply()
    cupboard.step(medium_id, "clerk", A.WITHDRAW)
    facts = read_certificate(certificate_of(cupboard))
    cupboard.refused(TransitionRefused, "administrator", lambda w, a: enter_certificate(w, a, medium_id, facts))
    cupboard.refused(TransitionRefused, "clerk", lambda w, a: link_passkey(w, a, medium_id, None))


def test_a_leaver_owes_what_was_not_given_back(cupboard: Cupboard):
    medium_id, company = cupboard.in_use(), cupboard.company
    cupboard.act("administrator", lambda w, a: people.leave(w, a, cupboard.holder, reason="gone", handover=Handover()))
    assert cupboard.shown(Show.LEAVERS) == [medium_id]
    owed = cupboard.act("administrator", lambda w, a: owed_media(w, a, cupboard.holder))
    assert [each.id for each in owed] == [medium_id]
    new = NewMedium(cupboard.holder, MediumKind.CARD, "x")
    cupboard.refused(PersonGone, "administrator", lambda w, a: apply_for_medium(w, a, new))
    cupboard.step(medium_id, "administrator", A.RETURN)
    assert cupboard.shown(Show.LEAVERS) == []
    with company.database.reading() as work:
        assert owed_media(work, company.actor(work), cupboard.holder) == ()


def test_the_ledger_has_a_cell_for_every_column(cupboard: Cupboard):
    medium_id = cupboard.in_use()
    certified(cupboard, medium_id)
    line = dict(zip(COLUMNS, cells(cupboard.facts(medium_id)), strict=True))
    assert (line["kind"], line["serial_number"], line["holder"], line["state"]) == ("usb-key", "K-1", "clerk", "in-use")
    assert str(line["certificate_not_after"]).startswith("2027-11-22T")
    assert line["holder_left_at"] is None


def test_lists_are_searched_and_waiting_media_found(cupboard: Cupboard):
    used, waiting = cupboard.in_use(), cupboard.apply()
    found_by = cupboard.act("administrator", lambda w, a: list_media(w, a, text="feitian"))
    assert [each.id for each in found_by] == [used]
    assert cupboard.shown(Show.WAITING) == [waiting]
    assert cupboard.shown(Show.ALL, "clerk") == [waiting, used]
    assert cupboard.shown(Show.ALL, "approver") == []
