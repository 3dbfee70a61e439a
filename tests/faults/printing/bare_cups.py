"""CUPS as it comes, for comparison: its stock `ipp` backend, its defaults, the same PPD and the same printers."""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import cups

from printserver.printing.emulated_printer import EmulatedPrinter
from printserver.printing.job_file import JOB_FILE_TYPE
from printserver.printing.private_cupsd import CupsNotReady
from printserver.settings import REPOSITORY
from tests.cups_rig import SPOOLER_USER, Running, wait_for
from tests.free_ports import free_port

SYSTEM_PROGRAMS = Path("/usr/lib/cups")
SYSTEM_DATA = Path("/usr/share/cups")
PPD = REPOSITORY / "drivers" / "cups" / "controlled-a4.ppd"
FOLDERS = ("etc/ssl", "etc/ppd", "bin", "cache", "spool/tmp", "run/certs", "log", "www")
OPTIONS = {"media": "A4", "print-scaling": "none"}

# What is not named here is as the program comes: above all DirtyCleanInterval (30 s) and PreserveJobFiles.
CUPSD_CONF = """
LogLevel info
Listen {root}/run/cups.sock
ServerName localhost
Browsing No
WebInterface No
ErrorPolicy retry-current-job
<Location />
  Order allow,deny
  Allow all
</Location>
<Location /admin>
  Order allow,deny
  Allow all
</Location>
<Policy default>
  <Limit All>
    Order deny,allow
  </Limit>
</Policy>
"""
CUPS_FILES_CONF = """
ServerRoot {root}/etc
ServerBin {root}/bin
DataDir /usr/share/cups
CacheDir {root}/cache
RequestRoot {root}/spool
TempDir {root}/spool/tmp
StateDir {root}/run
ServerKeychain {root}/etc/ssl
DocumentRoot {root}/www
AccessLog {root}/log/access_log
ErrorLog {root}/log/error_log
PageLog {root}/log/page_log
Sandboxing relaxed
SystemGroup root
{user}
"""


@dataclass
class BareCups:
    """One cupsd with one queue `q1`, `q2` … a printer."""

    root: Path
    printers: Sequence[EmulatedPrinter]
    cupsd: Running = field(init=False)
    engines: list[Running] = field(init=False)

    def __post_init__(self) -> None:
        conf = [str(self.root / "etc" / name) for name in ("cupsd.conf", "cups-files.conf")]
        environment = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8"}
        command = ["/usr/sbin/cupsd", "-f", "-c", conf[0], "-s", conf[1]]
        self.cupsd = Running(command, environment, self.root / "cupsd.out")
        self.engines = [
            Running(printer.command(), printer.environment(), self.root / "printer.out") for printer in self.printers
        ]

    @property
    def socket(self) -> Path:
        return self.root / "run" / "cups.sock"

    def build(self) -> None:
        for name in FOLDERS:
            (self.root / name).mkdir(parents=True)
        (self.root / "spool").chmod(0o710)
        (self.root / "spool" / "tmp").chmod(0o1770)
        for folder in ("backend", "filter", "daemon", "notifier"):
            (self.root / "bin" / folder).symlink_to(SYSTEM_PROGRAMS / folder)
        user = "User lp\nGroup lp" if os.geteuid() == 0 else ""
        for name, text in (("cupsd.conf", CUPSD_CONF), ("cups-files.conf", CUPS_FILES_CONF)):
            (self.root / "etc" / name).write_text(text.format(root=self.root, user=user))

    def start_cupsd(self) -> None:
        self.cupsd.start()
        wait_for(lambda: self.answers() or None)

    def answers(self) -> bool:
        try:
            self.connect()
        except RuntimeError:
            return False
        return True

    def connect(self) -> cups.Connection:
        """Raises RuntimeError when no cupsd answers."""
        return cups.Connection(host=str(self.socket), port=0)

    def add_queues(self) -> None:
        connection = self.connect()
        ppd = self.root / "passthrough.ppd"
        ppd.write_text(PPD.read_text("ascii").replace(JOB_FILE_TYPE, "application/pdf"), "ascii")
        for queue, printer in zip(self.queues, self.printers, strict=True):
            # Without SNMP, which this printer would never answer: the backend would wait for it before each job.
            connection.addPrinter(queue, filename=str(ppd), device=f"{printer.uri}?snmp=false")
            connection.enablePrinter(queue)
            connection.acceptJobs(queue)
        if set(connection.getPrinters()) != set(self.queues):
            raise CupsNotReady("the queues were not made")

    @property
    def queues(self) -> list[str]:
        return [f"q{number}" for number in range(1, len(self.printers) + 1)]


@contextmanager
def bare_cups(printers: int = 1) -> Iterator[BareCups]:
    """Running, with its printers; gone at the end."""
    root = Path(tempfile.mkdtemp(prefix="bare-"))
    root.chmod(0o755)
    made = [EmulatedPrinter(root / f"p{number}", free_port(), user=SPOOLER_USER) for number in range(printers)]
    bare = BareCups(root, made)
    try:
        bare.build()
        for printer, engine in zip(made, bare.engines, strict=True):
            printer.build()
            engine.start()
            printer.wait_until_ready()
        bare.start_cupsd()
        bare.add_queues()
        bare.cupsd.stop()  # else a kill within 30 seconds would take the queues too
        bare.start_cupsd()
        yield bare
    finally:
        for engine in bare.engines:
            engine.stop(signal.SIGKILL)
        bare.cupsd.stop()
        shutil.rmtree(root)
