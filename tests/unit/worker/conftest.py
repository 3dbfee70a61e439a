"""Databases of both kinds."""

from __future__ import annotations

from tests.databases import any_database, database_kit, postgresql_supply, sqlite_template

__all__ = ["any_database", "database_kit", "postgresql_supply", "sqlite_template"]
