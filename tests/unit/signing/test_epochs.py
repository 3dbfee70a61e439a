"""The spent journal's epochs and its newest time: what a restore must not undo."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest

from printserver.foundation.serials import CopySerial
from printserver.signing.errors import JournalBroken
from printserver.signing.spent_journal import SpentJournal

AT = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


def spend(journal: SpentJournal, at: datetime) -> None:
    journal.spend(CopySerial.generate(), authorisation_id=uuid4(), manifest_sha256="0" * 64, at=at, limits={})


def test_an_empty_journal_knows_no_time_and_no_epoch(tmp_path: Path):
    with SpentJournal(tmp_path / "spent") as journal:
        assert (journal.newest_at, journal.epoch_begins_at) == (None, None)


def test_the_newest_time_is_kept_over_a_new_start_whatever_the_order(tmp_path: Path):
    with SpentJournal(tmp_path / "spent") as journal:
        for hours in (0, 5, 2):
            spend(journal, AT + timedelta(hours=hours))
        assert journal.newest_at == AT + timedelta(hours=5)
    with SpentJournal(tmp_path / "spent") as again:
        assert again.newest_at == AT + timedelta(hours=5)


def test_an_epoch_is_kept_over_a_new_start_and_the_latest_counts(tmp_path: Path):
    with SpentJournal(tmp_path / "spent") as journal:
        journal.begin_epoch(AT, reason="first")
        spend(journal, AT + timedelta(hours=1))
        journal.begin_epoch(AT + timedelta(hours=2), reason="second" * 100)
    with SpentJournal(tmp_path / "spent") as again:
        assert again.epoch_begins_at == AT + timedelta(hours=2)
        spend(again, AT + timedelta(hours=3))
        assert again.epoch_begins_at == AT + timedelta(hours=2)


def test_an_epoch_with_a_clock_set_back_begins_no_earlier_than_what_was_spent(tmp_path: Path):
    with SpentJournal(tmp_path / "spent") as journal:
        spend(journal, AT)
        journal.begin_epoch(AT - timedelta(days=1), reason="the clock was wrong")
        assert journal.epoch_begins_at == AT


def test_an_epoch_cannot_be_taken_out_of_the_chain(tmp_path: Path):
    path = tmp_path / "spent"
    with SpentJournal(path) as journal:
        journal.begin_epoch(AT, reason="restored")
        spend(journal, AT)
    first, second = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(second)
    with pytest.raises(JournalBroken):
        SpentJournal(path)
    path.write_bytes(first.replace(b"2026", b"2020") + second)
    with pytest.raises(JournalBroken):
        SpentJournal(path)
