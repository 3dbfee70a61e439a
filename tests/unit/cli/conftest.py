"""Databases of both kinds, and a company with its people."""

from __future__ import annotations

from tests.databases import any_database, database_kit, postgresql_supply, sqlite_database, sqlite_template
from tests.world import world, world_template

__all__ = [
    "any_database",
    "database_kit",
    "postgresql_supply",
    "sqlite_database",
    "sqlite_template",
    "world",
    "world_template",
]
