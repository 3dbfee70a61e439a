"""What people approved about a copy's printing, from the manifest and the log; rows of the database are no proof."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import select

from printserver.audit.queries import last_fact
from printserver.foundation.errors import IntegrityError, NotFound
from printserver.foundation.unit_of_work import Work
from printserver.organisations.access import Actor
from printserver.print_requests.events import CopyMoved, CopySigned
from printserver.print_requests.models import PrintRequest
from printserver.print_requests.queries import CopyFacts, request_details
from printserver.print_requests.sides import Sides
from printserver.print_requests.states import CopyState
from printserver.storage.objects import Objects


class CopyNotApproved(IntegrityError):
    """The books name a copy, a printer or a document that nobody approved, signed or released."""

    code: ClassVar[str] = "copy-not-approved"


@dataclass(frozen=True)
class ApprovedPrinting:
    """certificate_sha256: of the printer, as it was pinned when people approved."""

    printer_id: UUID
    certificate_sha256: str
    sides: Sides


def manifest_of(work: Work, actor: Actor, objects: Objects, request_id: UUID) -> bytes | None:
    """The canonical bytes that an approval binds to; None before rendering has ended.   Raises: NotFound."""
    digest = request_details(work, actor, request_id).manifest_sha256
    return None if digest is None else objects.get(digest, actor.organisation_id)


def approved_printing(work: Work, objects: Objects, copy: CopyFacts) -> ApprovedPrinting:
    """Where and how a released copy may be printed.   Raises: CopyNotApproved."""
    manifest, _ = signed_as_approved(work, objects, copy, CopyState.RELEASED, CopyState.SENT)
    return ApprovedPrinting(
        UUID(manifest["printer_id"]), manifest["printer_certificate_sha256"], Sides(manifest.get("sides", "one-sided"))
    )


def signed_as_approved(work: Work, objects: Objects, copy: CopyFacts, *states: CopyState) -> tuple[dict[str, Any], str]:
    """The manifest that lists the copy as it is, and the digest of its signed pages.

    The log has to know these pages as signed, and the copy as being in one of `states`.   Raises: CopyNotApproved.
    """
    manifest = approved_manifest(work, objects, copy.request_id)
    listed = {
        "copy_id": str(copy.id),
        "serial": str(copy.serial),
        "number": copy.number,
        "sha256": copy.rendition_sha256,
    }
    if manifest.get("request_id") != str(copy.request_id) or listed not in manifest["copies"]:
        raise CopyNotApproved("the approved manifest does not list this copy")
    if copy.issued_sha256 is None or copy.issued_sha256 != last_fact(
        work, copy.id, CopySigned.__name__, "issued_sha256"
    ):
        raise CopyNotApproved("the log does not know these pages as the signed copy")
    if last_fact(work, copy.id, CopyMoved.__name__, "after") not in states:
        raise CopyNotApproved(f"the log does not know this copy as {states[0]}")
    return manifest, copy.issued_sha256


def approved_manifest(work: Work, objects: Objects, request_id: UUID) -> dict[str, Any]:
    """The bytes with the digest that people sign, as the request names it.   Raises: CopyNotApproved."""
    named = select(PrintRequest.manifest_sha256, PrintRequest.organisation_id).where(PrintRequest.id == request_id)
    row = work.session.execute(named).one_or_none()
    if row is None or row.manifest_sha256 is None:
        raise CopyNotApproved("the request has no manifest")
    try:
        manifest = json.loads(objects.get(row.manifest_sha256, row.organisation_id))
    except (NotFound, IntegrityError, ValueError):
        raise CopyNotApproved("the approved manifest is lost or damaged") from None
    if not isinstance(manifest, dict):
        raise CopyNotApproved("what the request names as its manifest is none")
    return manifest
