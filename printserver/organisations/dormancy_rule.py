"""When an account that nobody uses is warned and frozen. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

SHORTEST: Final = timedelta(days=1)


@dataclass(frozen=True)
class DormancyPolicy:
    """days: without a sign-in, after which an account is frozen; 0: never.   warning: how many days before."""

    days: int = 90
    warning: int = 14

    @property
    def on(self) -> bool:
        return self.days > 0

    def warns_at(self, seen: datetime) -> datetime:
        """seen: the last sign-in, or when the account was made."""
        return seen + max(timedelta(days=self.days - self.warning), SHORTEST)

    def is_warned(self, seen: datetime, warned: datetime | None) -> bool:
        """A warning from before the last sign-in is none."""
        return warned is not None and warned > seen

    def freezes_at(self, seen: datetime, warned: datetime | None, now: datetime) -> datetime:
        """Never sooner than the whole time of the warning after it was given; without one, after it will be."""
        if warned is None or not self.is_warned(seen, warned):
            warned = max(self.warns_at(seen), now)
        return max(seen + timedelta(days=self.days), warned + timedelta(days=self.warning))
