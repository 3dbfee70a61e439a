"""Check a password at the edge: limited by address, its failure recorded before it is refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from printserver.foundation.unit_of_work import Database, Work
from printserver.http_edge.actors import Visitor
from printserver.http_edge.limits import SIGN_IN, AttemptLimits
from printserver.organisations.access import Actor
from printserver.organisations.credentials import SignInRefused, check_password

Result = TypeVar("Result")


def sign_in(
    database: Database,
    limits: AttemptLimits,
    visitor: Visitor,
    *,
    login: str,
    password: str,
    then: Callable[[Work, Actor], Result],
) -> Result:
    """What `then` returns; it runs in the transaction of a right password: open a session, issue a token.

    Only failures count against an address: a whole office may stand behind one.

    Raises: TooMany, SignInRefused.
    """
    limits.require_room(SIGN_IN, visitor.address)
    with database.work() as work:
        actor = check_password(work, login=login, password=password, address=visitor.address, device=visitor.device)
        if actor is not None:
            return then(work, actor)
    limits.count_failure(SIGN_IN, visitor.address)
    raise SignInRefused("the name or the password is wrong, or the account rests for a moment")
