"""Looks at the queues of a spooler as its running cupsd reports them, and at what lies in its spool."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator, Mapping
from ipaddress import ip_address
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from printserver.printing.cups_connection import connected
from printserver.printing.job_file import JOB_FILE_TYPE, MAGIC
from printserver.printing.ports import JobNotFound, QueueNotFound
from printserver.printing.ppd import controlled_ppd
from printserver.printing.spooler_configuration import POLICY
from printserver.printing.spooler_configuration_checks import cups_files_configuration, cupsd_configuration, types
from printserver.printing.spooler_findings import Check, Finding, InstalledSpooler, command
from printserver.printing.spooler_layout import SCHEME, RecordedQueue, SpoolerLayout
from printserver.printing.spooler_listener import listens_itself

IPP_PORT: Final = 631
ERROR_POLICY: Final = "retry-current-job"
QUEUE_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,126}")
_ASKED: Final = ["printer-op-policy", "printer-error-policy", "printer-is-accepting-jobs", "document-format-supported"]
_DOCUMENT: Final = re.compile(r"d([0-9]{5,})-[0-9]{3,}")


def device_uri(queue: RecordedQueue) -> str:
    """What cupsd must have as the device of a controlled queue."""
    address = urlsplit(queue.uri)
    return f"{SCHEME}://{address.netloc}{address.path}"


def queues(spooler: InstalledSpooler) -> Iterator[Finding]:
    """Each recorded queue goes through the fence, under our policy, with our description."""
    known = _queues(spooler)
    for name, recorded in spooler.record.queues.items():
        again = (spooler.install_again(name),)
        if name not in known:
            yield Finding("queue-missing", f"queue {name}", "CUPS has no such queue", "Install it again.", again)
            continue
        if known[name].get("device-uri") != device_uri(recorded):
            yield Finding(
                "queue-without-fence",
                f"queue {name}, device-uri",
                "it leads elsewhere than through the fence to the enrolled printer: copies could come out twice",
                "Put the queue back, and look at what was printed meanwhile.",
                again,
            )
        yield from _attributes(spooler, name, again)
        yield from _description(spooler, name, recorded, again)
    for name, printer in known.items():
        if name not in spooler.record.queues and urlsplit(printer.get("device-uri", "")).scheme == SCHEME:
            yield Finding(
                "queue-unknown",
                f"queue {name}",
                "it goes through the fence, but nobody enrolled it here",
                "Remove it, or install it with its printer's certificate.",
                (command("lpadmin", "-h", str(spooler.layout.socket), "-x", name),),
            )


def configuration_in_force(spooler: InstalledSpooler) -> Iterator[Finding]:
    """What stands rightly in the files is also what cupsd has read."""
    if any(True for check in (cupsd_configuration, cups_files_configuration, types) for _ in check(spooler)):
        return
    if stale := changed_since_read(spooler.layout):
        yield Finding(
            "cups-not-reloaded",
            ", ".join(map(str, stale)),
            "it was changed after cupsd had read it: something else may be in force",
            "Have cupsd read it.",
            (spooler.install_again(),),
        )


def changed_since_read(layout: SpoolerLayout) -> tuple[Path, ...]:
    """Files of the configuration younger than cupsd's socket, which it makes anew whenever it has read them.

    A socket that the service manager holds says nothing.   Raises: OSError.
    """
    if not listens_itself(layout.socket):
        return ()
    read_at = layout.socket.stat().st_ctime_ns
    files = (layout.cupsd_conf, layout.files_conf, layout.types)
    return tuple(path for path in files if path.stat().st_mtime_ns > read_at)


def other_ways_to_a_printer(spooler: InstalledSpooler) -> Iterator[Finding]:
    """A queue beside the fence prints what nobody approved. Found are those that name host or address."""
    controlled = {place for queue in spooler.record.queues.values() for place in _places(queue.uri)}
    for name, printer in _queues(spooler).items():
        device = str(printer.get("device-uri", ""))
        if name in spooler.record.queues or urlsplit(device).scheme == SCHEME or not controlled & _places(device):
            continue
        yield Finding(
            "another-way-to-the-printer",
            f"queue {name}, device-uri",
            "it reaches a controlled printer without the fence",
            "Remove the queue.",
            (command("lpadmin", "-h", str(spooler.layout.socket), "-x", name),),
        )


def spool(spooler: InstalledSpooler) -> Iterator[Finding]:
    """Nothing of a controlled queue lies there in the clear; other queues' waiting documents are theirs."""
    for path in sorted(spooler.layout.spool.iterdir()):
        found = _DOCUMENT.fullmatch(path.name)
        if not found or not path.is_file():
            continue
        with path.open("rb") as content:
            sealed = content.read(len(MAGIC)) == MAGIC
        if not sealed and _queue_of(spooler, int(found[1])) not in _uncontrolled(spooler):
            yield Finding(
                "document-in-the-clear",
                str(path),
                "a document lies in the spool that is no encrypted job file",
                "Remove it, and find out who handed it in.",
                (command("rm", path),),
            )


def _queues(spooler: InstalledSpooler) -> Mapping[str, Mapping[str, Any]]:
    with connected(spooler.layout.socket, missing=QueueNotFound("CUPS has no queues")) as connection:
        printers: Mapping[str, Mapping[str, Any]] = connection.getPrinters()
    return printers


def _attributes(spooler: InstalledSpooler, name: str, again: tuple[str, ...]) -> Iterator[Finding]:
    with connected(spooler.layout.socket, missing=QueueNotFound(f"CUPS has no queue {name}")) as connection:
        printer = connection.getPrinterAttributes(name, requested_attributes=_ASKED)
    wanted = {
        "printer-op-policy": (POLICY, "others than the server's worker could print, release or restart jobs"),
        "printer-error-policy": (ERROR_POLICY, "CUPS would start a job again by itself"),
    }
    for attribute, (value, danger) in wanted.items():
        if printer.get(attribute) != value:
            yield Finding(
                attribute.replace("printer-", "queue-"),
                f"queue {name}, {attribute}",
                f"it is {printer.get(attribute)}, not {value}: {danger}",
                "Put the queue back.",
                again,
            )
    if JOB_FILE_TYPE not in printer.get("document-format-supported", ()):
        yield Finding(
            "queue-takes-no-job-file",
            f"queue {name}, document-format-supported",
            f"the running cupsd does not take {JOB_FILE_TYPE} for it",
            "Put types and description back.",
            again,
        )


def _description(
    spooler: InstalledSpooler, name: str, recorded: RecordedQueue, again: tuple[str, ...]
) -> Iterator[Finding]:
    path = spooler.layout.ppd(name)
    if not path.is_file() or path.read_text("utf-8") != controlled_ppd(recorded.shape):
        yield Finding(
            "description-changed",
            str(path),
            "it is not the description that was installed: cupsd runs what a description names",
            "Put the description back.",
            again,
        )


def _queue_of(spooler: InstalledSpooler, job: int) -> str | None:
    try:
        with connected(spooler.layout.socket, missing=JobNotFound(f"CUPS has no job {job}")) as connection:
            printer = connection.getJobAttributes(job, ["job-printer-uri"]).get("job-printer-uri", "")
    except JobNotFound:
        return None
    return str(printer).rpartition("/")[2]


def _uncontrolled(spooler: InstalledSpooler) -> set[str]:
    return {name for name in _queues(spooler) if name not in spooler.record.queues}


def _places(uri: str) -> frozenset[str]:
    """The host's name and every address it has now: a printer takes jobs on several ports. On this machine itself
    there may be many printers, told apart by their ports."""
    parts = urlsplit(uri)
    if not parts.hostname:
        return frozenset()
    name = parts.hostname.rstrip(".")
    try:
        addresses = {str(each[4][0]) for each in socket.getaddrinfo(name, None)}
    except OSError:
        addresses = set()
    if addresses and all(ip_address(each.partition("%")[0]).is_loopback for each in addresses):
        return frozenset({f"loopback:{parts.port or IPP_PORT}"})
    return frozenset({name, *addresses})


CUPS_CHECKS: Final[tuple[Check, ...]] = (configuration_in_force, queues, other_ways_to_a_printer, spool)
