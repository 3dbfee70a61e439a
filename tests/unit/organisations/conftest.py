"""Requests at every stage."""

from __future__ import annotations

from tests.databases import postgresql_supply, sqlite_template
from tests.world import world, world_template

__all__ = ["postgresql_supply", "sqlite_template", "world", "world_template"]
