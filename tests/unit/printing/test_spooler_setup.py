"""The set is put onto a CUPS that already serves other queues, as a branch has it: those go on, or nothing is put."""

from __future__ import annotations

import shutil
import signal
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from printserver.printing.cups_connection import connected
from printserver.printing.emulated_printer import EmulatedPrinter
from printserver.printing.pin import read_pin
from printserver.printing.ports import QueueNotFound
from printserver.printing.spooler_check import check_spooler
from printserver.printing.spooler_configuration import ConfigurationInTheWay
from printserver.printing.spooler_desk import DeskMalformed
from printserver.printing.spooler_layout import RecordedQueue, SpoolerLayout, SpoolerRecord, read_record
from printserver.printing.spooler_queues import (
    CopyUnderWay,
    FingerprintDiffers,
    QueueNameMalformed,
    answers,
    pin_printer,
    put_queue,
    reload_cupsd,
)
from printserver.printing.spooler_setup import InstallationMalformed, install_spooler
from tests.cups_rig import SPOOLER_USER, STARTED_AS_ROOT, THIS_USER, Running, contract_pdf, wait_for
from tests.free_ports import free_port

NOW = datetime(2026, 11, 22, tzinfo=UTC)
STOCK_CUPSD = """\
LogLevel debug
Listen {root}/run/cups.sock
Browsing Yes
WebInterface Yes
ErrorPolicy retry-job
DefaultAuthType Basic
<Policy default>
  JobPrivateAccess default
  JobPrivateValues default
  <Limit All>
    Order deny,allow
  </Limit>
</Policy>
"""
STOCK_FILES = """\
ServerRoot {root}/etc
ServerBin {root}/bin
DataDir {root}/share
CacheDir {root}/cache
RequestRoot {root}/spool
TempDir {root}/spool/tmp
StateDir {root}/run
ServerKeychain {root}/etc/ssl
AccessLog {root}/log/access_log
ErrorLog {root}/log/error_log
PageLog {root}/log/page_log
SystemGroup root
{user}
"""


@dataclass
class StockCups:
    """A cupsd as a distribution sets it up, but below one folder; one queue, `office`, that is nobody's business."""

    root: Path
    cupsd: Running
    office: EmulatedPrinter
    contracts: EmulatedPrinter

    @property
    def layout(self) -> SpoolerLayout:
        return SpoolerLayout(
            private=False,
            home=self.root / "branch",
            cupsd_conf=self.root / "etc" / "cupsd.conf",
            files_conf=self.root / "etc" / "cups-files.conf",
            server_root=self.root / "etc",
            types=self.root / "etc" / "printserver.types",
            server_bin=self.root / "bin",
            spool=self.root / "spool",
            socket=self.root / "run" / "cups.sock",
            fence=self.root / "fence",
        )

    @property
    def record(self) -> SpoolerRecord:
        return SpoolerRecord((THIS_USER,), () if STARTED_AS_ROOT else (THIS_USER,), f"unix:{self.root}/desk.sock")

    def files(self) -> dict[str, bytes]:
        kept = [path for folder in ("etc", "bin", "branch") for path in sorted((self.root / folder).rglob("*"))]
        watched = [path for path in kept if path.is_file() and path.suffix in ("", ".conf", ".types", ".key", ".pub")]
        return {str(path): path.read_bytes() for path in watched}

    def print_in_the_office(self) -> None:
        """Through the other queue, in the clear, as before."""
        before = len(self.office.received())
        with connected(self.layout.socket, missing=QueueNotFound("no queue office")) as connection:
            document = self.root / "letter.pdf"
            document.write_bytes(contract_pdf(1))
            connection.printFile("office", str(document), "letter", {})
            wait_for(lambda: not connection.getJobs(which_jobs="not-completed") or None, within=30)
        assert len(self.office.received()) == before + 1


@pytest.fixture
def stock() -> Iterator[StockCups]:
    root = Path(tempfile.mkdtemp(prefix="stock-"))
    root.chmod(0o755)
    cupsd = Running(
        ["/usr/sbin/cupsd", "-f", "-c", f"{root}/etc/cupsd.conf", "-s", f"{root}/etc/cups-files.conf"],
        {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin"},
        root / "cupsd.out",
    )
    printers = [EmulatedPrinter(root / name, free_port(), user=SPOOLER_USER) for name in ("office", "contracts")]
    stock = StockCups(root, cupsd, *printers)
    for folder in ("etc/ssl", "bin/backend", "bin/filter", "bin/notifier", "share", "cache", "spool/tmp", "run", "log"):
        (root / folder).mkdir(parents=True)
    (root / "bin/backend/ipp").symlink_to("/usr/lib/cups/backend/ipp")
    (root / "bin/backend/ipps").symlink_to("/usr/lib/cups/backend/ipp")
    (root / "bin/daemon").symlink_to("/usr/lib/cups/daemon")
    (root / "share/mime").symlink_to("/usr/share/cups/mime")
    (root / "etc/cupsd.conf").write_text(STOCK_CUPSD.format(root=root))
    (root / "etc/cups-files.conf").write_text(STOCK_FILES.format(root=root, user=f"User {SPOOLER_USER or THIS_USER}"))
    engines = []
    try:
        for printer in printers:
            printer.build()
            engines.append(Running(printer.command(), printer.environment(), root / "printers.out"))
            engines[-1].start()
        for printer in printers:
            printer.wait_until_ready()
        cupsd.start()
        wait_for(lambda: answers(stock.layout) or None)
        with connected(stock.layout.socket, missing=QueueNotFound("no queue")) as connection:
            connection.addPrinter("office", device=f"ipp://localhost:{printers[0].port}/ipp/print")
            connection.enablePrinter("office")
            connection.acceptJobs("office")
        yield stock
    finally:
        for engine in engines:
            engine.stop(signal.SIGKILL)
        cupsd.stop()
        shutil.rmtree(root)


def enrol(stock: StockCups) -> None:
    layout = stock.layout
    installed = install_spooler(layout, stock.record, NOW, replace_directives=True)
    pin = read_pin(stock.contracts.certificate_pem)
    record = pin_printer(layout, installed.record, "contracts", RecordedQueue(stock.contracts.uri, pin.sha256), pin)
    if installed.reload:
        reload_cupsd(layout)
    for name, queue in record.queues.items():
        put_queue(layout, name, queue)


def test_a_cups_that_is_configured_for_something_else_is_left_as_it_is(stock: StockCups):
    before = stock.files()
    with pytest.raises(ConfigurationInTheWay) as refused:
        install_spooler(stock.layout, stock.record, NOW)
    assert refused.value.directives == ("line 3: Browsing Yes (needed: No)", "line 4: WebInterface Yes (needed: No)")
    assert stock.files() == before
    stock.print_in_the_office()


def test_other_queues_go_on_beside_the_controlled_one(stock: StockCups):
    stock.print_in_the_office()
    enrol(stock)
    assert {each.code for each in check_spooler(stock.layout, datetime.now(UTC))} == {"desk-silent"}
    stock.print_in_the_office()
    backups = sorted(path.name for path in (stock.root / "etc").glob("*.before-printserver-*"))
    assert [name.split(".before")[0] for name in backups] == ["cups-files.conf", "cupsd.conf"]
    assert (stock.root / "etc" / backups[1]).read_text() == STOCK_CUPSD.format(root=stock.root)
    with connected(stock.layout.socket, missing=QueueNotFound("no queue")) as connection:
        asked = ["printer-op-policy", "printer-error-policy"]
        office = connection.getPrinterAttributes("office", requested_attributes=asked)
        contracts = connection.getPrinterAttributes("contracts", requested_attributes=asked)
    assert office == {"printer-op-policy": "default", "printer-error-policy": "retry-job"}
    assert contracts == {"printer-op-policy": "sealed", "printer-error-policy": "retry-current-job"}


def test_putting_it_again_changes_nothing(stock: StockCups):
    enrol(stock)
    before = stock.files()
    assert not install_spooler(stock.layout, read_record(stock.layout), NOW, replace_directives=False).reload
    assert stock.files() == before


def test_cupsd_is_not_told_to_begin_anew_while_it_prints(stock: StockCups):
    stock.office.control(seconds_per_page=20)
    with connected(stock.layout.socket, missing=QueueNotFound("no queue office")) as connection:
        document = stock.root / "letter.pdf"
        document.write_bytes(contract_pdf(1))
        job = connection.printFile("office", str(document), "letter", {})
        wait_for(lambda: connection.getJobAttributes(job, ["job-state"])["job-state"] == 5 or None)
    with pytest.raises(CopyUnderWay):
        reload_cupsd(stock.layout)
    with connected(stock.layout.socket, missing=QueueNotFound("no queue office")) as connection:
        assert connection.getJobAttributes(job, ["job-state"])["job-state"] == 5
        connection.cancelJob(job)


def test_a_certificate_that_nobody_confirmed_is_not_pinned(stock: StockCups):
    installed = install_spooler(stock.layout, stock.record, NOW, replace_directives=True)
    pin = read_pin(stock.contracts.certificate_pem)
    with pytest.raises(FingerprintDiffers):
        pin_printer(stock.layout, installed.record, "contracts", RecordedQueue(stock.contracts.uri, "0" * 64), pin)
    with pytest.raises(QueueNameMalformed):
        pin_printer(stock.layout, installed.record, "../x", RecordedQueue(stock.contracts.uri, pin.sha256), pin)
    assert list(stock.layout.pins.iterdir()) == []


@pytest.mark.parametrize(
    ("record", "kind"),
    [
        (SpoolerRecord((), (), "unix:/x"), InstallationMalformed),
        (SpoolerRecord(("a b",), (), "unix:/x"), InstallationMalformed),
        (SpoolerRecord(("a",), ("@SYSTEM\nRequire valid-user",), "unix:/x"), InstallationMalformed),
        (SpoolerRecord(("a",), (), "http://example.test"), DeskMalformed),
        (SpoolerRecord(("a",), (), "unix:relative"), DeskMalformed),
        (SpoolerRecord(("a",), (), "unix:/x\nSetEnv LD_PRELOAD /y"), DeskMalformed),
        (SpoolerRecord(("a",), (), "https://example.test:8443/path"), DeskMalformed),
        (SpoolerRecord(("a",), (), "https://example.test:8443"), InstallationMalformed),
    ],
)
def test_what_cannot_be_installed_is_refused_before_anything_is_there(
    tmp_path: Path, record: SpoolerRecord, kind: type
):
    with pytest.raises(kind):
        install_spooler(SpoolerLayout.of_private(tmp_path / "c"), record, NOW, cups_user=SPOOLER_USER)
    assert list(tmp_path.iterdir()) == []
