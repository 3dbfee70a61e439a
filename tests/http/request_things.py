"""What the matrix of access visits about requests: a draft, kept values and an attachment of the north's clerk."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from printserver.documents.template_store import built_in_templates
from printserver.foundation.unit_of_work import Work
from printserver.organisations.access import Actor
from printserver.organisations.permissions import Role
from printserver.print_requests.application import Attachment
from printserver.print_requests.batch_table import BatchLine
from printserver.print_requests.batches import NewBatch, keep_batch
from printserver.print_requests.drafts import KeptDocument, KeptFile, save_draft, save_template
from tests.world import World


@dataclass(frozen=True)
class RequestThings:
    draft: UUID
    template: UUID
    attached: UUID
    electronic: UUID
    batch: UUID


def kept_document(world: World) -> KeptDocument:
    """The contract of every request of the world."""
    safe = world.taken.safe
    sizes = tuple((page.width_um, page.height_um) for page in safe.pages)
    file = KeptFile("contract.pdf", safe.original_sha256, safe.safe_sha256, sizes)
    return KeptDocument(file, (file,))


def requests_at(world: World) -> RequestThings:
    safe = world.taken.safe
    attachment = Attachment("annex.pdf", safe.original_sha256, safe.safe_sha256, len(safe.pages))
    attached = world.submitted(attachments=(attachment,))
    with world.database.work() as work:
        clerk = world.actor(work, Role.CLERK)
        draft = save_draft(work, clerk, kept_document(world), {"title": "a draft"})
        template = save_template(work, clerk, "values", {"title": "kept"})
        batch = batch_of(work, clerk)
    return RequestThings(draft, template, attached, world.issued(electronic=True), batch)


def batch_of(work: Work, clerk: Actor) -> UUID:
    """With one row, not started."""
    certificate = built_in_templates()["certificate"]
    return keep_batch(work, clerk, NewBatch("t.csv", certificate, "zh", (BatchLine(2, "R-1", "", {}),), {}))
