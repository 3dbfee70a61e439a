"""The quorum: what carries a manifest by the register, and that nothing less does."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from printserver.signing.errors import EvidenceInsufficient
from printserver.signing.evidence import Decision, EvidenceClaims
from printserver.signing.flow import parse_flow
from printserver.signing.quorum import check_quorum, manifest_digest
from printserver.signing.register import FLOW_GRACE, Standing
from printserver.signing.verified import EvidenceKind, Verified
from tests.standings import (
    CUSTODY,
    HEAD,
    NORTH,
    NOW,
    OFFICE,
    SEAL,
    SOUTH,
    K,
    Says,
    delegation,
    flow_of,
    manifest,
    seal,
    seat,
    some_id,
    standing,
    statement,
)

MANIFEST = manifest()
FULL = (Says("ann"), Says("eve", CUSTODY))
LATER = timedelta(minutes=1)


def judge(*said: Says, asked: dict[str, Any] = MANIFEST, by: Standing = OFFICE) -> None:
    check_quorum(asked, [one.about(asked) for one in said], by, at=NOW)


def refused(*said: Says, match: str | None = None, asked: dict[str, Any] = MANIFEST, by: Standing = OFFICE) -> None:
    with pytest.raises(EvidenceInsufficient, match=match):
        judge(*said, asked=asked, by=by)


def test_a_full_quorum_carries_the_manifest():
    judge(*FULL)
    judge(*reversed(FULL))


def test_an_approver_of_the_very_branch_counts_as_one_above_it_does():
    judge(Says("bob"), Says("eve", CUSTODY))


def test_more_people_than_asked_for_do_no_harm():
    judge(*FULL, Says("bob"))


@pytest.mark.parametrize("said", [(), FULL[:1], FULL[1:]])
def test_a_step_without_its_quorum_is_named(said: tuple[Says, ...]):
    missing = sorted({"approval", CUSTODY} - {one.step for one in said})
    with pytest.raises(EvidenceInsufficient) as refusal:
        judge(*said)
    assert sorted(refusal.value.missing) == [f"step {step} has 0 of 1 decisions" for step in missing]


@pytest.mark.parametrize("nobody", ["sue", "clerk2", "eve", "one"])
def test_somebody_without_the_seat_does_not_count_and_stops_the_rest(nobody: str):
    """Another branch's approver, a stranger, a custodian, an officer: none of them approves here."""
    refused(Says(nobody), Says("eve", CUSTODY))
    refused(*FULL, Says(nobody), match="may not|more than once")


def test_a_custodian_who_lost_that_office_keeps_no_seal_nor_does_a_deputy():
    """The seal's description still names her until officers hand the seal over."""
    gone = {"person_id": some_id("eve"), "role": "custodian", "path": HEAD}
    unseated = standing((K.DELEGATION, delegation("eve", "max", "custodian")), (K.UNSEAT, gone), start=OFFICE)
    refused(*FULL, by=unseated, match="may not")
    refused(Says("ann"), Says("max", CUSTODY, acts_for="eve"), by=unseated, match="may not")
    northern = standing((K.SEAL, seal("eve", path=NORTH)), start=replace(unseated, seals={}))
    moved = standing((K.SEAT, seat("eve", "custodian", SOUTH)), start=northern)
    refused(*FULL, by=moved, match="may not")
    judge(*FULL, by=standing((K.SEAT, seat("eve", "custodian", NORTH)), start=moved))


def test_only_the_seals_own_custodian_confirms_its_use():
    other = standing((K.SEAT, seat("max", "custodian")), start=OFFICE)
    refused(Says("ann"), Says("max", CUSTODY), by=other, match="may not")


@pytest.mark.parametrize(
    "said",
    [
        (Says("ann"), Says("ann", CUSTODY)),
        (*FULL, Says("ann")),
        (Says("ann"), Says("bob", acts_for="ann"), Says("eve", CUSTODY)),
        (Says("ann", acts_for="bob"), Says("bob"), Says("eve", CUSTODY)),
    ],
)
def test_one_person_counts_once_whatever_steps_and_deputies(said: tuple[Says, ...]):
    lent = standing(
        (K.DELEGATION, delegation("ann", "bob", "approver")),
        (K.DELEGATION, delegation("bob", "ann", "approver")),
        start=OFFICE,
    )
    refused(*said, by=lent, match="more than once")


@pytest.mark.parametrize("step", ["approval", CUSTODY])
def test_the_applicant_never_decides_nor_stands_behind_a_deputy(step: str):
    own = standing(
        (K.SEAT, seat("clerk", "approver")),
        (K.DELEGATION, delegation("clerk", "bob", "approver")),
        start=OFFICE,
    )
    refused(*FULL, Says("clerk", step), by=own, match="applicant")
    refused(Says("bob", acts_for="clerk"), Says("eve", CUSTODY), by=own, match="applicant")


SPOILED: list[Callable[[EvidenceClaims], EvidenceClaims]] = [
    lambda claims: replace(claims, manifest_sha256="ef" * 32),
    lambda claims: replace(claims, request_id="request-2"),
    lambda claims: replace(claims, organisation=8),
    lambda claims: replace(claims, decision=Decision.REFUSED),
    lambda claims: replace(claims, step="custody:s2"),
    lambda claims: replace(claims, decided_at=NOW + timedelta(days=10)),
    lambda claims: replace(claims, decided_at=NOW + timedelta(minutes=2)),
]


@pytest.mark.parametrize("spoil", SPOILED)
def test_one_bad_decision_among_enough_good_ones_stops_everything(
    spoil: Callable[[EvidenceClaims], EvidenceClaims],
):
    good = [one.about(MANIFEST) for one in FULL]
    bad = Says("bob").about(MANIFEST)
    with pytest.raises(EvidenceInsufficient):
        check_quorum(MANIFEST, [*good, Verified(spoil(bad.claims), bad.kind)], OFFICE, at=NOW)


CHANGES: list[Callable[[dict[str, Any]], object]] = [
    lambda m: m.update(version=2),
    lambda m: m.update(steps=[]),
    lambda m: m["steps"].pop(),
    lambda m: m["steps"].pop(0),
    lambda m: m["steps"].append({**m["steps"][0], "name": "more"}),
    lambda m: m["steps"][0].update(quorum=0),
    lambda m: m["steps"][0].update(roles=["clerk"]),
    lambda m: m["steps"][0].update(persons=[some_id("ann")]),
    lambda m: m["steps"][0].update(scope="any"),
    lambda m: m["seals"].append({**m["seals"][0]}),
    lambda m: m["seals"].append({**m["seals"][0], "seal_id": some_id("other")}),
    lambda m: m["seals"].append({}),
    lambda m: m.update(seals=[]),
    lambda m: m["seals"][0].update(object_sha256="cd" * 32),
    lambda m: m["seals"][0].update(code_id="ba9876543210"),
    lambda m: m["seals"][0].update(type="contract"),
    lambda m: m.update(copies=[]),
    lambda m: m["copies"][0].update(sha256=""),
    lambda m: m["copies"][1].update(serial="A"),
    lambda m: m["copies"][1].update(number=1),
    lambda m: m.update(copies=None),
    lambda m: m.update(applicant_id=""),
    lambda m: m.update(applicant_id=None),
    lambda m: m.update(document_sha256=""),
    lambda m: m.update(organisation=None),
    lambda m: m.update(branch_path=""),
    lambda m: m.update(amount={"currency": "CNY", "minor": -1}),
    lambda m: m.update(amount=5),
    lambda m: m.update(flow_sha256="00" * 32),
    lambda m: m.update({"class": "loan"}),
    lambda m: m.update(expires_at=None),
    lambda m: m.update(expires_at="2026-12-01T00:00:00"),
    lambda m: m.pop("applicant_id"),
    lambda m: m.pop("steps"),
    lambda m: m.pop("flow_sha256"),
    lambda m: m.pop("expires_at"),
]


@pytest.mark.parametrize("change", CHANGES)
def test_a_manifest_that_asks_for_too_little_is_carried_by_nobody(change: Callable[[dict[str, Any]], object]):
    asked = copy.deepcopy(MANIFEST)
    change(asked)
    everybody = (Says("ann"), Says("bob"), Says("eve", CUSTODY))
    evidence = [replace(one.about(MANIFEST).claims, manifest_sha256=manifest_digest(asked)) for one in everybody]
    with pytest.raises(EvidenceInsufficient):
        check_quorum(asked, [Verified(one, EvidenceKind.ATTESTED) for one in evidence], OFFICE, at=NOW)


def test_an_expired_request_is_carried_by_nobody():
    evidence = [one.about(MANIFEST) for one in FULL]
    with pytest.raises(EvidenceInsufficient, match="expired"):
        check_quorum(MANIFEST, evidence, OFFICE, at=NOW + timedelta(days=9, seconds=1))


def test_a_manifest_without_a_canonical_form_is_refused():
    with pytest.raises(EvidenceInsufficient):
        manifest_digest({"x": float("nan")})


# Flows.


def test_each_of_several_steps_needs_its_own_people():
    flow = flow_of(
        {"name": "department", "roles": ["approver"], "scope": "branch"},
        {"name": "legal", "roles": ["approver"], "scope": "above"},
    )
    by, asked = standing((K.FLOW, {"flow": flow.to_json()}), start=OFFICE), manifest(flow)
    judge(Says("bob", "department"), Says("ann", "legal"), Says("eve", CUSTODY), asked=asked, by=by)
    refused(Says("ann", "department"), Says("bob", "legal"), Says("eve", CUSTODY), asked=asked, by=by, match="may not")


def test_two_of_three_named_people_are_two_different_ones():
    flow = flow_of({"name": "board", "persons": [some_id(name) for name in ("ann", "bob", "max")], "quorum": 2})
    by, asked = standing((K.FLOW, {"flow": flow.to_json()}), start=OFFICE), manifest(flow)
    judge(Says("ann", "board"), Says("max", "board"), Says("eve", CUSTODY), asked=asked, by=by)
    refused(Says("ann", "board"), Says("eve", CUSTODY), asked=asked, by=by, match="1 of 2")


@pytest.mark.parametrize(
    ("amount", "needed"),
    [
        ({"currency": "CNY", "minor": 99}, False),
        ({"currency": "CNY", "minor": 100}, True),
        ({"currency": "USD", "minor": 1}, True),
        (None, True),
    ],
)
def test_a_condition_on_the_amount_adds_a_step_also_when_the_amount_is_not_known(
    amount: dict[str, Any] | None, needed: bool
):
    large = {"field": "amount", "op": "ge", "value": 100}
    flow = flow_of(
        {"name": "approval", "roles": ["approver"], "scope": "branch"},
        {"name": "director", "roles": ["approver"], "scope": "above", "when": [large]},
    )
    by, asked = standing((K.FLOW, {"flow": flow.to_json()}), start=OFFICE), manifest(flow, amount=amount)
    without = (Says("bob"), Says("eve", CUSTODY))
    if not needed:
        judge(*without, asked=asked, by=by)
        return
    judge(*without, Says("ann", "director"), asked=asked, by=by)
    refused(*without, asked=asked, by=by, match="step director has 0 of 1")


def test_requests_go_on_for_a_while_under_a_flow_that_was_replaced():
    newer = flow_of({"name": "approval", "roles": ["approver"], "quorum": 2}, code="general", version=2)
    replaced = OFFICE.after(statement(K.FLOW, {"flow": newer.to_json()}), NOW)
    judge(*FULL, by=replaced)
    after = NOW + FLOW_GRACE + timedelta(seconds=1)
    late = manifest(expires_at="2027-12-01T00:00:00Z")
    with pytest.raises(EvidenceInsufficient, match="flow"):
        check_quorum(late, [one.about(late) for one in FULL], replaced, at=after)


def test_a_class_that_the_law_keeps_off_is_never_sealed_electronically():
    step = {"name": "approval", "roles": ["approver"]}
    flow = parse_flow({"class": "inheritance", "version": 1, "sealing": "physical", "steps": [step]})
    by = standing((K.FLOW, {"flow": flow.to_json()}), start=OFFICE)
    refused(*FULL, asked=manifest(flow), by=by, match="not sealed electronically")


# People: seats, bars, deputies.


@pytest.mark.parametrize("dates", [{"ends": NOW - timedelta(days=1)}, {"begins": NOW - timedelta(hours=1)}])
def test_a_seat_counts_only_at_the_time_of_the_decision(dates: dict[str, Any]):
    by = standing((K.SEAT, seat("ann", "approver", **dates)), start=OFFICE)
    refused(*FULL, by=by, match="may not")


@pytest.mark.parametrize("barred", ["ann", "eve"])
def test_whoever_is_barred_decides_nothing_even_before_it_was_said(barred: str):
    by = standing((K.BAR, {"person_id": some_id(barred)}), start=OFFICE)
    refused(*FULL, by=by, match="barred")
    judge(*FULL, by=standing((K.UNBAR, {"person_id": some_id(barred)}), start=by))


def test_an_ended_seat_counts_no_longer():
    gone = {"person_id": some_id("ann"), "role": "approver", "path": HEAD}
    refused(*FULL, by=standing((K.UNSEAT, gone), start=OFFICE), match="may not")


def test_a_deputy_decides_in_the_place_of_the_principal():
    by = standing((K.DELEGATION, delegation("ann", "max", "approver")), start=OFFICE)
    judge(Says("max", acts_for="ann"), Says("eve", CUSTODY), by=by)
    refused(Says("max"), Says("eve", CUSTODY), by=by, match="may not")
    refused(Says("max", acts_for="bob"), Says("eve", CUSTODY), by=by, match="may not")
    ended = {"principal": some_id("ann"), "deputy": some_id("max"), "role": "approver"}
    refused(
        Says("max", acts_for="ann"), Says("eve", CUSTODY), by=standing((K.DELEGATION_END, ended), start=by), match="may"
    )


def test_a_custodians_deputy_confirms_but_never_for_a_personal_seal():
    by = standing((K.DELEGATION, delegation("eve", "max", "custodian")), start=OFFICE)
    judge(Says("ann"), Says("max", CUSTODY, acts_for="eve"), by=by)
    personal = manifest(seals=[{**MANIFEST["seals"][0], "seal_id": some_id("own"), "code_id": "aaaaaaaaaaaa"}])
    own = seal("eve", seal_id=some_id("own"), code_id="aaaaaaaaaaaa", owner=some_id("eve"))
    by, custody = standing((K.SEAL, own), start=by), f"custody:{some_id('own')}"
    judge(Says("ann"), Says("eve", custody), asked=personal, by=by)
    refused(Says("ann"), Says("max", custody, acts_for="eve"), asked=personal, by=by, match="may not")


# Forwarding and countersigning.


def test_a_step_can_be_forwarded_by_whoever_has_it():
    judge(Says("ann", decision=Decision.FORWARDED, to="max"), Says("max"), Says("eve", CUSTODY))


@pytest.mark.parametrize(
    "said",
    [
        (Says("sue", decision=Decision.FORWARDED, to="max"), Says("max"), Says("eve", CUSTODY)),
        (Says("ann", decision=Decision.FORWARDED, to="max"), Says("eve", CUSTODY)),
        (Says("ann", decision=Decision.FORWARDED, to="clerk"), Says("clerk"), Says("eve", CUSTODY)),
        (Says("ann"), Says("eve", CUSTODY, decision=Decision.FORWARDED, to="max"), Says("max", CUSTODY)),
    ],
)
def test_forwarding_gives_no_more_than_one_has(said: tuple[Says, ...]):
    refused(*said)


def test_a_countersignature_that_was_asked_for_is_waited_for_and_does_not_count_instead():
    asked = (Says("ann", to="max"), Says("eve", CUSTODY))
    refused(*asked, match="countersignature")
    judge(*asked, Says("max"))
    refused(Says("bob", to="ann"), Says("eve", CUSTODY), match="countersignature")
    two = flow_of({"name": "approval", "roles": ["approver"], "quorum": 2}, code="pair")
    by, pair = standing((K.FLOW, {"flow": two.to_json()}), start=OFFICE), manifest(two)
    refused(Says("ann", to="max"), Says("max"), Says("eve", CUSTODY), asked=pair, by=by, match="1 of 2")


# Seals and kinds of evidence.


@pytest.mark.parametrize("state", ["suspended", "sealed-up", "revoked", "destroyed"])
def test_a_seal_that_is_not_active_by_the_register_seals_nothing(state: str):
    refused(*FULL, by=standing((K.SEAL, seal("eve", state=state)), start=OFFICE), match=state)


def test_a_seal_that_was_stopped_seals_nothing_until_two_officers_say_so():
    stopped = standing((K.SEAL_STOP, {"seal_id": SEAL}), start=OFFICE)
    refused(*FULL, by=stopped, match="suspended")
    judge(*FULL, by=standing((K.SEAL, seal("eve")), start=stopped))


def test_a_seal_serves_the_classes_that_it_was_given_for():
    refused(*FULL, by=standing((K.SEAL, seal("eve", classes=["loan"])), start=OFFICE), match="class")
    judge(*FULL, by=standing((K.SEAL, seal("eve", classes=["general"])), start=OFFICE))


def test_a_seal_that_asks_for_passkeys_takes_no_attested_word():
    by = standing((K.SEAL, seal("eve", evidence="passkey")), start=OFFICE)
    with_passkey = tuple(replace(one, kind=EvidenceKind.PASSKEY) for one in FULL)
    judge(*with_passkey, by=by)
    for weak in (0, 1):
        mixed = tuple(one if at != weak else FULL[at] for at, one in enumerate(with_passkey))
        refused(*mixed, by=by, match="passkeys")


def test_a_registered_system_states_approvals_of_its_branches_but_no_custody():
    system = {"system_id": "oa", "name": "OA", "spki": "AA", "paths": [NORTH]}
    by = standing((K.SYSTEM, system), start=OFFICE)
    told = Says("ann", kind=EvidenceKind.SYSTEM, system_id="oa")
    judge(told, Says("eve", CUSTODY), by=by)
    refused(Says("ann"), replace(told, person="eve", step=CUSTODY), by=by, match="custody")
    refused(told, Says("eve", CUSTODY), match="does not decide")
    elsewhere = manifest(branch_path=SOUTH)
    refused(told, Says("eve", CUSTODY), asked=elsewhere, by=by, match="does not decide")


def test_a_custodian_speaks_last():
    judge(Says("ann"), Says("eve", CUSTODY, after=LATER))
    refused(Says("ann", after=LATER), Says("eve", CUSTODY), match="before the others")
