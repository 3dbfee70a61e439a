"""Take in the files that go with an application for the approvers' eyes."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from printserver.documents.attachments import make_attachment_safe
from printserver.documents.intake import IntakeLimits
from printserver.print_requests.application import MOST_ATTACHMENTS, ApplicationMalformed, Attachment
from printserver.print_requests.drafts import KeptFile
from printserver.storage.objects import Objects


def take_in_attachments(
    objects: Objects, owner: UUID, files: Sequence[tuple[str, bytes]], limits: IntakeLimits
) -> tuple[Attachment, ...]:
    """files: name and content of each.   Raises: ApplicationMalformed, DocumentRefused, AttachmentRefused."""
    return tuple(as_attachment(kept) for kept in keep_attachments(objects, owner, files, limits))


def keep_attachments(
    objects: Objects, owner: UUID, files: Sequence[tuple[str, bytes]], limits: IntakeLimits
) -> tuple[KeptFile, ...]:
    """As `take_in_attachments`, for a draft."""
    if len(files) > MOST_ATTACHMENTS:
        raise ApplicationMalformed(f"at most {MOST_ATTACHMENTS} attachments are kept")
    kept = []
    for name, data in files:
        safe = make_attachment_safe(data, limits)
        objects.put(safe.pdf, owner)
        kept.append(KeptFile.of(safe, name))
    return tuple(kept)


def as_attachment(kept: KeptFile) -> Attachment:
    return Attachment(kept.filename, kept.original_sha256, kept.safe_sha256, len(kept.sizes))
