"""The tree of branches: begun, renamed, moved with all below it, closed when nobody is there any more."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import func, select, update

from printserver.audit.log import append
from printserver.foundation.errors import Malformed, NotFound, Refused
from printserver.foundation.unit_of_work import Work
from printserver.organisations.access import Actor, within
from printserver.organisations.frozen_places import frozen_places, require_open
from printserver.organisations.holdings import people_holding_below, require_compatible_people
from printserver.organisations.models import Branch, Organisation, RoleBinding, User
from printserver.organisations.people_events import BranchClosed, BranchMoved, BranchRenamed, BranchReopened
from printserver.organisations.permissions import Permission
from printserver.organisations.service import create_branch as add_branch

LONGEST_NAME: Final = 100
DEEPEST: Final = 12
_LETTERS_A_LEVEL: Final = 37


class BranchNotFound(NotFound):
    code = "branch-not-found"


class BranchNameTaken(Refused):
    """Among the branches below the same one."""

    code = "branch-name-taken"


class BranchNotEmpty(Refused):
    """People belong to it, rights end there, or branches are open below it."""

    code = "branch-not-empty"


class BranchMoveRefused(Refused):
    code = "branch-move-refused"


class NameMissing(Malformed):
    code = "name-missing"


@dataclass(frozen=True)
class BranchView:
    """`depth`: 0 at the top.   people: who belong to this very branch and have not left.

    frozen: this branch, one above it, or the whole organisation.
    """

    id: UUID
    name: str
    path: str
    parent_id: UUID | None
    depth: int
    people: int
    closed_at: datetime | None
    frozen: bool


def branch_for(work: Work, actor: Actor, branch_id: UUID, permission: Permission) -> Branch:
    """Raises: BranchNotFound."""
    found = work.session.scalar(select(Branch).where(Branch.id == branch_id, within(Branch.id, actor, permission)))
    if found is None:
        raise BranchNotFound("there is no such branch")
    return found


def branch_tree(work: Work, actor: Actor, *, closed: bool = False) -> tuple[BranchView, ...]:
    """Each branch before those below it, by name.   closed: also the closed ones."""
    rows = work.session.scalars(select(Branch).where(within(Branch.id, actor, Permission.READ_PEOPLE))).all()
    people = _people_in(work, [row.id for row in rows])
    names = {str(row.id): row.name for row in rows}

    def place(row: Branch) -> list[tuple[str, str]]:
        return [(names.get(part, ""), part) for part in _parts(row.path)]

    shown = sorted((row for row in rows if closed or row.closed_at is None), key=place)
    top = min((len(_parts(row.path)) for row in shown), default=1)
    places = frozen_places(work, actor.organisation_id)
    return tuple(_view(row, people.get(row.id, 0), top, frozen=places.covers(row.path)) for row in shown)


def create_branch(work: Work, actor: Actor, *, parent_id: UUID, name: str) -> UUID:
    """Raises: BranchNotFound, BranchNameTaken, BranchMoveRefused, NameMissing."""
    above = _open_branch(work, actor, parent_id)
    if len(_parts(above.path)) >= DEEPEST:
        raise BranchMoveRefused(f"a tree has at most {DEEPEST} levels")
    free = _free_name(work, actor.organisation_id, above.path, name)
    organisation = work.session.get_one(Organisation, above.organisation_id)
    return add_branch(work, actor.by, organisation, name=free, parent_id=above.id).id


def rename_branch(work: Work, actor: Actor, branch_id: UUID, *, name: str) -> None:
    """Raises: BranchNotFound, BranchNameTaken, NameMissing."""
    branch = branch_for(work, actor, branch_id, Permission.MANAGE_PEOPLE)
    before = branch.name
    if name.strip() == before:
        return
    branch.name = _free_name(work, actor.organisation_id, _above(branch.path), name)
    append(work, actor.by, BranchRenamed(id=branch.id, before=before, after=branch.name))


def move_branch(work: Work, actor: Actor, branch_id: UUID, *, parent_id: UUID) -> tuple[str, str]:
    """With all below it, at once. The old and the new path.

    Raises: BranchNotFound, PlaceFrozen, BranchMoveRefused, BranchNameTaken; RolesIncompatible when rights would then
    meet that nobody may hold together.
    """
    _hold_the_tree(work, actor)
    branch = branch_for(work, actor, branch_id, Permission.MANAGE_PEOPLE)
    above = _open_branch(work, actor, parent_id)
    require_open(work, branch.organisation_id, branch.id, above.id)
    before, after = branch.path, f"{above.path}{branch.id}/"
    if above.path.startswith(before) or len(_parts(before)) == 1 or after == before:
        raise BranchMoveRefused("a branch moves below another one that is not its own part; the top one stays")
    _free_name(work, actor.organisation_id, above.path, branch.name)
    rest = func.substr(Branch.path, len(before) + 1)
    below = Branch.path.startswith(before, autoescape=True)
    if (
        max(len(_parts(path)) for path in work.session.scalars(select(Branch.path).where(below)))
        - len(_parts(before))
        + len(_parts(after))
        > DEEPEST
    ):
        raise BranchMoveRefused(f"a tree has at most {DEEPEST} levels")
    work.session.execute(
        update(Branch).where(below).values(path=after + rest).execution_options(synchronize_session=False)
    )
    work.session.expire_all()
    require_compatible_people(work, people_holding_below(work, after))
    append(work, actor.by, BranchMoved(id=branch_id, before=before, after=after))
    return before, after


def close_branch(work: Work, actor: Actor, branch_id: UUID) -> None:
    """Its records stay.   Raises: BranchNotFound, BranchNotEmpty."""
    branch = branch_for(work, actor, branch_id, Permission.MANAGE_PEOPLE)
    if branch.closed_at is not None:
        return
    below = Branch.path.startswith(branch.path, autoescape=True)
    holding = (
        select(User.id).where(User.branch_id == branch.id, User.left_at.is_(None)),
        select(Branch.id).where(below, Branch.id != branch.id, Branch.closed_at.is_(None)),
        select(RoleBinding.id).where(RoleBinding.branch_id == branch.id, RoleBinding.ended_at.is_(None)),
    )
    if any(work.session.scalar(rows.limit(1)) is not None for rows in holding):
        raise BranchNotEmpty("people belong to this branch, hold rights there, or branches below it are open")
    branch.closed_at = work.now()
    append(work, actor.by, BranchClosed(id=branch.id, name=branch.name))


def reopen_branch(work: Work, actor: Actor, branch_id: UUID) -> None:
    """Raises: BranchNotFound; BranchMoveRefused below a closed one."""
    branch = branch_for(work, actor, branch_id, Permission.MANAGE_PEOPLE)
    above = [UUID(part) for part in _parts(branch.path)[:-1]]
    if work.session.scalar(select(Branch.id).where(Branch.id.in_(above), Branch.closed_at.is_not(None)).limit(1)):
        raise BranchMoveRefused("the branch above it is closed")
    if branch.closed_at is not None:
        branch.closed_at = None
        append(work, actor.by, BranchReopened(id=branch.id, name=branch.name))


def _open_branch(work: Work, actor: Actor, branch_id: UUID) -> Branch:
    branch = branch_for(work, actor, branch_id, Permission.MANAGE_PEOPLE)
    if branch.closed_at is not None:
        raise BranchMoveRefused("this branch is closed")
    return branch


def _hold_the_tree(work: Work, actor: Actor) -> None:
    """One move at a time: two at once could make a ring."""
    work.session.execute(
        select(Branch.id).where(Branch.organisation_id == actor.organisation_id).order_by(Branch.id).with_for_update()
    )


def _free_name(work: Work, organisation_id: UUID, above: str, name: str) -> str:
    wanted = " ".join(name.split())[:LONGEST_NAME]
    if not wanted or "/" in wanted:
        raise NameMissing("a branch has a name, without a slash")
    siblings = select(Branch.id).where(
        Branch.path.startswith(above, autoescape=True),
        func.length(Branch.path) == len(above) + _LETTERS_A_LEVEL,
        Branch.organisation_id == organisation_id,
        Branch.name == wanted,
    )
    if work.session.scalar(siblings.limit(1)) is not None:
        raise BranchNameTaken(f"there is a branch {wanted} at this place already")
    return wanted


def _people_in(work: Work, branch_ids: Sequence[UUID]) -> dict[UUID, int]:
    rows = work.session.execute(
        select(User.branch_id, func.count())
        .where(User.branch_id.in_(branch_ids), User.left_at.is_(None))
        .group_by(User.branch_id)
    )
    return dict(rows.all())


def _view(row: Branch, people: int, top: int, *, frozen: bool) -> BranchView:
    parts = _parts(row.path)
    parent = UUID(parts[-2]) if len(parts) > 1 else None
    return BranchView(row.id, row.name, row.path, parent, len(parts) - top, people, row.closed_at, frozen)


def _parts(path: str) -> list[str]:
    return path.strip("/").split("/")


def _above(path: str) -> str:
    return "/" + "".join(f"{part}/" for part in _parts(path)[:-1])
