"""Watched folders: whole scans come in once, cut ones wait, and nothing that lies there can make us read elsewhere."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import select

from printserver.organisations.permissions import Role
from printserver.returns import watched_folder as module
from printserver.returns.intake_channels import take_in
from printserver.returns.intake_settings import AfterTaking
from printserver.returns.intake_status import channels
from printserver.returns.models import Return
from printserver.returns.quarantine_models import IntakeChannel
from printserver.returns.watched_folder_files import identity_of
from tests.paper_books import Books
from tests.unit.returns.channel_books import ChannelBooks, Watched, channel_books, scan, watched_folder
from tests.unit.returns.hard_files import tiff


@pytest.fixture
def channel(books: Books) -> ChannelBooks:
    return channel_books(books)


@pytest.fixture
def watched(channel: ChannelBooks, tmp_path: Path) -> Watched:
    return watched_folder(channel, tmp_path / "scans")


def test_a_whole_scan_comes_in_once_it_is_quiet_and_moves_away(watched: Watched) -> None:
    watched.put("scan.png", scan())
    assert watched.look() == 0
    assert watched.look(after=9) == 0
    assert watched.look(after=2) == 1
    assert watched.channel.returned() == [scan()]
    assert watched.names() == []
    (moved,) = watched.names("done")
    assert (watched.folder / "done" / moved).read_bytes() == scan()
    assert watched.look(after=1_000) == 0
    assert len(watched.channel.returned()) == 1


def test_a_file_that_still_grows_is_waited_for_however_long_it_takes(watched: Watched) -> None:
    whole = scan()
    for end in range(0, len(whole), 10):
        watched.put("scan.png", whole[:end])
        assert watched.look(after=9) == 0
    watched.put("scan.png", whole)
    watched.look(after=9)
    assert watched.look(after=11) == 1
    assert watched.channel.returned() == [whole]


def test_a_cut_scan_waits_comes_in_when_the_rest_comes_and_else_goes_to_quarantine(watched: Watched) -> None:
    for name in ("late.png", "never.png"):
        watched.put(name, scan(len(name))[:-15])
    watched.look()
    assert watched.look(after=50) == 0
    watched.put("late.png", scan(len("late.png")))
    assert watched.look(after=1) == 0
    assert watched.look(after=51) == 2
    assert watched.channel.returned() == [scan(len("late.png"))]
    assert watched.channel.kept() == [("never.png", "scan-incomplete", scan(len("never.png"))[:-15])]
    assert watched.names() == []
    assert len(watched.names("refused")) == 1


def test_a_scanner_that_writes_page_after_page_is_given_time_and_noticed_if_it_was_slow(watched: Watched) -> None:
    """A TIFF is whole after each page; what comes after it was taken is read as well, and nothing is lost."""
    pages = [np.full((20, 20), shade, np.uint8) for shade in (10, 20)]
    first, both = tiff(pages[:1], "raw"), tiff(pages, "raw")
    file = watched.put("scan.tif", first)
    watched.look()
    with file.open("r+b") as writer:
        assert watched.look(after=11) == 1
        writer.write(both)
    assert watched.look(after=30) == 0
    watched.look(after=40)
    assert watched.look(after=11) == 1
    assert watched.channel.returned() == [first, both]


def test_the_same_scan_twice_is_one_return_and_both_files_move_away(watched: Watched) -> None:
    watched.put("one.png", scan())
    watched.put("two.png", scan())
    watched.look()
    assert watched.look(after=11) == 2
    assert watched.channel.returned() == [scan()]
    assert watched.names() == []


def test_one_bad_file_holds_up_no_other(watched: Watched) -> None:
    watched.put("a-bad.pdf", b"<html>")
    watched.put("b-good.png", scan())
    watched.look()
    assert watched.look(after=11) == 2
    assert watched.channel.returned() == [scan()]
    assert [kept[:2] for kept in watched.channel.kept()] == [("a-bad.pdf", "scan-type-unknown")]


@pytest.mark.parametrize(
    "name",
    [
        "..scan.png",
        "-rf.png",
        "$(reboot).png",
        "a\nb\x1b[2J.png",
        "扫描件 一.png",
        "%s%n.png",
        "x" * 250 + ".png",
        "con.png ",
        os.fsdecode(b"\xff\xfe\x80.png"),
    ],
)
def test_a_hostile_name_is_only_a_name(watched: Watched, name: str) -> None:
    name = name.lstrip(".") if name.startswith("..") else name
    watched.put(name, scan())
    watched.look()
    assert watched.look(after=11) == 1
    (moved,) = watched.names("done")
    assert set(moved) <= set("0123456789abcdef.png")
    with watched.channel.books.database.reading() as work:
        shown = work.session.scalars(select(Return.filename)).one()
    assert shown.isprintable()


def _link(folder: Path, outside: Path) -> None:
    (folder / "trap.png").symlink_to(outside)


def _hard_link(folder: Path, outside: Path) -> None:
    os.link(outside, folder / "trap.png")


def _queue(folder: Path, outside: Path) -> None:
    os.mkfifo(folder / "trap.png")


def _socket(folder: Path, outside: Path) -> None:
    here = os.open(folder, os.O_RDONLY)
    try:
        with socket.socket(socket.AF_UNIX) as made:
            made.bind(f"/proc/self/fd/{here}/trap.png")
    finally:
        os.close(here)


def _folder(folder: Path, outside: Path) -> None:
    (folder / "trap.png").mkdir()
    (folder / "trap.png" / "inner.png").write_bytes(scan(5))


def _device(folder: Path, outside: Path) -> None:
    try:
        os.mknod(folder / "trap.png", 0o020600, os.makedev(1, 3))
    except PermissionError:
        pytest.skip("only root makes devices")


@pytest.mark.parametrize("lay", [_link, _hard_link, _queue, _socket, _folder, _device])
def test_what_is_no_plain_file_is_left_alone_and_said(
    watched: Watched, tmp_path: Path, lay: Callable[[Path, Path], None]
) -> None:
    outside = tmp_path / "outside.png"
    outside.write_bytes(scan(1))
    lay(watched.folder, outside)
    watched.put("z-good.png", scan(2))
    watched.look()
    assert watched.look(after=200) == 1
    assert watched.channel.returned() == [scan(2)]
    assert watched.channel.kept() == []
    assert outside.read_bytes() == scan(1)
    assert os.path.lexists(watched.folder / "trap.png")
    with watched.channel.books.database.reading() as work:
        (view,) = channels(work, watched.channel.books.actor(Role.ARCHIVIST))
    assert "left alone" in view.trouble


@pytest.mark.parametrize("swap", ["link", "queue", "other", "gone"])
def test_a_file_that_is_exchanged_between_looking_and_opening_is_not_followed(
    watched: Watched, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, swap: str
) -> None:
    outside = tmp_path / "outside.png"
    outside.write_bytes(scan(1))
    file = watched.put("scan.png", scan(2))
    watched.look()
    looked = identity_of

    def then_exchanged(folder: int, name: str) -> object:
        found = looked(folder, name)
        if name == "scan.png" and file.exists():
            file.unlink()
            if swap == "link":
                file.symlink_to(outside)
            elif swap == "queue":
                os.mkfifo(file)
            elif swap == "other":
                file.write_bytes(scan(3))
        return found

    with monkeypatch.context() as patched:
        patched.setattr(module, "identity_of", then_exchanged)
        assert watched.look(after=11) == 0
    assert watched.channel.returned() == []
    watched.look()
    watched.look(after=11)
    assert watched.channel.returned() == ([scan(3)] if swap == "other" else [])


def test_a_file_put_in_place_of_one_that_was_just_stored_is_not_lost(
    watched: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    watched.put("scan.png", scan(1))
    watched.look()

    def then_replaced(*arguments, **named):
        taken = take_in(*arguments, **named)
        watched.put("next", scan(2)).rename(watched.folder / "scan.png")
        return taken

    with monkeypatch.context() as patched:
        patched.setattr(module, "take_in", then_replaced)
        watched.look(after=11)
    (given_back,) = watched.names()
    assert given_back.startswith("again-")
    watched.look()
    assert watched.look(after=11) == 1
    assert watched.channel.returned() == [scan(1), scan(2)]


def test_files_with_names_for_unfinished_ones_and_hidden_ones_wait_for_their_last_name(
    watched: Watched,
) -> None:
    for name in (".hidden.png", "scan.png.part", "scan.png.TMP", "x.filepart"):
        watched.put(name, scan())
    watched.look()
    assert watched.look(after=500) == 0
    (watched.folder / "scan.png.part").rename(watched.folder / "scan.png")
    watched.look()
    assert watched.look(after=11) == 1


def test_removal_waits_until_nobody_writes_to_the_file_any_more(channel: ChannelBooks, tmp_path: Path) -> None:
    watched = watched_folder(channel, tmp_path / "scans", after=AfterTaking.REMOVE)
    watched.put("scan.png", scan())
    watched.look()
    assert watched.look(after=11) == 1
    watched.look(after=30)
    assert len(watched.names("done")) == 1
    watched.look(after=31)
    assert watched.names("done") == []
    assert channel.returned() == [scan()]


def test_files_that_an_earlier_run_left_are_removed_only_if_they_are_what_their_names_say(
    channel: ChannelBooks, tmp_path: Path
) -> None:
    before = watched_folder(channel, tmp_path / "scans", after=AfterTaking.REMOVE)
    for number in (1, 2):
        before.put(f"{number}.png", scan(number))
    before.look()
    assert before.look(after=11) == 2
    altered = before.folder / "done" / before.names("done")[0]
    altered.write_bytes(scan(3))
    watched = watched_folder(channel, tmp_path / "scans", after=AfterTaking.REMOVE)
    watched.look()
    watched.look(after=61)
    assert watched.names("done") == []
    watched.look()
    assert watched.look(after=11) == 1
    assert channel.returned() == [scan(1), scan(2), scan(3)]


def test_a_link_in_place_of_the_folder_for_done_files_stops_the_channel_and_moves_nothing(
    watched: Watched, tmp_path: Path
) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (watched.folder / "done").symlink_to(elsewhere)
    watched.put("scan.png", scan())
    watched.look()
    assert watched.look(after=11) == 0
    assert list(elsewhere.iterdir()) == []
    assert watched.channel.returned() == []
    assert watched.names() == ["scan.png"]


def test_a_share_that_is_away_is_said_and_waited_for(watched: Watched, tmp_path: Path) -> None:
    away = watched.folder.rename(tmp_path / "away")
    assert watched.look() == 0
    with watched.channel.books.database.reading() as work:
        row = work.session.scalars(select(IntakeChannel)).one()
    assert "No such file" in row.trouble
    away.rename(watched.folder)
    watched.put("scan.png", scan())
    watched.look()
    assert watched.look(after=11) == 1
    with watched.channel.books.database.reading() as work:
        row = work.session.scalars(select(IntakeChannel)).one()
    assert (row.trouble, row.taken_in, row.quarantined) == ("", 1, 0)


def test_a_frozen_account_lets_nothing_in_and_nothing_is_lost(watched: Watched) -> None:
    watched.put("scan.png", scan())
    watched.look()
    watched.channel.freeze()
    assert watched.look(after=11) == 0
    assert watched.names() == ["scan.png"]
    assert watched.channel.returned() == []
    watched.channel.freeze(frozen=False)
    assert watched.look(after=1) == 1
    assert watched.channel.returned() == [scan()]
