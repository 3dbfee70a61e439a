"""The daily round over due dates: each stage of each date is told once, whoever looks and however often.

The log is the outbox: an entry of the log is what mails and webhooks are made from, in `notifications`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite

from printserver.audit.log import By, append
from printserver.foundation.unit_of_work import Database, Work
from printserver.print_requests.models import Copy
from printserver.print_requests.owed import lay_missing
from printserver.print_requests.owed_queries import outstanding
from printserver.print_requests.owed_rules import Stage, overdue_days, stages
from printserver.print_requests.paper_events import ReturnReminded
from printserver.print_requests.paper_models import OwedReminder, OwedReturn

BY_REMINDERS: Final = By(process="reminders")
AT_ONCE: Final = 500


def tell_owed(database: Database, *, every_days: int) -> int:
    """Tell every stage that has come and was not told; how many. Each look does what the day asks for.

    every_days: between reminders of an overdue paper.   Copies without a due date get theirs first.
    """
    lay_missing(database)
    with database.reading() as work:
        due = list(_untold(work, every_days))
    return sum(_tell(database, copy_id, stage, every_days) for copy_id, stage in due)


def _untold(work: Work, every_days: int) -> Iterator[tuple[UUID, Stage]]:
    last = UUID(int=0)
    while True:
        rows = work.session.scalars(
            select(OwedReturn)
            .join(Copy, Copy.id == OwedReturn.copy_id)
            .where(outstanding(), OwedReturn.copy_id > last)
            .order_by(OwedReturn.copy_id)
            .limit(AT_ONCE)
        ).all()
        if not rows:
            return
        last = rows[-1].copy_id
        reminders = select(OwedReminder).where(OwedReminder.copy_id.in_([row.copy_id for row in rows]))
        told = {(each.copy_id, each.due_at, each.stage) for each in work.session.scalars(reminders)}
        for row in rows:
            for stage in _stages(work, row, every_days):
                if (row.copy_id, row.due_at, stage.value) not in told:
                    yield row.copy_id, stage


def _tell(database: Database, copy_id: UUID, stage: Stage, every_days: int) -> bool:
    """Whether it was this call that told it: the database takes one row a copy, date and stage."""
    with database.work() as work:
        row = work.session.scalar(
            select(OwedReturn)
            .join(Copy, Copy.id == OwedReturn.copy_id)
            .where(OwedReturn.copy_id == copy_id, outstanding())
        )
        if row is None or row.due_at is None or stage not in _stages(work, row, every_days):
            return False
        insert = sqlite.insert if work.session.get_bind().dialect.name == "sqlite" else postgresql.insert
        first = work.session.scalar(
            insert(OwedReminder)
            .values(copy_id=copy_id, due_at=row.due_at, stage=stage.value, told_at=work.now())
            .on_conflict_do_nothing()
            .returning(OwedReminder.copy_id)
        )
        if first is None:
            return False
        days = overdue_days(row.due_at, work.now())
        told = ReturnReminded(id=copy_id, stage=stage.value, due_at=row.due_at, days=days)
        append(work, BY_REMINDERS.within(row.organisation_id), told)
    return True


def _stages(work: Work, row: OwedReturn, every_days: int) -> tuple[Stage, ...]:
    if row.due_at is None:
        return ()
    return stages(
        row.due_at,
        work.now(),
        remind_before=row.remind_before,
        escalate_after=row.escalate_after,
        every=every_days,
    )
