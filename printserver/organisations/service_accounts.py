"""Accounts of programs: no password, tokens alone, with scopes and networks; never a right that helps to seal."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Final
from uuid import UUID

from sqlalchemy import select

from printserver.audit.log import append
from printserver.foundation.errors import Malformed, NotFound, Refused
from printserver.foundation.ids import new_id
from printserver.foundation.unit_of_work import Work
from printserver.organisations.access import Actor, actor_of, within
from printserver.organisations.models import Branch, User
from printserver.organisations.passwords import UNUSABLE
from printserver.organisations.permissions import BINDING, GRANTS, Permission, Role
from printserver.organisations.roles import bind
from printserver.organisations.secrets import Secrets
from printserver.organisations.service import LoginTaken
from printserver.organisations.sign_in_events import ServiceAccountClosed, ServiceAccountCreated
from printserver.organisations.tokens import (
    TokenLimits,
    TokenView,
    issue_api_token,
    revoke_all_tokens,
    revoke_token_of,
    tokens_of_account,
)

SERVICE: Final = "service"
LONGEST_NAME: Final = 100
_ADMINISTER: Final = frozenset({Permission.MANAGE_PEOPLE, Permission.MANAGE_INTEGRATIONS, Permission.MANAGE_KEYS})
ROLES: Final = tuple(role for role in Role if not GRANTS[role] & (BINDING | _ADMINISTER))
"""What a program may be: nobody who decides about seals, people or keys."""


class ServiceAccountNotFound(NotFound):
    code: ClassVar[str] = "service-account-not-found"


class ServiceAccountMalformed(Malformed):
    code: ClassVar[str] = "service-account-malformed"


class RoleNotForPrograms(Refused):
    code: ClassVar[str] = "role-not-for-programs"


@dataclass(frozen=True)
class ServiceAccountView:
    """`permissions`: what a token of it may be given."""

    id: UUID
    name: str
    login: str
    branch: str
    closed: bool
    permissions: tuple[Permission, ...]
    tokens: tuple[TokenView, ...]


def is_program(work: Work, account_id: UUID) -> bool:
    """Whether this is an account of a program, and nobody's own word."""
    return work.session.scalar(select(User.kind).where(User.id == account_id)) == SERVICE


def create_service_account(work: Work, actor: Actor, *, name: str, branch_id: UUID, roles: frozenset[Role]) -> UUID:
    """Raises: NotFound for a branch that the actor does not administer, ServiceAccountMalformed, RoleNotForPrograms,
    LoginTaken.
    """
    branch = work.session.scalar(
        select(Branch).where(Branch.id == branch_id, within(Branch.id, actor, Permission.MANAGE_INTEGRATIONS))
    )
    if branch is None:
        raise NotFound("there is no such branch")
    if not 0 < len(name.strip()) <= LONGEST_NAME or not roles:
        raise ServiceAccountMalformed("a service account has a name of 1 to 100 characters, and a role")
    if not roles <= set(ROLES):
        raise RoleNotForPrograms("this role decides about seals, people or keys; no program holds it")
    account = _account(work, branch, name.strip())
    append(work, actor.by, ServiceAccountCreated(id=account.id, name=account.name, roles=tuple(sorted(roles))))
    for role in sorted(roles):
        bind(work, actor.by, account.id, role, branch.id)
    return account.id


def service_accounts(work: Work, actor: Actor) -> tuple[ServiceAccountView, ...]:
    """Of the branches that the actor administers."""
    rows = work.session.execute(
        select(User, Branch.name)
        .join(Branch, Branch.id == User.branch_id)
        .where(User.kind == SERVICE, within(User.branch_id, actor, Permission.MANAGE_INTEGRATIONS))
        .order_by(User.id)
    )
    return tuple(_view(work, user, branch) for user, branch in rows)


def service_account(work: Work, actor: Actor, account_id: UUID) -> ServiceAccountView:
    """Raises: ServiceAccountNotFound."""
    user = _reached(work, actor, account_id)
    return _view(work, user, work.session.get_one(Branch, user.branch_id).name)


def issue_service_token(
    work: Work, secrets: Secrets, actor: Actor, account_id: UUID, *, name: str, days: int, limits: TokenLimits
) -> str:
    """Told this once. A token of a program always says what it is for: without scopes it is none.

    Raises: ServiceAccountNotFound, ServiceAccountMalformed for a scope that the account itself does not have.
    """
    account = _reached(work, actor, account_id)
    if account.frozen:
        raise ServiceAccountNotFound("this account is closed")
    held = actor_of(work, account)
    if limits.scopes is None or not all(held.may(scope) for scope in limits.scopes):
        raise ServiceAccountMalformed("choose at least one scope, of those that the account has")
    return issue_api_token(
        work, secrets, actor, name=name.strip() or account.name, days=days, limits=limits, for_account=account.id
    )


def revoke_service_token(work: Work, actor: Actor, account_id: UUID, token_id: UUID) -> None:
    """Raises: ServiceAccountNotFound, NotFound."""
    revoke_token_of(work, actor.by, _reached(work, actor, account_id).id, token_id)


def close_service_account(work: Work, actor: Actor, account_id: UUID) -> None:
    """For good, with all its tokens.   Raises: ServiceAccountNotFound."""
    account = _reached(work, actor, account_id)
    if account.frozen:
        raise ServiceAccountNotFound("this account is closed")
    account.frozen, account.left_at = True, work.now()
    revoke_all_tokens(work, actor.by, account.id)
    append(work, actor.by, ServiceAccountClosed(id=account.id))


def _account(work: Work, branch: Branch, name: str) -> User:
    account_id = new_id()
    login = f"service-{account_id.hex[-12:]}"
    if work.session.scalar(select(User.id).where(User.login == login)) is not None:
        raise LoginTaken(f"the sign-in name {login} is taken")
    account = User(
        id=account_id,
        organisation_id=branch.organisation_id,
        branch_id=branch.id,
        login=login,
        staff_number=login,
        name=name,
        password_hash=UNUSABLE,
        created_at=work.now(),
        kind=SERVICE,
    )
    work.session.add(account)
    work.session.flush()
    return account


def _reached(work: Work, actor: Actor, account_id: UUID) -> User:
    user = work.session.scalar(
        select(User)
        .where(
            User.id == account_id,
            User.kind == SERVICE,
            within(User.branch_id, actor, Permission.MANAGE_INTEGRATIONS),
        )
        .with_for_update()
    )
    if user is None:
        raise ServiceAccountNotFound("there is no such service account")
    return user


def _view(work: Work, user: User, branch: str) -> ServiceAccountView:
    held = actor_of(work, user)
    permissions = tuple(permission for permission in Permission if held.may(permission))
    return ServiceAccountView(
        user.id, user.name, user.login, branch, user.frozen, permissions, tokens_of_account(work, user.id)
    )
