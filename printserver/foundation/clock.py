"""The one place where the wall clock is read."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    def now(self) -> datetime:
        """The present moment, aware, in UTC."""


class SystemClock:
    def now(self) -> datetime:
        return datetime.now(UTC)


def as_text(moment: datetime) -> str:
    """RFC 3339 in UTC with microseconds, `2026-11-22T13:30:00.000000Z`: the one form that is hashed or stored as text.

    moment: aware.   Raises: ValueError for a naive one.
    """
    if moment.tzinfo is None:
        raise ValueError("a moment without a time zone names no moment")
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def minute_of(moment: datetime) -> datetime:
    """The beginning of the minute: what a person types has no seconds, and is not earlier for that."""
    return moment.replace(second=0, microsecond=0)


def from_text(text: str) -> datetime:
    """Read what `as_text` wrote, so that one moment has one text.   Raises: ValueError for any other form."""
    moment = datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC)
    if as_text(moment) != text:
        raise ValueError(f"not a moment in the one form that is stored: {text!r}")
    return moment
