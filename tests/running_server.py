"""A complete server of its own for a test: installed in a short temporary folder, started as `printserver run`."""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from printserver.cli.demo.client import Person
from printserver.cli.demo.server import DemoServer, demo_settings
from printserver.settings import HOME_VARIABLE
from tests.sharing_out import SERVERS_LIFETIME


@dataclass(frozen=True)
class BrowserSession:
    """cookie: as the browser gives and takes it.   since: of the monotonic clock, in seconds."""

    cookie: Any
    since: float


@dataclass(frozen=True)
class RunningServer(DemoServer):
    """The demonstration's installation and people, with its processes in reach."""

    known: dict[str, Person] = field(default_factory=dict, kw_only=True)
    sessions: dict[str, BrowserSession] = field(default_factory=dict, kw_only=True)

    def start(self) -> None:
        """A sign-in is enough for a test. Only the server is told so: tests of this process ask as the product does."""
        with pytest.MonkeyPatch.context() as environment:
            environment.setenv("PRINTSERVER_STEP_UP_MINUTES", "60")
            super().start()

    def person(self, login: str) -> Person:
        """Signed in once: an address that signs in again and again is told to wait."""
        if login not in self.known:
            self.known[login] = Person.sign_in(self.url, login, self.passwords[login])
        return self.known[login]

    def process(self, part: str) -> int | None:
        """The pid of a part (`signer`, `worker`, `web`, `cupsd`) as it runs now."""
        supervisor = int((self.settings.home / "supervisor.pid").read_text())
        for child in Path(f"/proc/{supervisor}/task").glob("*/children"):
            for pid in child.read_text().split():
                if part in _command(int(pid)):
                    return int(pid)
        return None

    def kill(self, part: str) -> int | None:
        """SIGKILL a part, if it runs; the supervisor starts it again."""
        pid = self.process(part)
        if pid is not None:
            os.kill(pid, signal.SIGKILL)
        return pid


def _command(pid: int) -> list[str]:
    """The words of a command line, programs by their bare names."""
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes().decode().split("\0")
    except (FileNotFoundError, ProcessLookupError):
        return []
    return [Path(word).name for word in words]


@contextmanager
def running_server() -> Iterator[RunningServer]:
    """As root below /var/lib, where the service users can reach it; sockets want short paths."""
    parent = "/var/lib" if os.geteuid() == 0 else tempfile.gettempdir()
    home = Path(tempfile.mkdtemp(prefix="pst-", dir=parent))
    home.chmod(0o755)
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv(HOME_VARIABLE, str(home))
        try:
            server = RunningServer(demo_settings(free_ports=True))
            try:
                server.start()
                yield server
            finally:
                server.stop()
        finally:
            shutil.rmtree(home)


@dataclass
class SharedServer:
    """One server for all tests of a run that leave it as they found it: begun by the first of them.

    lifetime: its end is the server's.
    """

    lifetime: ExitStack
    _running: RunningServer | None = None

    def running(self) -> RunningServer:
        if self._running is None:
            self._running = self.lifetime.enter_context(running_server())
            self.lifetime.callback(self._forget)
        return self._running

    def _forget(self) -> None:
        self._running = None


@pytest.fixture(scope="session")
def shared_server(request: pytest.FixtureRequest) -> Iterator[SharedServer]:
    with ExitStack() as lifetime:
        request.session.stash[SERVERS_LIFETIME] = lifetime
        yield SharedServer(lifetime)


@pytest.fixture
def server(shared_server: SharedServer) -> RunningServer:
    return shared_server.running()
