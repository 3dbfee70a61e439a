"""The job that makes a record's searchable PDF/A, as whoever changes a record enqueues it."""

from __future__ import annotations

from enum import StrEnum
from typing import Final
from uuid import UUID

from printserver.foundation.job_queue import Job

WORKFLOW: Final = "make-searchable"


class SearchableState(StrEnum):
    NONE = "none"
    """The record is older than searchable files; the worker has it made."""
    WAITING = "waiting"
    MADE = "made"
    FAILED = "failed"


def searchable_job(record_id: UUID, tries: int) -> Job:
    """tries: of this record so far; each is a job of its own."""
    return Job(WORKFLOW, f"searchable-{record_id}-{tries}", (str(record_id),))
