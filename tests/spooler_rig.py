"""A branch's CUPS, installed by the command as a person would: cupsd, printer and desk are real, in one folder."""

from __future__ import annotations

import contextlib
import os
import pwd
import shlex
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import cups
from typer.testing import CliRunner, Result

from printserver.cli.main import app
from printserver.printing.cups_connection import connected
from printserver.printing.emulated_printer import EmulatedPrinter
from printserver.printing.pin import read_pin
from printserver.printing.ports import QueueNotFound
from printserver.printing.private_cupsd import PrivateCups
from printserver.printing.redemption import UnixListener
from printserver.printing.spooler_check import check_spooler
from printserver.printing.spooler_findings import Finding
from printserver.printing.spooler_layout import SpoolerLayout
from tests.cups_rig import SPOOLER, SPOOLER_USER, THIS_USER, Running
from tests.free_ports import free_port
from tests.memory_desk import MemoryDesk

QUEUE = "contracts"


@dataclass
class SpoolerRig:
    """root: a short folder of its own."""

    root: Path
    printer: EmulatedPrinter
    desk: MemoryDesk = field(default_factory=MemoryDesk)

    def __post_init__(self) -> None:
        self.engine = Running(self.printer.command(), self.printer.environment(), self.root / "printer.out")
        own = PrivateCups(self.cups_root, printing_users=(THIS_USER,), user=SPOOLER_USER)
        self.cupsd = Running(own.command(), own.environment(), self.root / "cupsd.out")
        self.wait_for_cupsd = own.wait_until_ready
        self.listener = self.new_listener()

    @property
    def cups_root(self) -> Path:
        return self.root / "c"

    @property
    def layout(self) -> SpoolerLayout:
        return SpoolerLayout.of_private(self.cups_root)

    @property
    def fingerprint(self) -> str:
        return read_pin(self.printer.certificate_pem).sha256

    @property
    def desk_address(self) -> str:
        return f"unix:{self.root}/desk.sock"

    def new_listener(self) -> UnixListener:
        backends = pwd.getpwnam(SPOOLER_USER).pw_uid if SPOOLER_USER else os.geteuid()
        return UnixListener(self.root / "desk.sock", self.desk, {backends: SPOOLER})

    def install(self, *arguments: str) -> Result:
        return command("install", *arguments, "--cups-root", str(self.cups_root))

    def install_first(self, desk: str = "", *more: str) -> Result:
        user = ("--cups-user", SPOOLER_USER) if SPOOLER_USER else ()
        who = ("--printing-user", THIS_USER, "--desk", desk or self.desk_address)
        return self.install(QUEUE, self.printer.uri, "--fingerprint", self.fingerprint, *who, *user, *more)

    def start_cupsd(self) -> None:
        self.cupsd.start()
        self.wait_for_cupsd()

    def findings(self) -> tuple[Finding, ...]:
        return check_spooler(self.layout, datetime.now(UTC))

    @contextlib.contextmanager
    def administered(self) -> Iterator[cups.Connection]:
        with connected(self.layout.socket, missing=QueueNotFound("no queue")) as connection:
            yield connection


def command(*arguments: str) -> Result:
    """`printserver printers …`, in this process."""
    result = CliRunner().invoke(app, ["printers", *arguments])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


def mend(finding: Finding) -> None:
    """What the finding says, as a person at the shell would."""
    for line in finding.commands:
        words = shlex.split(line)
        if words[:2] == ["printserver", "printers"]:
            assert command(*words[2:]).exit_code in (0, 1), line
        else:
            subprocess.run(words, check=True, capture_output=True, timeout=60)


@contextlib.contextmanager
def spooler_rig() -> Iterator[SpoolerRig]:
    """Printer and desk are there; nothing of CUPS is."""
    root = Path(tempfile.mkdtemp(prefix="spooler-"))
    root.chmod(0o755)
    rig = SpoolerRig(root, EmulatedPrinter(root / "printer", free_port(), user=SPOOLER_USER))
    try:
        rig.printer.build()
        rig.engine.start()
        rig.printer.wait_until_ready()
        rig.listener.start()
        assert rig.listener.wait_until_serving(10)
        yield rig
    finally:
        rig.engine.stop(signal.SIGKILL)
        rig.cupsd.stop()
        rig.listener.close()
        shutil.rmtree(root)


@contextlib.contextmanager
def installed_spooler() -> Iterator[SpoolerRig]:
    """Installed, running, and nothing wrong with it."""
    with spooler_rig() as rig:
        assert rig.install_first().exit_code == 3
        rig.start_cupsd()
        result = rig.install()
        assert result.exit_code == 0, result.output
        yield rig
