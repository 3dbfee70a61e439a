"""The witness file: what it accepts, and what a crash or a stranger may do to it."""

from __future__ import annotations

import json
import stat
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from printserver.audit.heads import TreeHead
from printserver.audit.witness import Witness, WitnessBroken, WitnessLine

MORNING = datetime(2026, 11, 22, 9, tzinfo=UTC)


def line(begin: int, end: int, *, mark: int = 0) -> WitnessLine:
    leaves = tuple(bytes([number % 256]) * 32 for number in range(begin, end))
    return WitnessLine(TreeHead(end, bytes([mark]) * 32, MORNING + timedelta(seconds=end), "k", b"s" * 64), leaves)


@pytest.fixture
def witness(tmp_path: Path) -> Witness:
    return Witness(tmp_path / "witness.jsonl")


def filled(witness: Witness) -> list[WitnessLine]:
    lines = [line(0, 2), line(2, 3), line(3, 7)]
    for each in lines:
        witness.append(each)
    return lines


def test_what_was_appended_is_read_again_in_order(witness: Witness):
    lines = filled(witness)
    assert list(witness.lines()) == list(enumerate(lines, 1))
    assert witness.newest() == lines[-1].head
    assert stat.S_IMODE(witness.path.stat().st_mode) & 0o027 == 0


def test_a_missing_and_an_empty_file_know_nothing(witness: Witness):
    assert (witness.newest(), list(witness.lines()), witness.length()) == (None, [], 0)
    witness.path.touch()
    assert (witness.newest(), list(witness.lines()), witness.length()) == (None, [], 0)


def test_a_line_longer_than_a_read_block_is_found_from_the_end(witness: Witness):
    lines = [line(0, 3_000), line(3_000, 6_001)]
    for each in lines:
        witness.append(each)
    assert witness.length() > 300_000
    assert witness.newest() == lines[-1].head


@pytest.mark.parametrize("again", [0, 1, 2])
def test_appending_what_is_known_changes_nothing(witness: Witness, again: int):
    lines = filled(witness)
    before = witness.path.read_bytes()
    witness.append(lines[again])
    assert witness.path.read_bytes() == before


@pytest.mark.parametrize(
    "bad",
    [line(3, 7, mark=1), line(0, 2, mark=1), line(2, 7), line(8, 9), line(5, 9), line(0, 1)],
    ids=["other newest", "other older", "other leaves", "gap", "overlap", "unknown size"],
)
def test_another_past_is_refused_and_nothing_is_written(witness: Witness, bad: WitnessLine):
    filled(witness)
    before = witness.path.read_bytes()
    with pytest.raises(WitnessBroken):
        witness.append(bad)
    assert witness.path.read_bytes() == before


def test_a_last_line_torn_anywhere_is_repaired_by_the_next_append(witness: Witness):
    lines = filled(witness)
    whole = witness.path.read_bytes()
    begin = len(whole) - len(lines[-1].to_bytes())
    for cut in {*range(begin + 1, begin + 20), *range(begin + 20, len(whole), 9), len(whole) - 1}:
        witness.path.write_bytes(whole[:cut])
        assert witness.newest() == lines[1].head
        assert [each for _, each in witness.lines()][:2] == lines[:2]
        witness.append(lines[-1])
        assert witness.path.read_bytes() == whole


def test_a_torn_first_line_is_repaired_too(witness: Witness):
    whole = line(0, 2).to_bytes()
    for cut in (1, 50, len(whole) - 1):
        witness.path.write_bytes(whole[:cut])
        assert witness.newest() is None
        witness.append(line(0, 2))
        assert witness.path.read_bytes() == whole


def test_zeros_that_a_power_cut_left_at_the_end_are_cut_away(witness: Witness):
    lines = filled(witness)
    whole = witness.path.read_bytes()
    witness.path.write_bytes(whole + bytes(4_096))
    assert witness.newest() == lines[-1].head
    witness.append(line(7, 8))
    assert witness.path.read_bytes() == whole + line(7, 8).to_bytes()


def test_a_last_line_that_lacks_only_its_line_feed_is_kept(witness: Witness):
    filled(witness)
    whole = witness.path.read_bytes()
    witness.path.write_bytes(whole[:-1])
    witness.append(line(7, 8))
    assert witness.path.read_bytes() == whole + line(7, 8).to_bytes()


def test_a_whole_line_that_cannot_be_read_is_no_torn_one(witness: Witness):
    filled(witness)
    witness.path.write_bytes(witness.path.read_bytes() + b"{}\n")
    before = witness.path.read_bytes()
    assert list(witness.lines())[-1] == (4, None)
    with pytest.raises(WitnessBroken):
        witness.newest()
    with pytest.raises(WitnessBroken):
        witness.append(line(7, 8))
    assert witness.path.read_bytes() == before


def test_reading_stops_at_the_given_length(witness: Witness):
    lines = filled(witness)
    length = witness.length()
    witness.append(line(7, 9))
    assert [each for _, each in witness.lines(length)] == lines
    assert [each for _, each in witness.lines(length - 5)] == lines[:2]


def test_a_symbolic_link_is_not_followed(witness: Witness, tmp_path: Path):
    target = tmp_path / "target"
    target.touch()
    witness.path.symlink_to(target)
    with pytest.raises(OSError, match="symbolic link"):
        witness.append(line(0, 1))
    assert target.read_bytes() == b""


def test_many_writers_of_the_same_heads_write_each_once(witness: Witness):
    lines = [line(number, number + 1) for number in range(30)]

    def write() -> None:
        for each in lines:
            witness.append(each)

    writers = [threading.Thread(target=write) for _ in range(4)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert [each for _, each in witness.lines()] == lines


@given(st.integers(0, 10**9), st.integers(1, 5), st.text(max_size=20), st.binary(max_size=80), st.datetimes())
def test_every_line_reads_back_as_it_was(begin, count, key_id, signature, at):
    try:
        key_id.encode()
    except UnicodeEncodeError:
        key_id = "k"
    leaves = tuple(bytes([number]) * 32 for number in range(count))
    written = WitnessLine(TreeHead(begin + count, bytes(32), at.replace(tzinfo=UTC), key_id, signature), leaves)
    assert WitnessLine.parse(written.to_bytes()) == written
    assert written.to_bytes().count(b"\n") == 1


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("size", 1),
        ("size", "2"),
        ("size", True),
        ("size", -1),
        ("root", "00"),
        ("root", None),
        ("at", "yesterday"),
        ("leaves", []),
        ("leaves", ["00"]),
        ("leaves", 5),
        ("signature", "zz"),
        ("key_id", None),
        ("more", 1),
    ],
)
def test_no_other_line_is_read(name: str, value: object):
    members = json.loads(line(0, 2).to_bytes())
    members[name] = value
    for text in (json.dumps(members), json.dumps(members, separators=(",", ":"), sort_keys=True)):
        with pytest.raises(ValueError):
            WitnessLine.parse(text.encode())


@pytest.mark.parametrize("data", [b"", b"null", b"[]", b"{}", b"\xff", b"[" * 100_000])
def test_no_other_bytes_are_read(data: bytes):
    with pytest.raises(ValueError):
        WitnessLine.parse(data)
