"""The quorum: what carries a manifest, and that nothing less does."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from printserver.signing.errors import EvidenceInsufficient
from printserver.signing.evidence import Decision, EvidenceClaims
from printserver.signing.quorum import check_quorum, manifest_digest

NOW = datetime(2026, 11, 22, 13, 30, tzinfo=UTC)
MANIFEST: dict[str, Any] = {
    "version": 1,
    "request_id": "request-1",
    "organisation": 7,
    "applicant_id": "clerk",
    "document_sha256": "cd" * 32,
    "copies": [{"serial": "A", "number": 1, "sha256": "01" * 32}, {"serial": "B", "number": 2, "sha256": "02" * 32}],
    "seals": [{"seal_id": "s1"}],
    "steps": [{"name": "approval", "quorum": 1}, {"name": "custody:s1", "quorum": 1}],
    "expires_at": "2026-12-01T00:00:00Z",
}


def decisions(manifest: dict[str, Any], *people: tuple[str, str]) -> list[EvidenceClaims]:
    digest = manifest_digest(manifest)
    return [EvidenceClaims(digest, "request-1", person, step, Decision.APPROVED, NOW, 7) for person, step in people]


FULL = decisions(MANIFEST, ("approver", "approval"), ("custodian", "custody:s1"))


def test_a_full_quorum_carries_the_manifest():
    check_quorum(MANIFEST, FULL)
    check_quorum(MANIFEST, FULL[::-1], at=NOW)


def test_more_people_than_asked_for_do_no_harm():
    check_quorum(MANIFEST, [*FULL, *decisions(MANIFEST, ("second-approver", "approval"))])


@pytest.mark.parametrize("given_evidence", [[], FULL[:1], FULL[1:]])
def test_a_step_without_its_quorum_is_named(given_evidence: list[EvidenceClaims]):
    with pytest.raises(EvidenceInsufficient) as refusal:
        check_quorum(MANIFEST, given_evidence)
    missing = {"approval", "custody:s1"} - {claims.step for claims in given_evidence}
    assert sorted(refusal.value.missing) == [f"step {step} has 0 of 1 decisions" for step in sorted(missing)]
    assert str(refusal.value) == "; ".join(refusal.value.missing)


def test_two_of_two_are_needed_where_two_are_asked_for():
    manifest = copy.deepcopy(MANIFEST)
    manifest["steps"][0]["quorum"] = 2
    one = decisions(manifest, ("approver", "approval"), ("custodian", "custody:s1"))
    with pytest.raises(EvidenceInsufficient):
        check_quorum(manifest, one)
    check_quorum(manifest, [*one, *decisions(manifest, ("second-approver", "approval"))])


@pytest.mark.parametrize(
    "evidence",
    [
        [FULL[0], *decisions(MANIFEST, ("approver", "custody:s1"))],
        [*FULL, FULL[0]],
        [*FULL, *decisions(MANIFEST, ("approver", "custody:s1"))],
    ],
)
def test_one_person_counts_once_in_whatever_steps(evidence: list[EvidenceClaims]):
    with pytest.raises(EvidenceInsufficient, match="more than once"):
        check_quorum(MANIFEST, evidence)


@pytest.mark.parametrize("step", ["approval", "custody:s1"])
def test_the_applicant_never_decides(step: str):
    with pytest.raises(EvidenceInsufficient, match="applicant"):
        check_quorum(MANIFEST, [*FULL, *decisions(MANIFEST, ("clerk", step))])


@pytest.mark.parametrize(
    "spoil",
    [
        lambda claims: replace(claims, manifest_sha256="ef" * 32),
        lambda claims: replace(claims, request_id="request-2"),
        lambda claims: replace(claims, organisation=8),
        lambda claims: replace(claims, decision=Decision.REFUSED),
        lambda claims: replace(claims, step="custody:s2"),
        lambda claims: replace(claims, decided_at=datetime(2026, 12, 1, 0, 0, 1, tzinfo=UTC)),
    ],
)
def test_one_bad_decision_among_enough_good_ones_stops_everything(
    spoil: Callable[[EvidenceClaims], EvidenceClaims],
):
    with pytest.raises(EvidenceInsufficient):
        check_quorum(MANIFEST, [*FULL, spoil(decisions(MANIFEST, ("third", "approval"))[0])])


@pytest.mark.parametrize(
    "change",
    [
        lambda m: m.update(steps=[]),
        lambda m: m.update(steps=[{"name": "custody:s1", "quorum": 1}]),
        lambda m: m.update(steps=[{"name": "approval", "quorum": 1}]),
        lambda m: m["steps"].append({"name": "approval", "quorum": 1}),
        lambda m: m["steps"].append({"name": "custody:s2", "quorum": 1}),
        lambda m: m["steps"][0].update(quorum=0),
        lambda m: m["steps"][0].update(quorum=True),
        lambda m: m["steps"][0].update(quorum=-1),
        lambda m: m["seals"].append({"seal_id": "s2"}),
        lambda m: m["seals"].append({}),
        lambda m: m.update(copies=[]),
        lambda m: m["copies"][0].update(sha256=""),
        lambda m: m["copies"][1].update(serial="A"),
        lambda m: m["copies"][1].update(number=1),
        lambda m: m.update(copies=None),
        lambda m: m.update(applicant_id=""),
        lambda m: m.update(applicant_id=None),
        lambda m: m.update(document_sha256=""),
        lambda m: m.update(organisation=None),
        lambda m: m.update(expires_at=None),
        lambda m: m.update(expires_at="2026-12-01T00:00:00"),
        lambda m: m.pop("applicant_id"),
        lambda m: m.pop("steps"),
        lambda m: m.pop("expires_at"),
    ],
)  # fmt: skip
def test_a_manifest_that_asks_for_too_little_is_carried_by_nobody(change: Callable[[dict[str, Any]], object]):
    manifest = copy.deepcopy(MANIFEST)
    change(manifest)
    everybody = decisions(manifest, ("a", "approval"), ("b", "custody:s1"), ("c", "approval"), ("d", "custody:s1"))
    with pytest.raises(EvidenceInsufficient):
        check_quorum(manifest, everybody)


def test_an_expired_request_is_carried_by_nobody():
    with pytest.raises(EvidenceInsufficient, match="expired"):
        check_quorum(MANIFEST, FULL, at=datetime(2026, 12, 1, tzinfo=UTC) + timedelta(seconds=1))


def test_a_manifest_without_a_canonical_form_is_refused():
    with pytest.raises(EvidenceInsufficient):
        manifest_digest({"x": float("nan")})


people = st.sampled_from(["clerk", "ann", "bob", "eve"])
steps = st.sampled_from(["approval", "custody:s1"])


@given(st.lists(st.tuples(people, steps, st.sampled_from(Decision)), max_size=5))
def test_it_passes_exactly_when_distinct_people_other_than_the_applicant_agree(
    said: list[tuple[str, str, Decision]],
):
    evidence = [replace(decisions(MANIFEST, (person, step))[0], decision=decision) for person, step, decision in said]
    names = [person for person, _, _ in said]
    allowed = (
        "clerk" not in names
        and len(set(names)) == len(names)
        and all(decision is Decision.APPROVED for _, _, decision in said)
        and {step for _, step, _ in said} == {"approval", "custody:s1"}
    )
    if allowed:
        check_quorum(MANIFEST, evidence)
    else:
        with pytest.raises(EvidenceInsufficient):
            check_quorum(MANIFEST, evidence)
