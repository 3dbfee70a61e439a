"""Register a seal and stop its use."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select, update

from printserver.audit.log import By, append
from printserver.foundation.errors import NotFound, Refused, TransitionRefused
from printserver.foundation.unit_of_work import Work
from printserver.organisations.access import Actor
from printserver.seals.events import SealRegistered, SealSuspended
from printserver.seals.models import Seal
from printserver.seals.states import SealAction, SealState, next_state


class SealNotUsable(Refused):
    code = "seal-not-usable"


@dataclass(frozen=True)
class NewSeal:
    """A seal whose signed object the seal maker has made already. Sizes in micrometres."""

    id: UUID
    organisation_id: UUID
    branch_id: UUID
    custodian_id: UUID
    code_id: str
    name: str
    type: str
    width_um: int
    height_um: int
    object_sha256: str
    valid_from: datetime
    valid_until: datetime


def register_seal(work: Work, by: By, new: NewSeal) -> Seal:
    seal = Seal(**vars(new), state=SealState.ACTIVE, created_at=work.now())
    work.session.add(seal)
    work.session.flush()
    append(
        work,
        by,
        SealRegistered(
            id=seal.id,
            name=seal.name,
            type=seal.type,
            object_sha256=seal.object_sha256,
            custodian_id=seal.custodian_id,
        ),
    )
    return seal


def suspend_seal(work: Work, actor: Actor, seal_id: UUID, *, reason: str) -> Seal:
    """Stop a seal at once, on its custodian's word alone.

    Raises: NotFound for anybody but the custodian, TransitionRefused.
    """
    seal = work.session.scalar(select(Seal).where(Seal.id == seal_id, Seal.custodian_id == actor.id))
    if seal is None:
        raise NotFound("there is no such seal")
    before = SealState(seal.state)
    after = next_state(before, SealAction.SUSPEND)
    moved = work.session.scalar(
        update(Seal).where(Seal.id == seal.id, Seal.state == before).values(state=after).returning(Seal.id)
    )
    if moved is None:
        raise TransitionRefused("the seal has just changed; please look at it again")
    append(work, actor.by, SealSuspended(id=seal.id, before=before, reason=reason))
    return seal
