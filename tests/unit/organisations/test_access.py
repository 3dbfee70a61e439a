"""Rights meet the branch tree: a branch and below, within one organisation, and never by default."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID, uuid4

import pytest
from sqlalchemy import ColumnElement, select

from printserver.foundation.errors import Forbidden, NotFound
from printserver.organisations.access import (
    Actor,
    Grant,
    actor_of,
    branch_path,
    require,
    within,
    within_any,
    within_or_above,
)
from printserver.organisations.models import Branch, RoleBinding, User
from printserver.organisations.permissions import Permission, Role
from tests.world import World

READ = Permission.READ_REQUESTS


def matched(world: World, condition: ColumnElement[bool]) -> set[UUID]:
    with world.database.reading() as work:
        return set(work.session.scalars(select(Branch.id).where(condition)))


def actor(world: World, role: Role = Role.CLERK) -> Actor:
    with world.database.reading() as work:
        return world.actor(work, role)


def branches(world: World) -> tuple[UUID, UUID, UUID]:
    return world.home.head.branch_id, world.home.north.branch_id, world.home.south.branch_id


def test_a_right_reaches_the_branch_and_all_below_it(world: World):
    head, north, south = branches(world)
    assert matched(world, within(Branch.id, actor(world), READ)) == {north}
    with world.database.reading() as work:
        above = world.actor(work, Role.CLERK, world.home.head)
    assert matched(world, within(Branch.id, above, READ)) == {head, north, south}


def test_what_belongs_above_serves_below(world: World):
    head, north, _south = branches(world)
    assert matched(world, within_or_above(Branch.id, actor(world), READ)) == {head, north}


def test_nothing_granted_matches_nothing(world: World):
    nobody = replace(actor(world), grants=())
    for condition in (
        within(Branch.id, nobody, READ),
        within_any(Branch.id, nobody, Permission),
        within_any(Branch.id, actor(world), ()),
        within_or_above(Branch.id, nobody, READ),
    ):
        assert matched(world, condition) == set()
    assert not nobody.may(READ)
    with pytest.raises(Forbidden):
        require(nobody, READ)


def test_a_right_the_role_does_not_include_matches_nothing(world: World):
    assert matched(world, within(Branch.id, actor(world), Permission.APPROVE_REQUEST)) == set()


def test_a_grant_at_another_organisations_branch_reaches_nothing(world: World):
    with world.database.reading() as work:
        path = branch_path(work, world.foreign.head.branch_id)
    stranger = replace(actor(world), grants=(Grant(Role.AUDITOR, path),))
    assert matched(world, within(Branch.id, stranger, READ)) == set()


def test_a_binding_at_another_organisations_branch_grants_nothing(world: World):
    person = world.person(Role.CLERK)
    with world.database.work() as work:
        work.session.add(
            RoleBinding(
                id=uuid4(),
                user_id=person.id,
                role=Role.AUDITOR,
                branch_id=world.foreign.head.branch_id,
                created_at=work.now(),
            )
        )
        work.session.flush()
        assert {grant.role for grant in actor_of(work, work.session.get_one(User, person.id)).grants} == {Role.CLERK}


def test_a_role_no_longer_known_grants_nothing(world: World):
    person = world.person(Role.CLERK)
    with world.database.work() as work:
        for binding in work.session.scalars(select(RoleBinding).where(RoleBinding.user_id == person.id)):
            binding.role = "emperor"
        work.session.flush()
        assert actor_of(work, work.session.get_one(User, person.id)).grants == ()


def test_wildcards_in_a_path_are_letters(world: World):
    for path in ("/%/", "/_", "/%"):
        wild = replace(actor(world), grants=(Grant(Role.CLERK, path),))
        assert matched(world, within(Branch.id, wild, READ)) == set()


def test_a_branch_nobody_made_has_no_path(world: World):
    with world.database.reading() as work, pytest.raises(NotFound):
        branch_path(work, uuid4())
