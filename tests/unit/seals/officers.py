"""Seals of the north, applied for and taken through officers' hands, for the tests of this room."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from printserver.approvals.statement_queries import statement_facts
from printserver.approvals.statements import confirm
from printserver.audit.models import AuditEntry
from printserver.foundation.unit_of_work import Work
from printserver.organisations.access import Actor
from printserver.organisations.permissions import Role
from printserver.rendering.seal_artwork_types import SealType
from printserver.seals.applications import (
    SealApplication,
    apply_for_seal,
    draw_artwork,
)
from printserver.seals.queries import (
    seal_facts,
)
from printserver.seals.service import (
    apply_seal,
    apply_seal_order,
    record_made,
    suspend_seal,
)
from printserver.seals.states import MEANS, Means, SealAction, SealState
from printserver.seals.steps import NewStep, propose_step
from tests.world import World
from tests.world_building import BY_SETUP

DIGEST = "ab" * 32
NAME = "示例北方分公司"


def application(world: World, **changes: Any) -> SealApplication:
    now = world.clock.now()
    usual = {
        "branch_id": world.home.north.branch_id,
        "type": SealType.CONTRACT,
        "name": NAME,
        "registration_number": "1101080123456",
        "valid_from": now,
        "valid_until": now + timedelta(days=1_000),
        "custodians": (world.person(Role.CUSTODIAN).id,),
        "purpose": "for contracts of the north",
    }
    return SealApplication(**{**usual, **changes})


def applied(world: World, *, role: Role = Role.CLERK, **changes: Any) -> UUID:
    wanted = application(world, **changes)
    artwork = draw_artwork(world.adapters.objects, wanted, world.home.id)
    with world.database.work() as work:
        return apply_for_seal(work, world.actor(work, role), wanted, artwork)


def proposed(world: World, seal_id: UUID, step: NewStep, *, role: Role = Role.SEAL_ADMINISTRATOR) -> UUID:
    with world.database.work() as work:
        return propose_step(work, world.actor(work, role), world.adapters.attestor, seal_id, step)


def confirmed(world: World, statement_id: UUID) -> Mapping[str, Any]:
    """By a second officer. Answers the statement's body, which the register would take now."""
    with world.database.work() as work:
        digest = statement_facts(work, statement_id).sha256
        officer = world.actor(work, Role.KEY_OFFICER)
        return confirm(work, officer, world.adapters.attestor, statement_id, sha256=digest).body


def registered(world: World, effect: Callable[..., None], body: Mapping[str, Any]) -> None:
    with world.database.work() as work:
        effect(work, BY_SETUP, body)


def taken(world: World, seal_id: UUID, action: SealAction, **form: Any) -> None:
    """A step of two officers, up to its effect."""
    step = NewStep(action, reason="it is needed", form=form)
    effect = apply_seal_order if MEANS[action] is Means.ORDER else apply_seal
    registered(world, effect, confirmed(world, proposed(world, seal_id, step)))


def made(world: World, **changes: Any) -> UUID:
    seal_id = applied(world, **changes)
    taken(world, seal_id, SealAction.APPROVE)
    with world.database.work() as work:
        record_made(work, BY_SETUP, seal_id, seal_id.hex * 2)
    return seal_id


def active(world: World, **changes: Any) -> UUID:
    seal_id = made(world, **changes)
    taken(world, seal_id, SealAction.ACTIVATE)
    return seal_id


def suspended(world: World, seal_id: UUID, role: Role = Role.CUSTODIAN) -> UUID:
    with world.database.work() as work:
        return suspend_seal(work, world.actor(work, role), world.adapters.attestor, seal_id, reason="lost")


def state_of(world: World, seal_id: UUID) -> SealState:
    with world.database.reading() as work:
        return seal_facts(work, seal_id).state


def events(world: World, seal_id: UUID) -> list[str]:
    with world.database.reading() as work:
        rows = work.session.scalars(select(AuditEntry.event).where(AuditEntry.subject_id == seal_id))
        return list(rows)


def refused_without_a_trace(world: World, kind: type[Exception], body: Callable[[Work], object]) -> None:
    before = world.row_counts()
    with pytest.raises(kind), world.database.work() as work:
        body(work)
    assert world.row_counts() == before


def by(world: World, work: Work, role: Role) -> Actor:
    return world.actor(work, role)
