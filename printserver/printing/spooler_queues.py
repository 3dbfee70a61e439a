"""The queues of an installed spooler: enrolling a printer, and having cupsd read its configuration again."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import ClassVar, Final

from printserver.foundation.errors import Malformed, Refused, Unavailable
from printserver.printing.cups_connection import connected
from printserver.printing.pin import Pin
from printserver.printing.ports import QueueNotFound, SpoolerUnavailable
from printserver.printing.ppd import controlled_ppd
from printserver.printing.printer_address import PrinterAddress, read_printer_address
from printserver.printing.spooler_configuration import POLICY
from printserver.printing.spooler_cups_checks import ERROR_POLICY, QUEUE_NAME, device_uri
from printserver.printing.spooler_files import Ownership, put_file
from printserver.printing.spooler_layout import RecordedQueue, SpoolerLayout, SpoolerRecord
from printserver.printing.spooler_listener import listener, listens_itself
from printserver.printing.spooler_setup import put_tls_settings

_PROCESSING: Final = 5  # job-state, RFC 8011 section 5.3.7
_RELOAD_SECONDS: Final = 45.0  # cupsd waits up to 30 for what it is doing


class QueueNameMalformed(Malformed):
    code: ClassVar[str] = "queue-name-malformed"


class FingerprintDiffers(Refused):
    """The certificate is not the one whose fingerprint a person compared."""

    code: ClassVar[str] = "fingerprint-differs"


class CopyUnderWay(Refused):
    """cupsd would end it: a copy is being printed."""

    code: ClassVar[str] = "copy-under-way"


class CupsSilent(Unavailable):
    code: ClassVar[str] = "cups-silent"


def pin_printer(
    layout: SpoolerLayout, record: SpoolerRecord, name: str, queue: RecordedQueue, pin: Pin
) -> SpoolerRecord:
    """Pin the printer's certificate for a queue, instead of what was pinned before. Returns the new record.

    pin: with the digest that `queue` carries, which a person confirmed.
    Raises: QueueNameMalformed, PrinterAddressMalformed, FingerprintDiffers.
    """
    if not QUEUE_NAME.fullmatch(name):
        raise QueueNameMalformed("a queue's name is 1 to 127 of A-Z a-z 0-9 _ - and starts with none of the last two")
    address = read_printer_address(queue.uri)
    if pin.sha256 != queue.certificate_sha256:
        raise FingerprintDiffers(f"the certificate's fingerprint is {pin.sha256}, not {queue.certificate_sha256}")
    _put_pin(layout, name, address, pin)
    known = replace(record, queues={**record.queues, name: queue})
    put_file(layout.record_file, known.to_json().encode("utf-8"), 0o644, Ownership.trusted())
    return known


def put_queue(layout: SpoolerLayout, name: str, queue: RecordedQueue) -> None:
    """Make or mend the queue in a running cupsd that has our policy. A new queue accepts jobs; a paused one stays so.

    Raises: CupsSilent, SpoolerRefused.
    """
    with tempfile.TemporaryDirectory() as folder:
        description = Path(folder) / "controlled.ppd"
        description.write_text(controlled_ppd(queue.shape), "ascii")
        try:
            with connected(layout.socket, missing=QueueNotFound(f"CUPS has no queue {name}")) as connection:
                fresh = name not in connection.getPrinters()
                connection.addPrinter(name, filename=str(description), device=device_uri(queue))
                connection.setPrinterErrorPolicy(name, ERROR_POLICY)
                connection.setPrinterOpPolicy(name, POLICY)
                connection.setPrinterShared(name, False)
                if fresh:
                    connection.enablePrinter(name)
                    connection.acceptJobs(name)
        except SpoolerUnavailable as error:
            raise CupsSilent(f"no cupsd answers on {layout.socket}: {error}") from error


def answers(layout: SpoolerLayout) -> bool:
    """Whether something takes connections on cupsd's socket."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as attempt:
        try:
            attempt.connect(str(layout.socket))
        except OSError:
            return False
        return True


def reload_cupsd(layout: SpoolerLayout) -> None:
    """Have cupsd read its configuration; returns when it has.   Raises: CopyUnderWay, CupsSilent."""
    with connected(layout.socket, missing=QueueNotFound("CUPS has no queues")) as connection:
        jobs = connection.getJobs(which_jobs="not-completed", requested_attributes=["job-id", "job-state"])
    if any(job.get("job-state") == _PROCESSING for job in jobs.values()):
        raise CopyUnderWay("a job is being printed, and CUPS would end it; wait, then install again")
    before = layout.socket.stat()
    process = listener(layout.socket)
    if listens_itself(layout.socket):
        os.kill(process, signal.SIGHUP)
    elif (systemctl := shutil.which("systemctl")) is not None:
        # The socket is the service manager's, which starts cupsd when it is needed.
        subprocess.run([systemctl, "restart", "cups.service"], check=True, timeout=120)
        return
    else:
        raise CupsSilent(f"restart cupsd: the process {process} that listens on {layout.socket} is another program")
    deadline = time.monotonic() + _RELOAD_SECONDS
    while not _listens_anew(layout, before):
        if time.monotonic() > deadline:
            raise CupsSilent("cupsd has not read its configuration again; restart it")
        time.sleep(0.05)


def _listens_anew(layout: SpoolerLayout, before: os.stat_result) -> bool:
    try:
        now = layout.socket.stat()
    except FileNotFoundError:
        return False
    return (now.st_ino, now.st_ctime_ns) != (before.st_ino, before.st_ctime_ns) and answers(layout)


def _put_pin(layout: SpoolerLayout, name: str, address: PrinterAddress, pin: Pin) -> None:
    put_tls_settings(layout, name)
    certificate = layout.pin(name, address.host)
    for other in certificate.parent.iterdir():
        if other != certificate:
            other.unlink()
    put_file(certificate, pin.certificate_pem.encode("ascii"), 0o644, Ownership.trusted())
