"""The sequencer gives entries their places in the tree and signs a head over them.

Several may run at once: the primary keys of leaves and heads let only one of them win each round.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Final

import sqlalchemy.exc
from sqlalchemy import func, insert, select

from printserver.audit.heads import TreeHead, Verify, head_bytes
from printserver.audit.merkle import Frontier
from printserver.audit.models import AuditHead, AuditLeaf
from printserver.audit.pending import PendingEntries, PendingEntry
from printserver.audit.stored import one_snapshot
from printserver.audit.witness import Witness, WitnessBroken, WitnessLine
from printserver.foundation.errors import IntegrityError, Unavailable
from printserver.foundation.unit_of_work import Database, Work

BATCH: Final = 1_000
CLOCK_TOLERANCE: Final = timedelta(seconds=5)


class LogRolledBack(IntegrityError):
    """The database knows less than was already signed and witnessed."""

    code = "log-rolled-back"


class LogRewritten(LogRolledBack):
    """The database tells another past than the one that was signed and witnessed."""

    code = "log-rewritten"


class WitnessFellBehind(IntegrityError):
    """The witness lacks heads that it must have seen: it was lost, cut or restored from an old copy."""

    code = "witness-fell-behind"


class ClockSetBack(Unavailable):
    """The clock is earlier than the newest head; nothing is signed until it is right again."""

    code = "clock-set-back"


@dataclass(frozen=True)
class _Standing:
    """What the database says. unwitnessed: the one head a crash may have kept from the witness."""

    newest: TreeHead | None
    unwitnessed: WitnessLine | None
    pending: tuple[PendingEntry, ...]


class Sequencer:
    """sign: P-256 signature of the given bytes, 64 bytes r‖s, by the key named `key_id`; may take long.

    verify_head: raises unless a head is signed by a trusted key; heads are believed and kept only after it.
    notice: told of the bodies of entries before they get their places; of some of them again after a crash.
    One object serves one thread.
    """

    def __init__(
        self,
        database: Database,
        witness: Witness,
        sign: Callable[[bytes], bytes],
        key_id: str,
        *,
        verify_head: Verify,
        batch: int = BATCH,
        notice: Callable[[Sequence[str]], None] | None = None,
    ) -> None:
        self._database, self._witness, self._sign, self._key_id = database, witness, sign, key_id
        self._verify_head, self._batch, self._notice = verify_head, batch, notice
        self._tree = Frontier()
        self._pending = PendingEntries()

    def check_against_witness(self) -> None:
        """Refuse to start on a log that was rolled back; write the one head that a crash kept from the witness.

        Raises: LogRolledBack, LogRewritten, WitnessFellBehind, WitnessBroken, HeadSignatureInvalid.
        """
        self._settled()

    def run_once(self) -> TreeHead | None:
        """Sequence what is committed and has no place yet, at most `batch` entries, in order of their ids.

        Returns the new head; None when there was nothing to do or another sequencer did it.
        Raises: what `check_against_witness` and `sign` raise, ClockSetBack; then nothing was changed.
        """
        standing = self._settled()
        at = self._database.clock.now()
        if standing.newest and at < standing.newest.at:
            if standing.newest.at - at > CLOCK_TOLERANCE:
                raise ClockSetBack("the clock is earlier than the newest tree head; set it right")
            return None
        if not standing.pending:
            self._pending.settled()
            return None
        if self._notice is not None:
            self._notice([entry.body for entry in standing.pending])
        tree, leaves = self._tree.copy(), tuple(entry.hash for entry in standing.pending)
        tree.extend(leaves)
        head = self._signed(tree, at)
        if not self._commit(standing, head):
            return None
        self._witness.append(WitnessLine(head, leaves))
        self._tree = tree
        self._pending.settled()
        return head

    def _signed(self, tree: Frontier, at: datetime) -> TreeHead:
        root = tree.root()
        signature = self._sign(head_bytes(tree.size, root, at, self._key_id))
        head = TreeHead(tree.size, root, at, self._key_id, signature)
        self._verify_head(head)
        return head

    def _settled(self) -> _Standing:
        standing = self._standing()
        if standing.unwitnessed:
            self._verify_head(standing.unwitnessed.head)
            self._witness.append(standing.unwitnessed)
        return standing

    def _standing(self) -> _Standing:
        """The witness is read before the database, which therefore knows all that the witness knows."""
        while True:
            witnessed = self._witness.newest()
            with self._database.reading() as work:
                one_snapshot(work)
                newest = newest_head(work)
                _refuse_another_past(work, newest, witnessed)
                beyond = _count_beyond(work, witnessed)
                if beyond <= 1:
                    self._follow(work, newest)
                    begin = witnessed.size if witnessed else 0
                    missing = WitnessLine(newest, _leaves(work, begin, newest.size)) if newest and beyond else None
                    return _Standing(newest, missing, self._pending.find(work, self._batch))
            if self._witness.newest() == witnessed:
                raise WitnessFellBehind(f"the witness lacks {beyond} heads; restore its newest copy")

    def _follow(self, work: Work, newest: TreeHead | None) -> None:
        """Bring the tree's edge to `newest`, over the leaves that are stored."""
        size = newest.size if newest else 0
        if size < self._tree.size:
            raise LogRolledBack(f"the log shrank from {self._tree.size} to {size} entries")
        tree = self._tree.copy()
        for position, leaf in work.session.execute(
            select(AuditLeaf.position, AuditLeaf.leaf_hash)
            .where(AuditLeaf.position >= tree.size, AuditLeaf.position < size)
            .order_by(AuditLeaf.position)
            .execution_options(yield_per=BATCH)
        ):
            if position == tree.size:
                tree.append(leaf)
        if newest and (tree.size, tree.root()) != (newest.size, newest.root):
            raise LogRewritten(f"the stored leaves do not give the root of the head of size {size}")
        self._tree = tree

    def _commit(self, standing: _Standing, head: TreeHead) -> bool:
        """Write leaves and head in one short transaction; False when another sequencer was first."""
        first = standing.newest.size if standing.newest else 0
        leaves = [
            {"position": position, "entry_id": entry.id, "leaf_hash": entry.hash}
            for position, entry in enumerate(standing.pending, first)
        ]
        try:
            with self._database.work() as work:
                work.session.execute(insert(AuditLeaf), leaves)
                work.session.execute(insert(AuditHead), [asdict(head)])
        except sqlalchemy.exc.IntegrityError:
            with self._database.reading() as work:
                if newest_head(work) == standing.newest:
                    raise LogRewritten("leaves or heads are stored that no signed head covers") from None
            return False
        return True


def newest_head(work: Work) -> TreeHead | None:
    row = work.session.scalar(select(AuditHead).order_by(AuditHead.size.desc()).limit(1))
    return TreeHead.of(row) if row else None


def renew_witness(database: Database, witness: Witness, verify_head: Verify) -> int:
    """Write a lost witness anew from the database, whose heads are verified first; returns how many lines.

    For an operator's deliberate act: what the lost witness alone could prove is lost with it.
    Raises: WitnessBroken when the file already knows a head, LogRewritten, HeadSignatureInvalid.
    """
    if witness.newest():
        raise WitnessBroken("this witness is not empty; move it away before it is written anew")
    tree, lines = Frontier(), 0
    with database.reading() as work:
        one_snapshot(work)
        heads = [TreeHead.of(row) for row in work.session.scalars(select(AuditHead).order_by(AuditHead.size))]
        for head in heads:
            leaves = _leaves(work, tree.size, head.size)
            tree.extend(leaves)
            if (tree.size, tree.root()) != (head.size, head.root):
                raise LogRewritten(f"the stored leaves do not give the root of the head of size {head.size}")
            verify_head(head)
            witness.append(WitnessLine(head, leaves))
            lines += 1
    return lines


def _refuse_another_past(work: Work, newest: TreeHead | None, witnessed: TreeHead | None) -> None:
    if witnessed is None:
        return
    if newest is None or newest.size < witnessed.size:
        size = newest.size if newest else 0
        raise LogRolledBack(
            f"the database knows {size} entries, the witness {witnessed.size}: an old copy was restored"
        )
    stored = work.session.get(AuditHead, witnessed.size)
    if stored is None or TreeHead.of(stored) != witnessed:
        raise LogRewritten(f"the witness remembers the head of size {witnessed.size} otherwise")


def _count_beyond(work: Work, witnessed: TreeHead | None) -> int:
    size = witnessed.size if witnessed else 0
    return work.session.scalar(select(func.count()).select_from(AuditHead).where(AuditHead.size > size)) or 0


def _leaves(work: Work, begin: int, end: int) -> tuple[bytes, ...]:
    """Stored leaf hashes of the positions `begin` up to `end`, which is left out."""
    statement = select(AuditLeaf.leaf_hash).where(AuditLeaf.position >= begin, AuditLeaf.position < end)
    return tuple(work.session.scalars(statement.order_by(AuditLeaf.position)))
