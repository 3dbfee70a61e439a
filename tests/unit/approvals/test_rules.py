"""Who may decide, and what a flow asks for."""

from __future__ import annotations

from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as some

from printserver.approvals.rules import (
    ApplicantMayNotDecide,
    PersonCountsOnce,
    Step,
    custody_step,
    require_decider,
    steps_for,
)


def test_a_flow_without_a_seal_is_refused_because_it_would_approve_nothing():
    with pytest.raises(ValueError, match="seal"):
        steps_for([])


def test_every_seal_adds_its_custodians_step_behind_the_approval():
    seals = [uuid4(), uuid4()]
    assert steps_for(seals) == (Step("approval"), Step(custody_step(seals[0])), Step(custody_step(seals[1])))
    assert all(step.quorum == 1 for step in steps_for(seals))


@given(people=some.lists(some.uuids(), min_size=1, max_size=6, unique=True), data=some.data())
def test_a_person_decides_once_and_never_on_an_own_request(people: list[UUID], data: some.DataObject):
    person = data.draw(some.sampled_from(people))
    applicant = data.draw(some.sampled_from(people))
    deciders = data.draw(some.lists(some.sampled_from(people)))
    if person == applicant:
        with pytest.raises(ApplicantMayNotDecide):
            require_decider(person, applicant_id=applicant, deciders=deciders)
    elif person in deciders:
        with pytest.raises(PersonCountsOnce):
            require_decider(person, applicant_id=applicant, deciders=deciders)
    else:
        require_decider(person, applicant_id=applicant, deciders=deciders)
