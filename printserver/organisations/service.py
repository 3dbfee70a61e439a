"""Create organisations, branches and people, and give them roles."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select

from printserver.audit.log import By, append
from printserver.foundation.errors import Refused
from printserver.foundation.ids import new_id
from printserver.foundation.unit_of_work import Work
from printserver.organisations.access import branch_path
from printserver.organisations.events import BranchCreated, OrganisationCreated, UserCreated
from printserver.organisations.models import Branch, Organisation, User
from printserver.organisations.passwords import hash_password, require_strength
from printserver.organisations.permissions import Role
from printserver.organisations.roles import bind
from printserver.organisations.secrets import Secrets


class LoginTaken(Refused):
    code = "login-taken"


def create_organisation(work: Work, by: By, *, number: int, name: str) -> Organisation:
    """number: the u32 that verification codes carry, unique."""
    organisation = Organisation(id=new_id(), number=number, name=name, created_at=work.now())
    work.session.add(organisation)
    work.session.flush()
    append(work, by, OrganisationCreated(id=organisation.id, name=name, number=number))
    return organisation


def create_branch(
    work: Work, by: By, organisation: Organisation, *, name: str, parent_id: UUID | None = None
) -> Branch:
    """Below `parent_id`, or at the top of the organisation's tree."""
    branch_id = new_id()
    above = "/" if parent_id is None else branch_path(work, parent_id)
    branch = Branch(
        id=branch_id, organisation_id=organisation.id, name=name, path=f"{above}{branch_id}/", created_at=work.now()
    )
    work.session.add(branch)
    work.session.flush()
    append(work, by, BranchCreated(id=branch.id, name=name, path=branch.path))
    return branch


def create_user(
    work: Work,
    by: By,
    branch: Branch,
    *,
    login: str,
    staff_number: str,
    name: str,
    password: str,
    secrets: Secrets,
    must_change: bool = True,
) -> User:
    """must_change: at the first sign-in, because somebody else knows the password.

    Raises: LoginTaken, PasswordWeak.
    """
    require_strength(password, (login, staff_number, name))
    if work.session.scalar(select(User.id).where(User.login == login)) is not None:
        raise LoginTaken(f"the sign-in name {login} is taken")
    user_id = new_id()
    user = User(
        id=user_id,
        organisation_id=branch.organisation_id,
        branch_id=branch.id,
        login=login,
        staff_number=staff_number,
        name=name,
        password_hash=hash_password(secrets, user_id, password),
        password_changed_at=work.now(),
        must_change_password=must_change,
        created_at=work.now(),
    )
    work.session.add(user)
    work.session.flush()
    append(work, by, UserCreated(id=user.id, login=login, staff_number=staff_number, name=name))
    return user


def grant_role(work: Work, by: By, user: User, role: Role, branch: Branch) -> None:
    """When an installation begins: at `branch` and all below it.   Raises: RolesIncompatible."""
    bind(work, by, user.id, role, branch.id)
