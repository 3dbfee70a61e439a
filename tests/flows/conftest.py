"""Worlds with a signer on both databases, and a whole running server."""

from __future__ import annotations

from tests.databases import postgresql_supply
from tests.running_server import server
from tests.signing_world import ceremony, signing_world, signing_worlds, sqlite_signing_world

__all__ = ["ceremony", "postgresql_supply", "server", "signing_world", "signing_worlds", "sqlite_signing_world"]
