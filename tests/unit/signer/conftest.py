"""A ceremony's token, and worlds whose signer uses it."""

from __future__ import annotations

from tests.databases import postgresql_supply
from tests.signing_world import ceremony, signing_world, signing_worlds, sqlite_signing_world

__all__ = ["ceremony", "postgresql_supply", "signing_world", "signing_worlds", "sqlite_signing_world"]
