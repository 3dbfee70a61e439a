"""What others may know of seals."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, select

from printserver.foundation.errors import NotFound
from printserver.foundation.unit_of_work import Work
from printserver.organisations.access import Actor, within_or_above
from printserver.organisations.permissions import Permission
from printserver.seals.models import Seal
from printserver.seals.service import SealNotUsable
from printserver.seals.states import SealState


@dataclass(frozen=True)
class SealFacts:
    """Sizes in micrometres; `code_id`: 12 hexadecimal digits."""

    id: UUID
    organisation_id: UUID
    branch_id: UUID
    custodian_id: UUID
    code_id: str
    name: str
    type: str
    state: SealState
    width_um: int
    height_um: int
    object_sha256: str
    valid_from: datetime
    valid_until: datetime


def seal_facts(work: Work, seal_id: UUID) -> SealFacts:
    """Without regard to anybody's rights.   Raises: NotFound."""
    seal = work.session.get(Seal, seal_id)
    if seal is None:
        raise NotFound("there is no such seal")
    return _facts(seal)


def seals(work: Work, actor: Actor) -> tuple[SealFacts, ...]:
    """Those that `actor` may ask for or read."""
    rows = work.session.scalars(select(Seal).where(_readable(actor)).order_by(Seal.name, Seal.id))
    return tuple(_facts(seal) for seal in rows)


def usable_seal(work: Work, actor: Actor, seal_id: UUID) -> SealFacts:
    """A seal that `actor` may ask for and that can be used now.   Raises: NotFound, SealNotUsable."""
    may_ask = within_or_above(Seal.branch_id, actor, Permission.CREATE_REQUEST)
    seal = work.session.scalar(select(Seal).where(Seal.id == seal_id, may_ask))
    if seal is None:
        raise NotFound("there is no such seal")
    facts = _facts(seal)
    require_usable(work, facts)
    return facts


def require_usable(work: Work, seal: SealFacts) -> None:
    """Raises: SealNotUsable."""
    if seal.state is not SealState.ACTIVE:
        raise SealNotUsable(f"the seal {seal.name} is {seal.state}")
    if not seal.valid_from <= work.now() <= seal.valid_until:
        raise SealNotUsable(f"the seal {seal.name} is not valid at present")


def seals_in_custody(work: Work, actor: Actor) -> tuple[UUID, ...]:
    return tuple(work.session.scalars(select(Seal.id).where(Seal.custodian_id == actor.id)))


def _readable(actor: Actor) -> ColumnElement[bool]:
    return within_or_above(Seal.branch_id, actor, Permission.READ_SEALS)


def _facts(seal: Seal) -> SealFacts:
    return SealFacts(
        seal.id,
        seal.organisation_id,
        seal.branch_id,
        seal.custodian_id,
        seal.code_id,
        seal.name,
        seal.type,
        SealState(seal.state),
        seal.width_um,
        seal.height_um,
        seal.object_sha256,
        seal.valid_from,
        seal.valid_until,
    )
