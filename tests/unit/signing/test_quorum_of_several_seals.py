"""A manifest with several seals: each keeper's word on its own seal, and nobody counts twice by it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from printserver.signing.errors import EvidenceInsufficient
from printserver.signing.quorum import check_quorum
from tests.standings import CUSTODY, NOW, OFFICE, K, Says, delegation, manifest, seal, seat, some_id, standing

SECOND = {"seal_id": some_id("second"), "code_id": "ba9876543210", "object_sha256": "ba" * 32, "type": "contract"}
OTHER = f"custody:{SECOND['seal_id']}"
BOTH = manifest(seals=[*manifest()["seals"], SECOND])


def office(*keepers: str):
    """Eve keeps the first seal; these the second."""
    seats = ((K.SEAT, seat(keeper, "custodian")) for keeper in keepers)
    return standing(*seats, (K.SEAL, seal(*keepers, **SECOND)), start=OFFICE)


def refused(*said: Says, by=None, match: str | None = None) -> None:
    with pytest.raises(EvidenceInsufficient, match=match):
        check_quorum(BOTH, [one.about(BOTH) for one in said], by or office("max"), at=NOW)


def judge(*said: Says, by=None) -> None:
    check_quorum(BOTH, [one.about(BOTH) for one in said], by or office("max"), at=NOW)


def test_every_seals_own_keeper_confirms_its_use():
    judge(Says("ann"), Says("eve", CUSTODY), Says("max", OTHER))
    refused(Says("ann"), Says("eve", CUSTODY), match="0 of 1")
    refused(Says("ann"), Says("eve", CUSTODY), Says("eve", OTHER), match="may not")
    refused(Says("ann"), Says("max", CUSTODY), Says("eve", OTHER), match="may not")


def test_whoever_keeps_both_seals_says_so_for_each_and_once():
    eve = office("eve")
    judge(Says("ann"), Says("eve", CUSTODY), Says("eve", OTHER), by=eve)
    refused(Says("ann"), Says("eve", CUSTODY), Says("eve", CUSTODY), Says("eve", OTHER), by=eve, match="more than once")


def test_keeping_a_seal_is_no_second_voice_in_another_step():
    keeper = standing((K.SEAT, seat("eve", "approver")), start=office("eve"))
    refused(Says("eve"), Says("eve", CUSTODY), Says("eve", OTHER), by=keeper, match="more than once")


def test_a_deputy_of_one_keeper_is_not_the_keeper_of_the_other_seal_as_well():
    lent = standing((K.DELEGATION, delegation("eve", "max", "custodian")), start=office("max"))
    refused(Says("ann"), Says("max", CUSTODY, acts_for="eve"), Says("max", OTHER), by=lent, match="more than once")
    both = standing((K.DELEGATION, delegation("eve", "max", "custodian")), start=office("eve"))
    judge(Says("ann"), Says("max", CUSTODY, acts_for="eve"), Says("max", OTHER, acts_for="eve"), by=both)


said = st.lists(
    st.builds(
        Says,
        st.sampled_from(["ann", "bob", "eve", "max", "clerk"]),
        st.sampled_from(["approval", CUSTODY, OTHER]),
        after=st.sampled_from([timedelta(0), timedelta(minutes=1)]),
    ),
    max_size=5,
)


@given(said)
def test_nothing_less_than_an_approver_and_both_keepers_carries_it(words: list[Says]):
    try:
        judge(*words)
    except EvidenceInsufficient:
        return
    by_step = {step: {one.person for one in words if one.step == step} for step in ("approval", CUSTODY, OTHER)}
    assert by_step[CUSTODY] == {"eve"}
    assert by_step[OTHER] == {"max"}
    assert by_step["approval"]
    assert by_step["approval"] <= {"ann", "bob"}
