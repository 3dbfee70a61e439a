"""The pages that people look at before they decide: those that the manifest names, whatever the rows say by now."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from uuid import UUID

from printserver.foundation.errors import NotFound
from printserver.foundation.unit_of_work import Work
from printserver.organisations.access import Actor
from printserver.print_requests.binding import CopyNotApproved, approved_manifest
from printserver.print_requests.queries import RequestDetails, request_details
from printserver.storage.objects import Objects


class PageNotFound(NotFound):
    code = "page-not-found"


class Part(StrEnum):
    """What of a request is looked at."""

    COPY = "copy"
    DOCUMENT = "document"
    ATTACHMENT = "attachment"


@dataclass(frozen=True)
class LookedAt:
    """`number`: of the copy or the attachment, from 1; nothing for the document.   page: from 1.

    manifest_sha256: of the manifest that is looked at; without it, the one that the request holds now.
    """

    part: Part
    page: int
    number: int = 0
    manifest_sha256: str = ""


def shown_pdf(work: Work, actor: Actor, objects: Objects, request_id: UUID, looked_at: LookedAt) -> bytes:
    """The PDF whose page is looked at. Before there is a manifest, document and attachments come from the rows.

    Raises: NotFound, PageNotFound, CopyNotApproved.
    """
    details = request_details(work, actor, request_id)
    if looked_at.manifest_sha256 not in ("", details.manifest_sha256) or not 1 <= looked_at.page <= _pages(
        details, looked_at
    ):
        raise PageNotFound("there is no such page")
    if details.manifest_sha256 is None:
        return objects.get(_digest_of_rows(details, looked_at), actor.organisation_id)
    manifest = approved_manifest(work, objects, request_id)
    if manifest.get("request_id") != str(request_id):
        raise CopyNotApproved("what the request names as its manifest is that of another one")
    return objects.get(_digest_named(manifest, looked_at), actor.organisation_id)


def _pages(details: RequestDetails, looked_at: LookedAt) -> int:
    """0 for what is not there."""
    match looked_at.part:
        case Part.COPY:
            return next((copy.pages for copy in details.copies if copy.number == looked_at.number), 0)
        case Part.DOCUMENT:
            return details.pages
        case Part.ATTACHMENT:
            kept = details.particulars.attachments
            return kept[looked_at.number - 1].pages if 1 <= looked_at.number <= len(kept) else 0


def _digest_of_rows(details: RequestDetails, looked_at: LookedAt) -> str:
    if looked_at.part is Part.ATTACHMENT:
        return details.particulars.attachments[looked_at.number - 1].safe_sha256
    return details.document_sha256


def _digest_named(manifest: dict[str, Any], looked_at: LookedAt) -> str:
    if looked_at.part is Part.DOCUMENT:
        return str(manifest["document_sha256"])
    if looked_at.part is Part.COPY:
        named = [entry for entry in manifest["copies"] if entry["number"] == looked_at.number]
    else:
        named = manifest["attachments"][looked_at.number - 1 : looked_at.number]
    for entry in named:
        return str(entry["sha256"])
    raise CopyNotApproved("what the request names as its manifest does not list what is looked at")
