"""What every endpoint declares of itself: who may call it, and in which lane of threads it runs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, TypeVar

from printserver.foundation.errors import Forbidden
from printserver.organisations.access import Actor, require_unscoped
from printserver.organisations.permissions import Permission

Endpoint = TypeVar("Endpoint", bound=Callable[..., Any])

_ATTRIBUTE: Final = "edge_declaration"


class Lane(StrEnum):
    """Work that would crowd out everything else waits in a lane of its own."""

    ORDINARY = "ordinary"
    DRAWING = "drawing"
    """Reads or draws documents in child processes: no more at once than there are processors."""
    STRANGERS = "strangers"
    """The same for anybody on the net, on half of the processors: whoever fills it keeps no clerk from working."""
    PASSWORDS = "passwords"
    """argon2id takes 64 MiB a try."""


@dataclass(frozen=True)
class Declaration:
    """`permissions`: any one of them is enough, at some branch; empty for everybody who is signed in.

    public: why nobody need sign in; None for all other endpoints.
    step_up: whether the second factor (without one, the password) must have been shown within the last minutes.
    unfinished: whether it is open to people who must first change their password or enrol a second factor.
    told_once: whether its answer holds a secret, which is kept nowhere, so not under an idempotency key either.
    any_token: whether tokens with scopes come in although it asks for no permission that a scope could name.
    takes_packages: whether it takes evidence packages, which may be larger than other uploads.
    enrolled_device: whether it takes a passkey where the organisation's policy asks for enrolled devices.
    """

    permissions: tuple[Permission, ...] = ()
    public: str | None = None
    lane: Lane = Lane.ORDINARY
    step_up: bool = False
    unfinished: bool = False
    told_once: bool = False
    any_token: bool = False
    enrolled_device: bool = False
    takes_packages: bool = False

    def check(self, actor: Actor) -> None:
        """Raises: Forbidden."""
        if not self.permissions and not self.any_token:
            require_unscoped(actor)
        if self.permissions and not any(actor.may(permission) for permission in self.permissions):
            raise Forbidden(f"your roles do not include: {' or '.join(self.permissions)}")


class UndeclaredEndpoint(Exception):
    """A route that names neither a permission nor a reason to be public: the server does not start with it."""


def requires(
    permission: Permission,
    *others: Permission,
    lane: Lane = Lane.ORDINARY,
    step_up: bool = False,
    told_once: bool = False,
    enrolled_device: bool = False,
    takes_packages: bool = False,
) -> Callable[[Endpoint], Endpoint]:
    """Only for people who hold one of these at some branch; which objects they reach, the rooms decide.

    step_up: for what seals, prints or decides who may: see `step_up`.
    enrolled_device: the same, by a passkey where the organisation asks for enrolled devices.
    takes_packages: it reads uploads from where they lie on the disk, so that they may be larger than others.
    """
    return _declared(
        Declaration(
            (permission, *others),
            lane=lane,
            step_up=step_up or enrolled_device,
            told_once=told_once,
            enrolled_device=enrolled_device,
            takes_packages=takes_packages,
        )
    )


def signed_in(
    *,
    lane: Lane = Lane.ORDINARY,
    step_up: bool = False,
    unfinished: bool = False,
    told_once: bool = False,
    any_token: bool = False,
) -> Callable[[Endpoint], Endpoint]:
    """For everybody who is signed in, about nobody but themselves.

    unfinished: also while the password must be changed or a second factor is missing.
    any_token: also by tokens with scopes, for what these may always do; all else of the own account they may not.
    """
    return _declared(Declaration(lane=lane, step_up=step_up, unfinished=unfinished, told_once=told_once))


def public(reason: str, *, lane: Lane = Lane.ORDINARY) -> Callable[[Endpoint], Endpoint]:
    """For anybody on the net.   reason: why, for whoever reads the list of routes.   Raises: UndeclaredEndpoint."""
    if not reason.strip():
        raise UndeclaredEndpoint("a public endpoint says why it is public")
    if lane is Lane.DRAWING:
        raise UndeclaredEndpoint("what is drawn for anybody waits in the strangers' lane")
    return _declared(Declaration(public=reason, lane=lane))


def declaration_of(endpoint: Callable[..., Any]) -> Declaration:
    """Raises: UndeclaredEndpoint."""
    declaration = getattr(endpoint, _ATTRIBUTE, None)
    if not isinstance(declaration, Declaration):
        raise UndeclaredEndpoint(f"{getattr(endpoint, '__qualname__', endpoint)} does not declare who may call it")
    return declaration


def _declared(declaration: Declaration) -> Callable[[Endpoint], Endpoint]:
    def mark(endpoint: Endpoint) -> Endpoint:
        setattr(endpoint, _ATTRIBUTE, declaration)
        return endpoint

    return mark
