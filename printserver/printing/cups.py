"""CUPS as the spooler, through pycups, over the Unix socket of one cupsd.

An object may be shared between threads. A cupsd may keep silent for a minute before it is given up, so this is for
worker processes and never for an answer that a person waits for.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import cups

from printserver.printing.cups_connection import NotPossible, connected
from printserver.printing.fence_record import read_fence_record
from printserver.printing.job_file import JOB_FILE_TYPE
from printserver.printing.ports import (
    FenceRecord,
    JobNotFound,
    JobReport,
    JobState,
    PrinterState,
    PrinterStatus,
    QueueNotFound,
    SpoolerUnavailable,
)
from printserver.printing.release_job import release_job

Attributes = Mapping[str, Any]

_JOB_STATES: Final = dict(enumerate(JobState, start=3))
_PRINTER_STATES: Final = dict(enumerate(PrinterState, start=3))
# By name: with all of them, pycups leaks 24 KB a call.
_JOB_ATTRIBUTES: Final = [
    "job-uuid",
    "job-state",
    "job-state-reasons",
    "job-impressions-completed",
    "job-k-octets",
]
_PRINTER_ATTRIBUTES: Final = ["printer-state", "printer-state-reasons", "printer-is-accepting-jobs"]
_MOST_JOBS_IN_AN_ANSWER: Final = 500  # cupsd gives no more at once when it must read the jobs' files
_PIECE: Final = 256 * 1024  # octets of a job file handed to pycups at once; it copies each


class CupsSpooler:
    """The `Spooler` of one cupsd whose queues use the fence backend.

    socket_path: cupsd's Unix socket.   fence_directory: where the backend keeps its claims, readable by this process.
    """

    def __init__(self, socket_path: Path, fence_directory: Path) -> None:
        self._socket_path = socket_path
        self._fence_directory = fence_directory

    def hold(self, queue: str, job_uuid: UUID, job_file: bytes, *, sides: str = "one-sided") -> int:
        """See `Spooler.hold`. A job whose document never arrived whole is cancelled and made anew."""
        job_id: int | None = None
        for job in self._jobs_of(job_uuid):
            if job.has_document:
                job_id = job.job_id if job_id is None else min(job_id, job.job_id)
            elif not job.state.is_final:
                self.cancel(job.job_id)
        return self._hand_over(queue, job_uuid, job_file, sides) if job_id is None else job_id

    def release(self, job_id: int) -> None:
        """See `Spooler.release`."""
        try:
            release_job(self._socket_path, job_id)
        except NotPossible:
            if self._job(job_id).state is JobState.PENDING_HELD:
                # It was running, and the fence had it held again between the two questions.
                release_job(self._socket_path, job_id)

    def report(self, job_uuid: UUID) -> JobReport | None:
        """See `Spooler.report`. Of several jobs of one copy, the one that claimed it speaks for it."""
        while True:
            fence = self.fence_record(job_uuid)
            job = self._speaking_job(job_uuid, fence)
            if fence == self.fence_record(job_uuid):
                break
        if job is None:
            return None
        return JobReport(job.job_id, job.state, job.reasons, job.impressions_completed, fence)

    def fence_record(self, job_uuid: UUID) -> FenceRecord | None:
        """The copy's claim, even when CUPS has forgotten the job. Raises: FenceRecordDamaged."""
        return read_fence_record(self._fence_directory, job_uuid)

    def cancel(self, job_id: int) -> None:
        """See `Spooler.cancel`."""
        try:
            with connected(self._socket_path, missing=_no_job(job_id)) as connection:
                connection.cancelJob(job_id)
        except NotPossible:
            if not self._job(job_id).state.is_final:
                raise

    def printer_status(self, queue: str) -> PrinterStatus:
        """See `Spooler.printer_status`."""
        with connected(self._socket_path, missing=_no_queue(queue)) as connection:
            printer = connection.getPrinterAttributes(queue, requested_attributes=_PRINTER_ATTRIBUTES)
        return PrinterStatus(
            state=_PRINTER_STATES[_number(printer, "printer-state")],
            reasons=_keywords(printer, "printer-state-reasons"),
            accepting=printer.get("printer-is-accepting-jobs") is True,
        )

    def queue_exists(self, queue: str) -> bool:
        """See `Spooler.queue_exists`."""
        try:
            self.printer_status(queue)
        except QueueNotFound:
            return False
        return True

    def _hand_over(self, queue: str, job_uuid: UUID, job_file: bytes, sides: str) -> int:
        with connected(self._socket_path, missing=_no_queue(queue)) as connection:
            job_id = _create_held(connection, queue, job_uuid, sides)
            _send_document(connection, queue, job_id, job_file)
        self._require_document(job_id)
        return job_id

    def _require_document(self, job_id: int) -> None:
        """pycups calls it a success, too, when cupsd went away before it had answered."""
        try:
            if self._job(job_id).has_document:
                return
        except JobNotFound:
            pass
        raise SpoolerUnavailable("CUPS broke off before it had the whole document")

    def _speaking_job(self, job_uuid: UUID, fence: FenceRecord | None) -> _Job | None:
        if fence is not None and (claiming := self._claiming_job(job_uuid, fence)) is not None:
            return claiming
        whole = [job for job in self._jobs_of(job_uuid) if job.has_document]
        return min(whole, key=lambda job: job.job_id, default=None)

    def _claiming_job(self, job_uuid: UUID, fence: FenceRecord) -> _Job | None:
        """None when CUPS has forgotten it, also when its number was given out again after the spool was lost."""
        try:
            job = self._job(fence.cups_job)
        except JobNotFound:
            return None
        return job if job.uuid == _uuid_uri(job_uuid) else None

    def _jobs_of(self, job_uuid: UUID) -> list[_Job]:
        """The jobs that carry this job-uuid: the unfinished ones, and only if there are none the finished ones.

        Of a job that is another user's, CUPS tells nothing but its number.
        """
        for which_jobs in ("not-completed", "completed"):
            found: list[_Job] = []
            first_job_id = 1
            while page := self._jobs_from(first_job_id, which_jobs):
                found += [
                    _read_job(job_id, job) for job_id, job in page.items() if job.get("job-uuid") == _uuid_uri(job_uuid)
                ]
                first_job_id = 1 + max(page)
            if found:
                return found
        return []

    def _jobs_from(self, first_job_id: int, which_jobs: str) -> Mapping[int, Attributes]:
        with connected(self._socket_path, missing=JobNotFound("CUPS has no jobs")) as connection:
            page: Mapping[int, Attributes] = connection.getJobs(
                which_jobs=which_jobs,
                first_job_id=first_job_id,
                limit=_MOST_JOBS_IN_AN_ANSWER,
                requested_attributes=["job-id", *_JOB_ATTRIBUTES],
            )
        return page

    def _job(self, job_id: int) -> _Job:
        with connected(self._socket_path, missing=_no_job(job_id)) as connection:
            return _read_job(job_id, connection.getJobAttributes(job_id, _JOB_ATTRIBUTES))


@dataclass(frozen=True, slots=True)
class _Job:
    job_id: int
    uuid: str
    """A URI, `urn:uuid:…`."""

    state: JobState
    reasons: tuple[str, ...]
    impressions_completed: int
    has_document: bool
    """Its document arrived whole; still true after cupsd deleted it."""


def _create_held(connection: cups.Connection, queue: str, job_uuid: UUID, sides: str) -> int:
    # Of a queue that is not there, createJob only says that something went wrong.
    connection.getPrinterAttributes(queue, requested_attributes=_PRINTER_ATTRIBUTES)
    options = {
        "job-uuid": _uuid_uri(job_uuid),
        "job-hold-until": "indefinite",
        "media": "A4",
        "print-scaling": "none",
        "print-color-mode": "color",
        "sides": sides,
        "copies": "1",
    }
    # The title reaches the printer and `ps`: it says nothing but the job-uuid.
    job_id: int = connection.createJob(queue, str(job_uuid), options)
    return job_id


def _send_document(connection: cups.Connection, queue: str, job_id: int, job_file: bytes) -> None:
    """`connection` must be the one that the job was made on: this request cannot answer cupsd's question who asks."""
    connection.startDocument(queue, job_id, str(job_id), JOB_FILE_TYPE, 1)
    for start in range(0, len(job_file), _PIECE):
        piece = job_file[start : start + _PIECE]
        connection.writeRequestData(piece, len(piece))
    connection.finishDocument(queue)


def _read_job(job_id: int, job: Attributes) -> _Job:
    return _Job(
        job_id=job_id,
        uuid=job.get("job-uuid", ""),
        state=_JOB_STATES[_number(job, "job-state")],
        reasons=_keywords(job, "job-state-reasons"),
        impressions_completed=_number(job, "job-impressions-completed", otherwise=0),
        has_document=_number(job, "job-k-octets", otherwise=0) > 0,
    )


def _number(attributes: Attributes, name: str, *, otherwise: int | None = None) -> int:
    value = attributes.get(name)
    value = otherwise if value is None else value
    if not isinstance(value, int):
        raise SpoolerUnavailable(f"CUPS leaves out {name}")
    return value


def _keywords(attributes: Attributes, name: str) -> tuple[str, ...]:
    """pycups gives a list, or of one value that value alone."""
    value = attributes.get(name) or ()
    return tuple(word for word in ((value,) if isinstance(value, str) else value) if word != "none")


def _uuid_uri(job_uuid: UUID) -> str:
    return f"urn:uuid:{job_uuid}"


def _no_job(job_id: int) -> JobNotFound:
    return JobNotFound(f"CUPS has no job {job_id}")


def _no_queue(queue: str) -> QueueNotFound:
    return QueueNotFound(f"CUPS has no queue {queue}")
