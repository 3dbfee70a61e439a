"""When a signed paper is due, how late it is, who is told when, and when a branch may ask for no more. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from printserver.approvals.return_policy import CountedFrom, ReturnPolicy

_DAY: Final = timedelta(days=1)
MOST_REMINDERS: Final = 4
"""While a paper is overdue; afterwards it stays on the lists."""


class Standing(StrEnum):
    """How a printed copy's paper stands. The last seven are why it left the list."""

    OPEN = "open"
    SOON = "soon"
    OVERDUE = "overdue"
    HOME = "home"
    """All its pages came home and are archived."""
    VOID = "void"
    MISSING = "missing"
    DESTROYED = "destroyed"
    REPLACED = "replaced"
    KEPT = "kept"
    """A person said that the paper stays with us."""
    NEVER = "never"
    """A person said that it will never come."""


OWED: Final = frozenset({Standing.OPEN, Standing.SOON, Standing.OVERDUE})
WRITTEN_OFF: Final = frozenset({Standing.KEPT, Standing.NEVER})


class Stage(StrEnum):
    """Of a due date: who applied is told of the reminders, others of the escalation."""

    SOON = "soon"
    OVERDUE_1 = "overdue-1"
    OVERDUE_2 = "overdue-2"
    OVERDUE_3 = "overdue-3"
    OVERDUE_4 = "overdue-4"
    ESCALATED = "escalated"


_OVERDUE: Final = (Stage.OVERDUE_1, Stage.OVERDUE_2, Stage.OVERDUE_3, Stage.OVERDUE_4)


class Blocked(StrEnum):
    """Why a branch may hand in nothing."""

    TOO_MANY = "too-many"
    TOO_LONG = "too-long"


def due_at(
    policy_days: int | None, counted_from: CountedFrom, printed_at: datetime, handed_at: datetime | None
) -> tuple[datetime, datetime | None]:
    """From when is counted, and when the paper is due; no due moment when the class wants none back.

    handed_at: of the first hand-over to somebody outside, None before there is one.
    """
    since = handed_at if counted_from is CountedFrom.HAND_OVER and handed_at is not None else printed_at
    return since, None if policy_days is None else since + policy_days * _DAY


def overdue_days(due: datetime, now: datetime) -> int:
    """Days begun since `due`: 0 until then, 1 within the first day after it."""
    return 0 if now <= due else -((due - now) // _DAY)


def standing(due: datetime, now: datetime, *, remind_before: int) -> Standing:
    """Of a paper that is still owed."""
    if now > due:
        return Standing.OVERDUE
    return Standing.SOON if due - now <= remind_before * _DAY else Standing.OPEN


def stages(due: datetime, now: datetime, *, remind_before: int, escalate_after: int, every: int) -> tuple[Stage, ...]:
    """What is to be told by now: at most one reminder, the latest, so that a long absence makes one mail and not many.

    every: days between reminders while it is overdue, at least 1.
    """
    late = overdue_days(due, now)
    if late:
        reminder = _OVERDUE[min((late - 1) // every, MOST_REMINDERS - 1)]
        return (reminder, Stage.ESCALATED) if late > escalate_after else (reminder,)
    return (Stage.SOON,) if standing(due, now, remind_before=remind_before) is Standing.SOON else ()


def blocked(policy: ReturnPolicy, late: Sequence[int]) -> Blocked | None:
    """late: days overdue of every overdue paper of the branch, each at least 1."""
    if policy.most_overdue is not None and len(late) > policy.most_overdue:
        return Blocked.TOO_MANY
    if policy.longest_overdue is not None and any(each > policy.longest_overdue for each in late):
        return Blocked.TOO_LONG
    return None
