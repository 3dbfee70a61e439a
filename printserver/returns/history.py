"""What was said of a page, by the machine and by people, as the log has it; nothing that was said is lost."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from printserver.audit.queries import AuditSearch, EntryView, find_entries
from printserver.foundation.unit_of_work import Work
from printserver.organisations.access import Actor
from printserver.organisations.permissions import Permission
from printserver.organisations.queries import names
from printserver.print_requests.sheet_requests import named_copies, request_places
from printserver.returns.access import page_for
from printserver.returns.queries import ReturnedCopyView, returned_copy

_MOST: Final = 200


@dataclass(frozen=True)
class SaidThen:
    """`copy`, `page`, `request_title`: what the page was taken for.   before: the state it had, "" for the first."""

    at: datetime
    event: str
    by: str
    reason: str
    before: str
    copy: ReturnedCopyView | None
    page: int | None
    request_title: str


def page_history(work: Work, actor: Actor, page_id: UUID) -> tuple[SaidThen, ...]:
    """Oldest first, at most the last 200.   Raises: Forbidden, PageNotFound."""
    row = page_for(work, actor, page_id, Permission.READ_RETURNS)
    search = AuditSearch(organisations=[row.organisation_id], subject="return-page", subject_id=row.id)
    entries = tuple(reversed(find_entries(work, search, limit=_MOST).entries))
    copies = named_copies(work, {found for each in entries if (found := _id(each.facts, "copy_id"))})
    requests = request_places(work, {found for each in entries if (found := _id(each.facts, "request_id"))})
    people = names(work, {each.person_id for each in entries if each.person_id is not None})
    shown = {copy_id: returned_copy(copy) for copy_id, copy in copies.items()}
    titles = {request_id: place.title for request_id, place in requests.items()}
    return tuple(_said(each, shown, titles, people) for each in entries)


def _said(
    entry: EntryView, copies: Mapping[UUID, ReturnedCopyView], titles: Mapping[UUID, str], people: Mapping[UUID, str]
) -> SaidThen:
    copy_id, request_id, page = _id(entry.facts, "copy_id"), _id(entry.facts, "request_id"), entry.facts.get("page")
    return SaidThen(
        entry.at,
        entry.event,
        people.get(entry.person_id, "") if entry.person_id is not None else "",
        str(entry.facts.get("reason", "")),
        str(entry.facts.get("state_before", "")),
        copies.get(copy_id) if copy_id is not None else None,
        page if isinstance(page, int) else None,
        titles.get(request_id, "") if request_id is not None else "",
    )


def _id(facts: Mapping[str, Any], name: str) -> UUID | None:
    value = facts.get(name)
    return UUID(value) if isinstance(value, str) else None
