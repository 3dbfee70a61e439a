"""The pages of an archived copy as they were issued, to be looked at beside the paper that came home.

Drawn from the rendition, which bears no code, and marked: no picture given out here can pass as one more copy. The
signed file itself is evidence (`archive.access.issued_pdf`).
"""

from __future__ import annotations

from typing import Final
from uuid import UUID

from printserver.archive.access import record_in_view
from printserver.archive.events import ArchivedFileRead
from printserver.audit.log import append
from printserver.foundation.unit_of_work import Database
from printserver.organisations.access import Actor
from printserver.print_requests.queries import copy_facts
from printserver.rendering.page_images import ARCHIVE_WATERMARK, page_image
from printserver.rendering.security_marks import without_security
from printserver.storage.objects import Objects

SHOWN_DPI: Final = 110


def issued_page_picture(database: Database, objects: Objects, actor: Actor, record_id: UUID, page: int) -> bytes:
    """WebP, with the words that it is no original; that it was looked at is recorded.   page: 1-based.

    Raises: Forbidden, RecordNotFound, ObjectNotFound (disposed of), PageMissing, PageNotDrawable.
    """
    with database.work() as work:
        record = record_in_view(work, actor, record_id)
        digest = copy_facts(work, record.copy_id).rendition_sha256
        append(work, actor.by, ArchivedFileRead(id=record.id, what="issued-page", sha256=digest))
    bare = without_security(objects.get(digest, actor.organisation_id))
    return page_image(bare.pdf, page, dpi=SHOWN_DPI, watermark=ARCHIVE_WATERMARK)
