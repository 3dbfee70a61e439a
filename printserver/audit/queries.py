"""Read the log: for the audit page, newest first, and in the order of the tree, for those who follow it."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, TypeGuard
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, exists, func, or_, select

from printserver.audit.canonical import canonical_json
from printserver.audit.models import AuditEntry, AuditLeaf
from printserver.foundation.errors import Malformed, NotFound
from printserver.foundation.unit_of_work import Work

LARGEST_PAGE: Final = 500
_ID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class SearchMalformed(Malformed):
    code = "audit-search-malformed"


class EntryNotFound(NotFound):
    code = "audit-entry-not-found"


@dataclass(frozen=True)
class AuditSearch:
    """Everything given must hold; None asks for nothing.

    organisations: of these only; an empty collection finds nothing.   since: inclusive, until: exclusive; aware.
    text: anywhere in the recorded body, upper or lower case.
    """

    organisations: Collection[UUID] | None = None
    person_id: UUID | None = None
    event: str | None = None
    subject: str | None = None
    subject_id: UUID | None = None
    since: datetime | None = None
    until: datetime | None = None
    text: str | None = None


@dataclass(frozen=True)
class EntryView:
    """position: the place in the tree from 0; None while the entry waits for it."""

    id: UUID
    at: datetime
    event: str
    subject: str
    subject_id: UUID | None
    organisation_id: UUID | None
    person_id: UUID | None
    process: str
    address: str
    device: str
    facts: Mapping[str, Any]
    position: int | None


@dataclass(frozen=True)
class Recorded:
    """What an entry is about.   named: the ids among its facts, by the fact's name."""

    subject: str
    subject_id: UUID | None
    named: Mapping[str, UUID]


@dataclass(frozen=True)
class EntryPage:
    """next: give it as `before` for the page of older entries; None on the last."""

    entries: tuple[EntryView, ...]
    next: UUID | None


def find_entries(
    work: Work, search: AuditSearch | None = None, *, before: UUID | None = None, limit: int = 50
) -> EntryPage:
    """Newest first.   before: the `next` of the previous page.   limit: 1 to 500.   Raises: SearchMalformed."""
    if not 1 <= limit <= LARGEST_PAGE:
        raise SearchMalformed(f"a page has 1 to {LARGEST_PAGE} entries")
    statement = _entries().outerjoin(AuditLeaf, AuditLeaf.entry_id == AuditEntry.id)
    statement = _filtered(statement, search or AuditSearch())
    if before:
        statement = statement.where(AuditEntry.id < before)
    rows = work.session.execute(statement.order_by(AuditEntry.id.desc()).limit(limit + 1)).all()
    entries = tuple(_view(row) for row in rows[:limit])
    return EntryPage(entries, entries[-1].id if len(rows) > limit else None)


def entry_view(work: Work, entry_id: UUID, *, organisations: Collection[UUID]) -> EntryView:
    """One entry of these organisations.   Raises: EntryNotFound."""
    statement = _entries().outerjoin(AuditLeaf, AuditLeaf.entry_id == AuditEntry.id)
    statement = _filtered(statement, AuditSearch(organisations=organisations)).where(AuditEntry.id == entry_id)
    row = work.session.execute(statement).one_or_none()
    if row is None:
        raise EntryNotFound("there is no such entry")
    return _view(row)


def has_fact(subject_id: ColumnElement[UUID], event: str, name: str, values: Collection[str]) -> ColumnElement[bool]:
    """For a query of another room: whether an `event` of that subject says one of `values` of the fact `name`."""
    said = (canonical_json({name: value}).decode()[1:-1] for value in values)
    # Quotes in what people wrote stand escaped in the body, so nobody can write such a member into a reason.
    return exists().where(
        AuditEntry.subject_id == subject_id,
        AuditEntry.event == event,
        or_(*(AuditEntry.body.contains(member, autoescape=True) for member in said)),
    )


def last_fact(work: Work, subject_id: UUID, event: str, name: str) -> str | None:
    """The fact `name` of the newest `event` of that subject; None when there is none."""
    body = work.session.scalar(
        select(AuditEntry.body)
        .where(AuditEntry.subject_id == subject_id, AuditEntry.event == event)
        .order_by(AuditEntry.at.desc(), AuditEntry.id.desc())
        .limit(1)
    )
    if body is None:
        return None
    fact: str | None = json.loads(body)["facts"].get(name)
    return fact


def newest_of(work: Work, subject_id: UUID, event: str) -> UUID | None:
    """The id of the newest `event` of that subject."""
    return work.session.scalar(
        select(AuditEntry.id)
        .where(AuditEntry.subject_id == subject_id, AuditEntry.event == event)
        .order_by(AuditEntry.at.desc(), AuditEntry.id.desc())
        .limit(1)
    )


def newest_facts(work: Work, event: str) -> Iterator[list[Mapping[str, Any]]]:
    """The facts of every `event`, newest first, a page at a time; nothing for an entry that does not read.

    Reads no other column: whatever somebody wrote into a row stops nobody who starts with the log.
    """
    rows = work.session.scalars(
        select(AuditEntry.body)
        .where(AuditEntry.event == event)
        .order_by(AuditEntry.id.desc())
        .execution_options(yield_per=LARGEST_PAGE)
    )
    for page in rows.partitions():
        yield [_facts_in(body) for body in page]


def _facts_in(body: object) -> Mapping[str, Any]:
    try:
        facts = json.loads(body)["facts"] if isinstance(body, str) else None
    except (ValueError, TypeError, KeyError, RecursionError):
        return {}
    return facts if isinstance(facts, dict) else {}


def facts_about(work: Work, subject_id: UUID, event: str) -> tuple[Mapping[str, Any], ...]:
    """The facts of every `event` of that subject."""
    chosen = select(AuditEntry.body).where(AuditEntry.subject_id == subject_id, AuditEntry.event == event)
    return tuple(_facts_in(body) for body in work.session.scalars(chosen))


def facts_within(work: Work, organisation_id: UUID, event: str) -> tuple[tuple[UUID, Mapping[str, Any]], ...]:
    """The subject and the facts of every `event` in an organisation, the oldest first."""
    rows = work.session.execute(
        select(AuditEntry.subject_id, AuditEntry.body)
        .where(AuditEntry.event == event, AuditEntry.organisation_id == organisation_id)
        .order_by(AuditEntry.id)
    )
    return tuple((subject_id, _facts_in(body)) for subject_id, body in rows if subject_id is not None)


def last_moment(work: Work, event: str) -> datetime | None:
    """When the newest `event` was recorded."""
    return work.session.scalar(select(func.max(AuditEntry.at)).where(AuditEntry.event == event))


def entries_from(work: Work, position: int, *, limit: int = 100) -> tuple[EntryView, ...]:
    """Sequenced entries in the order of the tree, from `position` on: nothing is ever put in before what was read."""
    statement = _entries().join(AuditLeaf, AuditLeaf.entry_id == AuditEntry.id).where(AuditLeaf.position >= position)
    return tuple(_view(row) for row in work.session.execute(statement.order_by(AuditLeaf.position).limit(limit)))


def next_position(work: Work) -> int:
    """Where the next entry that is sequenced will stand."""
    last = work.session.scalar(select(func.max(AuditLeaf.position)))
    return 0 if last is None else last + 1


def newest_entry(work: Work) -> UUID | None:
    """The id of the entry born last; None of an empty log."""
    return work.session.scalar(select(AuditEntry.id).order_by(AuditEntry.id.desc()).limit(1))


def entries_born_after(work: Work, born: UUID, *, limit: int = 10_000) -> tuple[UUID, ...]:
    """Ids later than `born`, newest first.

    An id tells the time of birth, not that of the commit: one that is earlier than all these may still come later.
    """
    later = select(AuditEntry.id).where(AuditEntry.id > born)
    return tuple(work.session.scalars(later.order_by(AuditEntry.id.desc()).limit(limit)))


def recorded(work: Work, entry_ids: Collection[UUID]) -> tuple[Recorded, ...]:
    rows = work.session.execute(
        select(AuditEntry.subject, AuditEntry.subject_id, AuditEntry.body).where(AuditEntry.id.in_(entry_ids))
    )
    return tuple(Recorded(subject, subject_id, _named_ids(body)) for subject, subject_id, body in rows)


def _named_ids(body: str) -> dict[str, UUID]:
    facts: dict[str, Any] = json.loads(body)["facts"]
    return {name: UUID(value) for name, value in facts.items() if _is_id(value)}


def _is_id(value: object) -> TypeGuard[str]:
    return isinstance(value, str) and _ID.fullmatch(value) is not None


def _entries() -> Select[AuditEntry, int | None]:
    return select(AuditEntry, AuditLeaf.position)


def _filtered(statement: Select[AuditEntry, int | None], search: AuditSearch) -> Select[AuditEntry, int | None]:
    if search.organisations is not None:
        statement = statement.where(AuditEntry.organisation_id.in_(search.organisations))
    for column, wanted in (
        (AuditEntry.person_id, search.person_id),
        (AuditEntry.event, search.event),
        (AuditEntry.subject, search.subject),
        (AuditEntry.subject_id, search.subject_id),
    ):
        if wanted is not None:
            statement = statement.where(column == wanted)
    if search.since is not None:
        statement = statement.where(AuditEntry.at >= search.since)
    if search.until is not None:
        statement = statement.where(AuditEntry.at < search.until)
    if search.text:
        statement = statement.where(AuditEntry.body.icontains(_as_in_body(search.text), autoescape=True))
    return statement


def _as_in_body(text: str) -> str:
    """Quotes and control characters stand escaped in the JSON that is searched."""
    try:
        return canonical_json(text).decode()[1:-1]
    except ValueError:
        raise SearchMalformed("the text to look for contains half a character") from None


def _view(row: Row[AuditEntry, int | None]) -> EntryView:
    entry, position = row[0], row[1]
    body = json.loads(entry.body)
    return EntryView(
        id=entry.id,
        at=entry.at,
        event=entry.event,
        subject=entry.subject,
        subject_id=entry.subject_id,
        organisation_id=entry.organisation_id,
        person_id=entry.person_id,
        process=body["process"],
        address=body["address"],
        device=body["device"],
        facts=body["facts"],
        position=position,
    )
