"""What of the log is told to other systems, under names that stay, and with which of its facts.

A message says that something happened and to what; whoever wants to know more asks the API, with rights of their own.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from printserver.approvals.events import RequestDecided
from printserver.archive.events import CopyArchived
from printserver.audit.queries import EntryView
from printserver.print_requests.events import CopyMoved, RequestMoved, RequestSubmitted
from printserver.print_requests.owed_rules import Stage
from printserver.print_requests.paper_events import CopyHandedOver, ReturnReminded
from printserver.print_requests.states import CopyState, RequestState
from printserver.printing.count_alarms import CountAlarmClosed, CountAlarmOpened

SUBMITTED: Final = "request.submitted"
DECIDED: Final = "request.decided"
ARCHIVED: Final = "copy.archived"
ALARM_OPENED: Final = "count-alarm.opened"
ALARM_CLOSED: Final = "count-alarm.closed"
SEAL_CHANGED: Final = "seal.changed"
HANDED_OVER: Final = "copy.handed-over"
PAPER_DUE: Final = "copy.paper-due"
PAPER_OVERDUE: Final = "copy.paper-overdue"
TEST: Final = "webhook.test"
"""Sent when somebody asks for it, whatever the webhook wants."""

REQUEST_STATES: Final = tuple(f"request.{state.value}" for state in RequestState if state is not RequestState.RENDERING)
COPY_STATES: Final = tuple(f"copy.{state.value}" for state in CopyState if state is not CopyState.RENDERED)
TYPES: Final = (
    *(SUBMITTED, DECIDED, *REQUEST_STATES, *COPY_STATES, ARCHIVED, HANDED_OVER, PAPER_DUE, PAPER_OVERDUE),
    *(ALARM_OPENED, ALARM_CLOSED, SEAL_CHANGED),
)
"""Every type that a webhook can ask for."""

_NAMED: Final[Mapping[str, str]] = {
    RequestSubmitted.__name__: SUBMITTED,
    RequestDecided.__name__: DECIDED,
    CopyArchived.__name__: ARCHIVED,
    CopyHandedOver.__name__: HANDED_OVER,
    CountAlarmOpened.__name__: ALARM_OPENED,
    CountAlarmClosed.__name__: ALARM_CLOSED,
}
_MOVED: Final = {RequestMoved.__name__: "request", CopyMoved.__name__: "copy"}
_FACTS: Final = frozenset(
    {"before", "after", "step", "decision", "copies", "number", "day", "finding", "copy_id", "request_id"}
    | {"stage", "due_at", "days", "position", "holder_kind", "handed_at"}
)
"""Of an entry's facts, what may leave: no reasons, names or digests of people's documents."""


def type_of(entry: EntryView) -> str | None:
    """None for what is told to nobody."""
    if entry.event in _MOVED:
        found = f"{_MOVED[entry.event]}.{entry.facts.get('after')}"
        return found if found in TYPES else None
    if entry.event == ReturnReminded.__name__:
        return PAPER_DUE if entry.facts.get("stage") == Stage.SOON else PAPER_OVERDUE
    if entry.subject == "seal":
        return SEAL_CHANGED
    return _NAMED.get(entry.event)


def told_facts(entry: EntryView) -> dict[str, Any]:
    return {name: value for name, value in entry.facts.items() if name in _FACTS}
