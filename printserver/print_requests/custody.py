"""Who keeps the seal of a request: the custodian, or somebody in the custodian's place."""

from __future__ import annotations

from uuid import UUID

from printserver.approvals.delegated import stand_ins
from printserver.foundation.errors import NotFound
from printserver.foundation.unit_of_work import Work
from printserver.organisations.access import Actor
from printserver.organisations.queries import person_of_account
from printserver.print_requests.models import PrintRequest
from printserver.print_requests.steps import CUSTODIAN
from printserver.seals.queries import seal_facts


def require_custodian(work: Work, actor: Actor, request: PrintRequest) -> UUID | None:
    """None for the custodian in person, else the custodian whose place is taken.

    Raises: NotFound for everybody else: what a person may not decide on is not told apart from what is not there.
    """
    keeper = person_of_account(work, seal_facts(work, request.seal_id).custodian_id)
    if actor.person_id == keeper:
        return None
    if any(each.principal == keeper and each.role == CUSTODIAN for each in stand_ins(actor)):
        return keeper
    raise NotFound("there is no such print request")
