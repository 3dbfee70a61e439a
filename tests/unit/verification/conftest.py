"""The databases, and the books of an organisation with printed copies."""

from __future__ import annotations

from tests.databases import any_database, database_kit, postgresql_supply, sqlite_database, sqlite_template
from tests.paper_books import any_books, books, issuer
from tests.signing_world import ceremony, signing_worlds

__all__ = [
    "any_books",
    "any_database",
    "books",
    "ceremony",
    "database_kit",
    "issuer",
    "postgresql_supply",
    "signing_worlds",
    "sqlite_database",
    "sqlite_template",
]
