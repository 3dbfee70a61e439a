"""Creating branches and people."""

from __future__ import annotations

import pytest

from printserver.audit.log import By
from printserver.organisations.access import branch_path
from printserver.organisations.models import Branch
from printserver.organisations.queries import branch, names, organisation
from printserver.organisations.service import LoginTaken, create_user
from tests.world import World
from tests.world_building import PASSWORD, cheap_passwords


def test_a_branchs_path_is_its_parents_and_itself(world: World):
    with world.database.reading() as work:
        head, north = branch(work, world.home.head.branch_id), branch(work, world.home.north.branch_id)
        assert head.path == f"/{head.id}/"
        assert north.path == f"{head.path}{north.id}/" == branch_path(work, north.id)
        assert organisation(work, north.organisation_id).number == world.home.number


def test_a_name_that_is_taken_is_not_given_again_in_whatever_organisation(world: World):
    taken = next(iter(world.home.north.staff.values())).login
    before = world.row_counts()
    with world.database.reading() as work:
        place = work.session.get_one(Branch, world.foreign.head.branch_id)
    with cheap_passwords(), pytest.raises(LoginTaken), world.database.work() as work:
        create_user(
            work, By(), place, login=taken, staff_number="9", name="x", password=PASSWORD, secrets=world.secrets
        )
    assert world.row_counts() == before


def test_names_of_people_who_do_not_exist_are_left_out(world: World):
    person = next(iter(world.home.north.staff.values()))
    with world.database.reading() as work:
        assert names(work, {person.id, world.home.id}) == {person.id: person.login}
        assert names(work, set()) == {}
