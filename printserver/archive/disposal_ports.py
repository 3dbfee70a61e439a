"""What disposal needs of the rooms that keep something of a copy. Each room answers for its own rows."""

from __future__ import annotations

from collections.abc import Collection
from typing import Protocol
from uuid import UUID

from printserver.foundation.unit_of_work import Work


class Holdings(Protocol):
    """Objects are named by SHA-256. A copy is gone once `disposed_copies` names it."""

    def objects_of(self, work: Work, copy_id: UUID) -> set[str]:
        """All that the room names for this copy, which is gone, and for whatever goes with it."""

    def still_named(self, work: Work, organisation_id: UUID, digests: Collection[str]) -> set[str]:
        """Those of `digests` that a row names for anything that is not gone."""

    def forget(self, work: Work, copy_id: UUID) -> None:
        """Blank what people wrote about this copy, and about whatever goes with it. Twice is once."""
