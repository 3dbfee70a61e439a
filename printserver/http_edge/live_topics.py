"""What pages may listen to: a copy, request, printer or return, by id, or any of a kind that the person may read."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final
from uuid import UUID

from printserver.foundation.errors import Malformed
from printserver.foundation.unit_of_work import Work
from printserver.organisations.access import Actor
from printserver.print_requests.watched import readable_copies, readable_requests
from printserver.printing.queries import printers
from printserver.returns.watched import readable_returns

MOST_TOPICS: Final = 200
ANY: Final = "*"


class TopicsMalformed(Malformed):
    code = "topics-malformed"


class Kind(StrEnum):
    COPY = "copy"
    REQUEST = "request"
    PRINTER = "printer"
    RETURN = "return"


@dataclass(frozen=True)
class Topic:
    """`id`: None for any of this kind."""

    kind: Kind
    id: UUID | None = None

    def __str__(self) -> str:
        return f"{self.kind}:{self.id or ANY}"


def parse_topics(text: str) -> frozenset[Topic]:
    """text: topics such as `copy:<id>` and `copy:*`, parted by commas, at most 200.   Raises: TopicsMalformed."""
    parts = [part for part in text.split(",") if part]
    if len(parts) > MOST_TOPICS:
        raise TopicsMalformed(f"a page listens to at most {MOST_TOPICS} topics")
    return frozenset(_parse(part) for part in parts)


def readable(work: Work, actor: Actor, topics: Collection[Topic]) -> frozenset[Topic]:
    """Those of `topics` that `actor` may read, each as its own page would decide.

    `any of a kind` stays: what belongs to it is decided change by change, in `heard`.
    """
    found = {topic for topic in topics if topic.id is None}
    for kind, reader in _READERS.items():
        ids = {topic.id for topic in topics if topic.kind is kind and topic.id is not None}
        if ids:
            found |= {Topic(kind, each) for each in reader(work, actor, ids)}
    return frozenset(found)


def heard(work: Work, actor: Actor, topics: frozenset[Topic], changed: frozenset[Topic]) -> frozenset[Topic]:
    """What of `changed` a listener to `topics`, all of them readable, is told.   changed: with ids."""
    told = set(topics & changed)
    any_of = {topic.kind for topic in topics if topic.id is None}
    news = readable(work, actor, [topic for topic in changed if topic.kind in any_of]) if any_of else ()
    return frozenset(told | {Topic(topic.kind) for topic in news})


def _parse(text: str) -> Topic:
    kind, _, name = text.partition(":")
    try:
        return Topic(Kind(kind), None if name == ANY else UUID(name))
    except ValueError:
        raise TopicsMalformed("a topic is copy, request, printer or return, a colon, and an id or *") from None


def _readable_printers(work: Work, actor: Actor, printer_ids: Collection[UUID]) -> set[UUID]:
    return {printer.id for printer in printers(work, actor, retired=True)}.intersection(printer_ids)


_READERS: Final[Mapping[Kind, Callable[[Work, Actor, Collection[UUID]], set[UUID]]]] = {
    Kind.COPY: readable_copies,
    Kind.REQUEST: readable_requests,
    Kind.PRINTER: _readable_printers,
    Kind.RETURN: readable_returns,
}
