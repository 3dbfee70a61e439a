"""Alarms about a printer's counter, one a printer and day: opened by the server, closed by a person with a reason.

A closed alarm is opened anew when the same day's figures get worse afterwards. Every opening and closing is in the
log; who merely looks at a closed alarm sees the figures that it was closed with.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, ClassVar, Final
from uuid import UUID

from sqlalchemy import Select, select, update
from sqlalchemy.dialects import postgresql, sqlite

from printserver.audit.log import By, Event, append
from printserver.foundation.errors import NotFound, TransitionRefused
from printserver.foundation.ids import new_id
from printserver.foundation.unit_of_work import Work
from printserver.organisations.access import Actor, within
from printserver.organisations.permissions import Permission
from printserver.organisations.queries import names
from printserver.printing.models import CountAlarm, Printer
from printserver.printing.reconciliation import ALARMING

Figures = Mapping[str, Any]

_DIFFERENCES: Final = ("difference_impressions", "difference_sheets")
TELLING: Final = ("finding", *_DIFFERENCES)
"""The figures that an alarm is about."""


class AlarmNotFound(NotFound):
    code = "count-alarm-not-found"


@dataclass(frozen=True, kw_only=True)
class CountAlarmEvent(Event):
    subject: ClassVar[str] = "printer"
    alarm_id: UUID
    day: str
    finding: str
    difference_impressions: int
    difference_sheets: int


@dataclass(frozen=True, kw_only=True)
class CountAlarmOpened(CountAlarmEvent):
    """again: it had been closed before, with other figures."""

    again: bool


@dataclass(frozen=True, kw_only=True)
class CountAlarmClosed(CountAlarmEvent):
    reason: str


@dataclass(frozen=True)
class AlarmFacts:
    """`day`: of the server's time zone.   `figures`: as of the last look while it was open, or of its closing."""

    id: UUID
    printer_id: UUID
    printer_name: str
    branch_id: UUID
    day: date
    figures: Figures
    opened_at: datetime
    closed_at: datetime | None
    closed_by: str
    reason: str


def is_alarming(figures: Figures) -> bool:
    return figures["finding"] in ALARMING


def needs_note(work: Work, printer_id: UUID, day: date, figures: Figures) -> bool:
    """Whether `note_figures` would change anything: looked at without taking a lock."""
    alarm = work.session.scalar(_alarm_of(printer_id, day))
    if alarm is None:
        return is_alarming(figures)
    if alarm.closed_at is None:
        return alarm.figures != dict(figures)
    return is_alarming(figures) and _is_worse(alarm.figures, figures)


def lock_alarm(work: Work, printer_id: UUID, day: date) -> None:
    """Until the transaction ends nobody else opens, refreshes or closes this alarm, if there is one.

    Take it before the figures are gathered: else older figures could open anew what was just closed with newer ones.
    On SQLite a writing transaction is alone anyway.
    """
    work.session.execute(select(CountAlarm.id).where(*_named(printer_id, day)).with_for_update())


def note_figures(work: Work, by: By, printer_id: UUID, day: date, figures: Figures) -> None:
    """Open the day's alarm when `figures` are alarming, and anew when they got worse; refresh it while it is open.

    figures: JSON, with the members of `TELLING`.   Safe in any number of workers at once: one of them opens it.
    """
    alarm = work.session.scalar(_alarm_of(printer_id, day))
    if alarm is None:
        if is_alarming(figures):
            _open(work, by, printer_id, day, figures)
    elif alarm.closed_at is None:
        alarm.figures = dict(figures)
    elif is_alarming(figures) and _is_worse(alarm.figures, figures):
        _open_anew(work, by, alarm, figures)


def close_alarm(work: Work, actor: Actor, alarm_id: UUID, *, reason: str) -> AlarmFacts:
    """reason: not empty.   Raises: AlarmNotFound; TransitionRefused when it is closed already."""
    query = select(CountAlarm).join(Printer, Printer.id == CountAlarm.printer_id)
    may_close = within(Printer.branch_id, actor, Permission.SETTLE_COPIES)
    alarm = work.session.scalar(query.where(CountAlarm.id == alarm_id, may_close))
    if alarm is None:
        raise AlarmNotFound("there is no such alarm")
    closed = work.session.scalar(
        update(CountAlarm)
        .where(CountAlarm.id == alarm_id, CountAlarm.closed_at.is_(None))
        .values(closed_at=work.now(), closed_by=actor.id, reason=reason)
        .returning(CountAlarm.id)
    )
    if closed is None:
        raise TransitionRefused("this alarm is closed already")
    work.session.refresh(alarm)
    append(
        work, actor.by, CountAlarmClosed(**_said(alarm.printer_id, alarm.id, alarm.day, alarm.figures), reason=reason)
    )
    return _facts(work, _readable(actor).where(CountAlarm.id == alarm_id))[0]


def count_alarms(
    work: Work,
    actor: Actor,
    *,
    printer_id: UUID | None = None,
    open_only: bool = False,
    first: date | None = None,
    last: date | None = None,
    before: UUID | None = None,
    limit: int = 200,
) -> tuple[AlarmFacts, ...]:
    """Newest first.   first, last: of the days.   before: the last id of the page before."""
    query = _readable(actor)
    if printer_id is not None:
        query = query.where(CountAlarm.printer_id == printer_id)
    if open_only:
        query = query.where(CountAlarm.closed_at.is_(None))
    if first is not None:
        query = query.where(CountAlarm.day >= first.isoformat())
    if last is not None:
        query = query.where(CountAlarm.day <= last.isoformat())
    if before is not None:
        query = query.where(CountAlarm.id < before)
    return _facts(work, query.order_by(CountAlarm.id.desc()).limit(limit))


def _named(printer_id: UUID, day: date) -> tuple[Any, Any]:
    return CountAlarm.printer_id == printer_id, CountAlarm.day == day.isoformat()


def _alarm_of(printer_id: UUID, day: date) -> Select[CountAlarm]:
    return select(CountAlarm).where(*_named(printer_id, day))


def _is_worse(before: Figures, after: Figures) -> bool:
    """Another finding, or a greater difference; a part of what was explained needs no second explanation."""
    if before["finding"] != after["finding"]:
        return True
    return any(abs(after[name]) > abs(before[name]) for name in _DIFFERENCES)


def _open(work: Work, by: By, printer_id: UUID, day: date, figures: Figures) -> None:
    insert = sqlite.insert if work.session.get_bind().dialect.name == "sqlite" else postgresql.insert
    values = {"printer_id": printer_id, "day": day.isoformat(), "figures": dict(figures), "opened_at": work.now()}
    opened = work.session.scalar(
        insert(CountAlarm)
        .values(id=new_id(), reason="", **values)
        .on_conflict_do_nothing(index_elements=["printer_id", "day"])
        .returning(CountAlarm.id)
    )
    if opened is not None:
        _tell_opened(work, by, _said(printer_id, opened, day.isoformat(), figures), again=False)


def _open_anew(work: Work, by: By, alarm: CountAlarm, figures: Figures) -> None:
    opened = work.session.scalar(
        update(CountAlarm)
        .where(CountAlarm.id == alarm.id, CountAlarm.closed_at == alarm.closed_at)
        .values(figures=dict(figures), opened_at=work.now(), closed_at=None, closed_by=None, reason="")
        .returning(CountAlarm.id)
    )
    if opened is not None:
        _tell_opened(work, by, _said(alarm.printer_id, alarm.id, alarm.day, figures), again=True)


def _tell_opened(work: Work, by: By, said: Figures, *, again: bool) -> None:
    organisation_id = work.session.scalar(select(Printer.organisation_id).where(Printer.id == said["id"]))
    append(work, by.within(organisation_id), CountAlarmOpened(**said, again=again))


def _said(printer_id: UUID, alarm_id: UUID, day: str, figures: Figures) -> dict[str, Any]:
    return {"id": printer_id, "alarm_id": alarm_id, "day": day, **{name: figures[name] for name in TELLING}}


def _readable(actor: Actor) -> Select[CountAlarm, Printer]:
    readable = within(Printer.branch_id, actor, Permission.READ_PRINTERS)
    return select(CountAlarm, Printer).join(Printer, Printer.id == CountAlarm.printer_id).where(readable)


def _facts(work: Work, query: Select[CountAlarm, Printer]) -> tuple[AlarmFacts, ...]:
    rows = work.session.execute(query).all()
    people = names(work, {alarm.closed_by for alarm, _ in rows if alarm.closed_by is not None})
    return tuple(
        AlarmFacts(
            alarm.id,
            printer.id,
            printer.name,
            printer.branch_id,
            date.fromisoformat(alarm.day),
            alarm.figures,
            alarm.opened_at,
            alarm.closed_at,
            people.get(alarm.closed_by, "") if alarm.closed_by else "",
            alarm.reason,
        )
        for alarm, printer in rows
    )
