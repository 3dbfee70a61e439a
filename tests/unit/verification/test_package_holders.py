"""What a package says of hand-overs is what its log knows, and the proofs in it are of those."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from printserver.verification.package_holders import HandOversRefused, check_hand_overs, holders
from printserver.verification.package_log import ProvedEntry, ProvedLog

COPY = "019392a4-0000-7000-8000-000000000001"
AT = datetime(2026, 11, 23, tzinfo=UTC)
PROOF = "a" * 64
FIRST = {
    "position": 1,
    "revision": 1,
    "holder_kind": "party",
    "holder": "Buyer Ltd",
    "means": "courier",
    "receiver": "",
    "courier_number": "SF123",
    "handed_at": "2026-11-23T08:00:00.000000Z",
    "proof_sha256": PROOF,
    "present": False,
    "cancelled": False,
    "reason": "",
}
SECOND = {**FIRST, "revision": 2, "holder": "Buyer and Sons Ltd", "present": True, "reason": "misread"}
FILES = {f"hand-overs/{PROOF}.jpg": PROOF}


def record(*hand_overs: dict[str, Any]) -> dict[str, Any]:
    files = [{"path": f"hand-overs/{PROOF}.jpg", "role": "hand-over", "sha256": PROOF}]
    return {"record": {"copy_id": COPY}, "hand_overs": list(hand_overs), "files": files}


def log(*events: tuple[str, dict[str, Any]]) -> ProvedLog:
    entries = tuple(ProvedEntry(str(at), AT, event, COPY, None, facts) for at, (event, facts) in enumerate(events))
    return ProvedLog(entries, len(entries), AT, None)


KNOWN = log(("CopyHandedOver", FIRST), ("HandOverCorrected", SECOND))


def test_the_present_holder_is_shown_with_courier_and_proof():
    whole = record(FIRST, SECOND)
    check_hand_overs(whole, FILES, KNOWN)
    (shown,) = holders(whole)
    assert (shown.holder, shown.courier_number, shown.proof) == ("Buyer and Sons Ltd", "SF123", True)
    assert holders(record(FIRST, {**SECOND, "cancelled": True})) == ()


@pytest.mark.parametrize(
    "said",
    [
        (),
        (FIRST,),
        (SECOND,),
        ({**FIRST, "handed_at": "2026-11-22T08:00:00.000000Z"}, SECOND),
        ({**FIRST, "holder_kind": "us"}, SECOND),
        (FIRST, {**SECOND, "cancelled": True}),
        (FIRST, SECOND, {**FIRST, "position": 2}),
    ],
)
def test_another_chain_than_the_log_knows_is_refused(said: tuple[dict[str, Any], ...]):
    with pytest.raises(HandOversRefused):
        check_hand_overs(record(*said), {}, KNOWN)


def test_a_proof_of_nothing_is_refused_and_a_package_of_before_says_nothing():
    with pytest.raises(HandOversRefused):
        check_hand_overs(record(FIRST, SECOND), {f"hand-overs/{'b' * 64}.jpg": "b" * 64}, KNOWN)
    old = {"record": {"copy_id": COPY}, "files": []}
    check_hand_overs(old, {}, log())
    assert holders(old) == ()
    with pytest.raises(HandOversRefused):
        check_hand_overs(old, {}, KNOWN)
