"""A real cupsd with a real queue to a printer without paper, and a ticket desk, for tests.

Everything lies below one short temporary folder. Started as root, cupsd and the printer run as the system user `lp`;
otherwise all run as the caller.
"""

from __future__ import annotations

import contextlib
import io
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import TypeVar
from uuid import UUID, uuid4

import pikepdf

from printserver.printing.cups import CupsSpooler
from printserver.printing.emulated_printer import EmulatedPrinter
from printserver.printing.job_file import JobHeader, read_public_key, seal_job
from printserver.printing.outcome import Outcome, judge
from printserver.printing.pin import read_pin
from printserver.printing.ports import JobReport
from printserver.printing.private_cupsd import PrivateCups
from printserver.printing.redemption import UnixListener
from tests.free_ports import free_port
from tests.memory_desk import MemoryDesk

QUEUE = "controlled"
SPOOLER = "local"
STARTED_AS_ROOT = os.geteuid() == 0
SPOOLER_USER = "lp" if STARTED_AS_ROOT else None
THIS_USER = pwd.getpwuid(os.geteuid()).pw_name

Found = TypeVar("Found")


@dataclass
class Running:
    """A program that can be switched off and on."""

    command: list[str]
    environment: dict[str, str]
    log: Path
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self.command, env=self.environment, cwd="/", stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )

    def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        if self.process is None:
            return
        self.process.send_signal(how)
        try:
            self.process.wait(15)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process = None


@dataclass
class CupsRig:
    """One cupsd, one printer, one queue named `QUEUE` between them."""

    root: Path
    cups: PrivateCups
    printer: EmulatedPrinter
    desk: MemoryDesk = field(default_factory=MemoryDesk)
    pinned: str = ""
    """The certificate that the queue's tickets are made out for."""

    cupsd: Running = field(init=False)
    engine: Running = field(init=False)

    def __post_init__(self) -> None:
        self.cupsd = Running(self.cups.command(), self.cups.environment(), self.root / "cupsd.out")
        self.engine = Running(self.printer.command(), self.printer.environment(), self.root / "printer.out")

    @property
    def spooler(self) -> CupsSpooler:
        return self.cups.spooler()

    def start_cupsd(self) -> None:
        self.cupsd.start()
        self.cups.wait_until_ready()

    def start_printer(self) -> None:
        self.engine.start()
        self.printer.wait_until_ready()

    def pin_printer(self) -> None:
        self.pinned = self.printer.certificate_pem
        self.cups.add_queue(QUEUE, self.printer.uri, self.pinned)

    @contextlib.contextmanager
    def serving(self, path: Path) -> Iterator[None]:
        """The desk may be asked on this socket by the user that the backends run as, and by the test."""
        backends = pwd.getpwnam(SPOOLER_USER).pw_uid if SPOOLER_USER else os.geteuid()
        listener = UnixListener(path, self.desk, {backends: SPOOLER, os.geteuid(): SPOOLER})
        listener.start()
        try:
            yield
        finally:
            listener.close()

    def seal(self, job_uuid: UUID, pdf: bytes, *, impressions: int | None = None, queue: str = QUEUE) -> bytes:
        """The job file of a copy, with a new ticket for the printer's pinned certificate."""
        if impressions is None:
            with pikepdf.open(io.BytesIO(pdf)) as opened:
                impressions = len(opened.pages)
        pinned = read_pin(self.pinned).sha256
        ticket = self.desk.make(str(job_uuid), queue, pinned, SPOOLER)
        header = JobHeader(ticket, job_uuid, "application/pdf", sha256(pdf).hexdigest(), impressions)
        return seal_job(pdf, header, read_public_key(self.cups.backend_public_key), self.desk.shares.share(ticket))

    def hold(self, job_uuid: UUID, pdf: bytes) -> int:
        return self.spooler.hold(QUEUE, job_uuid, self.seal(job_uuid, pdf))

    def print(self, job_uuid: UUID, pdf: bytes) -> int:
        """Hold and release in one go."""
        job_id = self.hold(job_uuid, pdf)
        self.spooler.release(job_id)
        return job_id

    def report(self, job_uuid: UUID) -> JobReport:
        report = self.spooler.report(job_uuid)
        assert report is not None
        return report

    def settled(self, job_uuid: UUID, expected_impressions: int, *, within: float = 60.0) -> tuple[Outcome, JobReport]:
        """Wait until the copy's outcome is decided."""

        def decided() -> tuple[Outcome, JobReport] | None:
            report = self.report(job_uuid)
            outcome = self.judged(job_uuid, report, expected_impressions)
            return None if outcome is Outcome.WAITING else (outcome, report)

        return wait_for(decided, within=within)

    def judged(self, job_uuid: UUID, report: JobReport, expected_impressions: int) -> Outcome:
        return judge(self.desk.of_job(str(job_uuid)).state, report.fence, report.job_state, expected_impressions)


@contextlib.contextmanager
def running_cups(
    *, printing_user: str = THIS_USER, open_desk: bool = True, formats: tuple[str, ...] = ("application/pdf",)
) -> Iterator[CupsRig]:
    """Everything switched on and pinned; on leaving, all processes are gone and the folder too.

    printing_user: the one system user that may hand in copies.   open_desk: False leaves its socket to the test.
    formats: of documents that the printer takes.
    """
    root = Path(tempfile.mkdtemp(prefix="cups-rig-"))
    root.chmod(0o755)
    rig = CupsRig(
        root=root,
        cups=PrivateCups(
            root / "cups",
            printing_users=(printing_user,),
            user=SPOOLER_USER,
            log_level="debug",
            desk=f"unix:{desk_socket(root)}",
        ),
        printer=EmulatedPrinter(root / "printer", free_port(), user=SPOOLER_USER, formats=formats),
    )
    try:
        rig.cups.build()
        rig.printer.build()
        rig.start_printer()
        rig.start_cupsd()
        rig.pin_printer()
        with rig.serving(desk_socket(root)) if open_desk else contextlib.nullcontext():
            yield rig
    finally:
        rig.engine.stop(signal.SIGKILL)
        rig.cupsd.stop()
        stop_backends(rig)
        shutil.rmtree(root)


def desk_socket(root: Path) -> Path:
    return root / "tickets.sock"


def stop_backends(rig: CupsRig) -> None:
    """Backends whose cupsd was killed outlive it."""
    for process in backends(rig):
        with contextlib.suppress(ProcessLookupError):
            os.kill(process, signal.SIGKILL)


def backends(rig: CupsRig) -> list[int]:
    """Process ids of this rig's fence and stock backends."""
    stock, fence = f"localhost:{rig.printer.port}/".encode(), f"{rig.root}/".encode()
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                arguments = (entry / "cmdline").read_bytes()
            except OSError:
                continue
            if stock in arguments or (fence in arguments and b"/backend/printserver-fence" in arguments):
                found.append(int(entry.name))
    return found


def wait_for(look: Callable[[], Found | None], *, within: float = 60.0) -> Found:
    """Look again and again until there is something; fail after `within` seconds."""
    deadline = time.monotonic() + within
    while (found := look()) is None:
        assert time.monotonic() < deadline, f"nothing within {within} seconds"
        time.sleep(0.05)
    return found


def contract_pdf(pages: int = 2, *, mark: str = "") -> bytes:
    """An A4 document of so many empty pages; no two are the same bytes."""
    pdf = pikepdf.new()
    for _ in range(pages):
        pdf.add_blank_page(page_size=(595.276, 841.89))
    pdf.docinfo["/Title"] = f"{mark} {uuid4()}"
    out = io.BytesIO()
    pdf.save(out)
    return out.getvalue()
