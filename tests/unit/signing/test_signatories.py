"""Whose word a statement needs: two officers for what gives, one word for what takes away."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from printserver.signing.errors import StatementRefused
from printserver.signing.evidence import Decision
from printserver.signing.register import Standing
from printserver.signing.signatories import (
    LONGEST_WAIT,
    STOPPING,
    check_signatories,
    helps_to_seal,
    officers_needed,
)
from printserver.signing.statements import Statement
from printserver.signing.verified import EvidenceKind, Verified
from tests.standings import (
    HEAD,
    NORTH,
    NOW,
    OFFICE,
    SOUTH,
    K,
    delegation,
    flow_of,
    seal,
    seat,
    signed,
    some_id,
    standing,
    statement,
)
from tests.unit.signing.test_register import BODIES

GIVING = [(kind, body) for kind, body in BODIES if kind not in STOPPING and kind is not K.DELEGATION]
TAKING = [(kind, body) for kind, body in BODIES if kind in STOPPING]


def refused(made: Statement, evidence: list[Verified], by: Standing = OFFICE) -> None:
    with pytest.raises(StatementRefused):
        check_signatories(made, evidence, by, NOW)


@pytest.mark.parametrize(("kind", "body"), GIVING, ids=[kind for kind, _ in GIVING])
def test_what_gives_takes_two_officers(kind: K, body: dict[str, Any]):
    made = statement(kind, body)
    assert officers_needed(made) == 2
    check_signatories(made, signed(made, "one", "two"), OFFICE, NOW)
    check_signatories(made, signed(made, "three", "one", "ann"), OFFICE, NOW)
    for few in ((), ("one",), ("one", "ann"), ("ann", "bob"), ("one", "one")):
        refused(made, signed(made, *few))


@pytest.mark.parametrize(("kind", "body"), TAKING, ids=[kind for kind, _ in TAKING])
def test_what_only_takes_away_takes_one_word_and_never_none(kind: K, body: dict[str, Any]):
    made = statement(kind, body)
    assert officers_needed(made) == 0
    check_signatories(made, signed(made, "ann"), OFFICE, NOW)
    refused(made, [])


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        (K.SEAT, seat("one", "approver")),
        (K.UNBAR, {"person_id": some_id("one")}),
        (K.SEAL, seal("one")),
        (K.FLOW, {"flow": flow_of({"name": "approval", "persons": [some_id("ann"), some_id("one")]}).to_json()}),
    ],
)
def test_nobody_vouches_for_oneself(kind: K, body: dict[str, Any]):
    made = statement(kind, body)
    refused(made, signed(made, "one", "two"))
    check_signatories(made, signed(made, "two", "three"), OFFICE, NOW)


def test_an_officers_own_passkey_is_vouched_for_by_one_other_officer():
    key = {"credential_id": "AAEC", "public_key": "AAEC", "rp_id": "x.example", "origin": "https://x.example"}
    made = statement(K.KEY, {"person_id": some_id("one"), **key})
    check_signatories(made, signed(made, "one", "two"), OFFICE, NOW)
    refused(made, signed(made, "one"))


def test_a_delegation_is_the_principals_own_word_and_for_a_custodian_an_officers_too():
    made = statement(K.DELEGATION, delegation("ann", "max", "approver"))
    check_signatories(made, signed(made, "ann"), OFFICE, NOW)
    refused(made, signed(made, "max", "one"))
    keeper = statement(K.DELEGATION, delegation("eve", "max", "custodian"))
    refused(keeper, signed(keeper, "eve"))
    check_signatories(keeper, signed(keeper, "eve", "one"), OFFICE, NOW)
    own = statement(K.DELEGATION, delegation("one", "max", "custodian"))
    refused(own, signed(own, "one"))
    taken = statement(K.DELEGATION, delegation("eve", "one", "custodian"))
    refused(taken, signed(taken, "eve", "one"))
    check_signatories(taken, signed(taken, "eve", "two"), OFFICE, NOW)


@pytest.mark.parametrize("change", [{"acts_for": some_id("two")}, {"to": some_id("two")}, {"step": "approval"}])
def test_a_statement_is_signed_in_person_and_for_what_it_is(change: dict[str, Any]):
    made = statement(K.POLICY, {"officer_evidence": "passkey"})
    first, second = signed(made, "one", "three")
    refused(made, [first, Verified(replace(second.claims, **change), second.kind)])


@pytest.mark.parametrize("late", [timedelta(minutes=2), -timedelta(minutes=2)])
def test_a_word_from_before_the_statement_or_from_the_future_is_none(late: timedelta):
    made = statement(K.POLICY, {"officer_evidence": "passkey"})
    first, second = signed(made, "one", "two")
    refused(made, [first, Verified(replace(second.claims, decided_at=NOW + late), second.kind)])


def test_a_statement_waits_a_month_and_no_longer():
    made = statement(K.POLICY, {"officer_evidence": "passkey"}, made_at=NOW - LONGEST_WAIT)
    check_signatories(made, signed(made, "one", "two"), OFFICE, NOW)
    with pytest.raises(StatementRefused):
        check_signatories(made, signed(made, "one", "two"), OFFICE, NOW + timedelta(seconds=1))


def test_a_refusal_among_the_signatures_stops_it():
    made = statement(K.POLICY, {"officer_evidence": "passkey"})
    first, second = signed(made, "one", "two")
    no = Verified(replace(first.claims, person_id=some_id("three"), decision=Decision.REFUSED), first.kind)
    refused(made, [first, second, no])


def test_officers_sign_with_passkeys_alone_where_the_policy_says_so():
    strict = standing((K.POLICY, {"officer_evidence": "passkey"}), start=OFFICE)
    made = statement(K.SEAT, seat("max", "approver"))
    refused(made, signed(made, "one", "two"), strict)
    check_signatories(made, signed(made, "one", "two", kind=EvidenceKind.PASSKEY), strict, NOW)
    refused(made, signed(made, "one", "two", kind=EvidenceKind.SYSTEM))


def test_another_organisations_statement_is_not_signed_by_ours():
    made = statement(K.POLICY, {"officer_evidence": "passkey"})
    first, second = signed(made, "one", "two")
    refused(made, [first, Verified(replace(second.claims, organisation=8), second.kind)])


people = st.sampled_from(["one", "two", "three", "ann", "eve", "max"])
OFFICERS = {"one", "two", "three"}


@settings(max_examples=300)
@given(
    words=st.lists(people, max_size=5),
    barred=st.sets(people, max_size=2),
    gone=st.sets(st.sampled_from(sorted(OFFICERS)), max_size=2),
    subject=people,
)
def test_no_sequence_of_bars_and_departures_gives_a_seat_without_two_officers_in_office(
    words: list[str], barred: set[str], gone: set[str], subject: str
):
    by = standing(
        *((K.BAR, {"person_id": some_id(name), "reason": ""}) for name in barred),
        *(
            (K.UNSEAT, {"person_id": some_id(name), "role": role, "path": HEAD})
            for name in gone
            for role in ("key-officer", "seal-administrator")
        ),
        start=OFFICE,
    )
    made = statement(K.SEAT, seat(subject, "approver"))
    try:
        check_signatories(made, signed(made, *words), by, NOW)
    except StatementRefused:
        return
    assert len(set(words)) == len(words)
    assert len((set(words) & OFFICERS) - barred - gone - {subject}) >= 2


def test_an_office_covers_its_branch_and_what_is_below_and_the_whole_only_from_the_top():
    by = standing(
        *((K.SEAT, seat(name, "key-officer", NORTH)) for name in ("nora", "ned")),
        (K.SEAT, seat("sam", "key-officer", SOUTH)),
        start=OFFICE,
    )
    local = statement(K.SEAT, seat("max", "approver", NORTH))
    check_signatories(local, signed(local, "nora", "ned"), by, NOW)
    check_signatories(local, signed(local, "nora", "one"), by, NOW)
    refused(local, signed(local, "nora", "sam"), by)
    wide = statement(K.SEAT, seat("max", "approver", HEAD))
    refused(wide, signed(wide, "nora", "ned"), by)
    for kind, body in ((K.POLICY, {"officer_evidence": "attested"}), (K.UNBAR, {"person_id": some_id("max")})):
        whole = statement(kind, body)
        refused(whole, signed(whole, "nora", "ned"), by)
        refused(whole, signed(whole, "nora", "one"), by)


def test_who_helps_to_seal_is_whoever_could_ever_have_a_say():
    """By a seat that is over, barred, as a deputy or as a custodian: rows of the database do not decide it."""
    lent = standing((K.DELEGATION, delegation("ann", "max", "approver")), start=OFFICE)
    barred = standing((K.BAR, {"person_id": some_id("bob"), "reason": ""}), start=lent)
    assert all(helps_to_seal(barred, some_id(name)) for name in ("ann", "bob", "max", "eve", "one"))
    assert not helps_to_seal(barred, some_id("clerk"))
