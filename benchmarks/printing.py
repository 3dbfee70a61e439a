"""Sealed copies a minute on paper, beside a stock CUPS queue that prints the same files on the same emulated engine.

The engine prints a sheet in 0.6 s (100 pages a minute). What counts is its own page log, from the first page begun to
the last page done: the throughput, and the share of the time in which it was printing. Copies are issued before that.

`PRINTSERVER_BENCH_COPIES` (default 500/50) says how many copies of one page and of ten pages.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

import cups

from printserver.cli.demo.client import Person
from printserver.printing.emulated_printer import EmulatedPrinter
from printserver.printing.job_file import JobHeader, make_backend_key, read_public_key, seal_job
from tests.faults.printing.bare_cups import OPTIONS, BareCups, bare_cups
from tests.faults.printing.books import stored_objects
from tests.faults.printing.flow import small_contract
from tests.faults.printing.installation import KillableServer, killable_server
from tests.faults.printing.paper import page_events
from tests.faults.printing.victims import Victim

SECONDS_PER_PAGE: Final = 0.6
ONE_PAGE, TEN_PAGES = 1, 10
PARALLEL: Final = 4
MOST_OF_A_REQUEST: Final = 50
COST_ROUNDS: Final = 50
LOOK_SECONDS: Final = 1.0
STANDSTILL_SECONDS: Final = 300.0
UNFINISHED: Final = {"rendered", "authorised", "issued", "released", "sent"}


@dataclass(frozen=True)
class Run:
    """One way of printing. busy: share of the engines' time in which they printed.   cpu_ms: processor time a copy."""

    copies_a_minute: float
    busy: float
    cpu_ms: float


def measure() -> list[dict[str, object]]:
    """Rows {"name", "value", "limit", "ratio", "unit"}; limit: the stock queue's figure, unless the name says more."""
    one_page, ten_pages = (int(each) for each in os.environ.get("PRINTSERVER_BENCH_COPIES", "500/50").split("/"))
    rows: list[dict[str, object]] = []
    with killable_server() as server:
        for pages, copies in ((ONE_PAGE, one_page), (TEN_PAGES, ten_pages)):
            ours, documents = through_the_server(server, pages, copies)
            stock = through_a_stock_queue(documents)
            name = f"printing: {copies} copies of {pages} pages"
            rows += [
                _row(f"{name} ÷ stock CUPS queue", ours.copies_a_minute, stock.copies_a_minute, "copies a minute"),
                _row(f"{name}, engine busy ÷ at a stock queue", 100 * ours.busy, 100 * stock.busy, "% of the time"),
                _row(f"{name}, processor ÷ stock CUPS queue", ours.cpu_ms, stock.cpu_ms, "CPU ms a copy"),
            ]
            rows += [_sealing(documents[0])] if pages == TEN_PAGES else []
    rows.append(_parallel(max(one_page // 5, PARALLEL)))
    return rows


def through_the_server(server: KillableServer, pages: int, copies: int) -> tuple[Run, list[bytes]]:
    """Print so many copies on each printer, and the documents that came out. Raises RuntimeError if one did not."""
    clerk = server.person("clerk")
    printers = list(server.printers.values())
    requests = [
        request
        for printer in clerk.get("/printers")
        for request in _issued(server, clerk, printer["id"], pages, copies)
    ]
    for emulated in printers:
        emulated.control(seconds_per_page=SECONDS_PER_PAGE)
    before = {printer.root: len(page_events(printer)) for printer in printers}
    cpu = _processor_seconds(server.processes.find(Victim.WORKER), server.processes.find(Victim.CUPSD))
    for request in requests:
        clerk.post(f"/print-requests/{request}/releases", {})
    done = [_brought_to_an_end(clerk, request, UNFINISHED) for request in requests]
    cpu = _processor_seconds(server.processes.find(Victim.WORKER), server.processes.find(Victim.CUPSD)) - cpu
    shown = [copy for details in done for copy in details["copy_list"]]
    if wrong := {copy["state"] for copy in shown} - {"printed"}:
        raise RuntimeError(f"some copies are {wrong}")
    stored = stored_objects(server.settings, [copy["issued_sha256"] for copy in shown])
    run = _run(printers, before, len(shown), cpu)
    return run, [stored[copy["issued_sha256"]] for copy in shown]


def through_a_stock_queue(documents: Sequence[bytes]) -> Run:
    with bare_cups() as bare:
        (printer,) = bare.printers
        printer.control(seconds_per_page=SECONDS_PER_PAGE)
        pid = [bare.cupsd.process.pid] if bare.cupsd.process else []
        cpu = _processor_seconds(pid)
        for number, document in enumerate(documents):
            path = bare.root / f"{number}.pdf"
            path.write_bytes(document)
            bare.connect().printFile(bare.queues[0], str(path), str(uuid4()), OPTIONS)
        _until(lambda: not _unfinished(bare), lambda: len(page_events(printer)))
        return _run([printer], {printer.root: 0}, len(documents), _processor_seconds(pid) - cpu)


def _issued(server: KillableServer, clerk: Person, printer_id: str, pages: int, copies: int) -> list[str]:
    """Requests for so many copies in all, signed and ready to be released."""
    approver, custodian = server.person("approver"), server.person("custodian")
    seal, requests = clerk.get("/seals")[0]["id"], []
    for start in range(0, copies, MOST_OF_A_REQUEST):
        application = {
            "seal_id": seal,
            "printer_id": printer_id,
            "copies": min(MOST_OF_A_REQUEST, copies - start),
            "places": [{"page": pages, "x_um": 105_000, "y_um": 215_000}],
            "title": f"benchmark {start}",
        }
        request = str(clerk.submit(application, small_contract(f"benchmark {start}", pages), "contract.pdf")["id"])
        decision = {"manifest_sha256": _brought_to_an_end(clerk, request, {"none"})["manifest_sha256"]}
        approver.post(f"/print-requests/{request}/approvals", decision)
        custodian.post(f"/print-requests/{request}/seal-use-confirmations", decision)
        requests.append(request)
    for request in requests:
        _brought_to_an_end(clerk, request, {"rendered", "authorised"})
    return requests


def _brought_to_an_end(clerk: Person, request: str, unfinished: set[str]) -> Any:
    """The request, once its copies are there and none of them is in one of these states."""
    details: Any = {}

    def look() -> Any:
        nonlocal details
        details = clerk.get(f"/print-requests/{request}")
        return [copy["state"] for copy in details["copy_list"]]

    _until(lambda: bool(states := look()) and not set(states) & unfinished, look)
    return details


def _until(done: Callable[[], bool], progress: Callable[[], object]) -> None:
    """Raises RuntimeError when nothing moves any more."""
    before, moved = progress(), time.monotonic()
    while not done():
        time.sleep(LOOK_SECONDS)
        now = progress()
        if now != before:
            before, moved = now, time.monotonic()
        if time.monotonic() - moved > STANDSTILL_SECONDS:
            raise RuntimeError(f"nothing moves any more: {now}")


def _unfinished(bare: BareCups) -> bool:
    with suppress(RuntimeError, cups.IPPError):
        return bool(bare.connect().getJobs(which_jobs="not-completed"))
    return True


def _run(printers: Sequence[EmulatedPrinter], before: dict[Path, int], copies: int, cpu_seconds: float) -> Run:
    events = [page_events(printer)[before[printer.root] :] for printer in printers]
    first = min(own[0].at for own in events)
    seconds = max(own[-1].at for own in events) - first
    printing = sum(event.at if event.done else -event.at for own in events for event in own)
    return Run(60 * copies / seconds, printing / seconds / len(printers), 1000 * cpu_seconds / copies)


def _processor_seconds(*groups: Sequence[int]) -> float:
    """Of these processes and of the children that they have seen ending."""
    ticks = 0
    for pid in (pid for group in groups for pid in group):
        ticks += sum(int(field) for field in Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:15])
    return ticks / os.sysconf("SC_CLK_TCK")


def _sealing(document: bytes) -> dict[str, object]:
    """What the encryption of one copy costs, beside the time that the engine needs for its shortest sheet."""
    with tempfile.NamedTemporaryFile() as file:
        file.write(make_backend_key()[1])
        file.flush()
        public = read_public_key(Path(file.name))
    header = JobHeader("0" * 64, uuid4(), "application/pdf", sha256(document).hexdigest(), TEN_PAGES)
    begun = time.process_time()
    for _ in range(COST_ROUNDS):
        seal_job(document, header, public, bytes(32))
    milliseconds = 1000 * (time.process_time() - begun) / COST_ROUNDS
    name = f"printing: encrypting a copy of {len(document) >> 10} KiB ÷ the engine's time for a sheet"
    return _row(name, milliseconds, 1000 * SECONDS_PER_PAGE, "ms")


def _parallel(copies: int) -> dict[str, object]:
    rates = []
    for printers in (1, PARALLEL):
        with killable_server(printers=printers) as server:
            rates.append(through_the_server(server, ONE_PAGE, copies)[0].copies_a_minute)
    name = f"printing: {PARALLEL} printers at once, {copies} copies each ÷ {PARALLEL} times one"
    return _row(name, rates[1], PARALLEL * rates[0], "copies a minute")


def _row(name: str, value: float, limit: float, unit: str) -> dict[str, object]:
    return {"name": name, "value": value, "limit": limit, "ratio": value / limit, "unit": unit}
