"""Alembic's entry: runs the revisions on the connection that `upgrade` hands over."""

from __future__ import annotations

from typing import Any, Literal

from alembic import context

from printserver.foundation.database import Base, Moment
from printserver.migrations.upgrade import load_models


def own_only(
    _object: object,
    name: str | None,
    kind: str,
    _reflected: bool,
    _compared: object,
) -> bool:
    """The job engine keeps its tables in the same database; they are not ours to compare."""
    return kind != "table" or name in Base.metadata.tables


def render_item(kind: str, item: Any, _context: object) -> str | Literal[False]:
    if kind == "type" and isinstance(item, Moment):
        return "Moment()"
    return False


def run() -> None:
    load_models()
    connection = context.config.attributes["connection"]
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        include_object=own_only,
        render_item=render_item,
        render_as_batch=connection.dialect.name == "sqlite",
        transaction_per_migration=True,
    )
    with context.begin_transaction():
        context.run_migrations()


run()
