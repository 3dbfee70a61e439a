"""How many copies each printer has to do with, without regard to anybody's rights."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final
from uuid import UUID

from sqlalchemy import func, select

from printserver.foundation.unit_of_work import Work
from printserver.print_requests.models import Copy
from printserver.print_requests.states import CopyState

ON_THEIR_WAY: Final = (CopyState.RELEASED, CopyState.SENT)
UNFINISHED: Final = (*ON_THEIR_WAY, CopyState.OUTCOME_UNKNOWN)


def unfinished_copies(work: Work, printer_id: UUID) -> int:
    """On their way to the printer, or of unknown outcome there: what keeps it from being retired."""
    return sum(_counts(work, UNFINISHED, (printer_id,)).values())


def busy_printers(work: Work, printer_ids: Collection[UUID]) -> frozenset[UUID]:
    """Those to which copies are on their way."""
    return frozenset(_counts(work, ON_THEIR_WAY, printer_ids))


def _counts(work: Work, states: Collection[CopyState], printer_ids: Collection[UUID]) -> dict[UUID, int]:
    rows = work.session.execute(
        select(Copy.printer_id, func.count())
        .where(Copy.printer_id.in_(printer_ids), Copy.state.in_(states))
        .group_by(Copy.printer_id)
    )
    return dict(rows.all())
