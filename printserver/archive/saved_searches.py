"""Searches that a person keeps under a name; nobody else sees them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from sqlalchemy import delete, select

from printserver.archive.events import SearchForgotten, SearchSaved
from printserver.archive.models import SavedSearch
from printserver.audit.log import append
from printserver.foundation.errors import Malformed, NotFound
from printserver.foundation.ids import new_id
from printserver.foundation.unit_of_work import Work
from printserver.organisations.access import Actor, require
from printserver.organisations.permissions import Permission

LONGEST_NAME: Final = 80
LONGEST_FIELD: Final = 500
MOST: Final = 50
FIELDS: Final = frozenset(
    {"words", "query", "title", "own_reference", "number", "serial", "party", "class_code", "catalogue"}
    | {"retention_class", "branch", "least", "most", "currency", "since", "until", "ends_since", "ends_until", "held"}
)
"""What may be kept: the fields of the search page, as typed."""


class SavedSearchMalformed(Malformed):
    """Without a name, with fields that there are not, or one too many."""

    code = "saved-search-malformed"


class SavedSearchNotFound(NotFound):
    code = "saved-search-not-found"


@dataclass(frozen=True)
class SavedSearchFacts:
    """`fields`: as typed; empty ones are left out."""

    id: UUID
    name: str
    fields: Mapping[str, str]


def saved_searches(work: Work, actor: Actor) -> tuple[SavedSearchFacts, ...]:
    """The person's own, by name.   Raises: Forbidden."""
    require(actor, Permission.READ_ARCHIVE)
    rows = work.session.scalars(
        select(SavedSearch).where(SavedSearch.person_id == actor.person_id).order_by(SavedSearch.name)
    )
    return tuple(SavedSearchFacts(row.id, row.name, row.fields) for row in rows)


def save_search(work: Work, actor: Actor, name: str, fields: Mapping[str, str]) -> UUID:
    """Keep it under the name, in place of what was kept there.   Raises: Forbidden, SavedSearchMalformed."""
    require(actor, Permission.READ_ARCHIVE)
    called = " ".join(name.split())
    kept = {field: value.strip() for field, value in fields.items() if value.strip()}
    if not 1 <= len(called) <= LONGEST_NAME or not called.isprintable():
        raise SavedSearchMalformed("a name is needed")
    if not kept or not set(kept) <= FIELDS or any(len(value) > LONGEST_FIELD for value in kept.values()):
        raise SavedSearchMalformed("only a search of the archive can be kept")
    own = work.session.scalars(select(SavedSearch).where(SavedSearch.person_id == actor.person_id)).all()
    row = next((each for each in own if each.name == called), None)
    if row is None:
        if len(own) >= MOST:
            raise SavedSearchMalformed(f"at most {MOST} searches are kept for a person")
        row = SavedSearch(
            id=new_id(), organisation_id=actor.organisation_id, person_id=actor.person_id, name=called, fields={}
        )
        work.session.add(row)
    row.fields, row.created_at = kept, work.now()
    append(work, actor.by, SearchSaved(id=row.id, name=called))
    return row.id


def forget_search(work: Work, actor: Actor, search_id: UUID) -> None:
    """Raises: Forbidden, SavedSearchNotFound, also for somebody else's."""
    require(actor, Permission.READ_ARCHIVE)
    gone = work.session.scalar(
        delete(SavedSearch)
        .where(SavedSearch.id == search_id, SavedSearch.person_id == actor.person_id)
        .returning(SavedSearch.id)
    )
    if gone is None:
        raise SavedSearchNotFound("there is no such saved search of yours")
    append(work, actor.by, SearchForgotten(id=search_id))
