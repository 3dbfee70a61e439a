"""The scheme of an organisation's archive numbers: as ever, until somebody who looks after documents changes it."""

from __future__ import annotations

from uuid import UUID

from printserver.archive.events import ArchiveNumberingSet
from printserver.archive.models import ArchiveScheme
from printserver.archive.numbering import Numbering
from printserver.audit.log import append
from printserver.foundation.errors import Forbidden
from printserver.foundation.unit_of_work import Work
from printserver.organisations.access import Actor, require
from printserver.organisations.permissions import Permission
from printserver.organisations.queries import covers_organisation


def numbering_of(work: Work, organisation_id: UUID) -> Numbering:
    """Without regard to anybody's rights."""
    row = work.session.get(ArchiveScheme, organisation_id)
    return Numbering() if row is None else Numbering(row.pattern, row.fonds)


def set_numbering(work: Work, actor: Actor, *, pattern: str, fonds: str) -> Numbering:
    """How numbers are written from now on; those that are given stay.

    Raises: Forbidden, ArchiveNumberingMalformed.
    """
    require(actor, Permission.MANAGE_DOCUMENTS)
    if not covers_organisation(work, actor, Permission.MANAGE_DOCUMENTS):
        raise Forbidden("archive numbers are the whole organisation's: so must the right be")
    chosen = Numbering(pattern.strip(), fonds.strip())
    row = work.session.get(ArchiveScheme, actor.organisation_id)
    if row is None:
        row = ArchiveScheme(organisation_id=actor.organisation_id, fonds="", pattern="", changed_at=work.now())
        work.session.add(row)
    row.pattern, row.fonds, row.changed_at = chosen.pattern, chosen.fonds, work.now()
    append(
        work,
        actor.by,
        ArchiveNumberingSet(id=actor.organisation_id, pattern=chosen.pattern, fonds=chosen.fonds),
    )
    return chosen
