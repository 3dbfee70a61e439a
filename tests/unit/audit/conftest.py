"""The log's databases, and a log with a witness and a key of its own."""

from __future__ import annotations

from pathlib import Path

import pytest

from printserver.foundation.unit_of_work import Database
from tests.databases import (
    any_database,
    database_kit,
    module_database_kit,
    postgresql_supply,
    sqlite_database,
    sqlite_template,
)
from tests.unit.audit.made_logs import MadeLog

__all__ = [
    "any_database",
    "database_kit",
    "module_database_kit",
    "postgresql_supply",
    "sqlite_database",
    "sqlite_template",
]


@pytest.fixture
def log(any_database: Database, tmp_path: Path) -> MadeLog:
    """An empty log on either database."""
    return MadeLog(any_database, tmp_path / "witness.jsonl")


@pytest.fixture
def sqlite_log(sqlite_database: Database, tmp_path: Path) -> MadeLog:
    return MadeLog(sqlite_database, tmp_path / "witness.jsonl")
