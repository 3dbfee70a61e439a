"""Seals in use that nobody has used for long: listed, so that somebody stops them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import func, select

from printserver.approvals.flows import Attestor
from printserver.foundation.unit_of_work import Work
from printserver.organisations.access import Actor, branch_path
from printserver.organisations.permissions import Permission
from printserver.organisations.queries import branch, names
from printserver.print_requests.models import CopySeal
from printserver.seals.queries import seals
from printserver.seals.service import suspend_seal
from printserver.seals.states import SealState


@dataclass(frozen=True)
class DormantSeal:
    """`last_used`: when a copy was last sealed; None for never.   may_stop: whether whoever asks may suspend it."""

    id: UUID
    name: str
    type: str
    branch: str
    custodians: tuple[str, ...]
    in_use_since: datetime
    last_used: datetime | None
    may_stop: bool


def dormant_seals(work: Work, actor: Actor, *, days: int) -> tuple[DormantSeal, ...]:
    """Of those that `actor` may read, the longest unused first.   days: 0 lists none."""
    if days == 0:
        return ()
    found = [seal for seal in seals(work, actor) if seal.state is SealState.ACTIVE]
    used: dict[UUID, datetime] = dict(
        work.session.execute(
            select(CopySeal.seal_id, func.max(CopySeal.sealed_at))
            .where(CopySeal.seal_id.in_([seal.id for seal in found]))
            .group_by(CopySeal.seal_id)
        ).all()
    )
    since = {seal.id: max(seal.created_at, seal.valid_from, used.get(seal.id, seal.created_at)) for seal in found}
    before = work.now() - timedelta(days=days)
    unused = sorted((seal for seal in found if since[seal.id] <= before), key=lambda seal: (since[seal.id], seal.id))
    people = names(work, {person for seal in unused for person in seal.custodians})
    return tuple(
        DormantSeal(
            id=seal.id,
            name=seal.name,
            type=seal.type,
            branch=branch(work, seal.branch_id).name,
            custodians=tuple(people[person] for person in seal.custodians if person in people),
            in_use_since=max(seal.created_at, seal.valid_from),
            last_used=used.get(seal.id),
            may_stop=actor.person_id in seal.custodians
            or actor.may(Permission.CONFIRM_STATEMENTS, branch_path(work, seal.branch_id)),
        )
        for seal in unused
    )


def suspend_dormant_seal(work: Work, actor: Actor, attestor: Attestor, seal_id: UUID, *, days: int) -> None:
    """On one word, as any seal.   days: as it was listed.   Raises: as `suspend_seal`."""
    suspend_seal(work, actor, attestor, seal_id, reason=f"not used for {days} days")
