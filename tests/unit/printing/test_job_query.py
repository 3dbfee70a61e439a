"""What a printer's word about a job is worth when nobody saw the job's end."""

from __future__ import annotations

from uuid import uuid4

import pytest

from printserver.printing.job_query import PrinterJob
from printserver.printing.ports import JobState

JOB = uuid4()


def test_a_job_of_that_name_with_all_its_sides_is_whole():
    assert PrinterJob(str(JOB), JobState.COMPLETED, 3).is_whole(JOB, 3)


@pytest.mark.parametrize(
    "said",
    [
        PrinterJob(str(JOB), JobState.COMPLETED, None),
        PrinterJob(str(JOB), JobState.COMPLETED, 2),
        PrinterJob(str(JOB), JobState.COMPLETED, 4),
        PrinterJob(str(JOB), JobState.PROCESSING, 3),
        PrinterJob(str(JOB), None, 3),
        PrinterJob(str(uuid4()), JobState.COMPLETED, 3),
    ],
    ids=["sides not counted", "too few", "too many", "still printing", "no state", "another job"],
)
def test_everything_else_is_not(said: PrinterJob):
    """A job cut off by a killed backend is completed, too, at a printer that prints what it got."""
    assert not said.is_whole(JOB, 3)
