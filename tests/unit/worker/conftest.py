"""Databases of both kinds, and a company with its people."""

from __future__ import annotations

from tests.databases import any_database, database_kit, postgresql_supply, sqlite_template
from tests.process_rights import rights_are_enough
from tests.world import any_world, world, world_template

__all__ = [
    "any_database",
    "any_world",
    "database_kit",
    "postgresql_supply",
    "rights_are_enough",
    "sqlite_template",
    "world",
    "world_template",
]
