"""Who can help to seal by the signer's own register: asked where rows of the database must not decide."""

from __future__ import annotations

from typing import Protocol
from uuid import UUID


class SeatBook(Protocol):
    def helps_to_seal(self, organisation: int, person_id: UUID) -> bool:
        """Whether the register gives the person a seat, a deputy's place or the custody of a seal, now or later.

        organisation: u32 of verification codes.   Raises: Unavailable.
        """

    def is_officer(self, organisation: int, person_id: UUID, path: str) -> bool:
        """Whether the register has the person in an officer's seat over the branch of `path`.   Raises: Unavailable."""
