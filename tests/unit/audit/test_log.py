"""One record for one event, whatever strangers put into its fields."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import IntEnum, StrEnum
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from printserver.audit.canonical import canonical_json
from printserver.audit.log import LARGEST_INTEGER, LONGEST_TEXT, By, Event, append
from printserver.audit.models import AuditEntry
from printserver.foundation.clock import as_text
from printserver.foundation.job_queue import RecordedJobs
from printserver.foundation.unit_of_work import Database, Work
from tests.databases import DatabaseKit, FakeClock
from tests.unit.audit.made_logs import MadeLog, SealSuspended

HOSTILE = [
    "line\nfeed\r\nand more",
    "\x00nul",
    "\x1b[2Jescape",
    '","event":"SealDestroyed","x":"',
    "\u2028\u2029\u0085",
    "\u202eright to left",
    "\ud800 half",
    "印章" * 5_000,
    "'; DROP TABLE audit_entry; --",
]


class Colour(StrEnum):
    RED = "red"


class Level(IntEnum):
    HIGH = 3


@dataclass(frozen=True, kw_only=True)
class ManyThings(Event):
    subject = "thing"
    value: Any = None


def body_of(entry: AuditEntry) -> dict[str, Any]:
    body = json.loads(entry.body)
    assert isinstance(body, dict)
    return body


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_stays_inside_one_record(log: MadeLog, text: str):
    by = By(address=text, device=text, process=text)
    log.record(reason=text, by=by)
    with log.database.reading() as work:
        assert work.session.scalar(select(func.count()).select_from(AuditEntry)) == 1
        entry = work.session.scalars(select(AuditEntry)).one()
    body = body_of(entry)
    assert entry.event == body["event"] == "SealSuspended"
    assert set(body["facts"]) == {"reason"}
    assert not any(ord(character) < 0x20 for character in entry.body)
    assert all(len(body[name]) <= LONGEST_TEXT for name in ("address", "device", "process"))
    head = log.sequencer.run_once()
    assert head is not None
    assert head.size == 1
    assert log.witness_path.read_bytes().count(b"\n") == 1
    assert log.check().findings == ()


@settings(max_examples=60)
@given(
    reason=st.text(st.characters(exclude_categories=())),
    device=st.text(st.characters(exclude_categories=()), max_size=50),
)
def test_any_text_is_recorded_as_valid_canonical_json(reason: str, device: str):
    entry = recorded(SealSuspended(reason=reason), By(device=device))
    assert canonical_json(json.loads(entry.body)) == entry.body.encode()
    assert body_of(entry)["device"] == device.encode("utf-8", "replace").decode()


def test_a_text_that_is_too_long_is_cut_and_says_so():
    entry = recorded(SealSuspended(reason="长" * 3_000))
    reason = body_of(entry)["facts"]["reason"]
    assert len(reason) == LONGEST_TEXT
    assert reason.startswith("长长")
    assert "3000 characters, sha256 " in reason
    exact = recorded(SealSuspended(reason="长" * LONGEST_TEXT))
    assert body_of(exact)["facts"]["reason"] == "长" * LONGEST_TEXT


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (None, None),
        (True, True),
        (7, 7),
        (LARGEST_INTEGER, LARGEST_INTEGER),
        (LARGEST_INTEGER + 1, str(LARGEST_INTEGER + 1)),
        (1.5, "1.5"),
        (b"\x01\xff", "01ff"),
        (Colour.RED, "red"),
        (Level.HIGH, 3),
        (UUID(int=5), "00000000-0000-0000-0000-000000000005"),
        (datetime(2026, 1, 2, tzinfo=UTC), "2026-01-02T00:00:00.000000Z"),
        ((1, "two", [UUID(int=3)]), [1, "two", ["00000000-0000-0000-0000-000000000003"]]),
        ({"a": b"\x00", 1: None}, {"a": "00", "1": None}),
    ],
)
def test_each_kind_of_value_has_one_written_form(value: object, written: object):
    assert body_of(recorded(ManyThings(value=value)))["facts"] == {"value": written}


def test_the_columns_repeat_the_body(any_database: Database):
    organisation, person, thing = UUID(int=1), UUID(int=2), UUID(int=3)
    by = By(organisation_id=organisation, person_id=person, address="192.0.2.1", device="tablet")
    with any_database.work() as work:
        entry = append(work, by, ManyThings(id=thing, value=1))
    body = body_of(entry)
    assert body["at"] == as_text(entry.at) == as_text(any_database.clock.now())
    assert (body["id"], body["event"], body["subject"]) == (str(entry.id), "ManyThings", "thing")
    assert (body["organisation_id"], body["person_id"], body["subject_id"]) == (
        str(organisation),
        str(person),
        str(thing),
    )


def test_an_entry_of_a_failed_change_is_not_recorded(any_database: Database):
    def change() -> None:
        with any_database.work() as work:
            append(work, By(process="worker"), SealSuspended())
            work.session.flush()
            raise RuntimeError("the change failed")

    with pytest.raises(RuntimeError):
        change()
    with any_database.reading() as work:
        assert work.session.scalars(select(AuditEntry)).all() == []


def test_a_change_whose_entry_cannot_be_written_does_not_happen(database_kit: DatabaseKit):
    database = database_kit.make("sqlite")
    naive = datetime(2026, 1, 1)  # noqa: DTZ001 -- the mistake that is refused
    with pytest.raises(ValueError), database.work() as work:
        append(work, By(), ManyThings(value=naive))
    with database.reading() as work:
        assert work.session.scalars(select(AuditEntry)).all() == []


def recorded(event: Event, by: By | None = None) -> AuditEntry:
    """The row that would be stored."""
    return append(Work(Session(), FakeClock(), RecordedJobs()), by or By(), event)
