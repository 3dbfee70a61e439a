"""Whatever is said, lent and barred: nothing passes without two rightful people besides the applicant."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from printserver.signing.errors import EvidenceForged, EvidenceInsufficient
from printserver.signing.evidence import Decision
from printserver.signing.quorum import check_quorum
from printserver.signing.register import Standing
from tests.standings import (
    CUSTODY,
    NOW,
    OFFICE,
    K,
    Says,
    delegation,
    manifest,
    some_id,
    standing,
)

MANIFEST = manifest()


def judge(*said: Says, by: Standing) -> None:
    check_quorum(MANIFEST, [one.about(MANIFEST) for one in said], by, at=NOW)


people = st.sampled_from(["clerk", "ann", "bob", "sue", "eve", "max"])
lent = st.lists(st.tuples(people, people, st.sampled_from(["approver", "custodian"])), max_size=3)
words = st.builds(
    Says,
    people,
    st.sampled_from(["approval", CUSTODY]),
    st.sampled_from([*Decision, Decision.APPROVED, Decision.APPROVED]),
    st.sampled_from(["", "", "", "clerk", "ann", "eve"]),
    st.sampled_from(["", "", "", "clerk", "bob", "max"]),
)
APPROVERS = {"ann", "bob"}


@settings(max_examples=400)
@given(said=st.lists(words, max_size=5), delegations=lent, barred=st.sets(people, max_size=1))
def test_whatever_is_said_and_lent_nothing_passes_without_two_rightful_people_besides_the_applicant(
    said: list[Says], delegations: list[tuple[str, str, str]], barred: set[str]
):
    given_ = [(K.DELEGATION, delegation(*one)) for one in delegations if one[0] != one[1]]
    by = standing(*given_, *((K.BAR, {"person_id": some_id(name)}) for name in barred), start=OFFICE)
    try:
        judge(*said, by=by)
    except (EvidenceInsufficient, EvidenceForged):
        return
    approved = [one for one in said if one.decision is Decision.APPROVED]
    assert len({one.person for one in said}) == len(said)
    assert "clerk" not in {one.person for one in said} | {one.acts_for for one in said}
    assert not barred & ({one.person for one in said} | {one.acts_for for one in said})
    assert {one.step for one in approved} == {"approval", CUSTODY}
    for one in approved:
        behind = one.acts_for or one.person
        if one.step == CUSTODY:
            assert behind == "eve"
            assert not one.acts_for or ("eve", one.person, "custodian") in delegations
    rightful = {
        one.acts_for or one.person
        for one in said
        if one.step == "approval"
        and (one.acts_for or one.person) in APPROVERS
        and (not one.acts_for or (one.acts_for, one.person, "approver") in delegations)
    }
    assert rightful, "an approver's own word, or hand over, stands behind every approval"
