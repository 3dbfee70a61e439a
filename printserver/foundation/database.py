"""Engines and column types for SQLite and PostgreSQL alike."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import JSON, DateTime, Dialect, Engine, LargeBinary, MetaData, String, Uuid, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.types import TypeDecorator

NAMING: Final[Mapping[str, str]] = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}
# Without recursive_triggers, INSERT OR REPLACE deletes rows past the triggers that forbid it.
SQLITE_PRAGMAS: Final = (
    "journal_mode=WAL",
    "synchronous=FULL",
    "busy_timeout=30000",
    "foreign_keys=ON",
    "recursive_triggers=ON",
)


class Moment(TypeDecorator[datetime]):
    """An aware moment, stored in UTC; a naive one is refused."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment without a time zone cannot be stored")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


Json = JSON().with_variant(JSON(none_as_null=True), "postgresql")


class Base(DeclarativeBase):
    """Every table of the product. Rooms declare theirs in `<room>/models.py`."""

    metadata = MetaData(naming_convention=dict(NAMING))
    type_annotation_map = {  # noqa: RUF012 -- SQLAlchemy reads this attribute from the class
        UUID: Uuid(),
        datetime: Moment(),
        bytes: LargeBinary(),
        str: String(),
        dict[str, Any]: Json,
        list[Any]: Json,
    }


def _sqlite_connect(connection: Any, _record: object) -> None:
    connection.isolation_level = None
    for pragma in SQLITE_PRAGMAS:
        connection.execute(f"PRAGMA {pragma}")


def _begin_immediate(connection: Any) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def _begin_deferred(connection: Any) -> None:
    connection.exec_driver_sql("BEGIN")


@dataclass(frozen=True)
class Engines:
    """`writing` takes SQLite's write lock at BEGIN, so that what it read is still true when it writes."""

    writing: Engine
    reading: Engine

    def dispose(self) -> None:
        self.writing.dispose()
        self.reading.dispose()


def open_engines(url: str) -> Engines:
    """url: an SQLAlchemy URL, `sqlite:////absolute/file` or `postgresql+psycopg://…`."""
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite":
        engine = _engine(parsed, pool_pre_ping=True, pool_size=10, max_overflow=20)
        return Engines(writing=engine, reading=engine)
    writing, reading = _engine(parsed), _engine(parsed)
    for engine, begin in ((writing, _begin_immediate), (reading, _begin_deferred)):
        event.listen(engine, "connect", _sqlite_connect)
        event.listen(engine, "begin", begin)
    return Engines(writing=writing, reading=reading)


def _engine(url: URL, **options: Any) -> Engine:
    return create_engine(url, json_serializer=_json_text, **options)


def _json_text(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
