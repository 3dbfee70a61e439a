"""A CUPS server of our own: its folder, its configuration, its queues. Starting and stopping it is the supervisor's.

Everything below one root folder, reachable only through a Unix socket. When built as root for another system user,
that user owns what cupsd must write (spool, cache, fence) and root owns the rest: the configuration, the backend, its
key and the pins.
"""

from __future__ import annotations

import os
import pwd
import re
import socket
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from string import Template
from typing import ClassVar, Final
from urllib.parse import SplitResult, urlsplit

import cups

from printserver.foundation.errors import Malformed, Unavailable
from printserver.printing.cups import CupsSpooler
from printserver.printing.cups_connection import connected
from printserver.printing.fence_archive import fence_archive
from printserver.printing.job_file import make_backend_key, read_public_key
from printserver.printing.owned_files import link, make_folder, write_if_changed
from printserver.printing.pin import read_pin
from printserver.printing.ports import QueueNotFound, SpoolerRefused, SpoolerUnavailable
from printserver.printing.system_user import command_prefix

_CHECKOUT: Final = Path(__file__).resolve().parents[2]
_DRIVERS: Final = _CHECKOUT / "drivers" / "cups"
_TEMPLATES: Final = _CHECKOUT / "deploy" / "cups"
_SYSTEM_SERVER_BIN: Final = Path("/usr/lib/cups")
_CUPSD: Final = "/usr/sbin/cupsd"
_LONGEST_SOCKET_PATH: Final = 107  # octets of sun_path less the terminator, unix(7)
# By name, not by number: the pin is kept under the name. Options after the path could turn encryption off.
_PRINTER_URI: Final = re.compile(r"ipps://[a-z0-9](?:[a-z0-9.-]{0,252}[a-z0-9])?(?::[1-9][0-9]{0,4})?/[A-Za-z0-9._/-]*")
_DESK: Final = re.compile(r"unix:/[^\s$\"'\\]+|https://[A-Za-z0-9.-]+(?::[1-9][0-9]{0,4})?")
_USER_NAME: Final = re.compile(r"[a-z_][a-z0-9_-]{0,31}")
_QUEUE_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,126}")

_OF_ROOT: Final = {
    "": 0o755,
    "conf": 0o755,
    "bin": 0o755,
    "share": 0o755,
    "www": 0o755,
    "pins": 0o755,
    "keys": 0o755,
}
_OF_CUPSD: Final = {
    "etc": 0o755,
    "etc/ssl": 0o700,
    "etc/ppd": 0o755,
    "cache": 0o750,
    "spool": 0o710,
    "spool/tmp": 0o1770,
    "run": 0o755,
    "run/certs": 0o711,
    "log": 0o750,
    # Readable by the workers, which judge by it what became of a copy; it holds nothing but opaque ids.
    "fence": 0o755,
}


class QueueMalformed(Malformed):
    code: ClassVar[str] = "print-queue-malformed"


class CupsNotReady(Unavailable):
    code: ClassVar[str] = "cups-not-ready"


class CupsCommandFailed(Unavailable):
    code: ClassVar[str] = "cups-command-failed"


def install_fence_backend(server_bin: Path) -> Path:
    """Put the fence backend beside the stock `ipp` backend of a ServerBin; returns its path.

    cupsd runs a backend only when its owner is root or cupsd's own user and nobody else may write it.
    """
    folder = server_bin / "backend"
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / "printserver-fence"
    write_if_changed(target, fence_archive(), mode=0o755)
    return target


@dataclass(frozen=True, slots=True)
class PrivateCups:
    """One private cupsd.

    root: its folder; no white space, and short (a socket's path has at most 107 octets).
    printing_users: system users that may hand in, release and cancel jobs.
    administrators: system users that may manage queues, besides root; without root, also whoever runs cupsd.
    user: the system user that cupsd and the backends run as; required as root, else left out.
    desk: where the backends redeem tickets, `unix:/path` or `https://host:port`; none, and nothing is ever printed.
    """

    root: Path
    printing_users: tuple[str, ...]
    administrators: tuple[str, ...] = ()
    user: str | None = None
    log_level: str = "info"
    desk: str = "unix:/nonexistent/tickets.sock"

    def __post_init__(self) -> None:
        if any(character.isspace() for character in str(self.root)):
            raise ValueError("CUPS configuration cannot name a folder with white space")
        if not _DESK.fullmatch(self.desk):
            raise ValueError("the ticket desk is unix:/path or https://host:port")
        if len(os.fsencode(self.socket)) > _LONGEST_SOCKET_PATH:
            raise ValueError(f"the socket's path is longer than {_LONGEST_SOCKET_PATH} octets: {self.socket}")
        if not self.printing_users:
            raise ValueError("a spooler that nobody may print on")
        if not all(map(_USER_NAME.fullmatch, (*self.printing_users, *self.administrators))):
            raise ValueError("the policy names something that is no system user")
        if (self.user is None or self.user == "root") == (os.geteuid() == 0):
            raise ValueError("cupsd runs as a system user of its own when started by root, and as the caller otherwise")

    @property
    def socket(self) -> Path:
        return self.root / "run" / "cups.sock"

    @property
    def fence_directory(self) -> Path:
        return self.root / "fence"

    @property
    def backend_public_key(self) -> Path:
        """To which job files for this spooler are encrypted, PEM; there after `build`."""
        return self.root / "keys" / "backend.pub"

    @property
    def _backend_key(self) -> Path:
        return self.root / "keys" / "backend.key"

    @property
    def error_log(self) -> Path:
        return self.root / "log" / "error_log"

    def build(self) -> None:
        """Make or bring up to date all files; safe to repeat, also while cupsd runs (it reads them at its start)."""
        for name, mode in _OF_ROOT.items():
            make_folder(self.root / name, mode)
        for name, mode in _OF_CUPSD.items():
            make_folder(self.root / name, mode, owner=self.user)
        self._install_programs()
        self._make_backend_key()
        for name, text in self._configuration().items():
            write_if_changed(self.root / name, text.encode("utf-8"), mode=0o644)

    def command(self) -> list[str]:
        """Runs cupsd in the foreground; stop it with SIGTERM, and never while a copy is printing if that can wait."""
        conf = self.root / "conf"
        return [
            *command_prefix(self.user),
            _CUPSD,
            "-f",
            "-c",
            str(conf / "cupsd.conf"),
            "-s",
            str(conf / "cups-files.conf"),
        ]

    def environment(self) -> dict[str, str]:
        """The whole environment for `command`: nothing of the caller's, so no CUPS_* or LD_* variable leaks in."""
        return {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8"}

    def wait_until_ready(self, *, timeout: float = 15.0) -> None:
        """Returns when cupsd accepts connections. Raises: CupsNotReady after `timeout` seconds."""
        deadline = time.monotonic() + timeout
        while True:
            with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as attempt:
                try:
                    attempt.connect(str(self.socket))
                except OSError as error:
                    if time.monotonic() > deadline:
                        raise CupsNotReady(f"no cupsd answers on {self.socket}") from error
                    time.sleep(0.01)
                else:
                    return

    def spooler(self) -> CupsSpooler:
        return CupsSpooler(self.socket, self.fence_directory)

    def add_queue(self, name: str, uri: str, certificate_pem: str) -> None:
        """Make a queue for a printer, or change its address and pin; cupsd must be running.

        A new queue accepts jobs at once; a known one stays paused if it was. It replaces what was pinned before.
        name: 1 to 127 of A-Z a-z 0-9 _ -.   uri: `ipps://host[:port]/path`.
        Raises: QueueMalformed, CertificateMalformed, CupsCommandFailed.
        """
        address = _printer_address(name, uri)
        self._pin(name, address, certificate_pem)
        device = f"printserver-fence://{address.netloc}{address.path}"
        with self._administered(name) as connection:
            connection.addPrinter(name, filename=str(_DRIVERS / "controlled-a4.ppd"), device=device)
            connection.setPrinterErrorPolicy(name, "retry-current-job")
            connection.setPrinterOpPolicy(name, "sealed")
            # A paused queue accepts: one that does not is new, or was never finished.
            if not self.spooler().printer_status(name).accepting:
                connection.enablePrinter(name)
                connection.acceptJobs(name)

    def pause_queue(self, name: str) -> None:
        """Start no further job on this queue. Raises: CupsCommandFailed."""
        with self._administered(name) as connection:
            connection.disablePrinter(name)

    def resume_queue(self, name: str) -> None:
        """Also after CUPS stopped the queue by itself. Raises: CupsCommandFailed."""
        with self._administered(name) as connection:
            connection.enablePrinter(name)

    def _pin(self, queue: str, address: SplitResult, certificate_pem: str) -> None:
        folder = self.root / "pins" / queue
        for part in (folder, folder / ".cups", folder / ".cups" / "ssl"):
            make_folder(part, 0o755)
        pin = read_pin(certificate_pem)
        target = folder / ".cups" / "ssl" / f"{address.hostname}.crt"
        write_if_changed(target, pin.certificate_pem.encode("ascii"), mode=0o644)

    def _install_programs(self) -> None:
        server_bin = self.root / "bin"
        install_fence_backend(server_bin)
        link(server_bin / "backend" / "ipp", _SYSTEM_SERVER_BIN / "backend" / "ipp")
        for empty in ("filter", "notifier"):
            make_folder(server_bin / empty, 0o755)
        link(server_bin / "daemon", _SYSTEM_SERVER_BIN / "daemon")
        make_folder(self.root / "share" / "mime", 0o755)

    def _make_backend_key(self) -> None:
        """Once: with another key, jobs that are on their way could not be opened."""
        if not self._backend_key.exists():
            private, public = make_backend_key()
            self.backend_public_key.unlink(missing_ok=True)
            group = None if self.user is None else pwd.getpwnam(self.user).pw_gid
            write_if_changed(self._backend_key, private, mode=0o600 if group is None else 0o640, group=group)
            write_if_changed(self.backend_public_key, public, mode=0o644)
        read_public_key(self.backend_public_key)

    def _configuration(self) -> Mapping[str, str]:
        own = () if self.user is not None else (pwd.getpwuid(os.geteuid()).pw_name,)
        printing, administrators = " ".join(self.printing_users), " ".join((*self.administrators, *own))
        policy = _fill("sealed-policy.conf", printing_users=printing, administrators=administrators)
        return {
            "conf/cupsd.conf": _fill(
                "cupsd.conf",
                log_level=self.log_level,
                socket=str(self.socket),
                administrators=administrators,
                policy=policy,
            ),
            "conf/cups-files.conf": _fill(
                "cups-files.conf",
                root=str(self.root),
                fence=str(self.fence_directory),
                pins=str(self.root / "pins"),
                backend_key=str(self._backend_key),
                desk=self.desk,
                system_group="root",
            ),
            "etc/client.conf": _fill("client.conf"),
            "share/mime/mime.types": _fill("mime.types"),
            "share/mime/mime.convs": "",
        }

    @contextmanager
    def _administered(self, queue: str) -> Iterator[cups.Connection]:
        try:
            with connected(self.socket, missing=QueueNotFound(f"CUPS has no queue {queue}")) as connection:
                yield connection
        except (QueueNotFound, SpoolerRefused, SpoolerUnavailable) as error:
            raise CupsCommandFailed(f"the queue {queue} is as it was, or half changed: {error}") from error


def _printer_address(name: str, uri: str) -> SplitResult:
    if not _QUEUE_NAME.fullmatch(name):
        raise QueueMalformed("a queue's name is 1 to 127 of A-Z a-z 0-9 _ - and starts with none of the last two")
    if not _PRINTER_URI.fullmatch(uri):
        raise QueueMalformed("a controlled printer's address is ipps://host[:port]/path, with nothing before or after")
    return urlsplit(uri)


def _fill(template: str, **values: str) -> str:
    return Template((_TEMPLATES / template).read_text(encoding="utf-8")).substitute(values)
