"""Which branches and organisations are frozen now, and what follows for whoever belongs there or acts there."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select

from printserver.foundation.errors import Refused
from printserver.foundation.unit_of_work import Work
from printserver.organisations.freeze_models import PlaceFreeze
from printserver.organisations.models import Branch


class PlaceFrozen(Refused):
    """Nothing is asked for, decided or released at a frozen branch or one below it."""

    code = "place-frozen"


@dataclass(frozen=True)
class FrozenPlaces:
    """Of one organisation.   whole: all of it.   branches: ids, as paths hold them; what lies below is frozen too."""

    whole: bool = False
    branches: frozenset[str] = frozenset()

    @property
    def none(self) -> bool:
        return not self.whole and not self.branches

    def covers(self, path: str) -> bool:
        """Whether the branch of `path` is frozen."""
        return self.whole or any(part in self.branches for part in path.split("/") if part)


def frozen_places(work: Work, organisation_id: UUID) -> FrozenPlaces:
    ids = set(
        work.session.scalars(
            select(PlaceFreeze.branch_id).where(
                PlaceFreeze.organisation_id == organisation_id, PlaceFreeze.ended_at.is_(None)
            )
        )
    )
    return FrozenPlaces(None in ids, frozenset(str(each) for each in ids if each is not None))


def is_frozen(work: Work, organisation_id: UUID, branch_ids: Collection[UUID]) -> bool:
    """Whether one of these branches is frozen."""
    places = frozen_places(work, organisation_id)
    if places.none or places.whole:
        return places.whole
    paths = work.session.scalars(select(Branch.path).where(Branch.id.in_(branch_ids)))
    return any(places.covers(path) for path in paths)


def require_open(work: Work, organisation_id: UUID, *branch_ids: UUID) -> None:
    """Raises: PlaceFrozen."""
    if is_frozen(work, organisation_id, branch_ids):
        raise PlaceFrozen("this branch is frozen; nothing is decided or released there until it is unfrozen")
