"""Whether the signed paper of a class of documents has to come back, by when, and what follows when it does not. Pure.

Lengths are whole days. Source of the usual thirty days: the product's own choice, see decision 0025.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, Final

from printserver.foundation.errors import Malformed

LONGEST_DAYS: Final = 3_650
LONGEST_LATE_HOURS: Final = 24 * 90


class PolicyMalformed(Malformed):
    code = "return-policy-malformed"


class CountedFrom(StrEnum):
    """From when the days are counted."""

    PRINTING = "printing"
    HAND_OVER = "hand-over"
    """From the first hand-over to somebody outside; until there is one, from printing."""


@dataclass(frozen=True)
class ReturnPolicy:
    """`days`: until the paper is due; None when it need not come back.

    remind_before: days before it is due.   escalate_after: days overdue until others are told than who applied.
    most_overdue, longest_overdue: a branch with more copies overdue, or one for more days, hands in nothing of this
    class; None for no such limit.   late_hours: after which a record of a signing by hand counts as late.
    """

    days: int | None = 30
    counted_from: CountedFrom = CountedFrom.PRINTING
    remind_before: int = 7
    escalate_after: int = 14
    most_overdue: int | None = None
    longest_overdue: int | None = None
    late_hours: int = 24

    def __post_init__(self) -> None:
        """Raises: PolicyMalformed."""
        for limit, least in ((self.days, 1), (self.most_overdue, 0), (self.longest_overdue, 0)):
            if limit is not None and not least <= limit <= LONGEST_DAYS:
                raise PolicyMalformed(f"a number of days or copies lies between {least} and {LONGEST_DAYS}")
        if not 0 <= self.remind_before <= LONGEST_DAYS or not 1 <= self.escalate_after <= LONGEST_DAYS:
            raise PolicyMalformed(f"a number of days lies between 1 and {LONGEST_DAYS}")
        if not 1 <= self.late_hours <= LONGEST_LATE_HOURS:
            raise PolicyMalformed(f"a record counts as late after 1 to {LONGEST_LATE_HOURS} hours")

    @property
    def blocks(self) -> bool:
        return self.most_overdue is not None or self.longest_overdue is not None

    def to_json(self) -> dict[str, Any]:
        return {**asdict(self), "counted_from": self.counted_from.value}

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> ReturnPolicy:
        """Raises: PolicyMalformed, also for a member that is not known."""
        try:
            return cls(**{**stored, "counted_from": CountedFrom(stored.get("counted_from", CountedFrom.PRINTING))})
        except (TypeError, ValueError) as problem:
            raise PolicyMalformed(f"this is no rule about returns: {problem}") from None


USUAL_POLICY: Final = ReturnPolicy()
"""Of every class of which nothing else is said: a signed paper comes home within thirty days, and blocks nobody."""
