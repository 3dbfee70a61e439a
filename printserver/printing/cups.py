"""CUPS as the spooler, over the Unix socket of one cupsd.

An object may be shared between threads, and every call has its time-out; still, a cupsd may keep silent for as long as
that, so it is for worker processes and never for an answer that a person waits for.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final
from uuid import UUID

from printserver.printing.fence_record import read_fence_record
from printserver.printing.ipp import (
    Answer,
    Attribute,
    Attributes,
    Group,
    Operation,
    Status,
    Tag,
    integer,
    keyword,
    text,
    uri,
)
from printserver.printing.ipp_client import IppClient
from printserver.printing.ports import (
    FenceRecord,
    JobNotFound,
    JobReport,
    JobState,
    PrinterState,
    PrinterStatus,
    QueueNotFound,
    SpoolerRefused,
    SpoolerUnavailable,
)

_JOB_STATES: Final = dict(enumerate(JobState, start=3))
_PRINTER_STATES: Final = dict(enumerate(PrinterState, start=3))
_JOB_ATTRIBUTES: Final = (
    "job-id",
    "job-uuid",
    "job-state",
    "job-state-reasons",
    "job-impressions-completed",
    "job-k-octets",
)
_MOST_JOBS_IN_AN_ANSWER: Final = 500  # cupsd gives no more at once when it must read the jobs' files


class CupsSpooler:
    """The `Spooler` of one cupsd whose queues use the fence backend.

    socket_path: cupsd's Unix socket.   fence_directory: where the backend keeps its claims, readable by this process.
    timeout: seconds that cupsd may keep silent during one request.
    """

    def __init__(self, socket_path: Path, fence_directory: Path, *, timeout: float = 30.0) -> None:
        self._client = IppClient(socket_path, timeout)
        self._fence_directory = fence_directory

    def hold(self, queue: str, job_uuid: UUID, pdf: bytes) -> int:
        """See `Spooler.hold`. A job whose document never arrived whole is cancelled and made anew."""
        job_id: int | None = None
        for job in self._jobs_of(job_uuid):
            if job.has_document:
                job_id = job.job_id if job_id is None else min(job_id, job.job_id)
            elif not job.state.is_final:
                self.cancel(job.job_id)
        if job_id is None:
            job_id = self._create_held(queue, job_uuid)
            self._send_document(queue, job_id, pdf)
        return job_id

    def release(self, job_id: int) -> None:
        """See `Spooler.release`."""
        answer = self._client.ask(Operation.RELEASE_JOB, [_job_uri(job_id)])
        if answer.status == Status.CLIENT_ERROR_NOT_POSSIBLE:
            if self._job(job_id).state is not JobState.PENDING_HELD:
                return
            # It was running, and the fence had it held again between the two questions.
            answer = self._client.ask(Operation.RELEASE_JOB, [_job_uri(job_id)])
        _require_success(answer, missing=JobNotFound(f"CUPS has no job {job_id}"))

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
        answer = self._client.ask(Operation.CANCEL_JOB, [_job_uri(job_id)])
        if answer.status == Status.CLIENT_ERROR_NOT_POSSIBLE and self._job(job_id).state.is_final:
            return
        _require_success(answer, missing=JobNotFound(f"CUPS has no job {job_id}"))

    def printer_status(self, queue: str) -> PrinterStatus:
        """See `Spooler.printer_status`."""
        wanted = ("printer-state", "printer-state-reasons", "printer-is-accepting-jobs")
        answer = self._client.ask(
            Operation.GET_PRINTER_ATTRIBUTES, [_printer_uri(queue), keyword("requested-attributes", *wanted)]
        )
        _require_success(answer, missing=QueueNotFound(f"CUPS has no queue {queue}"))
        [printer] = answer.of(Group.PRINTER)
        return PrinterStatus(
            state=_PRINTER_STATES[_number(printer, "printer-state")],
            reasons=_keywords(printer, "printer-state-reasons"),
            accepting=printer["printer-is-accepting-jobs"][0] is True,
        )

    def queue_exists(self, queue: str) -> bool:
        """See `Spooler.queue_exists`."""
        try:
            self.printer_status(queue)
        except QueueNotFound:
            return False
        return True

    def _create_held(self, queue: str, job_uuid: UUID) -> int:
        # The title reaches the printer and `ps`: it says nothing but the job-uuid.
        answer = self._client.ask(
            Operation.CREATE_JOB,
            [_printer_uri(queue), text("job-name", Tag.NAME_WITHOUT_LANGUAGE, str(job_uuid))],
            job=[
                uri("job-uuid", _uuid_uri(job_uuid)),
                keyword("job-hold-until", "indefinite"),
                keyword("media", "A4"),
                keyword("print-scaling", "none"),
                integer("copies", 1),
            ],
        )
        _require_success(answer, missing=QueueNotFound(f"CUPS has no queue {queue}"))
        [job] = answer.of(Group.JOB)
        return _number(job, "job-id")

    def _send_document(self, queue: str, job_id: int, pdf: bytes) -> None:
        answer = self._client.ask(
            Operation.SEND_DOCUMENT,
            [
                _printer_uri(queue),
                integer("job-id", job_id),
                text("document-format", Tag.MIME_MEDIA_TYPE, "application/pdf"),
                Attribute("last-document", Tag.BOOLEAN, (True,)),
            ],
            document=pdf,
        )
        _require_success(answer, missing=JobNotFound(f"CUPS has no job {job_id}"))

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
                found += [_read_job(job) for job in page if job.get("job-uuid") == [_uuid_uri(job_uuid)]]
                first_job_id = 1 + max(_number(job, "job-id") for job in page)
            if found:
                return found
        return []

    def _jobs_from(self, first_job_id: int, which_jobs: str) -> list[Attributes]:
        answer = self._client.ask(
            Operation.GET_JOBS,
            [
                uri("printer-uri", "ipp://localhost/"),
                keyword("which-jobs", which_jobs),
                integer("first-job-id", first_job_id),
                integer("limit", _MOST_JOBS_IN_AN_ANSWER),
                keyword("requested-attributes", *_JOB_ATTRIBUTES),
            ],
        )
        if answer.status == Status.CLIENT_ERROR_NOT_FOUND:
            return []
        _require_success(answer, missing=JobNotFound("CUPS has no jobs"))
        return answer.of(Group.JOB)

    def _job(self, job_id: int) -> _Job:
        answer = self._client.ask(
            Operation.GET_JOB_ATTRIBUTES, [_job_uri(job_id), keyword("requested-attributes", *_JOB_ATTRIBUTES)]
        )
        _require_success(answer, missing=JobNotFound(f"CUPS has no job {job_id}"))
        [job] = answer.of(Group.JOB)
        return _read_job(job)


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


def _read_job(job: Attributes) -> _Job:
    return _Job(
        job_id=_number(job, "job-id"),
        uuid=str(job.get("job-uuid", ("",))[0]),
        state=_JOB_STATES[_number(job, "job-state")],
        reasons=_keywords(job, "job-state-reasons"),
        impressions_completed=_number(job, "job-impressions-completed", otherwise=0),
        has_document=_number(job, "job-k-octets", otherwise=0) > 0,
    )


def _number(attributes: Attributes, name: str, *, otherwise: int | None = None) -> int:
    value = attributes.get(name, (otherwise,))[0]
    if not isinstance(value, int):
        raise SpoolerUnavailable(f"CUPS leaves out {name}")
    return value


def _keywords(attributes: Attributes, name: str) -> tuple[str, ...]:
    return tuple(value for value in attributes.get(name, ()) if isinstance(value, str) and value != "none")


def _uuid_uri(job_uuid: UUID) -> str:
    return f"urn:uuid:{job_uuid}"


def _job_uri(job_id: int) -> Attribute:
    return uri("job-uri", f"ipp://localhost/jobs/{job_id}")


def _printer_uri(queue: str) -> Attribute:
    return uri("printer-uri", f"ipp://localhost/printers/{queue}")


def _require_success(answer: Answer, *, missing: JobNotFound | QueueNotFound) -> None:
    if answer.status == Status.CLIENT_ERROR_NOT_FOUND:
        raise missing
    if not answer.succeeded:
        raise SpoolerRefused(f"CUPS refuses with IPP status 0x{answer.status:04x}")
