"""Prove the stored heads while the tree is rebuilt beside them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from datetime import datetime

from printserver.audit.findings import Finding, Problem
from printserver.audit.heads import TreeHead, Verify
from printserver.audit.merkle import Frontier
from printserver.audit.stored import StoredHead
from printserver.foundation.errors import PrintServerError


class HeadCheck:
    """heads: in ascending order of size, taken one by one as the tree reaches them."""

    def __init__(self, heads: Iterator[StoredHead], verify_head: Verify) -> None:
        self.findings: list[Finding] = []
        self.count = 0
        self._heads, self._verify_head = heads, verify_head
        self._next = next(heads, None)
        self._last_at: datetime | None = None

    def refusal(self, head: TreeHead | None) -> str:
        """Why `head` may not be believed; empty when it is signed by a trusted key."""
        if head is None:
            return "the head's columns cannot be read"
        try:
            self._verify_head(head)
        except PrintServerError as problem:
            return str(problem)
        return ""

    def reached_inside_line(self, tree: Frontier) -> None:
        """The tree has a size between two heads of the witness, where the database may have none."""
        for head in self._until(tree.size):
            self._prove(head, tree)
            self._find(Problem.HEAD_UNWITNESSED, "the witness knows no head of this size", head.size)

    def reached_unwitnessed(self, tree: Frontier) -> None:
        for head in self._until(tree.size):
            self._prove(head, tree)

    def reached(self, tree: Frontier, witnessed: TreeHead) -> None:
        """The tree has the size of the head `witnessed`, which the witness proved."""
        found = False
        for head in self._until(tree.size):
            self._prove(head, tree)
            found = found or head.size == tree.size
            if head.head and head.size == tree.size and head.head != witnessed:
                names = [field.name for field in fields(head.head)]
                other = [name for name in names if getattr(head.head, name) != getattr(witnessed, name)]
                self._find(Problem.HEAD_CHANGED, f"the witness remembers another {', '.join(other)}", head.size)
        if not found:
            self._find(Problem.HEAD_REMOVED, "the witness remembers this head", tree.size)

    def next_believed(self) -> int | None:
        """The size of the next head that is signed; those that are not are reported and passed over."""
        while self._next and (reason := self.refusal(self._next.head)):
            self._find(Problem.HEAD_SIGNATURE_WRONG, reason, self._next.size)
            self.pass_over()
        return self._next.size if self._next else None

    def pass_over(self) -> None:
        """Leave the next head unproven; it was reported."""
        self.count += 1
        self._next = next(self._heads, None)

    def _until(self, size: int) -> Iterator[StoredHead]:
        while self._next and self._next.size <= size:
            yield self._next
            self._next = next(self._heads, None)

    def _prove(self, stored: StoredHead, tree: Frontier) -> None:
        self.count += 1
        head = stored.head
        if head is None or stored.size != tree.size or head.root != tree.root():
            self._find(Problem.HEAD_ROOT_WRONG, "the entries do not give this head's root", stored.size)
        if reason := self.refusal(head):
            self._find(Problem.HEAD_SIGNATURE_WRONG, reason, stored.size)
        elif head:
            if self._last_at and head.at < self._last_at:
                self._find(Problem.HEAD_TIME_WRONG, "the head is older than the one before it", stored.size)
            self._last_at = head.at

    def _find(self, problem: Problem, detail: str, size: int) -> None:
        self.findings.append(Finding(problem, detail, size))
