"""Reads what the fence backend (`drivers/cups/fence`) wrote down about a copy.

One file a copy, named by its job-uuid, one fact a line, each line written through to the disk before the backend goes
on. The backend holds a lock on the file for as long as it lives; the kernel drops it whatever ends the backend.
"""

from __future__ import annotations

import fcntl
import re
from pathlib import Path
from typing import ClassVar
from uuid import UUID

from printserver.foundation.errors import IntegrityError
from printserver.printing.ports import FenceRecord, JobState

_CLAIMED = re.compile(r"claimed cups-job=(\d{1,10}) pid=\d{1,10}")
_PRINTER_JOB = re.compile(r"printer-job=(\d{1,10})")
_PRINTER_STATE = re.compile(r"printer-state=([a-z-]+) impressions=(\d{1,10}|unknown)")
_PRINTER_REASONS = re.compile(r"printer-reasons=(none|[a-z0-9.-]+(?:,[a-z0-9.-]+)*)")
_ENDED = re.compile(r"ended rc=(-?\d{1,10})")
_LARGEST_NUMBER = 2**31 - 1  # integer(0:MAX), RFC 8011 section 5.1.5; also what the database's columns hold


class FenceRecordDamaged(IntegrityError):
    """A claim exists but does not read as one; treat the copy's outcome as unknown."""

    code: ClassVar[str] = "fence-record-damaged"


def read_fence_record(directory: Path, job_uuid: UUID) -> FenceRecord | None:
    """The claim of a copy, or None if there is none.

    Raises: FenceRecordDamaged.
    """
    try:
        with (directory / str(job_uuid)).open("r", encoding="ascii", errors="replace") as record:
            running = _is_locked(record.fileno())
            return parse_fence_record(record.read(), running=running)
    except FileNotFoundError:
        return None


def parse_fence_record(text: str, *, running: bool) -> FenceRecord:
    """Read a record's lines; a last line cut off by a power failure is ignored, anything else unknown is damage.

    An empty record is a claim whose first line did not reach the disk: job 0, nothing known.
    Raises: FenceRecordDamaged.
    """
    facts: dict[str, int] = {}
    state: JobState | None = None
    impressions: int | None = None
    reasons: tuple[str, ...] = ()
    flags = {"submitting": 0, "refused": 0, "started-before": 0}
    for line in text.split("\n")[:-1]:
        if line in flags:
            flags[line] += 1
        elif match := _CLAIMED.fullmatch(line):
            facts["cups_job"] = _number(match[1])
        elif match := _PRINTER_JOB.fullmatch(line):
            facts["printer_job"] = _number(match[1])
        elif match := _PRINTER_STATE.fullmatch(line):
            state = _job_state(match[1])
            impressions = None if match[2] == "unknown" else _number(match[2])
        elif match := _PRINTER_REASONS.fullmatch(line):
            reasons = () if match[1] == "none" else tuple(match[1].split(","))
        elif match := _ENDED.fullmatch(line):
            facts["ended"] = _number(match[1])
        else:
            raise FenceRecordDamaged(f"a fence record holds an unknown line of {len(line)} characters")
    return FenceRecord(
        cups_job=facts.get("cups_job", 0),
        running=running,
        submitting=flags["submitting"] > 0,
        printer_job=facts.get("printer_job"),
        printer_state=state,
        impressions=impressions,
        ended=facts.get("ended"),
        refused=flags["refused"],
        started_before=flags["started-before"] > 0,
        printer_reasons=reasons,
    )


def _number(digits: str) -> int:
    number = int(digits)
    if abs(number) > _LARGEST_NUMBER:
        raise FenceRecordDamaged("a fence record holds a number that is too large")
    return number


def _job_state(keyword: str) -> JobState:
    try:
        return JobState(keyword)
    except ValueError:
        raise FenceRecordDamaged("a fence record names an unknown job state") from None


def _is_locked(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    fcntl.flock(descriptor, fcntl.LOCK_UN)
    return False
