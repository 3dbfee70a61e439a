"""The register of all seals (印章台账), electronic and physical, as one table and as a file for a spreadsheet."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from printserver.foundation.unit_of_work import Work
from printserver.organisations.access import Actor
from printserver.organisations.queries import branch, names
from printserver.seals.physical import physical_seals
from printserver.seals.queries import SealFacts, seals

ELECTRONIC: Final = "electronic"
PHYSICAL: Final = "physical"
COLUMNS: Final = (
    *("kind", "name", "type", "registration_number", "branch", "keepers", "place", "state", "origin"),
    *("width_mm", "height_mm", "valid_from", "valid_until", "uses", "uses_limit", "code_id", "entered_at"),
)
"""Stable names."""
_FORMULAE: Final = ("=", "+", "-", "@", "\t", "\r")
UM_PER_MM: Final = 1_000

Cell = str | int | None


@dataclass(frozen=True)
class LedgerLine:
    """One seal.   place: of a physical one.   What does not apply is None."""

    id: UUID
    kind: str
    name: str
    type: str
    registration_number: str
    branch: str
    keepers: tuple[str, ...]
    place: str
    state: str
    origin: str
    width_mm: int | None
    height_mm: int | None
    valid_from: datetime | None
    valid_until: datetime | None
    uses: int | None
    uses_limit: int | None
    code_id: str
    entered_at: datetime

    @property
    def address(self) -> str:
        """Of its page."""
        return f"/seals/{self.id}" if self.kind == ELECTRONIC else f"/physical-seals/{self.id}"


def ledger(work: Work, actor: Actor) -> tuple[LedgerLine, ...]:
    """What `actor` may read: the electronic seals, then the physical ones, each by name."""
    electronic, physical = seals(work, actor), physical_seals(work, actor)
    people = {person for seal in electronic for person in seal.custodians} | {seal.keeper_id for seal in physical}
    called = names(work, people)
    used = {seal.branch_id for seal in electronic} | {seal.branch_id for seal in physical}
    places = {each: branch(work, each).name for each in used}
    lines = [_electronic(seal, called, places[seal.branch_id]) for seal in electronic]
    lines += [
        LedgerLine(
            id=seal.id,
            kind=PHYSICAL,
            name=seal.name,
            type=seal.type,
            registration_number=seal.registration_number,
            branch=places[seal.branch_id],
            keepers=(called.get(seal.keeper_id, ""),),
            place=seal.place,
            state=seal.state,
            origin="",
            width_mm=None,
            height_mm=None,
            valid_from=None,
            valid_until=None,
            uses=None,
            uses_limit=None,
            code_id="",
            entered_at=seal.created_at,
        )
        for seal in physical
    ]
    return tuple(lines)


def cells(line: LedgerLine) -> tuple[Cell, ...]:
    """One for each of `COLUMNS`; moments in UTC, as ISO 8601."""
    return tuple(_plain(getattr(line, name)) for name in COLUMNS)


def csv_file(heads: Sequence[str], rows: Iterable[Sequence[Cell]]) -> bytes:
    """UTF-8 with a byte order mark and CRLF, as spreadsheets expect it (RFC 4180).

    A text that a spreadsheet would take for a formula begins with an apostrophe; numbers are none and stay as they are.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerows([_harmless(each) for each in row] for row in (heads, *rows))
    return text.getvalue().encode("utf-8-sig")


def _electronic(seal: SealFacts, called: dict[UUID, str], place: str) -> LedgerLine:
    return LedgerLine(
        id=seal.id,
        kind=ELECTRONIC,
        name=seal.name,
        type=seal.type,
        registration_number=seal.registration_number,
        branch=place,
        keepers=tuple(called.get(each, "") for each in seal.custodians),
        place="",
        state=seal.state,
        origin=seal.origin,
        width_mm=seal.width_um // UM_PER_MM,
        height_mm=seal.height_um // UM_PER_MM,
        valid_from=seal.valid_from,
        valid_until=seal.valid_until,
        uses=seal.uses,
        uses_limit=seal.uses_limit,
        code_id=seal.code_id,
        entered_at=seal.created_at,
    )


def _plain(value: object) -> Cell:
    if isinstance(value, datetime):
        return value.isoformat(timespec="seconds")
    if isinstance(value, tuple):
        return "、".join(str(each) for each in value)
    return value if value is None or isinstance(value, int) else str(value)


def _harmless(cell: Cell) -> Cell:
    if isinstance(cell, str) and cell.startswith(_FORMULAE):
        return f"'{cell}"
    return cell
