"""What this backend says to CUPS: exit codes and lines on standard error, backend(7)."""

from __future__ import annotations

import contextlib
import os
import re
import sys

OK, FAILED, HOLD, STOP, CANCEL = 0, 1, 3, 4, 5

OUTCOME_UNKNOWN = "printserver-outcome-unknown"
UNPINNED = "printserver-certificate-not-pinned"
DESK_UNREACHABLE = "printserver-desk-unreachable"
TICKET_REFUSED = "printserver-ticket-refused"

_REASON = re.compile(r"[a-z0-9][a-z0-9.-]{0,80}")
_MOST_REASONS = 16


def say(level: str, message: str) -> None:
    pass_on(f"{level}: {message}\n".encode())


def pass_on(line: bytes) -> None:
    """Tell CUPS. When CUPS is gone, the copy under way is still brought to its end and its record with it."""
    with contextlib.suppress(BrokenPipeError):
        os.write(sys.stderr.fileno(), line)


class Reasons:
    """The printer-state-reasons that the stock backend has reported by its STATE lines."""

    def __init__(self) -> None:
        self.present: list[str] = []

    def read(self, line: str) -> bool:
        """True if the line changed them."""
        if not line.startswith("STATE: "):
            return False
        before, words = list(self.present), line.removeprefix("STATE: ").strip()
        sign = words[:1]
        if sign not in ("+", "-"):
            self.present = []
        for reason in words.lstrip("+-").split(","):
            self._change(reason.strip(), add=sign != "-")
        return before != self.present

    def _change(self, reason: str, *, add: bool) -> None:
        if reason in self.present:
            self.present.remove(reason)
        if add and reason != "none" and _REASON.fullmatch(reason) and len(self.present) < _MOST_REASONS:
            self.present.append(reason)

    def of_printer(self) -> list[str]:
        """Without those that the stock backend uses for its own progress."""
        return sorted(set(self.present) - set(self.of_backend()))

    def of_backend(self) -> list[str]:
        return [reason for reason in self.present if reason.startswith("cups-") or reason == "connecting-to-device"]
