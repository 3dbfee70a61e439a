"""Prove the whole log against its signed heads and the witness, and name what was done to it."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from printserver.audit.entry_check import EntryCheck
from printserver.audit.findings import Finding, LogReport, Problem
from printserver.audit.head_check import HeadCheck
from printserver.audit.heads import Verify
from printserver.audit.merkle import Frontier
from printserver.audit.stored import one_snapshot, stored_heads, stored_leaves, stored_without_place
from printserver.audit.witness import Witness, WitnessBroken, WitnessLine
from printserver.foundation.clock import as_text
from printserver.foundation.unit_of_work import Work

UNSEQUENCED_LIMIT: Final = timedelta(minutes=5)


def check_log(
    work: Work, witness: Witness, verify_head: Verify, *, unsequenced_limit: timedelta = UNSEQUENCED_LIMIT
) -> LogReport:
    """Prove every entry, leaf and head, and compare all with the witness, in one pass over each.

    work: a reading transaction in which nothing was read yet.
    verify_head: raises a PrintServerError unless the head is signed by a trusted key.
    unsequenced_limit: how long an entry may wait for its place.
    Memory grows with what deviates, not with the log.
    """
    length = witness.length()
    one_snapshot(work)
    walk = _Walk(EntryCheck(stored_leaves(work)), HeadCheck(stored_heads(work), verify_head))
    for number, line in witness.lines(length):
        walk.follow(number, line)
    walk.follow_rest(witness)
    walk.entries.finish(stored_without_place(work), as_text(work.now() - unsequenced_limit))
    findings = (*walk.witness_findings, *walk.heads.findings, *walk.entries.findings)
    return LogReport(walk.tree.size, walk.heads.count, walk.witnessed, walk.entries.unsequenced, findings)


class _Walk:
    """Goes along witness, heads and entries abreast; `tree` grows by what belongs at each place."""

    def __init__(self, entries: EntryCheck, heads: HeadCheck) -> None:
        self.entries, self.heads = entries, heads
        self.tree = Frontier()
        self.witnessed = 0
        self.witness_findings: list[Finding] = []
        self._broken = False

    def follow(self, number: int, line: WitnessLine | None) -> None:
        """Compare the database with a line of the witness, once the line itself is proven."""
        reason = self._distrust(line)
        if line is None or reason:
            self._broken = True
            self.witness_findings.append(Finding(Problem.WITNESS_BROKEN, reason, number))
            return
        self._broken = False
        self.witnessed += 1
        for leaf in line.leaves[:-1]:
            self._place(leaf)
            self.heads.reached_inside_line(self.tree)
        self._place(line.leaves[-1])
        self.heads.reached(self.tree, line.head)

    def follow_rest(self, witness: Witness) -> None:
        """What the witness does not know, or not yet: proven by the signatures of the heads alone."""
        sizes = []
        while size := self.heads.next_believed():
            sizes.append(size)
            while self.tree.size < size and self.entries.rows_left:
                self._place(None)
            if self.tree.size < size:
                self._find(Problem.HEAD_ROOT_WRONG, f"it covers more than the {self.tree.size} entries there are", size)
                self.heads.pass_over()
                continue
            self.heads.reached_unwitnessed(self.tree)
        self.entries.pass_over_rest()
        known = _witnessed_size(witness)
        for size in sizes[:-1]:
            if size > known:
                self._find(Problem.HEAD_UNWITNESSED, "the witness does not know this head", size)

    def _distrust(self, line: WitnessLine | None) -> str:
        if line is None:
            return "the line cannot be read"
        if reason := self.heads.refusal(line.head):
            return reason
        while self.tree.size < line.begin:
            self._place(None)
            if self._broken:
                self.heads.reached_unwitnessed(self.tree)
            else:
                self.heads.reached_inside_line(self.tree)
        future = self.tree.copy()
        future.extend(line.leaves)
        if line.begin != self.tree.size or future.root() != line.head.root:
            return f"the leaves of the line do not give the signed root of size {line.head.size}"
        return ""

    def _place(self, witnessed: bytes | None) -> None:
        self.tree.append(self.entries.place(self.tree.size, witnessed))

    def _find(self, problem: Problem, detail: str, size: int) -> None:
        self.witness_findings.append(Finding(problem, detail, size))


def _witnessed_size(witness: Witness) -> int:
    """Read again at the end: a head that was new at the beginning may have reached the witness since."""
    try:
        newest = witness.newest()
    except WitnessBroken:
        return 0
    return newest.size if newest else 0
