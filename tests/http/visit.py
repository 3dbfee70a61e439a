"""What the matrix of access asks for, one line a route."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from tests.http.scene import Scene

Options = Mapping[str, Any]


@dataclass(frozen=True)
class Visit:
    """A request that would succeed, or fail by the object's state alone, for the right person.

    options: of the client, given the scene.   names_object: whether its address or body names an object of the scene.
    """

    method: str
    route: str
    address: Callable[[Scene], str]
    options: Callable[[Scene], Options] = lambda scene: {}
    names_object: bool = True


def concerns_all(visit: Visit) -> bool:
    """Whether it is about the whole company; a statement is withdrawn by whoever proposed it, at the north."""
    of_all = visit.route.startswith(("/audit", "/statements", "/archive-sweep"))
    return of_all and not visit.route.endswith("/withdrawals")


def takes_away(visit: Visit) -> tuple[bool, bool, bool]:
    """Sorts what a later visit would miss to the end."""
    route = visit.route
    revokes = visit.method == "DELETE" or "resets" in route
    return revokes, not route.startswith("/archive-searches"), route.startswith("/tokens")


NOT_THERE_YET = ({"entry-not-in-log"}, {"nothing-cut-out"}, {"disposal-not-found"})
"""What the scene has not: a sequenced entry, a counter-mark on its page, a certificate of a list that only waits."""
