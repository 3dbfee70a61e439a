"""Carry out exactly the plan that was shown for a table of staff, in one transaction."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from printserver.approvals import people_changes
from printserver.approvals.flows import Attestor
from printserver.approvals.people_changes import NewRight
from printserver.audit.log import append
from printserver.foundation.errors import Refused
from printserver.foundation.unit_of_work import Work
from printserver.organisations import people
from printserver.organisations.access import Actor
from printserver.organisations.people import MadePerson, NewPerson
from printserver.organisations.people_events import StaffImported
from printserver.organisations.secrets import Secrets
from printserver.organisations.staff_file import read_staff
from printserver.organisations.staff_plan import StaffAction, StaffLine, StaffPlan, plan_import

REASON = "by a table of staff"


class StaffPlanChanged(Refused):
    """Something is different from what was shown; look at the plan again."""

    code = "staff-plan-changed"


class StaffPlanHasProblems(Refused):
    code = "staff-plan-has-problems"


@dataclass(frozen=True)
class StaffImport:
    """`made`: with first passwords, to be handed out once.   statements: what officers have yet to sign."""

    plan: StaffPlan
    made: tuple[MadePerson, ...]
    statements: tuple[UUID, ...]


def import_staff(
    work: Work,
    actor: Actor,
    attestor: Attestor,
    data: bytes,
    *,
    freeze_missing: bool,
    plan_sha256: str,
    secrets: Secrets,
) -> StaffImport:
    """plan_sha256: of the plan that the person has seen.

    Raises: Forbidden, StaffFileUnreadable, StaffPlanChanged, StaffPlanHasProblems; then nothing was changed.
    """
    plan = plan_import(work, actor, read_staff(data), freeze_missing=freeze_missing)
    if plan.sha256 != plan_sha256:
        raise StaffPlanChanged("the plan is not the one that was shown; please look at it again")
    if plan.problems:
        raise StaffPlanHasProblems(f"the table has {plan.problems} errors; nothing was changed")
    made: list[MadePerson] = []
    statements: list[UUID] = []
    for line in plan.lines:
        user_id = _place(work, actor, attestor, line, made, statements, secrets)
        if line.branch_id is not None and user_id is not None:
            for role in line.roles:
                right = NewRight(role, line.branch_id)
                given = people_changes.grant_right(work, actor, attestor, user_id, right, reason=REASON)
                statements += given.statements
    append(
        work,
        actor.by,
        StaffImported(
            id=actor.organisation_id,
            plan_sha256=plan.sha256,
            made=plan.count(StaffAction.MAKE),
            changed=plan.count(StaffAction.CHANGE, StaffAction.MOVE),
            frozen=plan.count(StaffAction.FREEZE),
        ),
    )
    return StaffImport(plan, tuple(made), tuple(statements))


def _place(
    work: Work,
    actor: Actor,
    attestor: Attestor,
    line: StaffLine,
    made: list[MadePerson],
    statements: list[UUID],
    secrets: Secrets,
) -> UUID | None:
    """The account that the line is about, as the line wants it; without its roles."""
    if line.action is StaffAction.MAKE and line.branch_id is not None:
        new = NewPerson(line.branch_id, line.staff_number, line.name, line.login)
        made.append(people.create_person(work, actor, new, secrets=secrets))
        return made[-1].id
    if line.user_id is None or line.action is StaffAction.NOTHING:
        return line.user_id
    if line.action is StaffAction.FREEZE:
        frozen = people_changes.freeze_person(work, actor, attestor, line.user_id, reason=REASON)
        statements += frozen.statements
        return None
    people.change_person(work, actor, line.user_id, name=line.name, staff_number=line.staff_number, login=line.login)
    if line.action is StaffAction.MOVE and line.branch_id is not None:
        moved = people_changes.move_person(work, actor, attestor, line.user_id, branch_id=line.branch_id, reason=REASON)
        statements += moved.statements
    return line.user_id
