"""The engines and column types, alike on SQLite and PostgreSQL."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import MetaData, func, select, text
from sqlalchemy.exc import IntegrityError, OperationalError, StatementError
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from printserver.foundation.database import Base, Engines, open_engines
from printserver.foundation.ids import new_id


class OwnBase(DeclarativeBase):
    """The product's types on tables that only these tests have."""

    metadata = MetaData(naming_convention=Base.metadata.naming_convention)
    type_annotation_map = Base.type_annotation_map


class Thing(OwnBase):
    __tablename__ = "thing"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    at: Mapped[datetime | None]
    name: Mapped[str | None] = mapped_column(unique=True)
    data: Mapped[bytes | None]
    facts: Mapped[dict[str, Any] | None]
    left: Mapped[int | None]


@pytest.fixture(params=["sqlite", "postgresql"])
def engines(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engines]:
    if request.param == "sqlite":
        opened = open_engines(f"sqlite:///{tmp_path}/own.sqlite")
    else:
        opened = open_engines(request.getfixturevalue("postgresql_url"))
    OwnBase.metadata.create_all(opened.writing)
    yield opened
    opened.dispose()


def stored(engines: Engines, **values: Any) -> Thing:
    """The row as another transaction reads it."""
    key = new_id()
    with Session(engines.writing) as session, session.begin():
        session.add(Thing(id=key, **values))
    with Session(engines.reading) as session:
        return session.get_one(Thing, key)


@pytest.mark.parametrize("hours", [-11, 0, 8])
def test_a_moment_of_any_zone_comes_back_in_utc_to_the_microsecond(engines: Engines, hours: int):
    moment = datetime(2026, 3, 29, 2, 30, 0, 123_456, tzinfo=timezone(timedelta(hours=hours)))
    at = stored(engines, at=moment).at
    assert at == moment
    assert at is not None
    assert at.tzinfo is UTC


def test_a_moment_is_found_by_comparison_in_another_zone(engines: Engines):
    moment = datetime(2026, 3, 29, 2, 30, tzinfo=UTC)
    stored(engines, at=moment)
    elsewhere = moment.astimezone(timezone(timedelta(hours=8)))
    with Session(engines.reading) as session:
        count = select(func.count()).select_from(Thing)
        assert session.scalar(count.where(Thing.at == elsewhere)) == 1
        assert session.scalar(count.where(Thing.at < elsewhere)) == 0
        assert session.scalar(count.where(Thing.at < elsewhere + timedelta(microseconds=1))) == 1


def test_a_moment_without_a_zone_is_refused(engines: Engines):
    with pytest.raises(StatementError, match="time zone"):
        stored(engines, at=datetime(2026, 1, 1))  # noqa: DTZ001 -- the mistake that is refused
    with Session(engines.reading) as session:
        assert session.scalars(select(Thing)).all() == []


def test_json_with_chinese_keys_is_found_by_them(engines: Engines):
    facts = {"合同": {"编号": "甲-1", "份数": 3}, "list": [1, None, True]}
    assert stored(engines, facts=facts).facts == facts
    with Session(engines.reading) as session:
        assert (
            session.scalars(select(Thing).where(Thing.facts["合同"]["编号"].as_string() == "甲-1")).one().facts == facts
        )


def test_bytes_and_text_come_back_as_they_were(engines: Engines):
    data, name = bytes(range(256)), "印章 \U0001f58b \\ ' \" \n"
    thing = stored(engines, data=data, name=name)
    assert (thing.data, thing.name) == (data, name)
    assert stored(engines).data is None


def test_ids_sort_in_the_database_as_they_were_born(engines: Engines):
    born = [stored(engines).id for _ in range(5)]
    with Session(engines.reading) as session:
        assert list(session.scalars(select(Thing.id).order_by(Thing.id))) == born


def test_a_unique_name_is_refused_the_second_time(engines: Engines):
    stored(engines, name="one")
    with pytest.raises(IntegrityError):
        stored(engines, name="one")


def test_a_conditional_update_is_won_by_as_many_as_there_is_left(engines: Engines):
    key = stored(engines, left=5).id
    won: list[Any] = []

    def take() -> None:
        with Session(engines.writing) as session, session.begin():
            found = session.execute(
                text('UPDATE thing SET "left" = "left" - 1 WHERE name IS NULL AND "left" > 0 RETURNING "left"')
            ).all()
            won.extend(found)

    threads = [threading.Thread(target=take) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(row[0] for row in won) == [0, 1, 2, 3, 4]
    with Session(engines.reading) as session:
        assert session.get_one(Thing, key).left == 0


def test_a_writer_on_sqlite_holds_what_it_read_until_it_wrote(tmp_path: Path):
    """Deferred transactions would let both read the same number, and one of them fail or lose its change."""
    engines = open_engines(f"sqlite:///{tmp_path}/own.sqlite")
    OwnBase.metadata.create_all(engines.writing)
    key = stored(engines, left=0).id

    def add() -> None:
        for _ in range(10):
            with Session(engines.writing) as session, session.begin():
                thing = session.get_one(Thing, key)
                thing.left = (thing.left or 0) + 1

    threads = [threading.Thread(target=add) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with Session(engines.reading) as session:
        assert session.get_one(Thing, key).left == 40
    engines.dispose()


def test_readers_on_sqlite_go_on_while_somebody_writes(tmp_path: Path):
    engines = open_engines(f"sqlite:///{tmp_path}/own.sqlite")
    OwnBase.metadata.create_all(engines.writing)
    stored(engines, name="before")
    with Session(engines.writing) as writer:
        writer.add(Thing(id=new_id(), name="during"))
        writer.flush()
        with Session(engines.reading) as reader:
            assert reader.scalars(select(Thing.name)).all() == ["before"]
    engines.dispose()


def test_every_sqlite_connection_is_durable_and_keeps_its_references(tmp_path: Path):
    engines = open_engines(f"sqlite:///{tmp_path}/own.sqlite")
    for engine in (engines.writing, engines.reading):
        with engine.connect() as connection:
            settings = {
                name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
                for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout", "recursive_triggers")
            }
        assert settings == {
            "journal_mode": "wal",
            "synchronous": 2,
            "foreign_keys": 1,
            "busy_timeout": 30_000,
            "recursive_triggers": 1,
        }
    engines.dispose()


def test_a_database_that_cannot_be_opened_says_so(tmp_path: Path):
    engines = open_engines(f"sqlite:///{tmp_path}/missing/own.sqlite")
    with pytest.raises(OperationalError), engines.reading.connect():
        pass
    engines.dispose()
