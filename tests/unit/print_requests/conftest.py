"""Requests at every stage on SQLite, and copies in any state on both databases."""

from __future__ import annotations

from tests.databases import (
    any_database,
    database_kit,
    postgresql_supply,
    sqlite_database,
    sqlite_template,
)
from tests.paper_books import any_books, books, issuer
from tests.world import any_world, world, world_template

__all__ = [
    "any_books",
    "any_database",
    "any_world",
    "books",
    "database_kit",
    "issuer",
    "postgresql_supply",
    "sqlite_database",
    "sqlite_template",
    "world",
    "world_template",
]
