"""Whether a copy's code is opened from more places than one paper usually gets to. A hint, never a verdict.

Kept: a keyed digest of the visitor's network, the copy and the day, so that two days of one visitor cannot be joined
and nobody can be asked for by address; deleted after a month.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from typing import Final
from uuid import UUID

from sqlalchemy import Select, bindparam, delete, func, select
from sqlalchemy.exc import IntegrityError

from printserver.foundation.networks import network_of
from printserver.foundation.unit_of_work import Database, Work
from printserver.verification.models import CodeSighting

KEPT: Final = timedelta(days=30)
MOST_KEPT: Final = 200
"""Of one copy: whoever wants to fill the table needs a genuine code, and gets no further than this."""
UNLIKELY_IN_A_DAY: Final = 8
UNLIKELY_IN_A_MONTH: Final = 25
_VISITOR_DIGITS: Final = 24

Digest = Callable[[str, str, str], str]
"""A keyed digest of three texts, as hex digits."""


@dataclass(frozen=True)
class Sightings:
    """From how many places a copy's code was opened, this visitor counted in. The places of a day are counted anew."""

    in_a_day: int
    in_a_month: int

    @property
    def unlikely(self) -> bool:
        """Whether one paper hardly gets to that many places."""
        return self.in_a_day >= UNLIKELY_IN_A_DAY or self.in_a_month >= UNLIKELY_IN_A_MONTH


def visitor_digest(digest: Digest, copy_id: UUID, address: str, day: str) -> str:
    """day: 2026-11-22.   address: as the connection shows it; only its network counts."""
    return digest(network_of(address), str(copy_id), day)[:_VISITOR_DIGITS]


def record_sighting(database: Database, copy_id: UUID, visitor: str) -> Sightings:
    """Count this visitor in, once a day, in a transaction of its own; forgets what is older than KEPT."""
    with database.reading() as work:
        seen, is_known = _seen(work, copy_id, visitor)
    if is_known or seen.in_a_month >= MOST_KEPT:
        return seen
    with database.work() as work:
        work.session.execute(delete(CodeSighting).where(CodeSighting.seen_at <= work.now() - KEPT))
        try:
            with work.session.begin_nested():
                work.session.add(CodeSighting(copy_id=copy_id, visitor=visitor, seen_at=work.now()))
        except IntegrityError:
            pass  # the same visitor, in another tab, was faster
    return Sightings(seen.in_a_day + 1, seen.in_a_month + 1)


def _seen(work: Work, copy_id: UUID, visitor: str) -> tuple[Sightings, bool]:
    """Whether the visitor is among them already."""
    now = work.now()
    asked = {"copy_id": copy_id, "visitor": visitor, "day": now - timedelta(days=1), "month": now - KEPT}
    in_a_day, in_a_month, known = work.session.execute(_counting(), asked).one()
    return Sightings(in_a_day, in_a_month), known > 0


@cache
def _counting() -> Select[int, int, int]:
    """Built once: building it costs more than asking it."""
    return select(
        func.count().filter(CodeSighting.seen_at > bindparam("day")),
        func.count(),
        func.count().filter(CodeSighting.visitor == bindparam("visitor")),
    ).where(CodeSighting.copy_id == bindparam("copy_id"), CodeSighting.seen_at > bindparam("month"))
