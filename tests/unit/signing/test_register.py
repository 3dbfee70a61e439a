"""What statements add up to: a standing, and what cannot be said."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from printserver.signing.errors import StatementRefused
from printserver.signing.register import FLOW_GRACE, FLOW_HANDOVER, Standing
from printserver.signing.signatories import STOPPING
from printserver.signing.statements import StatementMalformed, parse_body, statement_of_json
from tests.standings import (
    HEAD,
    NOW,
    OFFICE,
    SEAL,
    K,
    delegation,
    flow_of,
    seal,
    seat,
    some_id,
    standing,
    statement,
)

FLOW = flow_of({"name": "approval", "roles": ["approver"]})
ORDER = {
    "seal_id": some_id("new"),
    "code_id": "aaaaaaaaaaaa",
    "name": "合同专用章",
    "type": "contract",
    "artwork_sha256": "ab" * 32,
    "width_mm": 40,
    "height_mm": 40,
    "valid_from": "2026-11-22T00:00:00Z",
    "valid_until": "2029-11-22T00:00:00Z",
    "path": HEAD,
}
BODIES: list[tuple[K, dict[str, Any]]] = [
    (K.SEAT, seat("max", "approver")),
    (K.UNSEAT, {"person_id": some_id("ann"), "role": "approver", "path": HEAD}),
    (K.BAR, {"person_id": some_id("ann"), "reason": "left"}),
    (K.UNBAR, {"person_id": some_id("ann")}),
    (K.FREEZE, {"path": HEAD, "reason": "a break-in"}),
    (K.UNFREEZE, {"path": None}),
    (K.SYSTEM, {"system_id": "oa", "name": "OA", "spki": "AA", "paths": [HEAD]}),
    (K.UNSYSTEM, {"system_id": "oa"}),
    (K.FLOW, {"flow": FLOW.to_json()}),
    (K.SEAL_ORDER, ORDER),
    (K.SEAL, seal("eve", state="suspended")),
    (K.SEAL_STOP, {"seal_id": SEAL}),
    (K.DELEGATION, delegation("ann", "max", "approver")),
    (K.DELEGATION_END, {"principal": some_id("ann"), "deputy": some_id("max"), "role": "approver"}),
    (K.POLICY, {"officer_evidence": "passkey"}),
    (K.UNKEY, {"person_id": some_id("ann"), "credential_id": "AAEC"}),
]


@pytest.mark.parametrize(("kind", "body"), BODIES, ids=[kind for kind, _ in BODIES])
def test_each_kind_reads_back_and_refuses_what_it_does_not_know(kind: K, body: dict[str, Any]):
    made = statement(kind, body)
    assert statement_of_json(made.to_json()) == made
    with pytest.raises(StatementMalformed):
        parse_body(kind, {**body, "surprise": 1})
    with pytest.raises(StatementMalformed):
        parse_body(kind, dict(list(body.items())[1:]))


@pytest.mark.parametrize(("kind", "body"), BODIES, ids=[kind for kind, _ in BODIES])
def test_saying_the_same_again_changes_nothing_more(kind: K, body: dict[str, Any]):
    once = OFFICE.after(statement(kind, body), NOW)
    if kind in (K.FLOW, K.SEAL_ORDER):
        with pytest.raises(StatementRefused):
            once.after(statement(kind, body), NOW)
    else:
        assert once.after(statement(kind, body), NOW) == once


def test_a_statement_is_signed_whole():
    made = statement(K.BAR, {"person_id": some_id("ann"), "reason": ""})
    others = [
        statement(K.UNBAR, {"person_id": some_id("ann")}),
        statement(K.BAR, {"person_id": some_id("bob"), "reason": ""}),
        statement(K.BAR, made.body, made_at=NOW + timedelta(seconds=1)),
    ]
    assert made.digest() not in {other.digest() for other in others}


def test_a_flow_replaces_the_former_one_of_its_class_after_a_while():
    first = standing((K.FLOW, {"flow": FLOW.to_json()}), start=Standing())
    newer = flow_of({"name": "approval", "roles": ["approver"], "quorum": 2}, version=2)
    both = first.after(statement(K.FLOW, {"flow": newer.to_json()}), NOW)
    assert both.flow(newer.digest(), NOW + FLOW_GRACE * 9) == newer
    assert both.flow(FLOW.digest(), NOW + FLOW_GRACE, NOW + FLOW_HANDOVER) == FLOW
    assert both.flow(FLOW.digest(), NOW + FLOW_GRACE + timedelta(seconds=1), NOW) is None
    assert both.flow(FLOW.digest(), NOW + FLOW_GRACE, NOW + FLOW_HANDOVER + timedelta(seconds=1)) is None
    assert both.flow(FLOW.digest(), NOW + FLOW_GRACE) is None, "when it was drawn nobody knows"
    with pytest.raises(StatementRefused, match="version 2"):
        both.after(statement(K.FLOW, {"flow": FLOW.to_json()}), NOW)


@pytest.mark.parametrize("final", ["revoked", "destroyed"])
def test_a_seal_that_is_revoked_or_destroyed_never_comes_back(final: str):
    ended = standing((K.SEAL, seal("eve", state=final)), start=OFFICE)
    with pytest.raises(StatementRefused):
        ended.after(statement(K.SEAL, seal("eve")), NOW)
    stopped = ended.after(statement(K.SEAL_STOP, {"seal_id": SEAL}), NOW)
    assert stopped.seals[SEAL].state == final


@pytest.mark.parametrize("changes", [{"code_id": "bbbbbbbbbbbb"}, {"owner": some_id("eve")}])
def test_a_seal_keeps_its_number_and_its_owner(changes: dict[str, Any]):
    with pytest.raises(StatementRefused):
        OFFICE.after(statement(K.SEAL, seal("eve", **changes)), NOW)


def test_two_seals_never_share_a_number():
    other = seal("eve", seal_id=some_id("other"))
    with pytest.raises(StatementRefused):
        OFFICE.after(statement(K.SEAL, other), NOW)
    with pytest.raises(StatementRefused):
        OFFICE.after(statement(K.SEAL_ORDER, {**ORDER, "code_id": "0123456789ab"}), NOW)


@pytest.mark.parametrize(
    "body",
    [seal(), seal("eve", "bob", owner=some_id("eve")), seal("bob", owner=some_id("eve")), seal("eve", uses_limit=-1)],
)
def test_a_seal_in_use_is_kept_by_somebody_and_a_personal_one_by_its_owner_alone(body: dict[str, Any]):
    with pytest.raises(StatementMalformed):
        parse_body(K.SEAL, body)


def test_a_passkey_once_registered_is_not_given_to_somebody_else():
    key = {
        "person_id": some_id("ann"),
        "credential_id": "AAEC",
        "public_key": "AAEC",
        "rp_id": "seals.example",
        "origin": "https://seals.example",
    }
    known = OFFICE.after(statement(K.KEY, key), NOW)
    with pytest.raises(StatementRefused):
        known.after(statement(K.KEY, {**key, "person_id": some_id("bob")}), NOW)
    assert not known.after(statement(K.UNKEY, {"person_id": some_id("ann"), "credential_id": "AAEC"}), NOW).keys


def test_what_was_written_before_a_stop_does_not_undo_it():
    """Signed last week, held back, and handed in after the loss was reported."""
    before = statement(K.SEAL, seal("eve"), made_at=NOW + timedelta(minutes=1))
    at = NOW + timedelta(hours=1)
    stopped = OFFICE.after(statement(K.SEAL_STOP, {"seal_id": SEAL}, made_at=at), at)
    with pytest.raises(StatementRefused, match="stopped after"):
        stopped.after(before, at)
    revoked = statement(K.SEAL, seal("eve", state="revoked"), made_at=NOW - timedelta(hours=1))
    assert stopped.after(revoked, at).seals[SEAL].state == "revoked"
    again = stopped.after(statement(K.SEAL, seal("eve"), made_at=at + timedelta(seconds=1)), at + timedelta(hours=1))
    assert again.seals[SEAL].state == "active"


KEY = {
    "person_id": some_id("max"),
    "credential_id": "AAEC",
    "public_key": "AAEC",
    "rp_id": "seals.example",
    "origin": "https://seals.example",
}
OA = {"system_id": "oa", "name": "OA", "spki": "AA", "paths": [HEAD]}
BAR_MAX = (K.BAR, {"person_id": some_id("max"), "reason": "left"})
TAKEN_BACK: list[tuple[K, dict[str, Any], K, dict[str, Any]]] = [
    (K.UNBAR, {"person_id": some_id("max")}, *BAR_MAX),
    (K.SEAT, seat("max", "approver"), *BAR_MAX),
    (K.SEAT, seat("max", "approver"), K.UNSEAT, {"person_id": some_id("max"), "role": "approver", "path": HEAD}),
    (K.KEY, KEY, *BAR_MAX),
    (K.KEY, KEY, K.UNKEY, {"person_id": some_id("max"), "credential_id": "AAEC"}),
    (K.SYSTEM, OA, K.UNSYSTEM, {"system_id": "oa"}),
    (K.DELEGATION, delegation("ann", "max", "approver"), *BAR_MAX),
    (K.DELEGATION, delegation("max", "ann", "approver"), *BAR_MAX),
    (
        K.DELEGATION,
        delegation("ann", "max", "approver"),
        K.DELEGATION_END,
        {"principal": some_id("ann"), "deputy": some_id("max"), "role": "approver"},
    ),
    (K.POLICY, {"officer_evidence": "attested"}, K.POLICY, {"officer_evidence": "passkey"}),
    (K.SEAL, seal("max"), K.SEAL, seal("eve", evidence="passkey")),
]


@pytest.mark.parametrize(("kind", "body", "taking", "taken"), TAKEN_BACK)
def test_words_kept_back_from_before_bring_nothing_back(
    kind: K, body: dict[str, Any], taking: K, taken: dict[str, Any]
):
    """Signed by officers while it was right, and handed in within the month, after it has been taken away."""
    later = NOW + timedelta(hours=2)
    after = OFFICE.after(statement(taking, taken, made_at=later), later)
    with pytest.raises(StatementRefused, match="after it had been written"):
        after.after(statement(kind, body, made_at=later - timedelta(hours=1)), later + timedelta(hours=1))
    anew = after.after(statement(kind, body, made_at=later + timedelta(minutes=1)), later + timedelta(hours=1))
    assert anew != after


@pytest.mark.parametrize(("kind", "body"), [(kind, body) for kind, body in BODIES if kind in STOPPING])
def test_what_takes_away_is_never_too_old(kind: K, body: dict[str, Any]):
    OFFICE.after(statement(kind, body, made_at=NOW - timedelta(days=9)), NOW)
