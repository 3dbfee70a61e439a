"""One way to change something from a page, and to learn what was refused, so that it is shown beside its cause."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeVar

from printserver.foundation.errors import Malformed, PrintServerError, Refused, TooLarge
from printserver.foundation.unit_of_work import Work
from printserver.http_edge.work import Call
from printserver.organisations.access import Actor

Result = TypeVar("Result")

SHOWN_BESIDE: Final = (Malformed, Refused, TooLarge)
"""What a page shows beside its form; every other refusal gets a page of its own."""


def change(call: Call, body: Callable[[Work, Actor], Result]) -> Result:
    """Run `body` in a transaction of its own, which is rolled back whole when it raises."""
    with call.transaction() as work:
        return body(work, call.caller_in(work).actor)


def refusal(
    call: Call, body: Callable[[Work, Actor], object], *, beside: tuple[type[PrintServerError], ...] = SHOWN_BESIDE
) -> PrintServerError | None:
    """`change`, for a page that shows the kinds `beside` itself: what was refused, or None when it is done."""
    try:
        change(call, body)
    except beside as problem:
        return problem
    return None
