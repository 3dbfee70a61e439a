"""What a record of a hand-over has to say, and how the links of a copy's chain of holders fit together. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from printserver.foundation.clock import minute_of
from printserver.foundation.errors import Malformed

LONGEST_NAME: Final = 200
LONGEST_NOTE: Final = 500


class HandOverMalformed(Malformed):
    code = "hand-over-malformed"


class HolderKind(StrEnum):
    PARTY = "party"
    """A party of the contract."""
    PERSON = "person"
    BRANCH = "branch"
    US = "us"
    """The paper came back to the branch that printed it."""


class Means(StrEnum):
    SIGNATURE = "signature"
    """Somebody signed for it; `receiver` says who."""
    COURIER = "courier"
    """It went by courier, under `courier_number`."""


@dataclass(frozen=True)
class NewHandOver:
    """`holder`: a name, of a branch its own.   proof_sha256: of a photo or scan that is stored already."""

    holder_kind: HolderKind
    holder: str
    means: Means
    handed_at: datetime
    receiver: str = ""
    courier_number: str = ""
    holder_branch_id: UUID | None = None
    proof_sha256: str | None = None
    note: str = ""

    def tidied(self) -> NewHandOver:
        """Without blanks around what was typed.   Raises: HandOverMalformed."""
        said = NewHandOver(
            self.holder_kind,
            self.holder.strip(),
            self.means,
            self.handed_at,
            self.receiver.strip(),
            self.courier_number.strip(),
            self.holder_branch_id,
            self.proof_sha256,
            self.note.strip(),
        )
        if (said.holder_kind is HolderKind.BRANCH) != (said.holder_branch_id is not None):
            raise HandOverMalformed("name the branch that holds it, and no branch for anybody else")
        if said.holder_kind in (HolderKind.PARTY, HolderKind.PERSON) and not said.holder:
            raise HandOverMalformed("say who holds it now")
        if said.means is Means.SIGNATURE and not said.receiver:
            raise HandOverMalformed("say who signed for it")
        if said.means is Means.COURIER and not said.courier_number:
            raise HandOverMalformed("give the courier's number")
        if max(len(said.holder), len(said.receiver), len(said.courier_number)) > LONGEST_NAME:
            raise HandOverMalformed(f"a name is longer than {LONGEST_NAME} characters")
        if len(said.note) > LONGEST_NOTE:
            raise HandOverMalformed(f"a note is longer than {LONGEST_NOTE} characters")
        return said


def require_in_order(
    handed_at: datetime, *, printed_at: datetime, now: datetime, before: Sequence[datetime], after: Sequence[datetime]
) -> None:
    """before, after: when the links before and behind this one were handed over. Minutes count, as people type them.

    Raises: HandOverMalformed for a time before the printing, in the future, or out of the chain's order.
    """
    earliest, latest = max((printed_at, *before)), min(after, default=now)
    if not minute_of(earliest) <= handed_at <= now or minute_of(handed_at) > latest:
        raise HandOverMalformed("it was handed over after it was printed, in the chain's order, and not in the future")
