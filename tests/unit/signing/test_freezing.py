"""Frozen branches and organisations in the register: nothing is signed for them, and freezing ends as it began."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from printserver.signing.errors import EvidenceInsufficient, StatementRefused
from printserver.signing.quorum import check_quorum
from printserver.signing.register import Standing
from printserver.signing.signatories import STOPPING, check_signatories
from printserver.signing.verified import EvidenceKind
from tests.standings import (
    CUSTODY,
    HEAD,
    NORTH,
    NOW,
    OFFICE,
    SOUTH,
    K,
    Says,
    delegation,
    flow_of,
    manifest,
    seal,
    seat,
    signed,
    some_id,
    standing,
    statement,
)
from tests.unit.signing.test_register import BODIES

ENOUGH = (Says("ann"), Says("eve", CUSTODY, after=timedelta(hours=1)))
BELOW_NORTH = f"{NORTH}{some_id('outpost')}/"
PLACES: tuple[str | None, ...] = (None, HEAD, NORTH, SOUTH, BELOW_NORTH)
places = st.sampled_from(PLACES)
YESTERDAY = NOW - timedelta(days=1)


def freeze(by: Standing, path: str | None) -> Standing:
    return by.after(statement(K.FREEZE, {"path": path}, made_at=YESTERDAY), YESTERDAY)


def unfreeze(by: Standing, path: str | None) -> Standing:
    return by.after(statement(K.UNFREEZE, {"path": path}), NOW)


def judge(by: Standing, *said: Says, **changes: Any) -> None:
    asked = manifest(**changes)
    check_quorum(asked, [one.about(asked) for one in said], by, at=NOW)


def refused(by: Standing, **changes: Any) -> None:
    with pytest.raises(EvidenceInsufficient):
        judge(by, *ENOUGH, **changes)


said_before = st.lists(
    st.sampled_from([
        (K.SEAT, seat("max", "approver", NORTH)),
        (K.BAR, {"person_id": some_id("bob")}),
        (K.DELEGATION, delegation("ann", "max", "approver")),
        (K.SEAL_STOP, {"seal_id": some_id("seal")}),
        (K.POLICY, {"officer_evidence": "passkey"}),
    ]),
    max_size=4,
)  # fmt: skip


@settings(max_examples=200)
@given(before=said_before, already=st.sets(places, max_size=3), path=places)
def test_freezing_and_unfreezing_gives_back_exactly_what_was(
    before: list[tuple[K, dict[str, Any]]], already: set[str | None], path: str | None
):
    was = standing(*before, start=OFFICE)
    for other in already - {path}:
        was = freeze(was, other)
    frozen = freeze(was, path)
    assert frozen.is_frozen(path or HEAD)
    assert unfreeze(frozen, path) == was


@settings(max_examples=200)
@given(
    frozen=st.lists(places, min_size=1, max_size=4),
    ended=st.lists(places, max_size=4),
    branch=st.sampled_from(PLACES[1:]),
)
def test_nothing_passes_for_a_branch_that_is_frozen_or_lies_below_a_frozen_one(
    frozen: list[str | None], ended: list[str | None], branch: str
):
    by = OFFICE
    for path in frozen:
        by = freeze(by, path)
    for path in ended:
        by = unfreeze(by, path)
    still = set(frozen) - set(ended)
    if any(path is None or branch.startswith(path) for path in still):
        refused(by, branch_path=branch)
    elif HEAD not in still and None not in still:
        judge(by, *ENOUGH, branch_path=branch)


def test_a_frozen_branch_stays_frozen_wherever_rows_say_that_it_lies():
    moved = f"{SOUTH}{some_id('north')}/"
    refused(freeze(OFFICE, NORTH), branch_path=moved)
    nobody_there = f"{SOUTH}{some_id('an office without seats')}/"
    judge(OFFICE, *ENOUGH, branch_path=nobody_there)
    refused(freeze(OFFICE, nobody_there), branch_path=f"{HEAD}{some_id('an office without seats')}/")


def test_a_seal_of_a_frozen_branch_is_used_by_nobody():
    by = standing((K.SEAL, seal("eve", path=SOUTH)), start=standing((K.SEAT, seat("eve", "custodian"))))
    kept = Standing(**{**vars(OFFICE), "seals": by.seals})
    judge(kept, *ENOUGH)
    refused(freeze(kept, SOUTH))
    judge(unfreeze(freeze(kept, SOUTH), SOUTH), *ENOUGH)


def test_a_place_at_a_frozen_branch_counts_nowhere():
    by = standing((K.SEAT, seat("kim", "custodian", SOUTH)), (K.SEAL, seal("kim")), start=OFFICE)
    said = (Says("ann"), Says("kim", CUSTODY, after=timedelta(hours=1)))
    judge(by, *said)
    with pytest.raises(EvidenceInsufficient):
        judge(freeze(by, SOUTH), *said)


def test_one_word_freezes_and_two_officers_from_above_unfreeze():
    by = standing(
        (K.SEAT, seat("kim", "key-officer", NORTH)), (K.SEAT, seat("lea", "key-officer", NORTH)), start=OFFICE
    )
    frozen = freeze(by, NORTH)
    check_signatories(made := statement(K.FREEZE, {"path": NORTH}), signed(made, "ann"), OFFICE, NOW)
    made = statement(K.UNFREEZE, {"path": NORTH})
    check_signatories(made, signed(made, "one", "two"), frozen, NOW)
    for few in (("one",), ("one", "ann"), ("one", "kim"), ("kim", "lea")):
        with pytest.raises(StatementRefused):
            check_signatories(made, signed(made, *few), frozen, NOW)


def test_a_whole_organisation_is_unfrozen_by_the_officers_at_its_top():
    by = freeze(standing((K.SEAT, seat("kim", "key-officer", NORTH)), start=OFFICE), None)
    made = statement(K.UNFREEZE, {"path": None})
    check_signatories(made, signed(made, "one", "two"), by, NOW)
    with pytest.raises(StatementRefused):
        check_signatories(made, signed(made, "one", "kim"), by, NOW)


@pytest.mark.parametrize(("kind", "body"), BODIES, ids=[kind for kind, _ in BODIES])
def test_while_an_organisation_is_frozen_nothing_is_stated_but_what_stops_and_what_unfreezes(
    kind: K, body: dict[str, Any]
):
    made = statement(kind, body)
    said = signed(made, "ann" if kind is K.DELEGATION else "three", "one", "two")
    check_signatories(made, said, OFFICE, NOW)
    if kind in STOPPING or kind is K.UNFREEZE:
        check_signatories(made, said, freeze(OFFICE, None), NOW)
    else:
        with pytest.raises(StatementRefused, match="frozen"):
            check_signatories(made, said, freeze(OFFICE, None), NOW)


def test_an_unfreezing_that_was_written_before_the_freezing_undoes_nothing():
    kept = statement(K.UNFREEZE, {"path": NORTH}, made_at=YESTERDAY)
    with pytest.raises(StatementRefused, match="after this had been written"):
        freeze(OFFICE, NORTH).after(kept, NOW)


def test_whoever_names_another_place_for_a_frozen_branch_does_not_unfreeze_it():
    elsewhere = f"{SOUTH}{some_id('north')}/"
    frozen = freeze(OFFICE, NORTH)
    again = freeze(frozen, elsewhere)
    for by in (frozen, again):
        with pytest.raises(StatementRefused, match="another place"):
            unfreeze(by, elsewhere)
        assert unfreeze(by, NORTH) == OFFICE


def test_an_organisation_may_ask_for_passkeys_whatever_the_seal():
    asked = standing((K.POLICY, {"officer_evidence": "attested", "approver_evidence": "passkey"}), start=OFFICE)
    refused(asked)
    with_keys = tuple(Says(one.person, one.step, after=one.after, kind=EvidenceKind.PASSKEY) for one in ENOUGH)
    judge(asked, *with_keys)
    mixed = (with_keys[0], ENOUGH[1])
    with pytest.raises(EvidenceInsufficient, match="passkeys"):
        judge(asked, *mixed)


def test_a_policy_that_says_nothing_of_approvers_leaves_theirs_as_it_is():
    asked = standing((K.POLICY, {"officer_evidence": "attested", "approver_evidence": "passkey"}), start=OFFICE)
    later = asked.after(statement(K.POLICY, {"officer_evidence": "passkey"}), NOW)
    assert (later.policy.officer_evidence, later.policy.approver_evidence) == ("passkey", "passkey")
    refused(later)


def test_a_person_of_a_frozen_branch_decides_nothing_elsewhere_though_a_flow_names_that_person():
    flow = flow_of({"name": "board", "persons": [some_id("sue")]})
    named, asked = standing((K.FLOW, {"flow": flow.to_json()}), start=OFFICE), manifest(flow)
    said = [each.about(asked) for each in (Says("sue", "board"), Says("eve", CUSTODY))]
    check_quorum(asked, said, named, at=NOW)
    with pytest.raises(EvidenceInsufficient, match="whose branch is frozen"):
        check_quorum(asked, said, freeze(named, SOUTH), at=NOW)
    also_in_the_north = standing((K.SEAT, seat("sue", "approver", NORTH)), start=freeze(named, SOUTH))
    check_quorum(asked, said, also_in_the_north, at=NOW)
