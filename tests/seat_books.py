"""The signer's register in tests that have no signer: it says what the rows say, until a test lets them differ."""

from __future__ import annotations

from dataclasses import dataclass, field
from uuid import UUID

from printserver.foundation.unit_of_work import Database
from printserver.organisations.holdings import holdings_of
from printserver.organisations.permissions import BINDING, Permission


@dataclass
class RowSeats:
    """`also`: people whom the register knows though rows do not say so.   strangers: officers by rows alone."""

    database: Database
    also: set[UUID] = field(default_factory=set)
    strangers: set[UUID] = field(default_factory=set)

    def helps_to_seal(self, organisation: int, person_id: UUID) -> bool:
        return organisation > 0 and (person_id in self.also or self._holds(person_id, *BINDING))

    def is_officer(self, organisation: int, person_id: UUID, path: str) -> bool:
        assert path
        known = person_id not in self.strangers and self._holds(person_id, Permission.CONFIRM_STATEMENTS)
        return organisation > 0 and known

    def _holds(self, person_id: UUID, *permissions: Permission) -> bool:
        with self.database.reading() as work:
            return any(set(permissions) & holding.permissions for holding in holdings_of(work, person_id))
