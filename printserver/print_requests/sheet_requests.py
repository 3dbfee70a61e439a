"""What returns ask of requests and copies, also where no code can be believed; without regard to anybody's rights."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from sqlalchemy import select

from printserver.foundation.serials import CopySerial
from printserver.foundation.unit_of_work import Work
from printserver.print_requests.electronic import Electronic, papers_of
from printserver.print_requests.models import Copy, PrintRequest
from printserver.print_requests.states import CopyState

MOST_SERIALS: Final = 20_000
_AT_ONCE: Final = 500
_ON_PAPER: Final = (CopyState.SENT, CopyState.PRINTED, CopyState.OUTCOME_UNKNOWN)


@dataclass(frozen=True)
class RequestPlace:
    """Whose a request is."""

    id: UUID
    organisation_id: UUID
    branch_id: UUID
    title: str
    own_reference: str


@dataclass(frozen=True)
class NamedCopy:
    """What a list of pages says of the copy that a page is.   copies: of the request, on paper."""

    id: UUID
    request_id: UUID
    serial: CopySerial
    number: int
    copies: int
    pages: int
    title: str


@dataclass(frozen=True)
class SerialOut:
    """A copy whose paper is somewhere outside."""

    copy_id: UUID
    serial: CopySerial
    pages: int


def request_place(work: Work, request_id: UUID) -> RequestPlace | None:
    """The request that a process sheet names, if there is one."""
    return request_places(work, [request_id]).get(request_id)


def request_places(work: Work, request_ids: Collection[UUID]) -> dict[UUID, RequestPlace]:
    rows = work.session.execute(
        select(
            PrintRequest.id,
            PrintRequest.organisation_id,
            PrintRequest.branch_id,
            PrintRequest.title,
            PrintRequest.own_reference,
        ).where(PrintRequest.id.in_(request_ids))
    )
    return {row.id: RequestPlace(*row) for row in rows}


def named_copies(work: Work, copy_ids: Collection[UUID]) -> dict[UUID, NamedCopy]:
    """Those of `copy_ids` that there are."""
    wanted, found = sorted(copy_ids), {}
    for start in range(0, len(wanted), _AT_ONCE):
        rows = work.session.execute(
            select(Copy, PrintRequest)
            .join(PrintRequest, PrintRequest.id == Copy.request_id)
            .where(Copy.id.in_(wanted[start : start + _AT_ONCE]))
        )
        for copy, request in rows:
            papers = papers_of(request.copies, Electronic(request.electronic))
            found[copy.id] = NamedCopy(
                copy.id, request.id, CopySerial(copy.serial), copy.number, papers, copy.pages, request.title
            )
    return found


def serials_out(work: Work, branch_id: UUID, *, limit: int = MOST_SERIALS) -> tuple[SerialOut, ...]:
    """Of the branch's copies on paper, the newest."""
    rows = work.session.execute(
        select(Copy.id, Copy.serial, Copy.pages)
        .where(Copy.branch_id == branch_id, Copy.state.in_(_ON_PAPER))
        .order_by(Copy.id.desc())
        .limit(limit)
    )
    return tuple(SerialOut(row.id, CopySerial(row.serial), row.pages) for row in rows)
