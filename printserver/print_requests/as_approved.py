"""Whether a request's rows still say what its manifest says: people sign that, and decide on nothing else.

Pages and programs read rows. A row that was changed would show an approver another title or amount than the one that
the signed digest is of; so each of them asks here before it shows a request, and again before it takes a decision.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar, Final
from uuid import UUID

import structlog
from sqlalchemy import select

from printserver.documents.queries import document_facts
from printserver.foundation.clock import from_text
from printserver.foundation.errors import Refused
from printserver.foundation.serials import ELECTRONIC_ORIGINAL, CopySerial
from printserver.foundation.unit_of_work import Work
from printserver.organisations.queries import person_of_account
from printserver.print_requests.binding import approved_manifest
from printserver.print_requests.company import attachments_of, parties_of
from printserver.print_requests.models import Copy, PrintRequest
from printserver.print_requests.request_seals import seals_of_request
from printserver.print_requests.steps import frozen_flow
from printserver.storage.objects import Objects

_ABSENT: Final = object()
_SAME_NAME: Final = ("title", "own_reference", "purpose", "sides")


class RowsDiffer(Refused):
    """Somebody changed the database: what it says of a request is not what people decide on."""

    code: ClassVar[str] = "rows-differ"


def require_as_approved(work: Work, objects: Objects, request_id: UUID) -> None:
    """Silence for a request without a manifest yet, and for one whose rows say the same.

    Raises: RowsDiffer, naming what differs; CopyNotApproved when the manifest is lost.
    """
    request = work.session.get(PrintRequest, request_id)
    if request is None or request.manifest_sha256 is None:
        return
    manifest = approved_manifest(work, objects, request_id)
    differing = list(dict.fromkeys(_differing(work, request, manifest)))
    if differing:
        structlog.get_logger().error("rows differ from the manifest", request_id=str(request_id), fields=differing)
        raise RowsDiffer(f"the database says something else than the manifest of {', '.join(differing)}")


def _differing(work: Work, request: PrintRequest, manifest: Mapping[str, Any]) -> Iterator[str]:
    """By the manifest's names. What an older manifest does not hold cannot differ."""
    for name, said in _said_by_rows(work, request):
        named = manifest.get(name, _ABSENT)
        if named is not _ABSENT and named != said:
            yield name
    if "expires_at" in manifest and from_text(manifest["expires_at"]) != request.expires_at:
        yield "expires_at"
    flow = frozen_flow(request)
    if flow is not None and manifest.get("flow_sha256", flow.digest()) != flow.digest():
        yield "flow_sha256"
    if _seals_differ(work, request, manifest["seals"]):
        yield "seals"
    yield from _differing_people_and_copies(work, request, manifest)


def _seals_differ(work: Work, request: PrintRequest, named: Sequence[Mapping[str, Any]]) -> bool:
    said = seals_of_request(work, request)
    if str(request.seal_id) != named[0]["seal_id"] or [str(each.seal_id) for each in said] != [
        seal["seal_id"] for seal in named
    ]:
        return True
    drawn = (each.places for each in said)
    return any(
        places is not None and [dict(place) for place in places] != seal.get("places", [])
        for places, seal in zip(drawn, named, strict=True)
    )


def _said_by_rows(work: Work, request: PrintRequest) -> Iterator[tuple[str, Any]]:
    for name in _SAME_NAME:
        yield name, getattr(request, name)
    yield "request_id", str(request.id)
    yield "branch_id", str(request.branch_id)
    yield "class", request.class_code
    yield "printer_id", str(request.printer_id)
    yield "pages", len(request.layout)
    yield "layout", request.layout
    fen = request.amount_minor
    yield "amount", None if fen is None else {"currency": request.amount_currency, "minor": fen}
    yield "parties", [vars(party) for party in parties_of(work, request.id)]
    attachments = attachments_of(work, request.id)
    yield "attachments", [{"filename": a.filename, "pages": a.pages, "sha256": a.safe_sha256} for a in attachments]
    yield "document_sha256", document_facts(work, request.document_id).safe_sha256
    if request.steps is not None:
        yield "steps", request.steps


def _differing_people_and_copies(work: Work, request: PrintRequest, manifest: Mapping[str, Any]) -> Iterator[str]:
    accounts = {str(request.applicant_id), str(person_of_account(work, request.applicant_id))}
    if manifest.get("applicant_id", str(request.applicant_id)) not in accounts:
        yield "applicant_id"
    named = [(each["copy_id"], each["number"], each["serial"], each["sha256"]) for each in manifest["copies"]]
    rows = work.session.scalars(select(Copy).where(Copy.request_id == request.id))
    said = [(str(row.id), row.number, str(CopySerial(row.serial)), row.rendition_sha256) for row in rows]
    on_paper = sum(number != ELECTRONIC_ORIGINAL for _id, number, _serial, _sha256 in named)
    papers = manifest.get("papers", on_paper)
    only_a_file = bool(named) and not on_paper
    if sorted(named) != sorted(said) or (papers != request.copies and not only_a_file):
        yield "copies"
