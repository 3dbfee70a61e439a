"""Compare the stored leaves and entries, place by place, with what was signed."""

from __future__ import annotations

from collections.abc import Iterator

from printserver.audit.differences import differences
from printserver.audit.findings import Finding, Problem
from printserver.audit.merkle import HASH_LENGTH
from printserver.audit.stored import StoredEntry, StoredLeaf

UNKNOWN_LEAF = bytes(HASH_LENGTH)


class EntryCheck:
    """leaves: in ascending order of position. Only places that deviate are kept in memory."""

    def __init__(self, leaves: Iterator[StoredLeaf]) -> None:
        self.findings: list[Finding] = []
        self.unsequenced = 0
        self._leaves = leaves
        self._next = next(leaves, None)
        self._rows_end = 0
        self._expected: dict[int, bytes] = {}
        self._found: dict[int, bytes] = {}
        self._about: dict[int, StoredLeaf] = {}
        self._without_row: list[int] = []

    @property
    def rows_left(self) -> bool:
        return self._next is not None

    def place(self, position: int, witnessed: bytes | None) -> bytes:
        """Check what stands at `position`; returns the hash that belongs there, by the witness if it knows."""
        leaf = self._take(position)
        if leaf is None:
            self._without_row.append(position)
            if witnessed:
                self._expected[position] = witnessed
            return witnessed or UNKNOWN_LEAF
        expected = witnessed or leaf.recorded
        if leaf.entry is None or leaf.entry.hash != expected:
            self._expected[position] = expected
            self._keep(leaf)
        elif leaf.recorded != expected:
            self._find(Problem.LEAF_CHANGED, position, "the leaf's hash is not that of its entry", leaf)
        if leaf.entry:
            self._check_columns(leaf.entry, position)
        return expected

    def pass_over_rest(self) -> None:
        """Leaves that no signed head covers: either slid along or put in."""
        while self._next:
            self._keep(self._next)
            self._advance()

    def finish(self, without_place: Iterator[StoredEntry], waiting_since: str) -> None:
        """without_place: entries that no leaf names.   waiting_since: older ones should have a place by now."""
        found = differences(self._expected, self._found)
        lost = {self._expected[position]: position for position in found.removed}
        gone = set(found.removed) - self._displaced(without_place, lost, waiting_since)
        tail = [position for position in found.removed if position >= self._rows_end]
        if tail:
            detail = f"entries {tail[0]} to {tail[-1]} were signed and witnessed, and are cut off"
            self._find(Problem.TAIL_CUT, tail[0], detail)
        for position in sorted(gone.difference(tail)):
            self._find(Problem.ENTRY_REMOVED, position, "the entry was removed")
        for position in found.changed:
            self._find(Problem.ENTRY_CHANGED, position, "the entry is not what was signed")
        for position in found.inserted:
            self._find(Problem.ENTRY_INSERTED, position, "nothing was signed for this entry")
        for wanted, position in found.moved:
            self._find(Problem.ENTRY_REORDERED, position, f"the entry belongs at {wanted}")
        for position in self._without_row:
            if position < self._rows_end:
                self._find(Problem.POSITION_GAP, position, "no leaf is stored here")

    def _displaced(self, without_place: Iterator[StoredEntry], lost: dict[bytes, int], since: str) -> set[int]:
        """Positions whose entry is still there but has no leaf any more."""
        displaced = set()
        for entry in without_place:
            position = lost.get(entry.hash)
            self._check_columns(entry, position)
            if position is not None:
                displaced.add(position)
                detail = "the entry lost its leaf"
                self.findings.append(Finding(Problem.LEAF_CHANGED, detail, position, entry.id, entry.event))
                continue
            self.unsequenced += 1
            if entry.at < since:
                detail = f"no place since {entry.at}"
                self.findings.append(Finding(Problem.ENTRY_UNSEQUENCED, detail, None, entry.id, entry.event))
        return displaced

    def _take(self, position: int) -> StoredLeaf | None:
        while self._next and self._next.position < position:
            self._find(Problem.ENTRY_INSERTED, self._next.position, "the place does not exist or is taken", self._next)
            self._advance()
        leaf = self._next
        if leaf is None or leaf.position != position:
            return None
        self._advance()
        return leaf

    def _advance(self) -> None:
        if self._next:
            self._rows_end = max(self._rows_end, self._next.position + 1)
        self._next = next(self._leaves, None)

    def _keep(self, leaf: StoredLeaf) -> None:
        self._about[leaf.position] = leaf
        if leaf.entry:
            self._found[leaf.position] = leaf.entry.hash

    def _check_columns(self, entry: StoredEntry, position: int | None) -> None:
        if names := entry.disagreeing_columns():
            detail = f"{', '.join(names)} say something else than the body"
            self.findings.append(Finding(Problem.COLUMN_DISAGREES, detail, position, entry.id, entry.event))

    def _find(self, problem: Problem, position: int, detail: str, leaf: StoredLeaf | None = None) -> None:
        leaf = leaf or self._about.get(position)
        event = leaf.entry.event if leaf and leaf.entry else ""
        self.findings.append(Finding(problem, detail, position, leaf.entry_id if leaf else None, event))
