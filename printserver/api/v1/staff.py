"""Staff from a table: what it would change, and the change."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from pydantic import Field

from printserver.api.v1.common import View, api_router
from printserver.api.v1.people import MadePerson
from printserver.approvals.staff_changes import import_staff
from printserver.foundation.unit_of_work import Work
from printserver.http_edge.declarations import Lane, requires
from printserver.http_edge.work import CurrentActor, CurrentAdapters, CurrentWork
from printserver.organisations.access import Actor
from printserver.organisations.permissions import Permission
from printserver.organisations.staff_file import from_base64, read_staff
from printserver.organisations.staff_plan import StaffAction, StaffPlan, plan_import

router = api_router("", "people")


class StaffTable(View):
    """`file`: CSV in UTF-8 or GB18030, as base64; columns staff number, name, login, branch, roles.

    freeze_missing: also freeze whoever belongs to my branches and is not in it.
    """

    file: Annotated[str, Field(min_length=1, max_length=700_000)]
    freeze_missing: bool = False


class StaffWish(StaffTable):
    """`plan_sha256`: of the plan that I looked at."""

    plan_sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class Cell(View):
    column: str
    code: str
    text: str


class Line(View):
    """`line`: of the table, the heading is 1; 0 for somebody who is not in it.   before: what changes, as it is."""

    line: int
    action: StaffAction
    user_id: UUID | None
    staff_number: str
    name: str
    login: str
    branch_id: UUID | None
    branch: str
    before: list[str]
    roles: list[str]
    problems: list[Cell]


class Plan(View):
    """`problems`: how many; with any, nothing can be carried out."""

    sha256: str
    problems: int
    lines: list[Line]


class Imported(View):
    """`made`: with first passwords, shown this once.   statements: what officers have yet to sign."""

    made: list[MadePerson]
    statements: list[UUID]
    lines: int


@router.post("/staff-plans", summary="What a table of staff would change; nothing is changed")
@requires(Permission.MANAGE_PEOPLE)
def plan_staff(table: StaffTable, actor: CurrentActor, work: CurrentWork) -> Plan:
    return Plan.model_validate(_plan(work, actor, table))


@router.post("/staff-imports", status_code=201, summary="Carry out exactly the plan that was shown")
@requires(Permission.MANAGE_PEOPLE, lane=Lane.PASSWORDS, step_up=True, told_once=True)
def create_import(wish: StaffWish, actor: CurrentActor, work: CurrentWork, adapters: CurrentAdapters) -> Imported:
    done = import_staff(
        work,
        actor,
        adapters.attestor,
        from_base64(wish.file),
        freeze_missing=wish.freeze_missing,
        plan_sha256=wish.plan_sha256,
        secrets=adapters.secrets,
    )
    made = [MadePerson.model_validate(each) for each in done.made]
    return Imported(made=made, statements=list(done.statements), lines=len(done.plan.lines))


def _plan(work: Work, actor: Actor, table: StaffTable) -> StaffPlan:
    return plan_import(work, actor, read_staff(from_base64(table.file)), freeze_missing=table.freeze_missing)
