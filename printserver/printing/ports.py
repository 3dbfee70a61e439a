"""What the server needs of a print spooler, in the words of RFC 8011 (Internet Printing Protocol).

A CUPS "completed" says that the backend ended, not that paper came out; so a report also carries what the fence in
the backend wrote down for the copy (`FenceRecord`), and `outcome.judge` weighs both.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar, Protocol
from uuid import UUID

from printserver.foundation.errors import NotFound, Refused, Unavailable


class JobState(StrEnum):
    """Source: RFC 8011 section 5.3.7."""

    PENDING = "pending"
    PENDING_HELD = "pending-held"
    PROCESSING = "processing"
    PROCESSING_STOPPED = "processing-stopped"
    CANCELED = "canceled"
    ABORTED = "aborted"
    COMPLETED = "completed"

    @property
    def is_final(self) -> bool:
        """Whether the spooler will never start this job again by itself."""
        return self in (JobState.CANCELED, JobState.ABORTED, JobState.COMPLETED)


class PrinterState(StrEnum):
    """Source: RFC 8011 section 5.4.11."""

    IDLE = "idle"
    PROCESSING = "processing"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class FenceRecord:
    """What the fence backend wrote down, durably, about the one start of a copy that it allows."""

    cups_job: int
    """CUPS id of the job that claimed the copy."""

    running: bool
    """The backend that claimed the copy is still alive."""

    submitting: bool
    """Written before the first byte of the document was handed over: from here on paper may come out."""

    printer_job: int | None
    """The printer's own job-id, once it accepted the job."""

    printer_state: JobState | None
    """The last job-state that the printer itself reported; None if it never answered."""

    impressions: int | None
    """Sides printed, as last reported by the printer itself; None if it does not count."""

    ended: int | None
    """Exit status of the backend (0 is success); None while it runs or when it was killed."""

    refused: int
    """How many later starts of the same copy were refused."""

    started_before: bool = False
    """Refused, because these very bytes were started under another job-uuid: by the books they never were."""

    printer_reasons: tuple[str, ...] = ()
    """The printer-state-reasons that the printer last gave while this copy was on its way."""


@dataclass(frozen=True, slots=True)
class JobReport:
    """One look at a copy's job: first the fence, then the spooler, so that neither is older than the claim."""

    job_id: int
    job_state: JobState
    reasons: tuple[str, ...]
    """job-state-reasons keywords."""

    impressions_completed: int
    """As CUPS counts them; the fence's own count comes from the printer and is the one to trust."""

    fence: FenceRecord | None
    """None: no start of this copy was ever allowed, or it was given back because no byte had been handed over."""


@dataclass(frozen=True, slots=True)
class PrinterStatus:
    """State of a queue."""

    state: PrinterState
    reasons: tuple[str, ...]
    """printer-state-reasons keywords, without `none`."""

    accepting: bool
    """printer-is-accepting-jobs."""


class SpoolerUnavailable(Unavailable):
    """The spooler does not answer, or not in time. Whether it carried the request out is not known."""

    code: ClassVar[str] = "spooler-unavailable"


class SpoolerRefused(Refused):
    """The spooler answered no: its policy forbids it, or the job's state does."""

    code: ClassVar[str] = "spooler-refused"


class JobNotFound(NotFound):
    code: ClassVar[str] = "print-job-not-found"


class QueueNotFound(NotFound):
    code: ClassVar[str] = "print-queue-not-found"


class Spooler(Protocol):
    """Print jobs, one a copy, named by the copy's job-uuid. Every call may raise `SpoolerUnavailable`."""

    def hold(self, queue: str, job_uuid: UUID, job_file: bytes, *, sides: str = "one-sided") -> int:
        """Hand the copy over, held; the same `job_uuid` again gives the same job. Returns the job-id.

        job_file: from `job_file.seal_job`.   sides: the keyword of RFC 8011 section 5.2.8.
        Raises: QueueNotFound, SpoolerRefused.
        """
        ...

    def release(self, job_id: int) -> None:
        """Let a held job print; a job that is no longer held is left as it is.

        Raises: JobNotFound, SpoolerRefused.
        """
        ...

    def report(self, job_uuid: UUID) -> JobReport | None:
        """How far the copy is; None if the spooler has no job of it."""
        ...

    def fence_record(self, job_uuid: UUID) -> FenceRecord | None:
        """What the fence wrote down on this machine, also when the spooler has forgotten the job."""
        ...

    def cancel(self, job_id: int) -> None:
        """Stop a job for good; a job that is finished is left as it is.

        Raises: JobNotFound, SpoolerRefused.
        """
        ...

    def printer_status(self, queue: str) -> PrinterStatus:
        """Raises: QueueNotFound."""
        ...

    def queue_exists(self, queue: str) -> bool: ...


class TicketState(StrEnum):
    OPEN = "open"
    CLAIMED = "claimed"
    COMMITTED = "committed"
    """From here on paper may come out."""
    ENDED = "ended"
    WITHDRAWN = "withdrawn"
    """Nothing was printed with it, and nothing ever will be."""


class TicketRefused(Refused):
    """This ticket prints nothing: used, withdrawn, of another job, printer or spooler, or none of ours."""

    code: ClassVar[str] = "ticket-refused"


class PrinterBusy(Unavailable):
    """Another copy is on its way to the same printer; ask again."""

    code: ClassVar[str] = "printer-busy"


@dataclass(frozen=True, slots=True)
class TicketClaim:
    """What a backend says of the copy that it is about to print."""

    ticket: str
    """64 lower-case hex digits, out of the encrypted job file."""

    attempt: str
    """32 lower-case hex digits, drawn once a run of the backend, so that an answer that was lost may be asked again."""

    job_uuid: UUID
    queue: str
    certificate_sha256: str
    """Of the certificate that the backend has pinned for this queue and will insist on."""


class TicketDesk(Protocol):
    """Where backends redeem tickets. Every call may be repeated with the same attempt and then answers the same.

    spooler: who asks, as the listener has found out from the peer's system user or certificate.
    Every call may raise TicketRefused; any other error means that nothing is known, and the backend asks again.
    """

    def claim(self, claim: TicketClaim, *, spooler: str) -> bytes:
        """The server's share of the content key, 32 octets; from now on this attempt alone may print the copy.

        Raises: PrinterBusy.
        """
        ...

    def start(self, ticket: str, attempt: str, *, spooler: str) -> None:
        """The printer has taken Create-Job and the first octet is about to be handed over: paper may come out."""
        ...

    def give_back(self, ticket: str, attempt: str, *, spooler: str) -> None:
        """Nothing was handed over and nothing will be: the copy may be released again. Refused after `start`."""
        ...

    def record(self, ticket: str, attempt: str, record: str, *, spooler: str) -> None:
        """The fence's lines so far; with `ended rc=N` among them, what became of the copy is settled by them."""
        ...
