"""The copies that went to a printer, as the reconciliation with its counter needs them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import Row, or_, select

from printserver.approvals.authorisation import redeemed_copies
from printserver.foundation.unit_of_work import Work
from printserver.print_requests.models import Copy, PrintRequest
from printserver.print_requests.sides import Sides
from printserver.print_requests.states import CopyState
from printserver.printing.counts import job_ends
from printserver.printing.reconciliation import Fate, Print

_AT_ONCE: Final = 500
_WENT: Final = frozenset(
    {CopyState.SENT, CopyState.PRINTED, CopyState.OUTCOME_UNKNOWN, CopyState.DESTROYED, CopyState.MISSING}
)
_MAY_HAVE_GONE: Final = frozenset({CopyState.VOID, CopyState.REPLACED})
_MOMENTS: Final = (Copy.sent_at, Copy.released_at, Copy.printed_at, Copy.settled_at)


@dataclass(frozen=True, slots=True)
class PrintedCopy:
    """`reported`: the impressions that the printer told of this job; None when it told nothing."""

    copy_id: UUID
    print: Print
    reported: int | None


def prints_at(work: Work, printer_id: UUID, since: datetime) -> tuple[PrintedCopy, ...]:
    """Without regard to anybody's rights: every copy that may have moved the printer's counter at `since` or later."""
    rows = work.session.execute(
        select(Copy, PrintRequest.sides)
        .join(PrintRequest, PrintRequest.id == Copy.request_id)
        .where(
            Copy.printer_id == printer_id,
            or_(
                Copy.state.in_(_WENT),
                Copy.state.in_(_MAY_HAVE_GONE) & or_(Copy.sent_at.is_not(None), Copy.printed_at.is_not(None)),
            ),
            or_(
                Copy.state.in_((CopyState.SENT, CopyState.OUTCOME_UNKNOWN)),
                *(moment >= since for moment in _MOMENTS),
            ),
        )
    ).all()
    ends = job_ends(work, {row.Copy.job_uuid for row in rows if row.Copy.job_uuid is not None})
    authorised = _authorised(work, [row.Copy.id for row in rows])
    made = (_printed(row, ends.get(row.Copy.job_uuid), row.Copy.id in authorised, since) for row in rows)
    return tuple(sorted(made, key=lambda each: (each.print.began, each.copy_id)))


def _printed(row: Row[Copy, str], ended_at: datetime | None, authorised: bool, since: datetime) -> PrintedCopy:
    copy = row.Copy
    state = CopyState(copy.state)
    known = _earliest((copy.printed_at, ended_at, copy.settled_at))
    began = copy.sent_at or copy.released_at or known or since
    if state is CopyState.SENT:
        fate, over = Fate.ON_ITS_WAY, None
    elif copy.printed_at is not None:
        fate, over = Fate.PRINTED, known
    else:
        # A copy that a person gave up waiting for may still come out, until somebody says what became of it.
        fate, over = Fate.DOUBTFUL, known or (None if state is CopyState.OUTCOME_UNKNOWN else began)
    return PrintedCopy(
        copy.id,
        Print(
            pages=copy.pages,
            two_sided=row.sides != Sides.ONE_SIDED,
            fate=fate,
            began=began,
            over=None if over is None else max(over, began),
            authorised=authorised,
        ),
        copy.impressions_reported,
    )


def _earliest(moments: Iterable[datetime | None]) -> datetime | None:
    return min((each for each in moments if each is not None), default=None)


def _authorised(work: Work, copy_ids: Sequence[UUID]) -> set[UUID]:
    """Those whose authorisation was used up: what the signer acted on, not what the copy's row says of itself."""
    parts = (set(copy_ids[start : start + _AT_ONCE]) for start in range(0, len(copy_ids), _AT_ONCE))
    return {copy_id for part in parts for copy_id in redeemed_copies(work, part)}
