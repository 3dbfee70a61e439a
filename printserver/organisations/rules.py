"""What one person may never hold together, and where rights meet. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import product
from typing import Final

from printserver.foundation.errors import Refused
from printserver.organisations.permissions import Permission

P = Permission

READING: Final = frozenset(permission for permission in Permission if permission.startswith("read-"))
CHANGING: Final = frozenset(Permission) - READING
_DECIDING: Final = frozenset({P.APPROVE_REQUEST, P.CONFIRM_SEAL_USE})
_OFFICERS: Final = frozenset({P.MANAGE_KEYS, P.CONFIRM_STATEMENTS, P.MANAGE_SEALS})


def _pairs(ones: Iterable[Permission], others: Iterable[Permission]) -> set[frozenset[Permission]]:
    return {frozenset(pair) for pair in product(ones, others)}


INCOMPATIBLE: Final = frozenset(
    _pairs({P.CREATE_REQUEST, P.RELEASE_COPIES}, _DECIDING)
    | _pairs({P.APPROVE_REQUEST}, {P.CONFIRM_SEAL_USE})
    | _pairs({P.RELEASE_COPIES}, {P.SETTLE_COPIES})
    | _pairs({P.CREATE_REQUEST}, {P.SETTLE_RETURNS, P.MANAGE_DOCUMENTS})
    | _pairs({P.CREATE_REQUEST} | _DECIDING, _OFFICERS)
    | _pairs({P.MANAGE_PEOPLE}, {P.CREATE_REQUEST, P.MANAGE_DOCUMENTS} | _DECIDING | _OFFICERS)
    | _pairs({P.READ_AUDIT}, CHANGING)
)
"""Pairs of permissions that nobody holds together where both reach."""


class RolesIncompatible(Refused):
    """One person would hold what takes two."""

    code = "roles-incompatible"


@dataclass(frozen=True)
class Holding:
    """Permissions at the branch of `path` and below, from `since` until before `until`; None for ever.

    `role` names it in messages.
    """

    role: str
    permissions: frozenset[Permission]
    path: str
    since: datetime | None = None
    until: datetime | None = None

    def meets(self, other: Holding) -> bool:
        """Whether there is a branch and a moment at which both hold."""
        nested = self.path.startswith(other.path) or other.path.startswith(self.path)
        return nested and _before(self.since, other.until) and _before(other.since, self.until)


def conflicts(permissions: frozenset[Permission], others: frozenset[Permission]) -> frozenset[frozenset[Permission]]:
    """The incompatible pairs of which one is in `permissions` and the other in `others`."""

    def split(one: Permission, other: Permission) -> bool:
        return (one in permissions and other in others) or (other in permissions and one in others)

    return frozenset(pair for pair in INCOMPATIBLE if split(*sorted(pair)))


def require_compatible(holdings: Iterable[Holding]) -> None:
    """All that one person holds, over all accounts and deputyships.   Raises: RolesIncompatible."""
    for one, other in _couples(tuple(holdings)):
        if one.meets(other) and conflicts(one.permissions, other.permissions):
            raise RolesIncompatible(f"nobody may be {one.role} and {other.role} at the same place and time")


def require_coherent(permissions: frozenset[Permission]) -> None:
    """Of one role.   Raises: RolesIncompatible."""
    for pair in sorted(conflicts(permissions, permissions), key=sorted):
        raise RolesIncompatible(f"one role may not hold both: {' and '.join(sorted(pair))}")


def _couples(holdings: tuple[Holding, ...]) -> Iterator[tuple[Holding, Holding]]:
    for index, one in enumerate(holdings):
        for other in holdings[index:]:
            yield one, other


def _before(since: datetime | None, until: datetime | None) -> bool:
    return since is None or until is None or since < until
