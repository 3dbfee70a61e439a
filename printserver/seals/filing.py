"""File a seal object of another maker: shown as what it is, used only after two officers said so."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import select

from printserver.audit.log import append
from printserver.foundation.errors import NotFound, Refused
from printserver.foundation.ids import new_id
from printserver.foundation.unit_of_work import Work
from printserver.organisations.access import Actor, branch_path
from printserver.organisations.permissions import Permission
from printserver.rendering.seal_artwork_image import clean_seal_image
from printserver.seals import steps
from printserver.seals.custody import require_keepers
from printserver.seals.events import SealAppliedFor
from printserver.seals.models import Seal
from printserver.seals.states import SealAction, SealState
from printserver.signing.seal_makers import SealMakers
from printserver.signing.seal_object import SealObject, verify_seal_object
from printserver.storage.objects import Objects

FILED: Final = "filed"
UM_PER_MM: Final = 1_000
PICTURES: Final = frozenset({"PNG", "JPG", "JPEG", "BMP"})


class SealFiledAlready(Refused):
    code = "seal-filed-already"


@dataclass(frozen=True)
class Filing:
    """Who keeps it here.   type: as in `rendering.seal_artwork_types`, or another maker's word."""

    branch_id: UUID
    type: str
    custodians: tuple[UUID, ...]
    purpose: str = ""


@dataclass(frozen=True)
class FiledObject:
    """A seal whose maker is believed here, and its picture as a PDF of its size; None when it cannot be shown."""

    seal: SealObject
    sha256: str
    artwork_sha256: str | None


def read_filed(objects: Objects, der: bytes, makers: SealMakers, owner: UUID, *, at: datetime) -> FiledObject:
    """Verify, store, and draw the picture.   Raises: as `verify_seal_object`; as `clean_seal_image` for its picture."""
    seal = verify_seal_object(der, makers, at)
    picture = seal.picture
    artwork: bytes | None = None
    if picture.kind.upper() in PICTURES:
        size = {"width_um": picture.width_mm * UM_PER_MM, "height_um": picture.height_mm * UM_PER_MM}
        artwork = clean_seal_image(picture.data, **size).pdf
    elif picture.kind.upper() == "PDF":
        artwork = picture.data
    return FiledObject(seal, objects.put(der, owner), None if artwork is None else objects.put(artwork, owner))


def require_filer(work: Work, actor: Actor, branch_id: UUID) -> None:
    """Before anything is stored.   Raises: NotFound."""
    if not actor.may(Permission.MANAGE_SEALS, branch_path(work, branch_id)):
        raise NotFound("there is no such branch")


def file_seal(work: Work, actor: Actor, filing: Filing, filed: FiledObject) -> UUID:
    """It begins as made: officers activate it like one that was made here.

    Raises: NotFound for a branch out of reach, SealFiledAlready, SealCustodianRefused.
    """
    require_filer(work, actor, filing.branch_id)
    if work.session.scalar(select(Seal.id).where(Seal.object_sha256 == filed.sha256).limit(1)) is not None:
        raise SealFiledAlready("this seal object is in the register already")
    require_keepers(work, actor.organisation_id, filing.branch_id, filing.custodians)
    seal = _row(work, actor, filing, filed)
    work.session.add(seal)
    work.session.flush()
    steps.set_custodians(work, seal.id, filing.custodians)
    done = steps.Done(SealAction.MAKE, SealState.APPROVED, SealState.MADE, filing.purpose, actor.id)
    steps.record(work, seal.id, done, form={"maker": filed.seal.facts.vendor_id, "number": filed.seal.facts.seal_id})
    _note(work, actor, seal, filing.custodians)
    return seal.id


def _row(work: Work, actor: Actor, filing: Filing, filed: FiledObject) -> Seal:
    facts, picture = filed.seal.facts, filed.seal.picture
    return Seal(
        id=new_id(),
        organisation_id=actor.organisation_id,
        branch_id=filing.branch_id,
        custodian_id=filing.custodians[0],
        code_id=secrets.token_hex(6),
        name=facts.name[:100],
        type=filing.type,
        state=SealState.MADE,
        width_um=picture.width_mm * UM_PER_MM,
        height_um=picture.height_mm * UM_PER_MM,
        object_sha256=filed.sha256,
        valid_from=facts.valid_from,
        valid_until=facts.valid_to,
        created_at=work.now(),
        registration_number=facts.seal_id[:40],
        origin=FILED,
        artwork_source=FILED,
        artwork_sha256=filed.artwork_sha256,
        design=None,
        purpose=filing.purpose.strip(),
        applicant_id=actor.person_id,
        owner_id=None,
        replaces_id=None,
        classes=[],
        evidence="attested",
        uses=0,
        uses_limit=None,
    )


def _note(work: Work, actor: Actor, seal: Seal, custodians: Sequence[UUID]) -> None:
    append(
        work,
        actor.by,
        SealAppliedFor(
            id=seal.id,
            name=seal.name,
            type=seal.type,
            registration_number=seal.registration_number,
            artwork_sha256=seal.artwork_sha256 or "",
            width_um=seal.width_um,
            height_um=seal.height_um,
            custodians=tuple(custodians),
            owner_id=None,
            replaces_id=None,
            origin=FILED,
        ),
    )
