"""Scans by SFTP: a server into which known keys may put files, and out of which nobody gets any.

There is no folder behind it: each user sees an empty one, and a file that is put there is stored for good when it is
closed, as a return or in quarantine. Only then is the close answered; a client that gets no answer, or a failure,
keeps its file and puts it again; twice the same is once.
"""

from __future__ import annotations

import asyncio
import os
import stat
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, NoReturn

import asyncssh
import structlog
from asyncssh import FXF_READ, FXF_WRITE, SFTPAttrs, SFTPFailure, SFTPNoSuchFile, SFTPPermissionDenied

from printserver.foundation.errors import PrintServerError, Unavailable
from printserver.returns.intake_channels import Channel, ChannelUnusable, IntakeTools, take_in
from printserver.returns.intake_loop import loop_thread
from printserver.returns.intake_settings import ScanSftpSettings
from printserver.returns.intake_status import ChannelNotes

CONNECTIONS_AT_ONCE: Final = 16
HELD_AT_ONCE: Final = 1 << 30
"""Bytes of files that are not closed yet, of all users together: they are held in memory, and never lie on a disk."""
SECONDS_TO_SIGN_IN: Final = 30
SECONDS_BETWEEN_SIGNS: Final = 30
_FOLDER: Final = SFTPAttrs(permissions=stat.S_IFDIR | 0o300, size=0)


class SftpDropUnusable(ChannelUnusable):
    """The address is taken, or a key cannot be read."""


@dataclass(eq=False)
class _Upload:
    path: bytes
    data: bytearray = field(default_factory=bytearray)


@dataclass(eq=False)
class SftpIntake:
    """What all connections share."""

    tools: IntakeTools
    settings: ScanSftpSettings
    notes: dict[str, ChannelNotes] = field(init=False)
    held: int = 0
    connections: set[asyncssh.SSHServerConnection] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.notes = {
            name: ChannelNotes(self.tools, Channel.SFTP, name, user.account)
            for name, user in self.settings.users.items()
        }

    def keys_of(self, user: str) -> list[asyncssh.SSHKey]:
        known = self.settings.users.get(user)
        return [] if known is None else [asyncssh.import_public_key(line) for line in known.keys]

    def check(self) -> None:
        """Raises: SftpDropUnusable, when a key of the settings is none."""
        for user in self.settings.users:
            try:
                self.keys_of(user)
            except asyncssh.KeyImportError as problem:
                raise SftpDropUnusable(f"a key of the SFTP user {user} cannot be read: {problem}") from None

    def store(self, user: str, upload: _Upload) -> None:
        """For good.   Raises: what `take_in` raises."""
        name = upload.path.rpartition(b"/")[2].decode("utf-8", "replace")
        login = self.settings.users[user].account
        taken = take_in(self.tools, Channel.SFTP, login, filename=name, data=bytes(upload.data))
        self.notes[user].taken(taken)

    def note(self) -> int:
        """Write down how each user does."""
        for notes in self.notes.values():
            try:
                self.tools.account(notes.account, Channel.SFTP)
            except Unavailable as problem:
                notes.note(str(problem))
            else:
                notes.note()
        return 0


class _Gate(asyncssh.SSHServer):
    """Lets in known keys, and nothing else: no password, no command, no forwarding."""

    def __init__(self, intake: SftpIntake) -> None:
        self._intake = intake
        self._connection: asyncssh.SSHServerConnection | None = None

    def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
        if len(self._intake.connections) >= CONNECTIONS_AT_ONCE:
            conn.abort()
            return
        self._connection = conn
        self._intake.connections.add(conn)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._connection is not None:
            self._intake.connections.discard(self._connection)

    def begin_auth(self, username: str) -> bool:
        return True

    def public_key_auth_supported(self) -> bool:
        return True

    def validate_public_key(self, username: str, key: asyncssh.SSHKey) -> bool:
        return any(key == known for known in self._intake.keys_of(username))


class Drop(asyncssh.SFTPServer):
    """What one connection sees. Every method of the base class that would touch a file system is replaced."""

    def __init__(self, chan: asyncssh.SSHServerChannel[bytes], intake: SftpIntake) -> None:
        super().__init__(chan)
        self._intake = intake
        self._user = str(chan.get_extra_info("username"))
        self._sizes: dict[bytes, int] = {}

    def open(self, path: bytes, pflags: int, attrs: SFTPAttrs) -> _Upload:
        if pflags & FXF_READ or not pflags & FXF_WRITE:
            raise SFTPPermissionDenied("files can only be put here")
        return _Upload(path)

    def write(self, file_obj: object, offset: int, data: bytes) -> int:
        upload = _upload(file_obj)
        end = offset + len(data)
        growth = max(0, end - len(upload.data))
        if end > self._intake.settings.largest_bytes:
            raise SFTPFailure("the file is too large")
        if self._intake.held + growth > HELD_AT_ONCE:
            raise SFTPFailure("too many files at once; please put it again later")
        self._intake.held += growth
        upload.data.extend(bytes(growth))
        upload.data[offset:end] = data
        return len(data)

    async def close(self, file_obj: object) -> None:
        """Answered when the file is stored for good."""
        upload = _upload(file_obj)
        try:
            if upload.data:
                await asyncio.to_thread(self._intake.store, self._user, upload)
        except PrintServerError as problem:
            structlog.get_logger().error("file could not be taken in", user=self._user, reason=str(problem))
            raise SFTPFailure("the server cannot store it now; please put it again later") from None
        except Exception:  # noqa: BLE001 -- whatever keeps it from being stored, the client must keep the file
            structlog.get_logger().exception("file could not be taken in", user=self._user)
            raise SFTPFailure("the server cannot store it now; please put it again later") from None
        finally:
            self._intake.held -= len(upload.data)
        self._sizes[upload.path] = len(upload.data)

    def rename(self, oldpath: bytes, newpath: bytes) -> None:
        """Many clients put a file under another name first; it is stored by then."""
        size = self._sizes.pop(oldpath, None)
        if size is None:
            raise SFTPNoSuchFile("no such file")
        self._sizes[newpath] = size

    def posix_rename(self, oldpath: bytes, newpath: bytes) -> None:
        self.rename(oldpath, newpath)

    def stat(self, path: bytes) -> SFTPAttrs:
        """What this connection has put here, so that clients can check its size; and the folder itself."""
        if path.strip(b"/.") == b"":
            return _FOLDER
        if path in self._sizes:
            return SFTPAttrs(permissions=stat.S_IFREG | 0o200, size=self._sizes[path])
        raise SFTPNoSuchFile("no such file")

    def lstat(self, path: bytes) -> SFTPAttrs:
        return self.stat(path)

    def fstat(self, file_obj: object) -> SFTPAttrs:
        return SFTPAttrs(permissions=stat.S_IFREG | 0o200, size=len(_upload(file_obj).data))

    def realpath(self, path: bytes) -> bytes:
        return b"/" + b"/".join(part for part in path.split(b"/") if part not in (b"", b".", b".."))

    async def scandir(self, path: bytes) -> AsyncIterator[asyncssh.SFTPName]:
        """Nothing is shown."""
        for name in (b".", b".."):
            yield asyncssh.SFTPName(name, attrs=_FOLDER)

    def setstat(self, path: bytes, attrs: SFTPAttrs) -> None:
        """Times and rights that clients set are of no meaning here."""

    def lsetstat(self, path: bytes, attrs: SFTPAttrs) -> None:
        """As `setstat`."""

    def fsetstat(self, file_obj: object, attrs: SFTPAttrs) -> None:
        """As `setstat`."""

    def fsync(self, file_obj: object) -> None:
        """The close is what counts."""

    def exit(self) -> None:
        """What is open by now was closed by the base class before."""

    def map_path(self, path: bytes) -> bytes:
        _refuse()

    def reverse_map_path(self, path: bytes) -> bytes:
        _refuse()

    def open56(self, path: bytes, desired_access: int, flags: int, attrs: SFTPAttrs) -> object:
        _refuse()

    def read(self, file_obj: object, offset: int, size: int) -> bytes:
        _refuse()

    def remove(self, path: bytes) -> None:
        _refuse()

    def mkdir(self, path: bytes, attrs: SFTPAttrs) -> None:
        _refuse()

    def rmdir(self, path: bytes) -> None:
        _refuse()

    def readlink(self, path: bytes) -> bytes:
        _refuse()

    def symlink(self, oldpath: bytes, newpath: bytes) -> None:
        _refuse()

    def link(self, oldpath: bytes, newpath: bytes) -> None:
        _refuse()

    def lock(self, file_obj: object, offset: int, length: int, flags: int) -> None:
        _refuse()

    def unlock(self, file_obj: object, offset: int, length: int) -> None:
        _refuse()

    def statvfs(self, path: bytes) -> NoReturn:
        _refuse()

    def fstatvfs(self, file_obj: object) -> NoReturn:
        _refuse()


def _refuse() -> NoReturn:
    raise SFTPPermissionDenied("files can only be put here")


def _upload(file_obj: object) -> _Upload:
    if not isinstance(file_obj, _Upload):
        raise SFTPFailure("no such handle")
    return file_obj


def host_key(file: Path) -> asyncssh.SSHKey:
    """From the file, which is made, for its owner alone, if there is none.   Raises: SftpDropUnusable."""
    try:
        if not file.exists():
            _write_once(file, asyncssh.generate_private_key("ssh-ed25519").export_private_key())
        if file.stat().st_mode & 0o077:
            raise SftpDropUnusable(f"{file} can be read by others than its owner")
        return asyncssh.read_private_key(file)
    except (OSError, asyncssh.KeyImportError) as problem:
        raise SftpDropUnusable(f"the host key of the SFTP drop cannot be used: {problem}") from None


def _write_once(file: Path, key: bytes) -> None:
    """Whoever finds it finds it whole; of several makers one wins."""
    aside = file.with_name(f".{file.name}.{os.getpid()}.{os.urandom(4).hex()}")
    with open(os.open(aside, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o600), "wb") as out:  # noqa: PTH123 -- a descriptor
        out.write(key)
        out.flush()
        os.fsync(out.fileno())
    try:
        with suppress(FileExistsError):
            os.link(aside, file)
    finally:
        aside.unlink()


@contextmanager
def serving_sftp(intake: SftpIntake, key: asyncssh.SSHKey, port: int | None = None) -> Iterator[int]:
    """Listen, in a thread of its own, until the block ends; the port.

    port: instead of the one of the settings; 0 for any.   Raises: SftpDropUnusable.
    """
    intake.check()
    with loop_thread("sftp drop") as thread:
        listener = thread.do(_listen(intake, key, intake.settings.port if port is None else port))
        try:
            yield listener.get_port()
        finally:
            thread.do(_end(intake, listener))


async def _listen(intake: SftpIntake, key: asyncssh.SSHKey, port: int) -> Any:
    host = intake.settings.host
    try:
        return await asyncssh.listen(
            host,
            port,
            server_factory=lambda: _Gate(intake),
            server_host_keys=[key],
            sftp_factory=lambda channel: Drop(channel, intake),
            sftp_version=3,
            allow_scp=False,
            password_auth=False,
            kbdint_auth=False,
            host_based_auth=False,
            gss_host=None,
            agent_forwarding=False,
            x11_forwarding=False,
            login_timeout=SECONDS_TO_SIGN_IN,
            keepalive_interval=SECONDS_BETWEEN_SIGNS,
            server_version="scans",
        )
    except OSError as problem:
        raise SftpDropUnusable(f"cannot listen on {host}:{port}: {problem.strerror}") from None


async def _end(intake: SftpIntake, listener: Any) -> None:
    listener.close()
    for connection in list(intake.connections):
        connection.abort()
        await connection.wait_closed()
    await listener.wait_closed()
