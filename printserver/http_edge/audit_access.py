"""Who may read the log: it is one for the whole organisation, so only who audits all of its branches."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

from printserver.audit.proofs import InclusionProof, Prover
from printserver.audit.queries import AuditSearch, EntryPage, EntryView, entry_view, find_entries
from printserver.foundation.errors import Forbidden
from printserver.foundation.unit_of_work import Work
from printserver.organisations.access import Actor
from printserver.organisations.permissions import Permission
from printserver.organisations.queries import covers_organisation


def entries_in_view(
    work: Work, actor: Actor, search: AuditSearch, *, before: UUID | None = None, limit: int = 50
) -> EntryPage:
    """Newest first, of the actor's organisation, whatever `search` says of organisations.

    Raises: Forbidden, SearchMalformed.
    """
    _require_whole_organisation(work, actor)
    own = replace(search, organisations=(actor.organisation_id,))
    return find_entries(work, own, before=before, limit=limit)


def entry_in_view(work: Work, actor: Actor, entry_id: UUID) -> EntryView:
    """Raises: Forbidden, EntryNotFound."""
    _require_whole_organisation(work, actor)
    return entry_view(work, entry_id, organisations=(actor.organisation_id,))


def proof_in_view(work: Work, actor: Actor, prover: Prover, entry_id: UUID) -> InclusionProof:
    """Raises: Forbidden, EntryNotFound, EntryNotInLog for one that waits for its place, LogRewritten."""
    return prover.inclusion(work, entry_in_view(work, actor, entry_id).id)


def _require_whole_organisation(work: Work, actor: Actor) -> None:
    if not covers_organisation(work, actor, Permission.READ_AUDIT):
        raise Forbidden("the log is for those who audit the whole organisation")
