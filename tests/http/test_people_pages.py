"""People and rights on pages: register, give, freeze, move, let go, take in from a table, review."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from sqlalchemy import select

from printserver.organisations.models import Branch, RoleBinding, User
from printserver.organisations.permissions import Role
from tests.http.api_client import ApiClient
from tests.http.page_visitor import Visitor, first, shown_again, went_to
from tests.world import World
from tests.world_building import cheap_passwords


@pytest.fixture(autouse=True)
def _cheap() -> Iterator[None]:
    with cheap_passwords():
        yield


@pytest.fixture
def administrator(api: ApiClient, world: World) -> Visitor:
    return Visitor.of(api, Role.SYSTEM_ADMINISTRATOR, world.home.head)


def user(world: World, login: str) -> User:
    with world.database.reading() as work:
        return work.session.scalars(select(User).where(User.login == login)).one()


def register(administrator: Visitor, world: World, login: str = "lihui") -> User:
    fields = {"name": "李慧", "staff_number": f"n-{login}", "login": login}
    answer = administrator.send("/people", branch_id=str(world.home.north.branch_id), **fields)
    shown_again(answer, 201)
    return user(world, login)


def rights(world: World, person: User) -> set[str]:
    with world.database.reading() as work:
        held = select(RoleBinding.role).where(RoleBinding.user_id == person.id, RoleBinding.ended_at.is_(None))
        return set(work.session.scalars(held))


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_page_of_people_opens(api: ApiClient, world: World, language: str):
    visitor = Visitor.of(api, Role.SYSTEM_ADMINISTRATOR, world.home.head, language=language)
    clerk = world.person(Role.CLERK)
    paths = [
        "/people",
        "/people/new",
        "/people/dormant",
        "/staff-import",
        "/branches",
        "/roles",
        "/rights",
        "/deputies",
    ]
    for path in [*paths, f"/people/{clerk.id}", "/people?text=clerk&state=active"]:
        assert "<h1" in visitor.page(path)
    assert clerk.login in visitor.page("/people?text=clerk")
    approver = Visitor.of(api, Role.APPROVER, language=language)
    assert 'name="deputy_id"' in approver.page("/deputies")


def test_the_first_password_is_shown_once_and_the_person_appears(administrator: Visitor, world: World):
    fields = {"name": "李慧", "staff_number": "77", "login": "lihui"}
    answer = administrator.send("/people", branch_id=str(world.home.north.branch_id), **fields)
    page = shown_again(answer, 201)
    password = first(r'user-select-all">([^<]+)<', page)
    person = user(world, "lihui")
    assert password not in administrator.page(f"/people/{person.id}")
    again = administrator.send("/people", branch_id=str(world.home.north.branch_id), **fields)
    assert "staff number" in shown_again(again, 409)


def test_an_ordinary_role_is_given_at_once_and_a_sealing_one_is_proposed(administrator: Visitor, world: World):
    person = register(administrator, world)
    branch_id = str(world.home.north.branch_id)
    answer = administrator.send(f"/people/{person.id}/rights", branch_id=branch_id, role="archivist")
    assert went_to(answer).endswith("said=right-given")
    assert rights(world, person) == {"archivist"}
    answer = administrator.send(f"/people/{person.id}/rights", branch_id=branch_id, role="approver")
    assert went_to(answer).endswith("said=right-proposed")
    assert rights(world, person) == {"archivist"}
    assert "李慧" in administrator.page("/statements")
    refused = administrator.send(f"/people/{person.id}/rights", branch_id=branch_id, role="auditor")
    assert "same place" in shown_again(refused, 409)
    assert rights(world, person) == {"archivist"}
    page = administrator.page(f"/people/{person.id}")
    ending = first(rf"/people/{person.id}/rights/[0-9a-f-]+/endings", page)
    assert went_to(administrator.send(ending, reason="no longer")).endswith("said=right-ended")
    assert rights(world, person) == set()


def test_freezing_moving_and_leaving_by_mouse(administrator: Visitor, world: World):
    person = register(administrator, world)
    at = f"/people/{person.id}"
    assert "Say why" in shown_again(administrator.send(f"{at}/freezes"), 422)
    went_to(administrator.send(f"{at}/freezes", reason="lost phone"))
    assert user(world, "lihui").frozen
    went_to(administrator.send(f"{at}/unfreezes", reason="found"))
    went_to(administrator.send(f"{at}/moves", reason="new job", branch_id=str(world.home.south.branch_id)))
    assert user(world, "lihui").branch_id == world.home.south.branch_id
    went_to(administrator.send(f"{at}/departures", reason="retired"))
    assert user(world, "lihui").left_at is not None
    assert "departures" not in administrator.page(at)


def test_a_custodian_who_leaves_has_the_seal_stopped_until_it_is_handed_over(administrator: Visitor, world: World):
    custodian = world.person(Role.CUSTODIAN)
    page = administrator.page(f"/people/{custodian.id}")
    assert "contract seal of north" in page
    assert "it is stopped until it is handed over" in page
    went_to(administrator.send(f"/people/{custodian.id}/departures", reason="retired"))
    listed = administrator.page("/statements")
    for said in ("stops a seal", "nothing that this person says counts any more", "takes a role that helps to seal"):
        assert said in listed


def test_a_table_of_staff_is_shown_then_carried_out_exactly(administrator: Visitor, world: World):
    clerk = world.person(Role.CLERK)
    lines = [
        "工号,姓名,登录名,机构,角色",
        "8001,赵一,zhaoyi,north,档案员",
        f"{clerk.login},新名字,{clerk.login},north,",
    ]
    table = {"table": ("staff.csv", "\n".join(lines).encode("gb18030"), "text/csv")}
    page = shown_again(administrator.send("/staff-import/plans", files=table), 200)
    assert "registered anew" in page
    file, digest = (
        first(r'name="file" value="([^"]+)"', page),
        first(r'name="plan_sha256" value="([0-9a-f]{64})"', page),
    )
    assert user(world, clerk.login).name == clerk.login
    stale = shown_again(administrator.send("/staff-import", file=file, plan_sha256="0" * 64), 409)
    assert digest in stale
    made = shown_again(administrator.send("/staff-import", file=file, plan_sha256=digest), 201)
    assert "zhaoyi" in made
    assert user(world, clerk.login).name == "新名字"
    assert rights(world, user(world, "zhaoyi")) == {"archivist"}
    without = {"table": ("x.csv", b"a,b\n1,2", "text/csv")}
    assert "heading lacks" in shown_again(administrator.send("/staff-import/plans", files=without), 422)


def test_the_tree_of_branches_changes_by_mouse(administrator: Visitor, world: World):
    north, south = str(world.home.north.branch_id), str(world.home.south.branch_id)
    went_to(administrator.send("/branches", parent_id=north, name="counter"))
    went_to(administrator.send(f"/branches/{north}/names", name="far north"))
    went_to(administrator.send(f"/branches/{north}/moves", parent_id=south, reason="merged"))
    page = administrator.page("/branches")
    assert "far north" in page
    assert "counter" in page
    shown_again(administrator.send(f"/branches/{north}/closings"), 409)
    with world.database.reading() as work:
        row = work.session.get_one(Branch, world.home.north.branch_id)
        assert f"/{south}/{north}/" in row.path


def test_a_role_of_our_own_is_made_changed_and_retired(administrator: Visitor, world: World):
    names = {"name_zh": "前台", "name_en": "front desk"}
    went_to(administrator.send("/roles", code="front-desk", permissions=["read-returns", "read-printers"], **names))
    page = administrator.page("/roles")
    role = first(r"/roles/([0-9a-f-]{36})/changes", page)
    shown_again(administrator.send(f"/roles/{role}/changes", permissions=["approve-request"], **names), 409)
    shown_again(administrator.send(f"/roles/{role}/changes", permissions=["read-audit", "settle-copies"], **names), 409)
    person = register(administrator, world)
    branch_id = str(world.home.north.branch_id)
    went_to(administrator.send(f"/people/{person.id}/rights", branch_id=branch_id, role="front-desk"))
    assert "front desk" in administrator.page(f"/people/{person.id}")
    went_to(administrator.send(f"/roles/{role}/retirements"))
    assert rights(world, person) == set()


def test_rights_are_reviewed_and_signed_off(api: ApiClient, world: World):
    seals = Visitor.of(api, Role.SEAL_ADMINISTRATOR, world.home.head)
    went_to(seals.send("/rights/reviews", period="2026", days="10"))
    review = first(r"/rights/reviews/[0-9a-f-]{36}", seals.page("/rights"))
    page = seals.page(review)
    own = world.home.head.staff[Role.SEAL_ADMINISTRATOR].id
    lines = re.findall(r'id="line-([0-9a-f-]{36})".*?/people/([0-9a-f-]{36})', page, re.DOTALL)
    assert len(lines) > 30
    shown_again(seals.send(f"{review}/sign-offs"), 409)
    for line, person in lines[:4]:
        answer = seals.send(f"{review}/lines/{line}/verdicts", verdict="objected", reason="why?")
        assert answer.status_code == (409 if person == str(own) else 303)
    table = seals.look("/rights.csv")
    assert table.content.startswith(b"\xef\xbb\xbf")
    assert "contract seal of north" in table.text


def test_a_deputy_is_named_by_the_principals_own_word(api: ApiClient, world: World):
    approver, deputy = Visitor.of(api, Role.APPROVER), world.home.head.staff[Role.APPROVER]
    days = {"since": "2026-12-01", "until": "2026-12-05"}
    went_to(approver.send("/deputies", deputy_id=str(deputy.id), role="approver", **days))
    assert "deputy" in approver.page("/statements")
    shown_again(approver.send("/deputies", deputy_id=str(deputy.id), role="custodian", **days), 409)
    clerk = world.person(Role.CLERK)
    shown_again(approver.send("/deputies", deputy_id=str(clerk.id), role="approver", **days), 409)
