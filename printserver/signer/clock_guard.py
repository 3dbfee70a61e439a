"""A clock that is believed only while it goes forward, and no faster than the machine's own counter of seconds.

A clock set back would put times before others that were signed already; one set ahead would leave codes from the
future behind when it is corrected.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from printserver.audit.sequencer import CLOCK_TOLERANCE, ClockSetBack
from printserver.foundation.errors import Unavailable

LARGEST_JUMP: Final = timedelta(minutes=5)
"""Ahead, against the counter: a network clock corrects by less."""


class ClockJumped(Unavailable):
    """The clock was set ahead while the signer ran; it believes it after a new start, which a person decides."""

    code = "clock-jumped"


def seconds_since_boot() -> float:
    """Goes on while the machine sleeps, and nobody can set it."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


class ClockGuard:
    """Thread safe.   wall: the clock, aware.   newest: the latest time that is known to have been signed, or None."""

    def __init__(
        self,
        wall: Callable[[], datetime],
        newest: Callable[[], datetime | None],
        *,
        counter: Callable[[], float] = seconds_since_boot,
    ) -> None:
        self._wall, self._newest, self._counter = wall, newest, counter
        self._lock = threading.Lock()
        self._begun_at, self._begun = wall(), counter()
        self._latest: datetime | None = None

    def now(self) -> datetime:
        """Raises: ClockSetBack, ClockJumped; then nothing may be signed that names a time."""
        with self._lock:
            at = self._wall()
            known = [each for each in (self._latest, self._newest()) if each is not None]
            if known and max(known) - at > CLOCK_TOLERANCE:
                raise ClockSetBack("the clock is earlier than something that was signed already; set it right")
            expected = self._begun_at + timedelta(seconds=self._counter() - self._begun)
            if at - expected > LARGEST_JUMP:
                raise ClockJumped("the clock was set ahead while the signer ran; check it, then start the signer anew")
            if expected - at > LARGEST_JUMP:
                raise ClockSetBack("the clock was set back while the signer ran; set it right")
            self._latest = at if self._latest is None else max(at, self._latest)
            return at
