"""What must be true before the HSM is asked: evidence over the manifest, digests of the stored bytes, usable seals.

Rows are only pointers here; what is signed comes from the manifest that people approved.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy.exc import DataError

from printserver.approvals.authorisation import AuthorisationFacts, authorisation_facts
from printserver.approvals.flows import evidence_of
from printserver.foundation.errors import IntegrityError
from printserver.foundation.serials import ELECTRONIC_ORIGINAL, CopySerial
from printserver.foundation.unit_of_work import Database, Work
from printserver.print_requests.queries import copy_facts
from printserver.rendering.dot_grid import USUAL_DPI
from printserver.rendering.marks import PlacedSeal, SealPlace, seal_box
from printserver.rendering.page_layout import PageLayout
from printserver.seals.queries import SealFacts, require_usable, seal_facts
from printserver.signing.errors import EvidenceInsufficient
from printserver.signing.key_list import KeyList
from printserver.signing.manifest_shape import manifest_problems
from printserver.signing.pades import VisiblePlace
from printserver.signing.quorum import check_quorum, manifest_digest
from printserver.signing.register_journal import RegisterJournal
from printserver.signing.seal_object import verify_seal_object
from printserver.signing.verified import verify_any
from printserver.storage.objects import Objects


class EvidenceMismatch(IntegrityError):
    """Rows, manifest and stored bytes do not say the same: somebody changed one of them."""

    code = "evidence-mismatch"


@dataclass(frozen=True)
class ApprovedSeal:
    """A seal that people let be used. `object`: DER, proved genuine and valid now.   code_id: 12 hexadecimal digits."""

    id: UUID
    code_id: str
    object: bytes


@dataclass(frozen=True)
class Approved:
    """One copy exactly as it was approved. `seal_code_id`: 12 hexadecimal digits of the first seal.

    seals: in the manifest's order, at least one.
    uses_limits: of each seal by its code id, how often the register lets it be used; None for always.
    seal_place: where the first seal is printed first.
    """

    authorisation: AuthorisationFacts
    organisation: int
    serial: CopySerial
    number: int
    copies: int
    document_sha256: str
    seal_code_id: str
    seals: tuple[ApprovedSeal, ...]
    uses_limits: Mapping[str, int | None]
    layout: tuple[PageLayout, ...]
    printer_dpi: int
    seal_place: VisiblePlace | None
    rendition: bytes
    title: str


@dataclass(frozen=True)
class _Rows:
    """What one reading transaction says."""

    authorisation: AuthorisationFacts
    evidence: tuple[str, ...]


def approved_copy(
    database: Database, objects: Objects, key_list: KeyList, register: RegisterJournal, authorisation_id: UUID
) -> Approved:
    """Prove that this authorisation rests on people's signed word over these very bytes.

    Steps: manifest by digest, evidence signatures, quorum by the register, the copy's entry, rendition by digest,
    seals.
    Raises: NotFound, EvidenceForged, EvidenceInsufficient, EvidenceMismatch, ObjectChanged, SealNotUsable,
    SealObjectForged and others of `signing.errors`.
    """
    try:
        return _proved(database, objects, key_list, register, authorisation_id)
    except (ValueError, TypeError, KeyError, IndexError, OverflowError, DataError) as problem:
        raise EvidenceMismatch("a row or the manifest holds what none of ours ever held") from problem


def _proved(
    database: Database, objects: Objects, key_list: KeyList, register: RegisterJournal, authorisation_id: UUID
) -> Approved:
    with database.reading() as work:
        rows = _read(work, authorisation_id)
    manifest = _manifest(objects, rows.authorisation)
    problems = list(manifest_problems(manifest))
    if problems:
        raise EvidenceInsufficient(problems)
    named = rows.authorisation
    if register.refusals.knows(named.manifest_sha256, str(named.request_id), str(named.copy_id)):
        raise EvidenceInsufficient(["somebody refused this or called it off, whatever the rows say now"])
    standing = register.standing(manifest["organisation"])
    evidence = [verify_any(token, key_list, standing) for token in rows.evidence]
    check_quorum(manifest, evidence, standing, at=database.clock.now())
    entry = _entry(manifest, rows.authorisation)
    with database.reading() as work:
        seals = [seal_facts(work, UUID(seal["seal_id"])) for seal in manifest["seals"]]
        for seal in seals:
            require_usable(work, seal)
    proved = tuple(
        _proved_seal(objects, key_list, seal, named, database)
        for seal, named in zip(seals, manifest["seals"], strict=True)
    )
    layout = tuple(PageLayout.from_json(page) for page in manifest["layout"])
    return Approved(
        authorisation=rows.authorisation,
        organisation=manifest["organisation"],
        serial=CopySerial.parse(entry["serial"]),
        number=entry["number"],
        copies=sum(copy["number"] != ELECTRONIC_ORIGINAL for copy in manifest["copies"]),
        document_sha256=manifest["document_sha256"],
        seal_code_id=manifest["seals"][0]["code_id"],
        seals=proved,
        uses_limits={seal["code_id"]: standing.seals[seal["seal_id"]].uses_limit for seal in manifest["seals"]},
        layout=layout,
        printer_dpi=manifest.get("printer_dpi", USUAL_DPI),
        seal_place=_first_place(manifest["seals"][0]["places"], seals[0], layout),
        rendition=objects.get(entry["sha256"], rows.authorisation.organisation_id),
        title=manifest["title"],
    )


def _first_place(
    places: Sequence[Mapping[str, Any]], seal: SealFacts, layout: Sequence[PageLayout]
) -> VisiblePlace | None:
    """Where readers show the signature: over the first seal where it is printed first, if it can be a slice of it."""
    drawn = PlacedSeal(b"", seal.width_um, seal.height_um, tuple(map(SealPlace.from_json, places)))
    for place in sorted(drawn.places, key=lambda each: each.part is not None):
        page = layout[place.page - 1]
        box = seal_box(page, drawn, place)
        return VisiblePlace(place.page, box.x_um, box.y_um, box.width_um, box.height_um, page.size.height_um)
    return None


def _read(work: Work, authorisation_id: UUID) -> _Rows:
    authorisation = authorisation_facts(work, authorisation_id)
    copy = copy_facts(work, authorisation.copy_id)
    if copy.request_id != authorisation.request_id:
        raise EvidenceMismatch("the authorisation and its copy belong to different requests")
    return _Rows(authorisation, evidence_of(work, authorisation.request_id, authorisation.manifest_sha256))


def _manifest(objects: Objects, authorisation: AuthorisationFacts) -> Mapping[str, Any]:
    stored = objects.get(authorisation.manifest_sha256, authorisation.organisation_id)
    try:
        manifest = json.loads(stored)
    except (ValueError, RecursionError) as problem:
        raise EvidenceMismatch("what the authorisation names is no manifest") from problem
    if not isinstance(manifest, dict) or manifest_digest(manifest) != authorisation.manifest_sha256:
        raise EvidenceMismatch("the manifest is not in its canonical form")
    if manifest.get("request_id") != str(authorisation.request_id):
        raise EvidenceMismatch("the manifest is that of another request")
    return manifest


def _entry(manifest: Mapping[str, Any], authorisation: AuthorisationFacts) -> Mapping[str, Any]:
    for entry in manifest["copies"]:
        if entry["copy_id"] == str(authorisation.copy_id):
            if entry["sha256"] != authorisation.content_sha256:
                raise EvidenceMismatch("the authorised content is not what was approved")
            found: Mapping[str, Any] = entry
            return found
    raise EvidenceMismatch("the approved manifest does not name this copy")


def _proved_seal(
    objects: Objects, key_list: KeyList, seal: SealFacts, named: Mapping[str, Any], database: Database
) -> ApprovedSeal:
    if (seal.object_sha256, seal.code_id) != (named["object_sha256"], named["code_id"]):
        raise EvidenceMismatch(f"the seal {seal.name} is not the one that was approved")
    made = objects.get(seal.object_sha256, seal.organisation_id)
    if verify_seal_object(made, key_list, database.clock.now()).facts.seal_id != seal.code_id:
        raise EvidenceMismatch(f"the seal object of {seal.name} is that of another seal")
    return ApprovedSeal(seal.id, seal.code_id, made)
