"""The spent journal: what was spent stays spent, through kills, torn writes and other people's edits."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest

from printserver.foundation.serials import CopySerial
from printserver.signing.chained_file import NOTHING_BEFORE
from printserver.signing.errors import AlreadySpent, JournalBroken, JournalInUse
from printserver.signing.spent_journal import SpentJournal

REPOSITORY = Path(__file__).parents[3]
AT = datetime(2026, 11, 22, 13, 30, tzinfo=UTC)


def serial(number: int) -> CopySerial:
    return CopySerial(number.to_bytes(10, "big"))


def spend(
    journal: SpentJournal, number: int, authorisation: int | None = None, limits: dict[str, int | None] | None = None
) -> None:
    journal.spend(
        serial(number),
        authorisation_id=UUID(int=number if authorisation is None else authorisation),
        manifest_sha256="ab" * 32,
        at=AT,
        limits={} if limits is None else limits,
    )


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A journal with copies 1, 2 and 3 spent."""
    file = tmp_path / "spent"
    with SpentJournal(file) as journal:
        for number in (1, 2, 3):
            spend(journal, number)
    return file


def test_a_new_journal_is_empty_and_private(tmp_path: Path):
    with SpentJournal(tmp_path / "spent") as journal:
        assert journal.head == (0, NOTHING_BEFORE)
        assert not journal.is_spent(serial(1))
    assert (tmp_path / "spent").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(("number", "authorisation"), [(2, None), (2, 99), (99, 2)])
def test_serial_and_authorisation_are_spent_once_also_after_reopening(
    path: Path, number: int, authorisation: int | None
):
    before = path.read_bytes()
    for _ in range(2):
        with SpentJournal(path) as journal:
            with pytest.raises(AlreadySpent):
                spend(journal, number, authorisation)
            assert journal.head[0] == 3
    assert path.read_bytes() == before


def test_the_head_names_the_whole_past(path: Path):
    with SpentJournal(path) as journal:
        first = journal.head
        spend(journal, 4)
        assert journal.head != first
        last = journal.head
    with SpentJournal(path) as journal:
        assert journal.head == last


def test_a_seal_is_used_as_often_as_it_may_also_after_reopening(path: Path):
    limits: dict[str, int | None] = {"0123456789ab": 2, "ba9876543210": None}
    with SpentJournal(path) as journal:
        spend(journal, 4, limits=limits)
        spend(journal, 5, limits=limits)
    with SpentJournal(path) as journal:
        assert (journal.uses("0123456789ab"), journal.uses("ba9876543210"), journal.uses("cccccccccccc")) == (2, 2, 0)
        with pytest.raises(AlreadySpent):
            spend(journal, 6, limits=limits)
        assert not journal.is_spent(serial(6))
        spend(journal, 6, limits={"ba9876543210": None})


def test_one_process_at_a_time(path: Path):
    with SpentJournal(path) as journal:
        with pytest.raises(JournalInUse):
            SpentJournal(path)
        spend(journal, 4)
    with SpentJournal(path) as journal:
        assert journal.is_spent(serial(4))


def test_a_closed_journal_spends_nothing(path: Path):
    journal = SpentJournal(path)
    journal.close()
    journal.close()
    with pytest.raises(JournalBroken):
        spend(journal, 4)


def test_a_write_torn_at_any_byte_is_recognised_and_never_forgotten(path: Path):
    whole = path.read_bytes()
    start = whole[:-1].rindex(b"\n") + 1
    for cut in sorted({start + 36, start + 37, len(whole) - 1, *range(start + 1, len(whole), 23)}):
        path.write_bytes(whole[:cut])
        for _ in range(2):
            with SpentJournal(path) as journal:
                assert journal.is_spent(serial(1))
                assert journal.is_spent(serial(2))
                # From the moment the serial is in the file it counts, whatever else is missing.
                assert journal.is_spent(serial(3)) == (cut >= start + 37)
                assert journal.head[0] == 4
        assert path.read_bytes().startswith(whole[:cut])
        with SpentJournal(path) as journal:
            spend(journal, 4)
        with SpentJournal(path) as journal:
            assert journal.is_spent(serial(4))


def test_the_closing_of_a_torn_line_may_be_torn_itself(path: Path):
    whole = path.read_bytes()
    torn = whole[:-30]
    path.write_bytes(torn)
    SpentJournal(path).close()
    closed = path.read_bytes()
    for cut in range(len(torn) + 2, len(closed), 19):
        path.write_bytes(closed[:cut])
        with SpentJournal(path) as journal:
            assert journal.is_spent(serial(3))
        assert path.read_bytes() == closed


@pytest.mark.parametrize(
    "change",
    [
        lambda lines: [lines[0], lines[2]],
        lambda lines: [lines[1], lines[2]],
        lambda lines: [lines[1], lines[0], lines[2]],
        lambda lines: [*lines, lines[2]],
        lambda lines: [lines[0], b"\n", *lines[1:]],
        lambda lines: [lines[0], b"{}\n", *lines[1:]],
        lambda lines: [lines[0], b"garbage\n", *lines[1:]],
        lambda lines: [lines[0].replace(b"abab", b"cdcd"), *lines[1:]],
        lambda lines: [*lines[:2], lines[2][:40] + b"\n"],
        lambda lines: [*lines[:2], b"garbage\n"],
        lambda lines: [*lines[:2], lines[2].replace(b":", b": ")],
        lambda lines: [b"\xff\n", *lines],
    ],
)  # fmt: skip
def test_a_journal_that_was_edited_does_not_open(path: Path, change: Callable[[list[bytes]], list[bytes]]):
    edited = b"".join(change(path.read_bytes().splitlines(keepends=True)))
    path.write_bytes(edited)
    with pytest.raises(JournalBroken):
        SpentJournal(path)
    assert path.read_bytes() == edited


@pytest.mark.parametrize(
    "meddle",
    [
        lambda path: path.unlink(),
        lambda path: path.rename(path.with_name("elsewhere")),
        lambda path: os.truncate(path, 10),
        lambda path: path.write_bytes(path.read_bytes() + b"x"),
        lambda path: _copy(path).replace(path),
    ],
    ids=["removed", "renamed", "cut", "written", "replaced"],
)  # fmt: skip
def test_a_journal_meddled_with_while_open_spends_nothing(path: Path, meddle: Callable[[Path], object]):
    with SpentJournal(path) as journal:
        meddle(path)
        with pytest.raises(JournalBroken):
            spend(journal, 4)


def _copy(path: Path) -> Path:
    other = path.with_name("copy")
    other.write_bytes(path.read_bytes())
    return other


def test_a_full_disk_stops_the_journal(path: Path, monkeypatch: pytest.MonkeyPatch):
    with SpentJournal(path) as journal:
        monkeypatch.setattr(os, "fsync", _no_space)
        with pytest.raises(JournalBroken):
            spend(journal, 4)
        monkeypatch.undo()
        with pytest.raises(JournalBroken):
            spend(journal, 5)
    with SpentJournal(path) as journal:
        assert journal.is_spent(serial(4))
        assert not journal.is_spent(serial(5))


def _no_space(descriptor: int) -> None:
    raise OSError(28, "No space left on device")


def test_a_link_is_not_followed(tmp_path: Path, path: Path):
    (tmp_path / "link").symlink_to(path)
    with pytest.raises(OSError):
        SpentJournal(tmp_path / "link")


WRITER = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID
from printserver.foundation.serials import CopySerial
from printserver.signing.spent_journal import SpentJournal
journal = SpentJournal(Path(sys.argv[1]))
number = int(sys.argv[2])
while True:
    number += 1
    journal.spend(CopySerial(number.to_bytes(10, "big")), authorisation_id=UUID(int=number),
                  manifest_sha256="ab" * 32, at=datetime(2026, 11, 22, tzinfo=UTC), limits={})
    print(number, flush=True)
"""


def test_a_killed_writer_has_forgotten_nothing_it_said_was_spent(tmp_path: Path):
    path = tmp_path / "spent"
    chance = random.Random(7)
    said: list[int] = []
    for _ in range(6):
        first = said[-1] + 100 if said else 0
        process = subprocess.Popen(
            [sys.executable, "-c", WRITER, str(path), str(first)],
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
        )
        assert process.stdout is not None
        said.append(int(process.stdout.readline()))
        time.sleep(chance.uniform(0, 0.2))
        process.send_signal(signal.SIGKILL)
        said += [int(line) for line in process.communicate()[0].split()]
        with SpentJournal(path) as journal:
            assert all(journal.is_spent(serial(number)) for number in said)
            for number in said[-3:]:
                with pytest.raises(AlreadySpent):
                    spend(journal, number)
    assert len(said) > 12
