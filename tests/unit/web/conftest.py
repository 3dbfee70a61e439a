"""The world of two companies, for what pages keep between two visits."""

from __future__ import annotations

from tests.databases import sqlite_template
from tests.world import world, world_template

__all__ = ["sqlite_template", "world", "world_template"]
