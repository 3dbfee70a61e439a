"""Proofs for one entry, or between two heads, that verify without the database."""

from __future__ import annotations

import re
from dataclasses import dataclass
from threading import Lock
from typing import Final
from uuid import UUID

from sqlalchemy import select

from printserver.audit.canonical import Value
from printserver.audit.heads import TreeHead, Verify
from printserver.audit.merkle import InclusionProofInvalid, Tree, verify_consistency, verify_inclusion
from printserver.audit.models import AuditEntry, AuditHead, AuditLeaf
from printserver.audit.sequencer import LogRewritten, newest_head
from printserver.foundation.clock import as_text, from_text
from printserver.foundation.errors import NotFound
from printserver.foundation.unit_of_work import Work

_SURROGATE: Final = re.compile("[\ud800-\udfff]")


class EntryNotInLog(NotFound):
    """There is no such entry, or it waits for its place, which takes about a second."""

    code = "entry-not-in-log"


class HeadNotFound(NotFound):
    code = "head-not-found"


@dataclass(frozen=True)
class InclusionProof:
    """body: canonical JSON of the entry.   position: 0-based, < head.size.   path: 32 bytes each, leaf end first."""

    body: str
    position: int
    path: tuple[bytes, ...]
    head: TreeHead

    def verify(self, verify_head: Verify) -> None:
        """Raises: what `verify_head` raises, InclusionProofInvalid; returns nothing."""
        verify_head(self.head)
        verify_inclusion(self.body.encode(), self.position, self.head.size, self.path, self.head.root)

    def to_json(self) -> dict[str, Value]:
        head = self.head
        return {
            "body": self.body,
            "position": self.position,
            "path": [step.hex() for step in self.path],
            "head": {
                "size": head.size,
                "root": head.root.hex(),
                "at": as_text(head.at),
                "key_id": head.key_id,
                "signature": head.signature.hex(),
            },
        }

    @classmethod
    def from_json(cls, value: object) -> InclusionProof:
        """Read what `to_json` made, from a stranger.   Raises: InclusionProofInvalid."""
        try:
            members = dict(value)  # type: ignore[call-overload]  # anything else raises TypeError
            head = dict(members["head"])
            proof = cls(
                body=members["body"],
                position=members["position"],
                path=tuple(bytes.fromhex(step) for step in members["path"]),
                head=TreeHead(
                    size=head["size"],
                    root=bytes.fromhex(head["root"]),
                    at=from_text(head["at"]),
                    key_id=head["key_id"],
                    signature=bytes.fromhex(head["signature"]),
                ),
            )
        except (TypeError, ValueError, KeyError) as problem:
            raise InclusionProofInvalid(f"not an inclusion proof: {problem!r}") from None
        whole = (proof.position, proof.head.size)
        texts = (proof.body, proof.head.key_id)
        if not all(type(item) is int for item in whole) or not all(isinstance(item, str) for item in texts):
            raise InclusionProofInvalid("not an inclusion proof: a member has the wrong type")
        if not proof.body.isascii() and _SURROGATE.search(proof.body):
            raise InclusionProofInvalid("not an inclusion proof: the entry's text cannot be encoded")
        return proof


@dataclass(frozen=True)
class ConsistencyProof:
    """That `new` only appended to `old`.   path: 32 bytes each."""

    old: TreeHead
    new: TreeHead
    path: tuple[bytes, ...]

    def verify(self, verify_head: Verify) -> None:
        """Raises: what `verify_head` raises, ConsistencyProofInvalid; returns nothing."""
        verify_head(self.old)
        verify_head(self.new)
        verify_consistency(self.old.size, self.new.size, self.old.root, self.new.root, self.path)


class Prover:
    """Keeps the tree in memory, 64 bytes an entry, and follows the log; many threads may ask at once."""

    def __init__(self) -> None:
        self._tree = Tree()
        self._lock = Lock()

    def inclusion(self, work: Work, entry_id: UUID) -> InclusionProof:
        """Prove that the entry is in the log of the newest head.   Raises: EntryNotInLog, LogRewritten."""
        head = newest_head(work)
        found = work.session.execute(
            select(AuditLeaf.position, AuditEntry.body)
            .join(AuditEntry, AuditEntry.id == AuditLeaf.entry_id)
            .where(AuditLeaf.entry_id == entry_id)
        ).one_or_none()
        if head is None or found is None or found.position >= head.size:
            raise EntryNotInLog("this entry is not in the log, or not yet; try again in a moment")
        with self._lock:
            self._follow(work, head)
            path = self._tree.inclusion_proof(found.position, head.size)
        return InclusionProof(found.body, found.position, path, head)

    def consistency(self, work: Work, old_size: int) -> ConsistencyProof:
        """Prove that the newest head only appended to the one of `old_size`.   Raises: HeadNotFound, LogRewritten."""
        head, old = newest_head(work), work.session.get(AuditHead, old_size)
        if head is None or old is None:
            raise HeadNotFound(f"no head of size {old_size} was signed")
        with self._lock:
            self._follow(work, head)
            path = self._tree.consistency_proof(old_size, head.size)
        return ConsistencyProof(TreeHead.of(old), head, path)

    def _follow(self, work: Work, head: TreeHead) -> None:
        statement = select(AuditLeaf.leaf_hash).where(
            AuditLeaf.position >= len(self._tree), AuditLeaf.position < head.size
        )
        for leaf in work.session.scalars(statement.order_by(AuditLeaf.position)):
            self._tree.append(leaf)
        if len(self._tree) < head.size or self._tree.root(head.size) != head.root:
            self._tree = Tree()
            raise LogRewritten(f"the stored leaves do not give the root of the head of size {head.size}")
