"""A log with its witness and a key in memory, and what a database administrator could do to it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, derive_private_key
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from sqlalchemy import Connection, func, select, text
from sqlalchemy.orm import Session

from printserver.audit.check import check_log
from printserver.audit.findings import LogReport
from printserver.audit.heads import TreeHead, Verify, head_verifier
from printserver.audit.log import By, Event, append
from printserver.audit.models import APPEND_ONLY, AuditEntry, AuditHead, AuditLeaf
from printserver.audit.sequencer import Sequencer
from printserver.audit.witness import Witness, WitnessLine
from printserver.foundation.ids import new_id
from printserver.foundation.unit_of_work import Database, Work
from tests.databases import clock_of

KEY_ID: Final = "heads-1"
# A fixed number: this key guards nothing.
KEY: Final = derive_private_key(20261122, SECP256R1())


def sign(message: bytes) -> bytes:
    """As a PKCS#11 token answers: 64 bytes r‖s."""
    first, second = decode_dss_signature(KEY.sign(message, ECDSA(SHA256())))
    return first.to_bytes(32, "big") + second.to_bytes(32, "big")


VERIFY: Final[Verify] = head_verifier({KEY_ID: KEY.public_key()})


@dataclass(frozen=True, kw_only=True)
class SealSuspended(Event):
    subject = "seal"
    reason: str = ""


@dataclass
class MadeLog:
    database: Database
    witness_path: Path

    @property
    def witness(self) -> Witness:
        return Witness(self.witness_path)

    @cached_property
    def sequencer(self) -> Sequencer:
        return self.new_sequencer()

    def new_sequencer(self, signing: Callable[[bytes], bytes] = sign, *, batch: int = 1_000) -> Sequencer:
        """As another process, or the same after a restart, would have it."""
        return Sequencer(self.database, self.witness, signing, KEY_ID, verify_head=VERIFY, batch=batch)

    def record(self, count: int = 1, *, reason: str = "lost", by: By | None = None) -> list[UUID]:
        """One transaction with `count` entries."""
        with self.database.work() as work:
            person = by or By(organisation_id=new_id(), person_id=new_id(), address="192.0.2.7")
            return [append(work, person, SealSuspended(id=new_id(), reason=reason)).id for _ in range(count)]

    def grow(self, *counts: int) -> list[UUID]:
        """One head for each count of entries; returns the entries' ids in order."""
        ids = []
        for count in counts:
            ids += self.record(count)
            assert self.sequencer.run_once() is not None
            clock_of(self.database).advance()
        return ids

    def check(self) -> LogReport:
        with self.database.reading() as work:
            return check_log(work, self.witness, VERIFY)

    def problems(self) -> set[str]:
        """What a check names: `problem`, or `problem position`."""
        found = set()
        for finding in self.check().findings:
            found |= {finding.problem.value, f"{finding.problem.value} {finding.position}"}
        return found

    def heads(self) -> list[TreeHead]:
        """As the witness remembers them."""
        return [line.head for line in self.lines()]

    def lines(self) -> list[WitnessLine]:
        return [line for _, line in self.witness.lines() if line]

    def line(self, number: int) -> WitnessLine:
        return self.lines()[number]

    def counts(self) -> tuple[int, ...]:
        """Entries, leaves, heads."""
        with self.database.reading() as work:
            tables = (AuditEntry, AuditLeaf, AuditHead)
            return tuple(work.session.scalar(select(func.count()).select_from(table)) or 0 for table in tables)

    @property
    def on_sqlite(self) -> bool:
        return self.database.engines.writing.dialect.name == "sqlite"

    def execute(self, *statements: str, **values: Any) -> None:
        """Run SQL with the triggers and foreign keys as they are."""
        with self.database.engines.writing.begin() as connection:
            for statement in statements:
                connection.execute(text(statement), values)

    def disarm(self) -> None:
        """Drop what guards the tables, as a database administrator can."""
        self.execute(*self._guards())

    @contextmanager
    def disarmed(self) -> Iterator[DisarmedLog]:
        """The same in one transaction that is thrown away at the end; foreign keys do not hold in it either."""
        with self.database.engines.writing.connect() as connection, connection.begin() as transaction:
            if self.on_sqlite:
                first = ["PRAGMA defer_foreign_keys=ON"]
            else:
                drop = "ALTER TABLE audit_leaf DROP CONSTRAINT fk_audit_leaf_entry_id"
                first = ["SET TRANSACTION ISOLATION LEVEL REPEATABLE READ", drop]
            log = DisarmedLog(self.database, self.witness_path, connection)
            log.execute(*first, *self._guards())
            yield log
            transaction.rollback()

    def _guards(self) -> list[str]:
        if self.on_sqlite:
            return [f"DROP TRIGGER {table}_no_{verb}" for table in APPEND_ONLY for verb in ("update", "delete")]
        return [f"DROP TRIGGER {table}_append_only ON {table}" for table in APPEND_ONLY]


@dataclass
class DisarmedLog(MadeLog):
    """Everything happens in one transaction of `connection`, which is thrown away."""

    connection: Connection

    def execute(self, *statements: str, **values: Any) -> None:
        for statement in statements:
            self.connection.execute(text(statement), values)

    def scalar(self, statement: str, **values: Any) -> Any:
        return self.connection.execute(text(statement), values).scalar_one()

    def check(self) -> LogReport:
        with Session(self.connection, join_transaction_mode="rollback_only") as session:
            return check_log(Work(session, self.database.clock, self.database.jobs), self.witness, VERIFY)
