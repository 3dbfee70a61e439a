"""The SFTP drop: known keys put files in, nobody gets any out, and a close that succeeds means stored."""

from __future__ import annotations

import asyncio
import inspect
import stat
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import asyncssh
import pytest

from printserver.foundation.errors import Unavailable
from printserver.returns import sftp_drop
from printserver.returns.intake_channels import take_in
from printserver.returns.intake_settings import ScanSftpSettings
from printserver.returns.sftp_drop import Drop, SftpDropUnusable, SftpIntake, host_key, serving_sftp
from tests.paper_books import Books
from tests.unit.returns.channel_books import ChannelBooks, channel_books, scan

KEY = asyncssh.generate_private_key("ssh-ed25519")
OTHER = asyncssh.generate_private_key("ssh-ed25519")
Steps = Callable[[asyncssh.SFTPClient], Awaitable[Any]]


@pytest.fixture
def channel(books: Books) -> ChannelBooks:
    return channel_books(books)


def intake(channel: ChannelBooks, **changes: Any) -> SftpIntake:
    line = KEY.export_public_key().decode()
    chosen = {"users": {"copier": {"account": channel.login, "keys": (line,)}}, "largest_bytes": 50_000, **changes}
    return SftpIntake(channel.tools, ScanSftpSettings(**chosen))


@pytest.fixture
def port(channel: ChannelBooks, tmp_path: Path) -> Iterator[int]:
    with serving_sftp(intake(channel), host_key(tmp_path / "host-key"), port=0) as bound:
        yield bound


def connect(port: int, user: str = "copier", key: asyncssh.SSHKey = KEY, **options: Any) -> Any:
    return asyncssh.connect(
        "127.0.0.1",
        port,
        username=user,
        client_keys=[key],
        known_hosts=None,
        config=None,
        agent_path=None,
        login_timeout=60,
        **options,
    )


def on(port: int, steps: Steps) -> Any:
    async def session() -> Any:
        async with connect(port) as connection, connection.start_sftp_client() as client:
            return await steps(client)

    return asyncio.run(session())


async def put(client: asyncssh.SFTPClient, name: str, data: bytes) -> None:
    async with client.open(name, "wb") as file:
        await file.write(data)


def test_a_file_that_is_closed_is_stored_and_can_be_renamed_and_measured(channel: ChannelBooks, port: int) -> None:
    async def steps(client: asyncssh.SFTPClient) -> tuple[int | None, list[str]]:
        await put(client, "scan.png.part", scan(1))
        await client.utime("scan.png.part", (0, 0))
        await client.rename("scan.png.part", "scan.png")
        await put(client, "/some/folder/bad.pdf", b"%PDF-1.7 cut")
        return (await client.stat("scan.png")).size, [str(name) for name in await client.listdir("/")]

    size, listed = on(port, steps)
    assert size == len(scan(1))
    assert set(listed) <= {".", ".."}
    assert channel.returned() == [scan(1)]
    assert channel.kept() == [("bad.pdf", "scan-incomplete", b"%PDF-1.7 cut")]


REFUSED: dict[str, Steps] = {
    "read": lambda client: client.open("scan.png", "rb"),
    "read-and-write": lambda client: client.open("scan.png", "r+b"),
    "get-password-file": lambda client: client.get("/etc/passwd", "/dev/null"),
    "stat-elsewhere": lambda client: client.stat("../../etc/passwd"),
    "remove": lambda client: client.remove("scan.png"),
    "make-folder": lambda client: client.mkdir("x"),
    "remove-folder": lambda client: client.rmdir("/"),
    "link": lambda client: client.symlink("/etc/passwd", "x"),
    "hard-link": lambda client: client.link("/etc/passwd", "x"),
    "read-link": lambda client: client.readlink("/proc/self/exe"),
    "space": lambda client: client.statvfs("/"),
    "rename-unknown": lambda client: client.rename("/etc/passwd", "x"),
    "too-large": lambda client: put(client, "large.png", bytes(60_000)),
}


@pytest.mark.parametrize("steps", REFUSED.values(), ids=REFUSED.keys())
def test_everything_but_putting_is_refused(channel: ChannelBooks, port: int, steps: Steps) -> None:
    with pytest.raises(asyncssh.SFTPError):
        on(port, steps)
    assert channel.returned() == []


def test_no_method_of_the_library_that_touches_files_is_left_as_it_is() -> None:
    """A later version of the library that knows more operations fails here, not in service."""
    shown_only = {"__init__", "convert_attrs", "format_user", "format_group", "format_longname", "_to_sftpname"}
    base = {name for name, _ in inspect.getmembers(asyncssh.SFTPServer, inspect.isfunction)}
    assert base - set(vars(Drop)) <= shown_only


async def _command(port: int) -> None:
    async with connect(port) as connection:
        await connection.run("id", check=True)


async def _forwarding(port: int) -> None:
    async with connect(port) as connection:
        await connection.open_connection("127.0.0.1", port)


async def _listening(port: int) -> None:
    async with connect(port) as connection:
        await connection.forward_remote_port("127.0.0.1", 0, "127.0.0.1", port)


async def _other_key(port: int) -> None:
    async with connect(port, key=OTHER):
        pass


async def _other_user(port: int) -> None:
    async with connect(port, user="root"):
        pass


async def _password(port: int) -> None:
    async with connect(port, password="copier", preferred_auth="password,keyboard-interactive"):
        pass


@pytest.mark.parametrize("attempt", [_command, _forwarding, _listening, _other_key, _other_user, _password])
def test_nothing_but_sftp_with_a_known_key_comes_in(port: int, attempt: Callable[[int], Awaitable[None]]) -> None:
    with pytest.raises((asyncssh.Error, asyncssh.ChannelListenError, OSError)):
        asyncio.run(attempt(port))  # type: ignore[arg-type]  # each is a coroutine


def test_a_connection_that_is_cut_leaves_what_had_come_in_quarantine(channel: ChannelBooks, port: int) -> None:
    async def cut() -> None:
        async with connect(port) as connection:
            client = await connection.start_sftp_client()
            file = await client.open("scan.png", "wb")
            await file.write(scan(1)[:-20])
            connection.abort()

    asyncio.run(cut())
    patience = time.monotonic() + 60
    while not channel.kept() and time.monotonic() < patience:
        time.sleep(0.02)

    async def again(client: asyncssh.SFTPClient) -> None:
        await put(client, "scan.png", scan(1))

    on(port, again)
    assert channel.returned() == [scan(1)]
    assert channel.kept() == [("scan.png", "scan-incomplete", scan(1)[:-20])]


@pytest.mark.parametrize("problem", [Unavailable("the store is away"), OSError("no space")])
def test_what_cannot_be_stored_now_fails_at_the_close_and_comes_in_when_put_again(
    channel: ChannelBooks, port: int, monkeypatch: pytest.MonkeyPatch, problem: Exception
) -> None:
    calls: list[str] = []

    def fails_once(*arguments: Any, **named: Any) -> Any:
        calls.append(named["filename"])
        if len(calls) == 1:
            raise problem
        return take_in(*arguments, **named)

    monkeypatch.setattr(sftp_drop, "take_in", fails_once)
    with pytest.raises(asyncssh.SFTPFailure):
        on(port, lambda client: put(client, "scan.png", scan(1)))
    assert channel.returned() == []
    for _ in range(2):
        on(port, lambda client: put(client, "scan.png", scan(1)))
    assert channel.returned() == [scan(1)]


def test_the_host_key_is_made_once_for_its_owner_alone(tmp_path: Path) -> None:
    file = tmp_path / "host-key"
    first = host_key(file)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert host_key(file).export_public_key() == first.export_public_key()
    assert [path.name for path in tmp_path.iterdir()] == ["host-key"]
    file.chmod(0o644)
    with pytest.raises(SftpDropUnusable, match="others"):
        host_key(file)
    damaged = tmp_path / "damaged"
    damaged.write_bytes(b"no key")
    damaged.chmod(0o600)
    with pytest.raises(SftpDropUnusable):
        host_key(damaged)


def test_a_taken_port_or_a_key_that_is_none_is_said(channel: ChannelBooks, port: int, tmp_path: Path) -> None:
    key = host_key(tmp_path / "host-key")
    with pytest.raises(SftpDropUnusable, match="cannot listen"), serving_sftp(intake(channel), key, port=port):
        pass
    wrong = intake(channel, users={"copier": {"account": channel.login, "keys": ("ssh-ed25519 nonsense",)}})
    with pytest.raises(SftpDropUnusable, match="copier"), serving_sftp(wrong, key, port=0):
        pass
