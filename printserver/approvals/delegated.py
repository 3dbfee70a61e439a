"""A person's seats as the rules see them: their own, and those of principals for whom they stand in. Pure."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, datetime
from typing import Final
from uuid import UUID

from printserver.approvals.rules import StandIn
from printserver.organisations.access import Actor
from printserver.signing.flow import Seat

_ALWAYS: Final = datetime.min.replace(tzinfo=UTC)
"""The grants of an actor are those in force now."""


def own_seats(actor: Actor) -> tuple[Seat, ...]:
    return tuple(
        Seat(str(actor.person_id), str(grant.role), grant.path, _ALWAYS)
        for grant in actor.grants
        if grant.acts_for is None
    )


def stand_ins(actor: Actor) -> tuple[StandIn, ...]:
    """Whose place the actor may take; in a fixed order, so that the same one is chosen each time."""
    seats: dict[tuple[UUID, str], list[Seat]] = defaultdict(list)
    for grant in actor.grants:
        if grant.acts_for is not None:
            seat = Seat(str(grant.acts_for), str(grant.role), grant.path, _ALWAYS)
            seats[grant.acts_for, str(grant.role)].append(seat)
    return tuple(StandIn(principal, role, tuple(found)) for (principal, role), found in sorted(seats.items()))
