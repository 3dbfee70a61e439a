"""Every object that any row of any room names: what is not among these, nobody can ever ask for."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

from sqlalchemy import JSON, Column, String, Table, Text, cast, inspect, select

from printserver.archive.disposal_holdings import OF_SECRETS
from printserver.foundation.database import Base
from printserver.foundation.errors import IntegrityError
from printserver.foundation.unit_of_work import Work

_DIGEST: Final = re.compile(r"[0-9a-f]{64}")
_PREFIX: Final = 8
_ROWS: Final = 1_000
OF_THE_LOG: Final = "audit_"
"""The log says what was; it keeps nothing."""
NOT_OURS: Final = frozenset(
    {"alembic_version", "application_versions", "dbos_migrations", "notifications", "operation_outputs", "queues"}
    | {"streams", "workflow_events", "workflow_events_history", "workflow_input", "workflow_output"}
    | {"workflow_schedules", "workflow_status"}
)
"""The migrations' own, and the job engine's, which lie beside ours on SQLite; jobs are told ids alone."""


class TablesUnknown(IntegrityError):
    """The database has tables of which this process knows nothing, so nobody can say what is named there."""

    code = "tables-unknown"


class NamedObjects:
    """Which digests are named; wrong only in saying so of one that is not, once in 2^64."""

    def __init__(self) -> None:
        self._prefixes: set[bytes] = set()

    def add_all(self, text: str) -> None:
        """Every digest anywhere in a text."""
        self._prefixes.update(bytes.fromhex(digest)[:_PREFIX] for digest in _DIGEST.findall(text))

    def __contains__(self, digest: str) -> bool:
        return bytes.fromhex(digest)[:_PREFIX] in self._prefixes


def named_objects(work: Work) -> NamedObjects:
    """In a snapshot of its own: `work` has read nothing yet.   Raises: TablesUnknown."""
    _check_tables(work)
    named = NamedObjects()
    for column in naming_columns():
        rows = select(cast(column, Text)).where(column.is_not(None)).execution_options(yield_per=_ROWS)
        for text in work.session.scalars(rows):
            named.add_all(text)
    return named


def naming_columns() -> Iterator[Column[Any]]:
    """Of every table but those of secrets and the log: what is called a digest, and all JSON."""
    for table in Base.metadata.sorted_tables:
        if _may_name(table):
            yield from (column for column in table.columns if _holds_names(column))


def _may_name(table: Table) -> bool:
    return table.name not in OF_SECRETS and not table.name.startswith(OF_THE_LOG)


def _holds_names(column: Column[Any]) -> bool:
    return isinstance(column.type, JSON) or (isinstance(column.type, String) and column.name.endswith("sha256"))


def _check_tables(work: Work) -> None:
    unknown = set(inspect(work.session.connection()).get_table_names()) - set(Base.metadata.tables) - NOT_OURS
    if unknown:
        raise TablesUnknown(f"nobody knows what these tables name: {', '.join(sorted(unknown))}")
