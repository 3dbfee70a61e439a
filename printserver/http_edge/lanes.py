"""Threads for each lane: work that would crowd out everything else waits in a lane of its own."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Final

from anyio import CapacityLimiter
from anyio.lowlevel import RunVar

from printserver.http_edge.declarations import Lane

_PROCESSORS: Final = max(2, os.cpu_count() or 2)
LANES: Final[Mapping[Lane, int]] = {Lane.DRAWING: _PROCESSORS, Lane.STRANGERS: _PROCESSORS // 2, Lane.PASSWORDS: 4}

_limiters: RunVar[dict[Lane, CapacityLimiter]] = RunVar("limiters of the lanes")


def limiter_of(lane: Lane) -> CapacityLimiter | None:
    """None for the ordinary threads. Limiters belong to the event loop that runs the server."""
    if lane not in LANES:
        return None
    try:
        limiters = _limiters.get()
    except LookupError:
        limiters = {name: CapacityLimiter(size) for name, size in LANES.items()}
        _limiters.set(limiters)
    return limiters[lane]
