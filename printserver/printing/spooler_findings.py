"""What a look at a spooler finds: what was looked at, what is wrong, how to mend it."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from printserver.foundation.errors import PrintServerError
from printserver.printing.spooler_layout import SpoolerLayout, SpoolerRecord


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is not as it must be."""

    code: str
    """Stable, for programs."""
    looked_at: str
    wrong: str
    mend: str
    """What a person does, in words."""
    commands: tuple[str, ...] = ()
    """The same as shell commands, where it can be said in them; to be run in this order."""


@dataclass(frozen=True, slots=True)
class InstalledSpooler:
    layout: SpoolerLayout
    record: SpoolerRecord
    now: datetime
    """Aware, UTC: when the look is taken."""

    def install_again(self, *arguments: str) -> str:
        """The command that puts back what belongs to the set."""
        place = ("--cups-root", str(self.layout.home)) if self.layout.private else ()
        return shlex.join(("printserver", "printers", "install", *arguments, *place))


Check = Callable[[InstalledSpooler], Iterator[Finding]]


def gathered(spooler: InstalledSpooler, checks: tuple[Check, ...]) -> Iterator[Finding]:
    """All findings of all checks. What cannot be looked at is a finding, too."""
    for check in checks:
        try:
            yield from check(spooler)
        except (OSError, ValueError, PrintServerError) as error:
            yield Finding(
                "not-readable",
                f"{check.__name__.replace('_', ' ')}",
                f"it could not be looked at: {error}",
                "Look as root, and mend what the message names; what cannot be read does not count as right.",
            )


def command(program: str, *arguments: str | Path) -> str:
    return shlex.join((program, *map(str, arguments)))
