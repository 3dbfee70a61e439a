"""A table of staff: read in either encoding and language, planned line by line, carried out exactly or not at all."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, update

from printserver.approvals.staff_changes import StaffImport, StaffPlanChanged, StaffPlanHasProblems, import_staff
from printserver.foundation.errors import Forbidden
from printserver.foundation.unit_of_work import Database
from printserver.organisations.branches import create_branch
from printserver.organisations.models import User
from printserver.organisations.staff_file import MOST_LINES, StaffFileUnreadable, StaffRow, from_base64, read_staff
from printserver.organisations.staff_plan import StaffAction, StaffPlan, plan_import
from tests.people_scene import SECRETS, Company, Word, found
from tests.world_building import cheap_passwords

ENGLISH = "Staff number,Name,Login,Branch,Roles\n"
CELL = st.text(st.characters(codec="gb18030", exclude_categories=("C", "Z")), min_size=1, max_size=12)


@pytest.fixture(autouse=True)
def _cheap() -> Iterator[None]:
    with cheap_passwords():
        yield


@pytest.fixture
def company(any_database: Database) -> Company:
    return found(any_database)


def plan(company: Company, text: str, *, freeze_missing: bool = False, login: str = "administrator") -> StaffPlan:
    with company.database.reading() as work:
        rows = read_staff(text.encode())
        return plan_import(work, company.actor(work, login), rows, freeze_missing=freeze_missing)


def carry_out(company: Company, text: str, digest: str, *, freeze_missing: bool = False) -> StaffImport:
    with company.database.work() as work:
        return import_staff(
            work,
            company.actor(work),
            Word(),
            text.encode(),
            freeze_missing=freeze_missing,
            plan_sha256=digest,
            secrets=SECRETS,
        )


def problems(found_plan: StaffPlan) -> list[tuple[int, str, str]]:
    return [(line.line, each.column, each.code) for line in found_plan.lines for each in line.problems]


def user(company: Company, staff_number: str) -> User | None:
    with company.database.reading() as work:
        return work.session.scalar(select(User).where(User.staff_number == staff_number))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_a_table_is_read_in_chinese_whatever_its_encoding(encoding: str, separator: str):
    lines = [
        ["登录名", "工号", "姓名", "部门", "角色"],
        ["lihui", "7", " 李 慧 ", "总部/上海", "经办人"],
        ["", "", "", "", ""],
    ]
    data = "\r\n".join(separator.join(line) for line in lines).encode(encoding)
    assert read_staff(data) == (StaffRow(2, "7", "李 慧", "lihui", "总部/上海", ("clerk",)),)


def test_several_roles_are_parted_by_any_usual_sign():
    data = f'{ENGLISH}1,n,l,b,"clerk；审批人、archivist;clerk"\n'
    assert read_staff(data.encode())[0].roles == ("clerk", "approver", "archivist")


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff\xff\xff",
        b"staff number,name,login\n1,2,3",
        "工号,工号,姓名,登录名,机构\n1,1,2,3,4".encode(),
        ENGLISH.encode(),
        (ENGLISH + "1,n,l,b\n" * (MOST_LINES + 1)).encode(),
        b"x" * 500_001,
    ],
)
def test_what_is_no_table_of_staff_is_refused(data: bytes):
    with pytest.raises(StaffFileUnreadable):
        read_staff(data)


def test_what_is_not_base64_is_refused():
    with pytest.raises(StaffFileUnreadable):
        from_base64("%")


@given(st.binary(max_size=400))
def test_any_bytes_are_read_or_refused(data: bytes):
    try:
        read_staff(data)
    except StaffFileUnreadable:
        return


@given(CELL, CELL)
def test_what_is_written_is_read_again(name: str, number: str):
    quoted = [cell.replace('"', '""') for cell in (number, name)]
    data = f'{ENGLISH}"{quoted[0]}","{quoted[1]}",l,b,\n'.encode()
    assert read_staff(data) == (StaffRow(2, number, name, "l", "b", ()),)


def test_a_plan_shows_what_is_made_changed_moved_frozen_and_left_alone(company: Company):
    table = (
        f"{ENGLISH}900,New One,new-one,head/north/team,clerk\n"
        "1-clerk,Other Name,clerk-1,north,\n"
        "1-nobody,nobody,nobody-1,south,archivist\n"
        "1-approver,approver,approver-1,head/north,approver\n"
    )
    before = company.events()
    shown = plan(company, table, freeze_missing=True)
    actions = {line.staff_number: line.action for line in shown.lines}
    assert problems(shown) == []
    assert actions["900"] is StaffAction.MAKE
    assert actions["1-clerk"] is StaffAction.CHANGE
    assert actions["1-nobody"] is StaffAction.MOVE
    assert actions["1-approver"] is StaffAction.NOTHING
    assert actions["1-custodian"] is StaffAction.FREEZE
    assert "1-administrator" not in actions
    assert shown.lines[1].before == ("name: clerk",)
    assert company.events() == before


def test_each_error_has_its_line_and_column(company: Company):
    table = (
        f"{ENGLISH}900,A,clerk-1,north,\n"
        "901,,b,nowhere,\n"
        "902,C,c c,north,emperor\n"
        "903,D,d,north,clerk;approver\n"
        "903,E,e,team,\n"
        "1-administrator,x,administrator-1,head,\n"
        "1-approver,approver,approver-1,north,clerk\n"
    )
    assert problems(plan(company, table)) == [
        (2, "login", "taken"),
        (3, "name", "empty"),
        (3, "branch", "unknown"),
        (4, "login", "unusable"),
        (4, "roles", "unknown"),
        (5, "staff_number", "twice"),
        (5, "roles", "incompatible"),
        (6, "staff_number", "twice"),
        (7, "staff_number", "oneself"),
        (8, "roles", "incompatible"),
    ]


def test_people_and_branches_out_of_reach_are_errors(company: Company):
    table = f"{ENGLISH}1-custodian,x,custodian-1,north,\n900,n,n,south,\n"
    found_plan = plan(company, table, login="north-administrator")
    assert problems(found_plan) == [(2, "staff_number", "elsewhere"), (3, "branch", "unknown")]
    with pytest.raises(Forbidden):
        plan(company, table, login="clerk")


def test_a_name_of_several_branches_asks_for_the_whole_path(company: Company):
    with company.database.work() as work:
        create_branch(work, company.actor(work), parent_id=company.branches["south"], name="team")
    assert problems(plan(company, f"{ENGLISH}900,n,n,team,\n")) == [(2, "branch", "ambiguous")]
    assert problems(plan(company, f"{ENGLISH}900,n,n,head/south/team,\n")) == []


def test_the_plan_is_carried_out_exactly(company: Company):
    table = f"{ENGLISH}900,New One,new-one,north,archivist;approver\n1-clerk,Other Name,clerk-1,south,clerk\n"
    table = table.replace("archivist;approver", "archivist;printer-administrator")
    done = carry_out(company, table, plan(company, table, freeze_missing=True).sha256, freeze_missing=True)
    new = user(company, "900")
    assert new is not None
    assert new.must_change_password
    assert [made.login for made in done.made] == ["new-one"]
    assert company.roles("clerk") == {("clerk", "south")}
    custodian = user(company, "1-custodian")
    assert custodian is not None
    assert custodian.frozen
    assert company.events()[-1] == "StaffImported"
    again = plan(company, table, freeze_missing=True)
    assert {line.action for line in again.lines} == {StaffAction.NOTHING}


def test_roles_that_help_to_seal_are_only_proposed(company: Company):
    table = f"{ENGLISH}900,New One,new-one,north,approver\n"
    done = carry_out(company, table, plan(company, table).sha256)
    assert len(done.statements) == 1


def test_a_plan_that_no_longer_holds_changes_nothing(company: Company):
    table = f"{ENGLISH}1-clerk,Other Name,clerk-1,north,\n900,n,n,north,\n"
    digest = plan(company, table).sha256
    with company.database.work() as work:
        work.session.execute(update(User).where(User.staff_number == "1-clerk").values(name="meanwhile"))
    before = company.events()
    with pytest.raises(StaffPlanChanged):
        carry_out(company, table, digest)
    with pytest.raises(StaffPlanChanged):
        carry_out(company, table, plan(company, table).sha256, freeze_missing=True)
    assert company.events() == before
    assert user(company, "900") is None


def test_a_table_with_one_error_changes_nothing(company: Company):
    table = f"{ENGLISH}900,n,n,north,\n901,n,clerk-1,north,\n"
    before = company.events()
    with pytest.raises(StaffPlanHasProblems):
        carry_out(company, table, plan(company, table).sha256)
    assert company.events() == before
    assert user(company, "900") is None
