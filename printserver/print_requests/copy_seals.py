"""Which seals were put on a copy: each is a signature of the seal's own key over the copy's rendition."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from printserver.audit.log import By, append
from printserver.foundation.errors import NotFound
from printserver.foundation.unit_of_work import Work
from printserver.organisations.access import Actor
from printserver.organisations.permissions import Permission
from printserver.print_requests.access import copy_for
from printserver.print_requests.events import CopySealed
from printserver.print_requests.models import Copy, CopySeal
from printserver.seals.queries import seal_facts


@dataclass(frozen=True)
class SealUse:
    """What the signer made with one seal. `signature_sha256`: of the stored signature, verified before."""

    seal_id: UUID
    signature_sha256: str
    sealed_at: datetime


@dataclass(frozen=True)
class SealOnCopy:
    """`position`: from 1.   name: of the seal."""

    position: int
    seal_id: UUID
    name: str
    signature_sha256: str
    sealed_at: datetime


def record_sealed(work: Work, by: By, copy_id: UUID, uses: Sequence[SealUse]) -> None:
    """In the transaction that records the issue, with one entry of the log for each seal."""
    copy = work.session.get_one(Copy, copy_id)
    for position, use in enumerate(uses, start=1):
        work.session.add(
            CopySeal(
                copy_id=copy_id,
                position=position,
                seal_id=use.seal_id,
                signature_sha256=use.signature_sha256,
                sealed_at=use.sealed_at,
            )
        )
        sealed = CopySealed(
            id=copy_id,
            seal_id=use.seal_id,
            position=position,
            rendition_sha256=copy.rendition_sha256,
            signature_sha256=use.signature_sha256,
        )
        append(work, by.within(copy.organisation_id), sealed)


def seals_on(work: Work, copy_id: UUID) -> tuple[SealOnCopy, ...]:
    """Without regard to anybody's rights; none for a copy that is not issued."""
    rows = work.session.scalars(select(CopySeal).where(CopySeal.copy_id == copy_id).order_by(CopySeal.position))
    return tuple(
        SealOnCopy(row.position, row.seal_id, seal_facts(work, row.seal_id).name, row.signature_sha256, row.sealed_at)
        for row in rows
    )


def sealed_by(work: Work, copy_id: UUID) -> tuple[tuple[UUID, datetime], ...]:
    """Seals on a copy and when each was put on, in their order; without regard to anybody's rights."""
    asked = select(CopySeal.seal_id, CopySeal.sealed_at).where(CopySeal.copy_id == copy_id).order_by(CopySeal.position)
    return tuple((seal_id, at) for seal_id, at in work.session.execute(asked))


def seals_on_for(work: Work, actor: Actor, copy_id: UUID) -> tuple[SealOnCopy, ...]:
    """Raises: NotFound."""
    return seals_on(work, copy_for(work, actor, copy_id, Permission.READ_REQUESTS).id)


def seal_evidence(work: Work, actor: Actor, copy_id: UUID, position: int) -> SealOnCopy:
    """The seal whose signature is handed out: it carries the seal's picture, so only those who keep evidence get it.

    Raises: NotFound.
    """
    copy = copy_for(work, actor, copy_id, Permission.READ_ARCHIVE)
    for each in seals_on(work, copy.id):
        if each.position == position:
            return each
    raise NotFound("this copy has no such seal")
