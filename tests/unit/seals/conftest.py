"""Requests at every stage on SQLite; seals for races on both databases."""

from __future__ import annotations

from pathlib import Path

import pytest

from printserver.foundation.unit_of_work import Database
from tests.databases import any_database, database_kit, postgresql_supply, sqlite_template
from tests.world import World, build_world, world, world_template

__all__ = ["any_database", "database_kit", "postgresql_supply", "sqlite_template", "world", "world_template"]


@pytest.fixture
def any_world(any_database: Database, tmp_path: Path) -> World:
    """On SQLite and on PostgreSQL."""
    return build_world(tmp_path / "world", any_database)
