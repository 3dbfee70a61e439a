"""How the channels do, for those who ask: a row each, kept by the worker."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from uuid import UUID

import structlog
from sqlalchemy import ColumnElement, select, update
from sqlalchemy.exc import IntegrityError

from printserver.foundation.ids import new_id
from printserver.foundation.unit_of_work import Work
from printserver.organisations.access import Actor, require, within
from printserver.organisations.permissions import Permission
from printserver.organisations.queries import branch
from printserver.returns.intake_channels import Channel, ChannelAccountUnusable, Fate, IntakeTools, Taken
from printserver.returns.quarantine_models import IntakeChannel

SAID_ANEW_SECONDS: Final = 60.0
"""A channel whose row is older than a few of these is not served by anybody."""


@dataclass(frozen=True)
class ChannelView:
    """See `quarantine_models.IntakeChannel`."""

    id: UUID
    branch: str
    channel: str
    name: str
    account: str
    trouble: str
    waiting: int
    taken_in: int
    quarantined: int
    looked_at: datetime
    last_taken_at: datetime | None


@dataclass
class ChannelNotes:
    """Writes down how one channel does: at every change, else once a minute.

    name: a folder, a mail address or a user of the SFTP drop.   account: for whose branch scans come in.
    """

    tools: IntakeTools
    channel: Channel
    name: str
    account: str
    monotonic: Callable[[], float] = time.monotonic
    _said: tuple[str, int] | None = None
    _said_at: float = 0.0
    _taken: list[Taken] = field(default_factory=list)

    def taken(self, taken: Taken) -> None:
        """To be counted with the next note; the log is told at once."""
        self._taken.append(taken)
        log = structlog.get_logger()
        tell = log.warning if taken.fate is Fate.QUARANTINED else log.info
        tell("scan came in", channel=self.channel, name=self.name, fate=taken.fate, id=str(taken.id))

    def note(self, trouble: str = "", waiting: int = 0) -> None:
        """trouble: what keeps the channel from taking in scans, in words.   Raises: what the database raises."""
        now, said = self.monotonic(), (trouble, waiting)
        if said == self._said and not self._taken and now - self._said_at < SAID_ANEW_SECONDS:
            return
        if trouble and (self._said is None or self._said[0] != trouble):
            log = structlog.get_logger()
            log.error("channel is in trouble", channel=self.channel, name=self.name, trouble=trouble)
        try:
            actor = self.tools.account(self.account, self.channel)
        except ChannelAccountUnusable:
            self._said, self._said_at = said, now
            return
        counted = tuple(self._taken)  # other threads may count on meanwhile
        try:
            self._write(actor, trouble, waiting, counted)
        except IntegrityError:
            self._write(actor, trouble, waiting, counted)  # another worker has just made the row
        self._said, self._said_at = said, now
        del self._taken[: len(counted)]

    def _write(self, actor: Actor, trouble: str, waiting: int, counted: Sequence[Taken]) -> None:
        kept = sum(taken.fate is Fate.QUARANTINED for taken in counted)
        came = sum(taken.fate is Fate.TAKEN_IN for taken in counted)
        with self.tools.database.work() as work:
            row_id = _row_of(work, actor, self)
            values = {"trouble": trouble, "waiting": waiting, "looked_at": work.now(), "account": self.account}
            if counted:
                values["last_taken_at"] = work.now()
            work.session.execute(
                update(IntakeChannel)
                .where(IntakeChannel.id == row_id)
                .values(taken_in=IntakeChannel.taken_in + came, quarantined=IntakeChannel.quarantined + kept, **values)
            )


def _row_of(work: Work, actor: Actor, notes: ChannelNotes) -> UUID:
    found = work.session.scalar(
        select(IntakeChannel.id).where(
            IntakeChannel.channel == notes.channel,
            IntakeChannel.name == notes.name,
            IntakeChannel.branch_id == actor.branch_id,
        )
    )
    if found is not None:
        return found
    row = IntakeChannel(
        id=new_id(),
        organisation_id=actor.organisation_id,
        branch_id=actor.branch_id,
        channel=notes.channel,
        name=notes.name,
        account=notes.account,
        looked_at=work.now(),
    )
    work.session.add(row)
    work.session.flush()
    return row.id


def channels(work: Work, actor: Actor) -> tuple[ChannelView, ...]:
    """Of the actor's branches.   Raises: Forbidden."""
    require(actor, Permission.READ_RETURNS)
    return _views(work, within(IntakeChannel.branch_id, actor, Permission.READ_RETURNS))


def every_channel(work: Work) -> tuple[ChannelView, ...]:
    """For whoever administers the machine, without regard to branches."""
    return _views(work, IntakeChannel.id.is_not(None))


def _views(work: Work, condition: ColumnElement[bool]) -> tuple[ChannelView, ...]:
    rows = work.session.scalars(
        select(IntakeChannel).where(condition).order_by(IntakeChannel.channel, IntakeChannel.name)
    ).all()
    return tuple(
        ChannelView(
            row.id,
            branch(work, row.branch_id).name,
            row.channel,
            row.name,
            row.account,
            row.trouble,
            row.waiting,
            row.taken_in,
            row.quarantined,
            row.looked_at,
            row.last_taken_at,
        )
        for row in rows
    )
