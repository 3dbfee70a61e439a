"""Who keeps the seal for which a request waits: one of its custodians, or somebody in a custodian's place."""

from __future__ import annotations

from uuid import UUID

from printserver.approvals.delegated import stand_ins
from printserver.foundation.errors import NotFound
from printserver.foundation.unit_of_work import Work
from printserver.organisations.access import Actor
from printserver.print_requests.models import PrintRequest
from printserver.print_requests.request_seals import waiting_seal
from printserver.print_requests.steps import CUSTODIAN
from printserver.seals.queries import seal_facts, seals_kept_by


def require_custodian(work: Work, actor: Actor, request: PrintRequest) -> UUID | None:
    """None for a custodian in person, else the custodian whose place is taken; a personal seal's owner has no deputy.

    Raises: NotFound for everybody else: what a person may not decide on is not told apart from what is not there.
    """
    seal = seal_facts(work, waiting_seal(request))
    if actor.person_id in seal.custodians:
        return None
    if seal.owner_id is None:
        for each in stand_ins(actor):
            if each.role == CUSTODIAN and each.principal in seal.custodians:
                return each.principal
    raise NotFound("there is no such print request")


def seals_to_confirm(work: Work, actor: Actor) -> tuple[UUID, ...]:
    """Of which the actor may confirm a use, in person or in a custodian's place."""
    principals = {each.principal for each in stand_ins(actor) if each.role == CUSTODIAN}
    own = seals_kept_by(work, (actor.person_id,))
    lent = seals_kept_by(work, tuple(principals)) if principals else ()
    personal = {seal_id for seal_id in lent if seal_facts(work, seal_id).owner_id is not None}
    return tuple({*own, *(set(lent) - personal)})
