"""The log as it is stored, read without trusting that the columns hold what they should."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, LargeBinary, cast, select, text, type_coerce
from sqlalchemy.orm import InstrumentedAttribute
from sqlalchemy.types import NullType

from printserver.audit.heads import TreeHead
from printserver.audit.merkle import leaf_hash
from printserver.audit.models import AuditEntry, AuditHead, AuditLeaf
from printserver.audit.pending import without_place
from printserver.foundation.clock import as_text
from printserver.foundation.unit_of_work import Work

STREAMED_ROWS: Final = 1_000
IDS: Final = ("id", "organisation_id", "person_id", "subject_id")
COLUMNS: Final = ("id", "at", "organisation_id", "person_id", "event", "subject", "subject_id", "body")


@dataclass(frozen=True)
class StoredEntry:
    """columns: what each column says, written as the body writes it; None for NULL."""

    columns: dict[str, str | None]
    hash: bytes

    @property
    def id(self) -> UUID | None:
        return _uuid(self.columns["id"])

    @property
    def event(self) -> str:
        return self.columns["event"] or ""

    @property
    def at(self) -> str:
        return self.columns["at"] or ""

    def disagreeing_columns(self) -> tuple[str, ...]:
        """Names of the columns that say something else than the body."""
        try:
            body = json.loads(self.columns["body"] or "")
        except ValueError:
            return ("body",)
        if not isinstance(body, dict):
            return ("body",)
        return tuple(name for name in COLUMNS if name != "body" and self.columns[name] != body.get(name))


@dataclass(frozen=True)
class StoredLeaf:
    """entry_id: None when it is no UUID.   entry: None when it is not there."""

    position: int
    recorded: bytes
    entry_id: UUID | None
    entry: StoredEntry | None


@dataclass(frozen=True)
class StoredHead:
    """head: None when its columns cannot be read as a head."""

    size: int
    head: TreeHead | None


def one_snapshot(work: Work) -> None:
    """Let every statement of this reading transaction, which has not begun yet, see the same state."""
    if _dialect(work) == "postgresql":
        work.session.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"))


def stored_leaves(work: Work) -> Iterator[StoredLeaf]:
    """In order of their positions, streamed."""
    raw = [_raw(work, getattr(AuditEntry, name)) for name in COLUMNS]
    statement = (
        select(AuditLeaf.position, _raw(work, AuditLeaf.leaf_hash), _raw(work, AuditLeaf.entry_id), *raw)
        .outerjoin(AuditEntry, AuditEntry.id == AuditLeaf.entry_id)
        .order_by(AuditLeaf.position)
        .execution_options(yield_per=STREAMED_ROWS)
    )
    for row in work.session.execute(statement):
        columns = list(row[3:])
        entry = None if columns[0] is None else _entry(columns)
        yield StoredLeaf(row[0], _bytes(row[1]), _uuid(_text("entry_id", row[2])), entry)


def stored_without_place(work: Work) -> Iterator[StoredEntry]:
    raw = [_raw(work, getattr(AuditEntry, name)) for name in COLUMNS]
    statement = without_place().with_only_columns(*raw).execution_options(yield_per=STREAMED_ROWS)
    for columns in work.session.execute(statement):
        yield _entry(list(columns))


def stored_heads(work: Work) -> Iterator[StoredHead]:
    """In order of their sizes, streamed."""
    names = ("root", "at", "key_id", "signature")
    statement = (
        select(AuditHead.size, *(_raw(work, getattr(AuditHead, name)) for name in names))
        .order_by(AuditHead.size)
        .execution_options(yield_per=STREAMED_ROWS)
    )
    for row in work.session.execute(statement):
        at, head = _moment(row[2]), None
        if isinstance(at, datetime):
            head = TreeHead(row[0], _bytes(row[1]), at, _text("key_id", row[3]) or "", _bytes(row[4]))
        yield StoredHead(row[0], head)


def _dialect(work: Work) -> str:
    return work.session.get_bind().dialect.name


def _raw(work: Work, column: InstrumentedAttribute[object]) -> ColumnElement[object]:
    """The column as the driver gives it. SQLite keeps any type in any column, even text that is no UTF-8."""
    if _dialect(work) == "sqlite":
        return type_coerce(cast(column, LargeBinary), NullType())
    return type_coerce(column, NullType())


def _entry(columns: list[object]) -> StoredEntry:
    texts = {name: _text(name, value) for name, value in zip(COLUMNS, columns, strict=True)}
    return StoredEntry(texts, leaf_hash(_bytes(columns[-1])))


def _bytes(value: object) -> bytes:
    if isinstance(value, str):
        return value.encode()
    return bytes(value) if isinstance(value, bytes | bytearray | memoryview) else b""


def _text(name: str, value: object) -> str | None:
    if value is None:
        return None
    if name == "at":
        moment = _moment(value)
        return as_text(moment) if isinstance(moment, datetime) else str(moment)
    plain = value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
    if name in (*IDS, "entry_id"):
        return str(_uuid(plain) or plain)
    return plain


def _uuid(value: str | None) -> UUID | None:
    try:
        return UUID(value) if value else None
    except ValueError:
        return None


def _moment(value: object) -> datetime | str:
    if isinstance(value, datetime):
        return value if value.tzinfo else value.replace(tzinfo=UTC)
    plain = value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
    try:
        moment = datetime.fromisoformat(plain)
    except ValueError:
        return plain
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
