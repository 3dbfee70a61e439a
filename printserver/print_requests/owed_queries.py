"""Which papers are owed, since when, by whom; and why others left the list."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, and_, case, func, or_, select

from printserver.archive.copy_records import is_archived
from printserver.foundation.serials import CopySerial
from printserver.foundation.unit_of_work import Work
from printserver.organisations.access import Actor, within
from printserver.organisations.branch_paths import branches_at_or_below
from printserver.organisations.permissions import Permission
from printserver.organisations.queries import branch, names
from printserver.print_requests.access import copy_for
from printserver.print_requests.models import Copy, PrintRequest
from printserver.print_requests.owed_rules import Standing, overdue_days, standing
from printserver.print_requests.paper_models import DueExtension, OwedReturn
from printserver.print_requests.states import INVALID, CopyState

PAGE: Final = 200
MOST_ROWS: Final = 10_000
"""Of a table to keep."""


class Shown(StrEnum):
    """Which of them."""

    OWED = "owed"
    OVERDUE = "overdue"
    LEFT = "left"
    """Those that are owed no more."""


class PaperFate(StrEnum):
    """What became of a paper that went to a printer."""

    ARCHIVED = "archived"
    ENDED = "ended"
    """Its copy is void, missing, destroyed or replaced."""
    OWED = "owed"
    OVERDUE = "overdue"
    KEPT = "kept"
    """It need not come back."""
    UNSETTLED = "unsettled"
    """At the printer, or of an unknown outcome."""


@dataclass(frozen=True)
class OwedSearch:
    """branch_path: at it and below.   text: in the title or the own reference."""

    shown: Shown = Shown.OWED
    branch_path: str = ""
    text: str = ""


@dataclass(frozen=True)
class OwedView:
    """`days`: overdue; 0 when it is not.   reason: why it left the list.   extended: a person has set the date."""

    id: UUID
    request_id: UUID
    branch_id: UUID
    branch: str
    serial: str
    number: int
    copies: int
    title: str
    own_reference: str
    applicant_id: UUID
    applicant: str
    printed_at: datetime | None
    due_at: datetime
    standing: Standing
    days: int
    reason: str
    extended: bool


@dataclass(frozen=True)
class ExtensionView:
    due_before: datetime
    due_after: datetime
    reason: str
    extended_by: str
    extended_at: datetime


@dataclass(frozen=True)
class BranchCount:
    """Of one branch."""

    branch_id: UUID
    branch: str
    owed: int
    overdue: int


def outstanding() -> ColumnElement[bool]:
    """The condition, over OwedReturn joined with Copy, that a paper is still owed."""
    return and_(
        OwedReturn.due_at.is_not(None),
        OwedReturn.written_off_at.is_(None),
        Copy.state == CopyState.PRINTED,
        ~is_archived(Copy.id.expression),
    )


def owed_returns(
    work: Work, actor: Actor, search: OwedSearch = OwedSearch(), *, limit: int = PAGE, skip: int = 0
) -> tuple[OwedView, ...]:
    """The longest overdue first; of those that left the list, the latest due first."""
    order = OwedReturn.due_at.desc() if search.shown is Shown.LEFT else OwedReturn.due_at.asc()
    query = _views().where(within(OwedReturn.branch_id, actor, Permission.READ_REQUESTS), *_conditions(work, search))
    return _read(work, query.order_by(order, OwedReturn.copy_id).limit(limit).offset(skip))


def owed_of_copy(work: Work, actor: Actor, copy_id: UUID) -> OwedView | None:
    """None for a copy that owes nothing and never did.   Raises: NotFound."""
    copy_for(work, actor, copy_id, Permission.READ_REQUESTS)
    found = _read(work, _views().where(OwedReturn.copy_id == copy_id, OwedReturn.due_at.is_not(None)))
    return found[0] if found else None


def overdue_of_branch(work: Work, branch_id: UUID, *, limit: int = PAGE) -> tuple[OwedView, ...]:
    """Without regard to anybody's rights, the longest overdue first."""
    late = (OwedReturn.branch_id == branch_id, outstanding(), OwedReturn.due_at < work.now())
    return _read(work, _views().where(*late).order_by(OwedReturn.due_at, OwedReturn.copy_id).limit(limit))


def overdue_since(work: Work, branch_id: UUID) -> tuple[datetime, ...]:
    """When each overdue paper of the branch was due, without regard to anybody's rights."""
    return tuple(
        due
        for due in work.session.scalars(
            select(OwedReturn.due_at)
            .join(Copy, Copy.id == OwedReturn.copy_id)
            .where(OwedReturn.branch_id == branch_id, outstanding(), OwedReturn.due_at < work.now())
            .order_by(OwedReturn.due_at)
        )
        if due is not None
    )


def branch_counts(work: Work, actor: Actor) -> tuple[BranchCount, ...]:
    """Of branches that owe something, those with most overdue first."""
    late = func.sum(case((OwedReturn.due_at < work.now(), 1), else_=0))
    rows = work.session.execute(
        select(OwedReturn.branch_id, func.count(), late)
        .join(Copy, Copy.id == OwedReturn.copy_id)
        .where(within(OwedReturn.branch_id, actor, Permission.READ_REQUESTS), outstanding())
        .group_by(OwedReturn.branch_id)
        .order_by(late.desc(), OwedReturn.branch_id)
    )
    return tuple(BranchCount(each, branch(work, each).name, owed, int(overdue)) for each, owed, overdue in rows)


def extensions_of(work: Work, copy_id: UUID) -> tuple[ExtensionView, ...]:
    """Without regard to anybody's rights, the newest first."""
    rows = work.session.scalars(
        select(DueExtension).where(DueExtension.copy_id == copy_id).order_by(DueExtension.id.desc())
    ).all()
    people = names(work, {row.extended_by for row in rows})
    return tuple(
        ExtensionView(row.due_before, row.due_after, row.reason, people.get(row.extended_by, ""), row.extended_at)
        for row in rows
    )


def paper_fates(work: Work, copy_ids: Collection[UUID]) -> Mapping[UUID, PaperFate]:
    """What became of each copy's paper until now; without regard to anybody's rights."""
    wanted, found = sorted(copy_ids), {}
    for start in range(0, len(wanted), PAGE):
        rows = work.session.execute(
            select(Copy.id, Copy.state, is_archived(Copy.id.expression), outstanding(), OwedReturn.due_at)
            .outerjoin(OwedReturn, OwedReturn.copy_id == Copy.id)
            .where(Copy.id.in_(wanted[start : start + PAGE]))
        )
        for copy_id, state, archived, owed, due in rows:
            overdue = due is not None and due < work.now()
            found[copy_id] = _fate(CopyState(state), archived=archived, owed=bool(owed), overdue=overdue)
    return found


def _fate(state: CopyState, *, archived: bool, owed: bool, overdue: bool) -> PaperFate:
    if archived:
        return PaperFate.ARCHIVED
    if state in INVALID:
        return PaperFate.ENDED
    if state is not CopyState.PRINTED:
        return PaperFate.UNSETTLED
    if not owed:
        return PaperFate.KEPT
    return PaperFate.OVERDUE if overdue else PaperFate.OWED


def _conditions(work: Work, search: OwedSearch) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = [OwedReturn.due_at.is_not(None)]
    found.append(~outstanding() if search.shown is Shown.LEFT else outstanding())
    if search.shown is Shown.OVERDUE:
        found.append(OwedReturn.due_at < work.now())
    if search.branch_path:
        found.append(OwedReturn.branch_id.in_(branches_at_or_below(search.branch_path)))
    if search.text.strip():
        text = search.text.strip()
        columns = (PrintRequest.title, PrintRequest.own_reference)
        found.append(or_(*(column.icontains(text, autoescape=True) for column in columns)))
    return found


def _views() -> Select[OwedReturn, Copy, PrintRequest, bool]:
    return (
        select(OwedReturn, Copy, PrintRequest, is_archived(Copy.id.expression))
        .join(Copy, Copy.id == OwedReturn.copy_id)
        .join(PrintRequest, PrintRequest.id == Copy.request_id)
    )


def _read(work: Work, query: Select[OwedReturn, Copy, PrintRequest, bool]) -> tuple[OwedView, ...]:
    rows = work.session.execute(query).all()
    people = names(work, {request.applicant_id for _, _, request, _ in rows})
    branches = {each: branch(work, each).name for each in {owed.branch_id for owed, _, _, _ in rows}}
    return tuple(_view(row, work.now(), people, branches) for row in rows)


def _view(
    row: Row[OwedReturn, Copy, PrintRequest, bool],
    now: datetime,
    people: Mapping[UUID, str],
    branches: Mapping[UUID, str],
) -> OwedView:
    owed, copy, request, archived = row
    if owed.due_at is None:
        raise ValueError("lists hold only papers with a due date")
    stands, reason = _standing(owed, copy, owed.due_at, now, archived=archived)
    return OwedView(
        id=owed.copy_id,
        request_id=request.id,
        branch_id=owed.branch_id,
        branch=branches.get(owed.branch_id, ""),
        serial=str(CopySerial(copy.serial)),
        number=copy.number,
        copies=request.copies,
        title=request.title,
        own_reference=request.own_reference,
        applicant_id=request.applicant_id,
        applicant=people.get(request.applicant_id, ""),
        printed_at=copy.printed_at,
        due_at=owed.due_at,
        standing=stands,
        days=overdue_days(owed.due_at, now) if stands is Standing.OVERDUE else 0,
        reason=reason,
        extended=owed.extended,
    )


def _standing(owed: OwedReturn, copy: Copy, due: datetime, now: datetime, *, archived: bool) -> tuple[Standing, str]:
    """With the reason of what ended it."""
    if archived:
        return Standing.HOME, ""
    if CopyState(copy.state) in INVALID:
        return Standing(copy.state), copy.settled_reason
    if owed.written_off_as is not None:
        return Standing(owed.written_off_as), owed.written_off_reason or ""
    return standing(due, now, remind_before=owed.remind_before), ""
