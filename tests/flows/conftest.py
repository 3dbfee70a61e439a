"""Worlds with and without a signer on both databases, and a whole running server."""

from __future__ import annotations

from tests.databases import database_kit, postgresql_supply, sqlite_template
from tests.running_server import server, shared_server
from tests.signing_world import ceremony, signing_world, signing_worlds, sqlite_signing_world
from tests.world import world, world_template

__all__ = [
    "ceremony",
    "database_kit",
    "postgresql_supply",
    "server",
    "shared_server",
    "signing_world",
    "signing_worlds",
    "sqlite_signing_world",
    "sqlite_template",
    "world",
    "world_template",
]
