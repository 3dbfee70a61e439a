"""Identifiers: UUID version 7, so that rows sort by their time of birth."""

from __future__ import annotations

from uuid import UUID

import uuid_utils


def new_id() -> UUID:
    """A fresh UUIDv7. Source: RFC 9562 section 5.7."""
    return UUID(int=uuid_utils.uuid7().int)
