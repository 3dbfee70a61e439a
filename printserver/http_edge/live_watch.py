"""What has changed since the last look: by the log, by how far long work is, by what printers say of themselves.

Every change is recorded in the log, so one look at its newest entries finds all of them; the rest is not recorded.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final
from uuid import UUID

from printserver.audit.queries import Recorded, entries_born_after, newest_entry, recorded
from printserver.foundation.unit_of_work import Work
from printserver.http_edge.live_topics import Kind, Topic
from printserver.print_requests.watched import copies_drawn, places_of_copies, sides_reported
from printserver.printing.watched import StatusMark, status_marks
from printserver.returns.watched import pages_read

LATE_COMMIT: Final = timedelta(seconds=30)
"""An entry is found when its transaction ended no longer than this after a younger one."""
UNCHANGED_STATUS: Final = timedelta(seconds=15)
"""How often a page learns that a printer still says the same."""

_SUBJECTS: Final[Mapping[str, Kind]] = {
    "copy": Kind.COPY,
    "print-request": Kind.REQUEST,
    "printer": Kind.PRINTER,
    "return": Kind.RETURN,
}
_NAMES: Final[Mapping[str, Kind]] = {
    "copy_id": Kind.COPY,
    "copy_id_before": Kind.COPY,
    "request_id": Kind.REQUEST,
    "printer_id": Kind.PRINTER,
    "return_id": Kind.RETURN,
}
"""Facts of an entry that say whom else it concerns."""


@dataclass
class Watch:
    """Made with the first look, whose findings count as known."""

    work: Work
    _newest: UUID = field(init=False)
    _known: frozenset[UUID] = field(init=False)
    _progress: dict[Topic, int | None] = field(init=False)
    _told: dict[UUID, StatusMark] = field(init=False)

    def __post_init__(self) -> None:
        self._newest = newest_entry(self.work) or UUID(int=0)
        self._known = frozenset(entries_born_after(self.work, _lately(self._newest)))
        self._progress = _progress(self.work)
        self._told = status_marks(self.work)

    def changes(self, work: Work) -> frozenset[Topic]:
        """What has changed since the last look; topics with ids. A look that fails forgets nothing."""
        lately = frozenset(entries_born_after(work, _lately(self._newest)))
        new = lately - self._known
        entries, progress, marks = recorded(work, new) if new else (), _progress(work), status_marks(work)
        speaking = {printer_id: mark for printer_id, mark in marks.items() if self._has_news(printer_id, mark)}
        found = {topic for entry in entries for topic in _topics_of(entry)}
        found |= {topic for topic, _ in progress.items() ^ self._progress.items()}
        found |= {Topic(Kind.PRINTER, printer_id) for printer_id in speaking}
        copies = {topic.id for topic in found if topic.kind is Kind.COPY and topic.id is not None}
        for place in places_of_copies(work, copies).values() if copies else ():
            found |= {Topic(Kind.REQUEST, place.request_id), Topic(Kind.PRINTER, place.printer_id)}
        self._newest, self._known, self._progress = max({self._newest, *new}), lately, progress
        self._told.update(speaking)
        return frozenset(found)

    def _has_news(self, printer_id: UUID, mark: StatusMark) -> bool:
        told = self._told.get(printer_id)
        return told is None or told.said != mark.said or mark.asked_at - told.asked_at >= UNCHANGED_STATUS


def _progress(work: Work) -> dict[Topic, int | None]:
    """How far copies, requests and returns are that are under way."""
    return {
        **{Topic(Kind.COPY, each): sides for each, sides in sides_reported(work).items()},
        **{Topic(Kind.REQUEST, each): copies for each, copies in copies_drawn(work).items()},
        **{Topic(Kind.RETURN, each): pages for each, pages in pages_read(work).items()},
    }


def _topics_of(entry: Recorded) -> Iterator[Topic]:
    if entry.subject in _SUBJECTS and entry.subject_id is not None:
        yield Topic(_SUBJECTS[entry.subject], entry.subject_id)
    yield from (Topic(_NAMES[name], each) for name, each in entry.named.items() if name in _NAMES)


def _lately(newest: UUID) -> UUID:
    """The first id of the time before `newest` in which others may still have been under way.

    Source: RFC 9562 section 5.7: the first 48 bits of a version 7 count milliseconds.
    """
    milliseconds = (newest.int >> 80) - LATE_COMMIT // timedelta(milliseconds=1)
    return UUID(int=max(milliseconds, 0) << 80)
