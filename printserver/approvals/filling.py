"""Whether different people can be found for all steps. Pure: a bipartite matching, by augmenting paths."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True)
class Demand:
    """`quorum` different people out of `people`, for the step of this name."""

    name: str
    quorum: int
    people: frozenset[UUID]


def unfilled_step(demands: Sequence[Demand], *, besides: Collection[UUID] = ()) -> str | None:
    """The first step, in the order given, for which nobody is left once each person counts once; None when all fit.

    besides: people who cannot be asked, such as the applicant.
    """
    holders: dict[UUID, int] = {}
    for at, demand in enumerate(demands):
        for _ in range(demand.quorum):
            if not _placed(at, demands, holders, set(besides)):
                return demand.name
    return None


def _placed(at: int, demands: Sequence[Demand], holders: dict[UUID, int], tried: set[UUID]) -> bool:
    for person in sorted(demands[at].people - tried):
        tried.add(person)
        if person not in holders or _placed(holders[person], demands, holders, tried):
            holders[person] = at
            return True
    return False
