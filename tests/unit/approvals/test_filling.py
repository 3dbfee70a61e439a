"""Different people for all steps: found whenever there are any, never by counting somebody twice."""

from __future__ import annotations

from itertools import product
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from printserver.approvals.filling import Demand, unfilled_step

PEOPLE = [UUID(int=at) for at in range(1, 6)]
demands = st.lists(st.tuples(st.integers(1, 2), st.frozensets(st.sampled_from(PEOPLE))), max_size=3).map(
    lambda drawn: [Demand(f"step-{at}", quorum, people) for at, (quorum, people) in enumerate(drawn)]
)


def possible(asked: list[Demand], besides: set[UUID]) -> bool:
    """By trying every way."""
    seats = [one.people - besides for one in asked for _ in range(one.quorum)]
    return any(len(set(chosen)) == len(chosen) for chosen in product(*seats))


@given(demands, st.frozensets(st.sampled_from(PEOPLE), max_size=2))
def test_a_step_is_unfilled_exactly_when_no_way_of_asking_people_works(asked: list[Demand], besides: frozenset[UUID]):
    assert (unfilled_step(asked, besides=besides) is None) == possible(asked, set(besides))


@given(demands)
def test_the_steps_before_the_one_that_is_named_can_be_filled(asked: list[Demand]):
    named = unfilled_step(asked)
    if named is not None:
        before = asked[: [one.name for one in asked].index(named)]
        assert possible(before, set())


def test_somebody_moves_to_make_room():
    first, second = PEOPLE[:2]
    asked = [Demand("any", 1, frozenset({first, second})), Demand("one", 1, frozenset({first}))]
    assert unfilled_step(asked) is None
    assert unfilled_step(asked, besides={second}) == "one"
    assert unfilled_step([], besides=PEOPLE) is None
