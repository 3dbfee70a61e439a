"""Writes down what print queues say that their printers do not: stopped, a password asked for, a ticket refused.

No transaction is open while a queue is asked.
"""

from __future__ import annotations

from typing import Final
from uuid import UUID

from printserver.foundation.errors import PrintServerError
from printserver.print_requests.printing import PrintTools
from printserver.print_requests.watched import jobs_waiting
from printserver.printing.ports import QueueNotFound, Spooler, SpoolerUnavailable
from printserver.printing.queries import PrinterFacts, printers_to_watch
from printserver.printing.status import record_queue, statuses

EVERY_SECONDS: Final = 5.0
OWN_WORDS: Final = ("cups-", "printserver-", "paused", "hold-new-jobs", "spool-area-full")
"""Everything else a queue only repeats after its printer."""
PROGRESS: Final = ("cups-waiting-for-job-completed", "cups-remote-")
OF_JOBS: Final = "cups-held-for-authentication"
JOBS_LOOKED_AT: Final = 2
"""Of a printer: what stops one stops those behind it."""
UNREACHABLE: Final = "printserver-spooler-unreachable"
MISSING: Final = "printserver-queue-missing"


def note_queues(tools: PrintTools) -> int:
    """Ask every printer's queue once; of how many it was news."""
    with tools.database.reading() as work:
        printers, jobs = printers_to_watch(work), jobs_waiting(work)
        known = statuses(work, [printer.id for printer in printers])
    news = 0
    for printer in (each for each in printers if each.id in known):
        reasons = _said(tools, printer, jobs.get(printer.id, [])[:JOBS_LOOKED_AT])
        if reasons != known[printer.id].queue_reasons:
            with tools.database.work() as work:
                record_queue(work, printer.id, reasons)
            news += 1
    return news


def _said(tools: PrintTools, printer: PrinterFacts, jobs: list[UUID]) -> tuple[str, ...]:
    try:
        spooler = tools.spoolers(printer.spooler).spooler
        said = {reason for reason in spooler.printer_status(printer.queue).reasons if _is_its_own(reason)}
        return tuple(sorted(said | _of_jobs(spooler, jobs)))
    except QueueNotFound:
        return (MISSING,)
    except SpoolerUnavailable:
        return (UNREACHABLE,)
    except PrintServerError:
        return (MISSING,)  # no such spooler in the settings, so no queue of it either


def _is_its_own(reason: str) -> bool:
    return reason.startswith(OWN_WORDS) and not reason.startswith(PROGRESS)


def _of_jobs(spooler: Spooler, jobs: list[UUID]) -> set[str]:
    reports = [spooler.report(job) for job in jobs]
    return {OF_JOBS for report in reports if report is not None and OF_JOBS in report.reasons}
