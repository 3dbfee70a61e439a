"""Clients of the real application on a world of its own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from printserver.app import create_app
from tests.databases import any_database, database_kit, postgresql_supply, sqlite_database, sqlite_template
from tests.http.api_client import ApiClient
from tests.http.scene import Scene, set_scene
from tests.process_rights import rights_are_enough
from tests.world import World, world, world_template

__all__ = [
    "any_database",
    "database_kit",
    "postgresql_supply",
    "rights_are_enough",
    "sqlite_database",
    "sqlite_template",
    "world",
    "world_template",
]


@pytest.fixture
def api(world: World) -> Iterator[ApiClient]:
    with ApiClient(create_app(world.adapters), world) as client:
        yield client


@pytest.fixture(scope="session")
def scene_template(world_template: World, tmp_path_factory: pytest.TempPathFactory) -> Scene:
    """Closed; `scene` uses a copy."""
    world = world_template.copied_to(tmp_path_factory.mktemp("scene") / "home")
    made = set_scene(world)
    world.close()
    return made


@pytest.fixture
def scene(scene_template: Scene, tmp_path: Path) -> Iterator[Scene]:
    copy = scene_template.world.copied_to(tmp_path / "scene")
    yield replace(scene_template, world=copy)
    copy.close()


@pytest.fixture
def scene_api(scene: Scene) -> Iterator[ApiClient]:
    with ApiClient(create_app(scene.world.adapters), scene.world) as client:
        yield client
