"""The certificate of a finished disposal, for whoever may read the archive."""

from __future__ import annotations

from uuid import UUID

from printserver.archive.disposal import DisposalNotFound
from printserver.archive.retention_queries import run_facts
from printserver.foundation.unit_of_work import Database
from printserver.organisations.access import Actor
from printserver.storage.objects import Objects


def certificate_file(database: Database, objects: Objects, actor: Actor, run_id: UUID) -> tuple[int, bytes]:
    """The disposal's number, and canonical JSON.   Raises: Forbidden, DisposalNotFound, ObjectChanged."""
    with database.reading() as work:
        run = run_facts(work, actor, run_id)
    if run.certificate_sha256 is None:
        raise DisposalNotFound("this disposal has no certificate yet")
    return run.number, objects.get(run.certificate_sha256, actor.organisation_id)
