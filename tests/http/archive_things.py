"""What there is to find in the archive of the scene."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import update

from printserver.archive.models import ArchiveRecord
from printserver.archive.saved_searches import save_search
from printserver.organisations.permissions import Role
from tests.world import World


def saved_search_at(world: World, record_id: UUID) -> UUID:
    """Of the north's archivist; the record gets a searchable file."""
    digest = world.adapters.objects.put(b"%PDF-1.7", world.home.id)
    with world.database.work() as work:
        work.session.execute(
            update(ArchiveRecord).where(ArchiveRecord.id == record_id).values(searchable_sha256=digest)
        )
        return save_search(work, world.actor(work, Role.ARCHIVIST), "mine", {"title": "x"})
