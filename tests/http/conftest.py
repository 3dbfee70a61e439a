"""Clients of the real application on a world of its own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from printserver.app import create_app
from tests.databases import any_database, database_kit, postgresql_template, sqlite_database, sqlite_template
from tests.http.api_client import ApiClient
from tests.world import World, world, world_template

__all__ = [
    "any_database",
    "database_kit",
    "postgresql_template",
    "sqlite_database",
    "sqlite_template",
    "world",
    "world_template",
]


@pytest.fixture
def api(world: World) -> Iterator[ApiClient]:
    with ApiClient(create_app(world.adapters), world) as client:
        yield client
