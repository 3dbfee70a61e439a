"""A branch that owes too many signed papers hands in nothing more, unless somebody grants it time.

Everything that is asked for lies in this room or below it, so the check stands where requests are entered: whoever
hands in, by page, interface or table, passes it. See decision 0025.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, select, update

from printserver.approvals.classes import ClassFacts, classes
from printserver.approvals.return_policies import return_policy
from printserver.audit.log import append
from printserver.foundation.errors import Malformed, NotFound, Refused, TransitionRefused
from printserver.foundation.ids import new_id
from printserver.foundation.unit_of_work import Work
from printserver.organisations.access import Actor, branch_path, within
from printserver.organisations.permissions import Permission
from printserver.organisations.queries import branch, names
from printserver.print_requests.owed_queries import OwedView, overdue_of_branch, overdue_since
from printserver.print_requests.owed_rules import Blocked, blocked, overdue_days
from printserver.print_requests.paper_events import (
    BlockExceptionEnded,
    BlockExceptionGranted,
    BlockExceptionUsed,
)
from printserver.print_requests.paper_models import BlockException

NAMED: Final = 5
"""Copies in what the applicant is told."""
LONGEST_EXCEPTION: Final = timedelta(days=31)
MOST_USES: Final = 100
LONGEST_REASON: Final = 500


class ReturnsOverdue(Refused):
    """The branch owes too many papers.   copies: those that the message names, the longest overdue first."""

    code = "returns-overdue"

    def __init__(self, standing: BlockStanding) -> None:
        named = "; ".join(f"{each.title} {each.number}/{each.copies} ({each.days} d)" for each in standing.copies)
        super().__init__(f"your branch has {standing.overdue} signed papers overdue, first bring back: {named}")
        self.standing = standing


class ExceptionMalformed(Malformed):
    code = "block-exception-malformed"


@dataclass(frozen=True)
class BlockStanding:
    """copies: the longest overdue, at most `NAMED`.   excepted: somebody has granted time that `actor` can use."""

    why: Blocked
    overdue: int
    copies: tuple[OwedView, ...]
    excepted: bool


@dataclass(frozen=True)
class ExceptionView:
    """`open`: can still be used."""

    id: UUID
    branch_id: UUID
    branch: str
    reason: str
    valid_until: datetime
    most_uses: int
    uses: int
    granted_by: str
    granted_at: datetime
    ended_at: datetime | None
    open: bool


def block_standing(work: Work, actor: Actor, class_code: str) -> BlockStanding | None:
    """Whether the actor's own branch may hand in requests of that class; None when it may anyhow.

    For those who are about to fill in a form; decides nothing.
    """
    policy = return_policy(work, actor.organisation_id, class_code)
    if not policy.blocks:
        return None
    now = work.now()
    late = [overdue_days(due, now) for due in overdue_since(work, actor.branch_id)]
    why = blocked(policy, late)
    if why is None:
        return None
    excepted = work.session.scalar(select(BlockException.id).where(_usable(work, actor)).limit(1)) is not None
    return BlockStanding(why, len(late), overdue_of_branch(work, actor.branch_id, limit=NAMED), excepted)


def blocked_classes(work: Work, actor: Actor) -> tuple[tuple[ClassFacts, BlockStanding], ...]:
    """Of which the actor's own branch may hand in nothing at present, or only by an exception."""
    found = ((facts, block_standing(work, actor, facts.code)) for facts in classes(work, actor.organisation_id))
    return tuple((facts, standing) for facts, standing in found if standing is not None)


def pass_block(work: Work, actor: Actor, class_code: str) -> None:
    """A request of that class is handed in now; one use of an exception is spent when it takes one.

    Raises: ReturnsOverdue.
    """
    standing = block_standing(work, actor, class_code)
    if standing is None:
        return
    candidates = work.session.scalars(
        select(BlockException.id).where(_usable(work, actor)).order_by(BlockException.valid_until, BlockException.id)
    ).all()
    for exception_id in candidates:  # each is decided by the database, whoever else hands in or ends it just now
        uses = work.session.scalar(
            update(BlockException)
            .where(BlockException.id == exception_id, _usable(work, actor))
            .values(uses=BlockException.uses + 1)
            .returning(BlockException.uses)
        )
        if uses is not None:
            append(work, actor.by, BlockExceptionUsed(id=actor.branch_id, exception_id=exception_id, uses=uses))
            return
    raise ReturnsOverdue(standing)


def grant_exception(
    work: Work, actor: Actor, branch_id: UUID, *, reason: str, valid_until: datetime, most_uses: int
) -> UUID:
    """Let a branch hand in up to `most_uses` requests until then, whatever it owes. Who grants it cannot use it.

    Raises: NotFound for a branch where `actor` does not settle returns; ExceptionMalformed without a reason, for more
    than 31 days, or for none or more than 100 requests.
    """
    if not actor.may(Permission.SETTLE_RETURNS, branch_path(work, branch_id)):
        raise NotFound("there is no such branch")
    if not reason.strip() or len(reason) > LONGEST_REASON:
        raise ExceptionMalformed(f"say why, in at most {LONGEST_REASON} characters")
    if not work.now() < valid_until <= work.now() + LONGEST_EXCEPTION or not 1 <= most_uses <= MOST_USES:
        raise ExceptionMalformed(f"an exception lasts at most 31 days, and for 1 to {MOST_USES} requests")
    row = BlockException(
        id=new_id(),
        organisation_id=actor.organisation_id,
        branch_id=branch_id,
        reason=reason.strip(),
        valid_until=valid_until.astimezone(UTC),
        most_uses=most_uses,
        uses=0,
        granted_by=actor.id,
        granted_person=actor.person_id,
        granted_at=work.now(),
    )
    work.session.add(row)
    work.session.flush()
    said = BlockExceptionGranted(
        id=branch_id, exception_id=row.id, reason=row.reason, valid_until=row.valid_until, most_uses=most_uses
    )
    append(work, actor.by, said)
    return row.id


def end_exception(work: Work, actor: Actor, exception_id: UUID) -> None:
    """Before its time.   Raises: NotFound; TransitionRefused for one that has ended."""
    here = within(BlockException.branch_id, actor, Permission.SETTLE_RETURNS)
    branch_id = work.session.scalar(select(BlockException.branch_id).where(BlockException.id == exception_id, here))
    if branch_id is None:
        raise NotFound("there is no such exception")
    ended = work.session.scalar(
        update(BlockException)
        .where(
            BlockException.id == exception_id,
            BlockException.ended_at.is_(None),
            BlockException.valid_until > work.now(),
        )
        .values(ended_at=work.now(), ended_by=actor.id)
        .returning(BlockException.id)
    )
    if ended is None:
        raise TransitionRefused("this exception has ended already")
    append(work, actor.by, BlockExceptionEnded(id=branch_id, exception_id=exception_id))


def exceptions(work: Work, actor: Actor, *, limit: int = 50) -> tuple[ExceptionView, ...]:
    """The newest first, of branches whose requests `actor` may read."""
    rows = work.session.scalars(
        select(BlockException)
        .where(within(BlockException.branch_id, actor, Permission.READ_REQUESTS))
        .order_by(BlockException.id.desc())
        .limit(limit)
    ).all()
    people = names(work, {row.granted_by for row in rows})
    now = work.now()
    return tuple(
        ExceptionView(
            row.id,
            row.branch_id,
            branch(work, row.branch_id).name,
            row.reason,
            row.valid_until,
            row.most_uses,
            row.uses,
            people.get(row.granted_by, ""),
            row.granted_at,
            row.ended_at,
            row.ended_at is None and row.valid_until > now and row.uses < row.most_uses,
        )
        for row in rows
    )


def _usable(work: Work, actor: Actor) -> ColumnElement[bool]:
    return (
        (BlockException.branch_id == actor.branch_id)
        & BlockException.ended_at.is_(None)
        & (BlockException.valid_until > work.now())
        & (BlockException.uses < BlockException.most_uses)
        & (BlockException.granted_person != actor.person_id)
    )
