"""What a table of staff would change, line by line, before anything is changed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from hashlib import sha256
from uuid import UUID

from sqlalchemy import select

from printserver.audit.canonical import Value, canonical_json
from printserver.foundation.unit_of_work import Work
from printserver.organisations.access import Actor, custom_permissions, require, within
from printserver.organisations.holdings import holdings_of, person_of
from printserver.organisations.models import Branch, User
from printserver.organisations.permissions import Permission, permissions_of
from printserver.organisations.roles import custom_roles, rights_of
from printserver.organisations.rules import Holding, RolesIncompatible, require_compatible
from printserver.organisations.staff_file import StaffRow


class StaffAction(StrEnum):
    MAKE = "make"
    CHANGE = "change"
    MOVE = "move"
    """To another branch: all rights end, those of the line are given anew."""
    FREEZE = "freeze"
    """Not in the table."""
    NOTHING = "nothing"


@dataclass(frozen=True)
class CellProblem:
    """`column`: as in `staff_file.COLUMNS`.   code: words for it are the pages' business."""

    column: str
    code: str
    text: str


@dataclass(frozen=True)
class StaffLine:
    """`line`: 0 for somebody who is not in the table.

    before: `field: value` of what changes.   roles: to be given.
    """

    line: int
    action: StaffAction
    user_id: UUID | None
    staff_number: str
    name: str
    login: str
    branch_id: UUID | None
    branch: str
    before: tuple[str, ...]
    roles: tuple[str, ...]
    problems: tuple[CellProblem, ...]


@dataclass(frozen=True)
class StaffPlan:
    """`sha256`: of everything shown; another state of affairs gives another one."""

    lines: tuple[StaffLine, ...]
    sha256: str

    @property
    def problems(self) -> int:
        return sum(len(line.problems) for line in self.lines)

    def count(self, *actions: StaffAction) -> int:
        return sum(line.action in actions for line in self.lines)


def plan_import(work: Work, actor: Actor, rows: Iterable[StaffRow], *, freeze_missing: bool) -> StaffPlan:
    """freeze_missing: also freeze whoever belongs to the actor's branches and is not in the table.

    Raises: Forbidden.
    """
    require(actor, Permission.MANAGE_PEOPLE)
    books = _Books.read(work, actor)
    given = tuple(rows)
    twice = {
        column: {value for value, times in Counter(getattr(row, column) for row in given).items() if times > 1}
        for column in ("staff_number", "login")
    }
    lines = [_line(work, actor, books, row, twice) for row in given]
    if freeze_missing:
        lines += _missing(work, actor, books, {row.staff_number for row in given})
    stated = [asdict(line) for line in lines]
    return StaffPlan(tuple(lines), sha256(canonical_json(_plain(stated))).hexdigest())


@dataclass(frozen=True)
class _Books:
    """What the plan is made against: branches by their written path, people by staff number, permissions by role."""

    branches: Mapping[str, tuple[Branch, ...]]
    people: Mapping[str, User]
    logins: Mapping[str, UUID]
    reached: frozenset[UUID]
    custom: Mapping[str, frozenset[Permission]]

    @classmethod
    def read(cls, work: Work, actor: Actor) -> _Books:
        mine = within(Branch.id, actor, Permission.MANAGE_PEOPLE)
        rows = work.session.scalars(select(Branch).where(mine, Branch.closed_at.is_(None))).all()
        every = select(Branch.id, Branch.name).where(Branch.organisation_id == actor.organisation_id)
        names = {str(branch_id): name for branch_id, name in work.session.execute(every)}
        branches: dict[str, tuple[Branch, ...]] = {}
        for row in rows:
            whole = "/".join(names[part] for part in row.path.strip("/").split("/"))
            for written in {whole, row.name}:
                branches[written] = (*branches.get(written, ()), row)
        people = work.session.scalars(select(User).where(User.organisation_id == actor.organisation_id)).all()
        return cls(
            branches,
            {user.staff_number: user for user in people},
            dict(work.session.execute(select(User.login, User.id)).all()),
            frozenset(row.id for row in rows),
            {
                role.code: custom_permissions(role.permissions)
                for role in custom_roles(work, actor.organisation_id)
                if not role.retired
            },
        )

    def granted(self, role: str) -> frozenset[Permission]:
        return permissions_of(role) or self.custom.get(role, frozenset())


def _line(work: Work, actor: Actor, books: _Books, row: StaffRow, twice: Mapping[str, set[str]]) -> StaffLine:
    user, found = books.people.get(row.staff_number), books.branches.get(row.branch, ())
    branch = found[0] if len(found) == 1 else None
    before, action, roles = _difference(work, user, row, branch)
    problems = [
        *_text_problems(row, twice),
        *_branch_problems(row, found),
        *_person_problems(work, actor, books, row, user),
        *_role_problems(work, books, user, branch, action, roles),
    ]
    return StaffLine(
        line=row.line,
        action=action,
        user_id=None if user is None else user.id,
        staff_number=row.staff_number,
        name=row.name,
        login=row.login,
        branch_id=None if branch is None else branch.id,
        branch=row.branch,
        before=before,
        roles=roles,
        problems=tuple(problems),
    )


def _difference(
    work: Work, user: User | None, row: StaffRow, branch: Branch | None
) -> tuple[tuple[str, ...], StaffAction, tuple[str, ...]]:
    """What changes as `field: value` of before; what is done; the roles that are missing."""
    if user is None:
        return (), StaffAction.MAKE, row.roles
    before = [
        f"{field}: {getattr(user, field)}" for field in ("name", "login") if getattr(user, field) != getattr(row, field)
    ]
    if branch is not None and branch.id != user.branch_id:
        held = [f"role: {right.role} @ {right.branch}" for right in rights_of(work, user.id)]
        former = work.session.get_one(Branch, user.branch_id).name
        return (*before, f"branch: {former}", *held), StaffAction.MOVE, row.roles
    at = None if branch is None else branch.id
    held_here = {right.role for right in rights_of(work, user.id) if right.branch_id == at}
    missing = tuple(role for role in row.roles if role not in held_here)
    return tuple(before), StaffAction.CHANGE if before or missing else StaffAction.NOTHING, missing


def _text_problems(row: StaffRow, twice: Mapping[str, set[str]]) -> Iterator[CellProblem]:
    for column in ("staff_number", "name", "login"):
        value = getattr(row, column)
        if not value:
            yield CellProblem(column, "empty", "this is empty")
        elif len(value) > 100 or not value.isprintable() or (column == "login" and " " in value):
            yield CellProblem(column, "unusable", f"this cannot be used: {value[:40]}")
        elif value in twice.get(column, ()):
            yield CellProblem(column, "twice", f"{value} is in the table more than once")


def _branch_problems(row: StaffRow, found: tuple[Branch, ...]) -> Iterator[CellProblem]:
    if not found:
        yield CellProblem("branch", "unknown", f"you administer no open branch {row.branch}")
    elif len(found) > 1:
        yield CellProblem("branch", "ambiguous", f"there are {len(found)} branches {row.branch}; write the whole path")


def _person_problems(
    work: Work, actor: Actor, books: _Books, row: StaffRow, user: User | None
) -> Iterator[CellProblem]:
    if books.logins.get(row.login) not in (None, user.id if user else None):
        yield CellProblem("login", "taken", f"somebody else signs in as {row.login}")
    if user is None:
        return
    if user.left_at is not None:
        yield CellProblem("staff_number", "left", "this person has left")
    elif user.branch_id not in books.reached:
        yield CellProblem("staff_number", "elsewhere", "this person belongs to a branch that you do not administer")
    elif person_of(work, user.id) == actor.person_id:
        yield CellProblem("staff_number", "oneself", "nobody administers their own account")


def _role_problems(
    work: Work,
    books: _Books,
    user: User | None,
    branch: Branch | None,
    action: StaffAction,
    roles: tuple[str, ...],
) -> Iterator[CellProblem]:
    unknown = [role for role in roles if not books.granted(role)]
    for role in unknown:
        yield CellProblem("roles", "unknown", f"there is no role {role[:40]}")
    if branch is None or unknown or not roles:
        return
    wanted = [Holding(role, books.granted(role), branch.path) for role in roles]
    kept = holdings_of(work, person_of(work, user.id)) if user and action is not StaffAction.MOVE else ()
    try:
        require_compatible((*kept, *wanted))
    except RolesIncompatible as problem:
        yield CellProblem("roles", "incompatible", str(problem))


def _missing(work: Work, actor: Actor, books: _Books, listed: set[str]) -> Iterator[StaffLine]:
    for number, user in sorted(books.people.items()):
        stays = number in listed or user.frozen or user.left_at is not None or user.kind != "person"
        if stays or user.branch_id not in books.reached or person_of(work, user.id) == actor.person_id:
            continue
        branch = work.session.get_one(Branch, user.branch_id).name
        yield StaffLine(
            0, StaffAction.FREEZE, user.id, number, user.name, user.login, user.branch_id, branch, (), (), ()
        )


def _plain(value: object) -> Value:
    if isinstance(value, dict):
        return {str(key): _plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    return value if value is None or isinstance(value, int) else str(value)
