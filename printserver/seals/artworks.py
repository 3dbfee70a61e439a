"""Pictures of registered seals: handed in, cleaned in a limited process, looked at before and after."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from printserver.audit.log import append
from printserver.foundation.errors import NotFound
from printserver.foundation.ids import new_id
from printserver.foundation.unit_of_work import Work
from printserver.organisations.access import Actor
from printserver.rendering.seal_artwork_image import CleanSeal, clean_seal_image
from printserver.seals.events import SealArtworkHandedIn
from printserver.seals.models import SealArtwork
from printserver.seals.queries import SealFacts
from printserver.signing.seal_object import read_seal_object
from printserver.storage.objects import Objects

UM_PER_MM: Final = 1_000
LONGEST_FILENAME: Final = 200


@dataclass(frozen=True)
class StoredArtwork:
    """Digests of what was handed in, of its reduced picture and of the clean seal."""

    original_sha256: str
    before_sha256: str
    artwork_sha256: str
    width_um: int
    height_um: int
    dpi: int


@dataclass(frozen=True)
class ArtworkFacts:
    id: UUID
    filename: str
    stored: StoredArtwork
    created_at: datetime


def artwork_of(objects: Objects, seal: SealFacts) -> bytes:
    """The seal's picture as a PDF of its size: what it was applied with, else what its object holds.

    Raises: NotFound when there is none, SealObjectMalformed.
    """
    if seal.artwork_sha256 is not None:
        return objects.get(seal.artwork_sha256, seal.organisation_id)
    if seal.object_sha256:
        picture = read_seal_object(objects.get(seal.object_sha256, seal.organisation_id)).picture
        if picture.kind.upper() == "PDF":
            return picture.data
    raise NotFound("there is no picture of this seal")


def take_image(objects: Objects, data: bytes, owner: UUID, *, width_mm: int, height_mm: int) -> StoredArtwork:
    """Clean a picture and store what came of it, outside any transaction.   Raises: as `clean_seal_image`."""
    size = (width_mm * UM_PER_MM, height_mm * UM_PER_MM)
    clean: CleanSeal = clean_seal_image(data, width_um=size[0], height_um=size[1])
    uploaded, before, after = (objects.put(each, owner) for each in (data, clean.before_png, clean.pdf))
    return StoredArtwork(uploaded, before, after, *size, dpi=clean.dpi)


def keep_artwork(work: Work, actor: Actor, stored: StoredArtwork, filename: str) -> UUID:
    row = SealArtwork(
        id=new_id(),
        organisation_id=actor.organisation_id,
        person_id=actor.id,
        filename=filename[-LONGEST_FILENAME:],
        created_at=work.now(),
        **vars(stored),
    )
    work.session.add(row)
    work.session.flush()
    append(
        work,
        actor.by,
        SealArtworkHandedIn(
            id=row.id,
            original_sha256=stored.original_sha256,
            artwork_sha256=stored.artwork_sha256,
            filename=row.filename,
        ),
    )
    return row.id


def artwork_facts(work: Work, actor: Actor, artwork_id: UUID) -> ArtworkFacts:
    """For whoever handed it in.   Raises: NotFound."""
    row = work.session.get(SealArtwork, artwork_id)
    if row is None or row.person_id != actor.id:
        raise NotFound("there is no such picture of a seal")
    stored = StoredArtwork(
        row.original_sha256, row.before_sha256, row.artwork_sha256, row.width_um, row.height_um, row.dpi
    )
    return ArtworkFacts(row.id, row.filename, stored, row.created_at)
