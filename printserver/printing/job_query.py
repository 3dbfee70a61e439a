"""Ask a printer what became of one of its jobs, when nobody was left to see its end.

Source: RFC 8011 section 4.3.4. The answer is hostile input and read as `ipp_answer` reads it.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Final
from uuid import UUID

import cups

from printserver.printing.ipp_answer import PrinterAnswerRefused, read_in_child
from printserver.printing.ipp_query import exchange
from printserver.printing.ports import JobState
from printserver.printing.printer_address import read_printer_address

_STATES: Final = dict(enumerate(JobState, start=3))
_COUNTS: Final = range(2**31)


@dataclass(frozen=True, slots=True)
class PrinterJob:
    """`name`: the title under which it was sent, by us the job-uuid.   `impressions`: None if it does not count."""

    name: str
    state: JobState | None
    impressions: int | None

    def is_whole(self, job_uuid: UUID, expected_impressions: int) -> bool:
        """The printer knows this very job, not a later one of the same number, and all its sides came out.

        A printer that does not count them cannot say so: it completes what it got, and nobody saw that it got it all.
        """
        return (
            self.name == str(job_uuid) and self.state is JobState.COMPLETED and self.impressions == expected_impressions
        )


def ask_job(uri: str, certificate_sha256: str, job_id: int) -> PrinterJob:
    """Raises: PrinterUnreachable, PrinterCertificateChanged, PrinterAnswerRefused, also when it knows no such job."""
    read = read_in_child([exchange(uri, certificate_sha256, _request(uri, job_id))], "job")
    said = read[0] if read else None
    if said is None:
        raise PrinterAnswerRefused("the printer knows no such job, or says so in a way that cannot be read")
    name, state, impressions = (
        next(iter(said.get(each, [])), None) for each in ("job-name", "job-state", "job-impressions-completed")
    )
    return PrinterJob(
        name=name if isinstance(name, str) else "",
        state=_STATES.get(state) if isinstance(state, int) else None,
        impressions=impressions if isinstance(impressions, int) and impressions in _COUNTS else None,
    )


def _request(uri: str, job_id: int) -> bytes:
    request = cups.IPPRequest(cups.IPP_OP_GET_JOB_ATTRIBUTES)
    wanted = ["job-name", "job-state", "job-impressions-completed"]
    for tag, name, value in (
        (cups.IPP_TAG_URI, "printer-uri", read_printer_address(uri).uri),
        (cups.IPP_TAG_INTEGER, "job-id", job_id),
        (cups.IPP_TAG_KEYWORD, "requested-attributes", wanted),
    ):
        request.add(cups.IPPAttribute(cups.IPP_TAG_OPERATION, tag, name, value))
    message = io.BytesIO()
    request.writeIO(message.write)
    return message.getvalue()
