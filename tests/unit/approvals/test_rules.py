"""Which step waits, who may take it, and that a quorum of different people is asked for whatever happens."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from printserver.approvals.rules import (
    ApplicantMayNotDecide,
    ColleagueNotPossible,
    NotThisPersonsTurn,
    PersonCountsOnce,
    StandIn,
    Taken,
    asked_besides,
    counted,
    custody_step,
    is_done,
    require_colleague,
    require_decider,
    step_of_json,
    waiting_step,
    whose_place,
)
from printserver.signing.evidence import Decision
from printserver.signing.flow import Case, Scope, Seat, Step

ALWAYS = datetime.min.replace(tzinfo=UTC)
NOW = datetime(2026, 11, 22, tzinfo=UTC)
HEAD, NORTH = "/a/", "/a/b/"
CASE = Case(NORTH, 1)
PEOPLE = [UUID(int=number) for number in range(1, 7)]
APPLICANT, ANN, BOB, EVE, *_ = PEOPLE
APPROVAL = Step("approval", 1, ("approver",))


def seat(person: UUID, path: str = HEAD, role: str = "approver") -> Seat:
    return Seat(str(person), role, path, ALWAYS)


def yes(person: UUID, step: str = "approval", **more: UUID) -> Taken:
    return Taken(person, step, Decision.APPROVED, **more)


def place(
    person: UUID, *taken: Taken, seats: tuple[Seat, ...] = (), stand_ins: tuple[StandIn, ...] = ()
) -> UUID | None:
    return whose_place(
        APPROVAL, CASE, person, seats=seats, stand_ins=stand_ins, applicant_id=APPLICANT, taken=taken, at=NOW
    )


def test_a_flow_without_steps_approves_nothing():
    with pytest.raises(ValueError, match="nothing"):
        waiting_step((), ())


def test_steps_are_taken_in_their_order():
    steps = (Step("first", 1), Step("second", 2), Step(custody_step(uuid4()), 1))
    taken: list[Taken] = []
    for person, step in zip(PEOPLE[1:], ("first", "second", "second", steps[2].name), strict=False):
        waiting = waiting_step(steps, taken)
        assert waiting is not None
        assert waiting.name == step
        taken.append(yes(person, step))
    assert waiting_step(steps, taken) is None


def test_a_step_read_back_is_the_same():
    step = Step("legal", 2, ("approver",), (str(ANN),), Scope.ABOVE)
    assert step_of_json(step.to_json()) == step


def test_the_applicant_never_decides_and_nobody_twice_nor_for_somebody_who_has():
    with pytest.raises(ApplicantMayNotDecide):
        require_decider(APPLICANT, applicant_id=APPLICANT, taken=())
    deputy = yes(ANN, acts_for=BOB)
    for used in (ANN, BOB):
        with pytest.raises(PersonCountsOnce):
            require_decider(used, applicant_id=APPLICANT, taken=(deputy,))
    require_decider(EVE, applicant_id=APPLICANT, taken=(deputy,))


def test_a_seat_in_the_branch_or_above_gives_the_step_and_one_elsewhere_does_not():
    assert place(ANN, seats=(seat(ANN),)) is None
    assert place(ANN, seats=(seat(ANN, NORTH),)) is None
    for other in (seat(ANN, "/a/c/"), seat(ANN, role="clerk"), seat(BOB)):
        with pytest.raises(NotThisPersonsTurn):
            place(ANN, seats=(other,))


def test_a_deputy_takes_the_place_of_a_principal_who_has_not_counted_and_is_not_the_applicant():
    def behind(principal: UUID, role: str = "approver") -> StandIn:
        return StandIn(principal, role, (seat(principal, role=role),))

    assert place(EVE, stand_ins=(behind(ANN),)) == ANN
    assert place(EVE, yes(ANN, "other"), stand_ins=(behind(ANN), behind(BOB))) == BOB
    for stand_in in (behind(APPLICANT), behind(ANN, "custodian"), behind(EVE)):
        with pytest.raises(NotThisPersonsTurn):
            place(EVE, stand_ins=(stand_in,))


def test_who_was_asked_or_handed_the_step_may_take_it_without_a_seat():
    assert place(EVE, yes(ANN, to=EVE)) is None
    assert place(EVE, Taken(ANN, "approval", Decision.FORWARDED, to=EVE)) is None
    with pytest.raises(NotThisPersonsTurn):
        place(EVE, yes(ANN, "other", to=EVE))


def test_a_step_waits_for_the_countersignature_that_does_not_count_for_the_quorum():
    asked = yes(ANN, to=BOB)
    assert asked_besides(APPROVAL, (asked,)) == {BOB}
    assert not is_done(APPROVAL, (asked,))
    assert is_done(APPROVAL, (asked, yes(BOB)))
    two = Step("approval", 2, ("approver",))
    assert not is_done(two, (asked, yes(BOB)))
    assert is_done(two, (asked, yes(BOB), yes(EVE)))


def test_a_step_that_was_handed_on_waits_for_the_other_person():
    handed = Taken(ANN, "approval", Decision.FORWARDED, to=BOB)
    assert not is_done(APPROVAL, (handed,))
    assert is_done(APPROVAL, (handed, yes(BOB)))


@pytest.mark.parametrize(("to", "taken"), [(ANN, ()), (APPLICANT, ()), (BOB, (yes(BOB),)), (BOB, (yes(EVE, to=BOB),))])
def test_not_everybody_can_be_asked(to: UUID, taken: tuple[Taken, ...]):
    with pytest.raises(ColleagueNotPossible):
        require_colleague(to, ANN, applicant_id=APPLICANT, taken=taken)


words = st.builds(
    Taken,
    st.sampled_from(PEOPLE),
    st.sampled_from(["first", "second"]),
    st.sampled_from(Decision),
    st.none() | st.sampled_from(PEOPLE),
    st.none() | st.sampled_from(PEOPLE),
)


@given(st.lists(words, max_size=12), st.integers(1, 3), st.integers(1, 3))
def test_whatever_is_said_all_steps_are_done_only_by_a_quorum_of_different_people_other_than_the_applicant(
    said: list[Taken], first: int, second: int
):
    steps = (Step("first", first), Step("second", second))
    taken: list[Taken] = []
    for word in said:
        waiting = waiting_step(steps, taken)
        people = {person for person in (word.person_id, word.acts_for) if person}
        if waiting is None or word.step != waiting.name or APPLICANT in people or people & counted(taken):
            continue
        taken.append(word)
    if waiting_step(steps, taken) is None:
        for step in steps:
            agreed = {one.person_id for one in taken if (one.step, one.decision) == (step.name, Decision.APPROVED)}
            assert len(agreed) >= step.quorum
        assert APPLICANT not in counted(taken)
        assert len(counted(taken)) >= first + second
