"""Identifiers: UUID version 7, so that rows sort by their time of birth."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

import uuid_utils


def new_id() -> UUID:
    """A fresh UUIDv7. Source: RFC 9562 section 5.7."""
    return UUID(int=uuid_utils.uuid7().int)


def made_at(identifier: UUID) -> datetime:
    """When a UUIDv7 was made, to the millisecond.   Raises: ValueError for another version."""
    if identifier.version != 7:
        raise ValueError("only a UUID of version 7 says when it was made")
    return datetime.fromtimestamp((identifier.int >> 80) / 1_000, UTC)
