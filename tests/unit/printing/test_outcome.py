"""Every combination of what the ticket, the spooler and the fence say."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import pytest

from printserver.printing.outcome import Outcome, judge, judge_record
from printserver.printing.ports import FenceRecord, JobState, TicketState

PAGES = 3
WHOLE = FenceRecord(
    cups_job=7,
    running=False,
    submitting=True,
    printer_job=4,
    printer_state=JobState.COMPLETED,
    impressions=PAGES,
    ended=0,
    refused=0,
)
UNFED = FenceRecord(
    7, running=False, submitting=False, printer_job=None, printer_state=None, impressions=None, ended=None, refused=0
)
JOBS = (None, *JobState)


def test_a_copy_is_printed_when_backend_printer_and_count_agree():
    assert judge_record(WHOLE, PAGES) is Outcome.PRINTED


@pytest.mark.parametrize("ended", [None, -9, 1])
def test_a_backend_that_was_killed_after_the_printers_last_word_leaves_no_doubt(ended: int | None):
    assert judge_record(replace(WHOLE, ended=ended), PAGES) is Outcome.PRINTED


def test_a_printer_that_does_not_count_is_believed_on_its_word():
    assert judge_record(replace(WHOLE, impressions=None), PAGES) is Outcome.PRINTED


@pytest.mark.parametrize(
    "record",
    [
        replace(WHOLE, impressions=PAGES - 1),
        replace(WHOLE, impressions=PAGES + 1),
        replace(WHOLE, impressions=0),
        replace(WHOLE, impressions=None, ended=1),
        replace(WHOLE, impressions=None, ended=None),
        replace(WHOLE, printer_job=None),
        replace(WHOLE, printer_state=None),
        replace(WHOLE, printer_state=JobState.PROCESSING),
        replace(WHOLE, printer_state=JobState.CANCELED),
        replace(WHOLE, printer_state=JobState.ABORTED),
    ],
)
def test_whatever_does_not_agree_is_for_a_person(record: FenceRecord):
    assert judge_record(record, PAGES) is Outcome.OUTCOME_UNKNOWN


@pytest.mark.parametrize(("ticket", "job"), list(product(TicketState, JOBS)))
def test_nothing_is_decided_while_the_backend_lives(ticket: TicketState, job: JobState | None):
    assert judge(ticket, replace(WHOLE, running=True, ended=None), job, PAGES) is Outcome.WAITING


@pytest.mark.parametrize(("ticket", "job"), list(product(TicketState, JOBS)))
def test_a_record_that_is_whole_decides_whatever_the_spooler_says(ticket: TicketState, job: JobState | None):
    assert judge(ticket, WHOLE, job, PAGES) is Outcome.PRINTED


@pytest.mark.parametrize("job", [job for job in JobState if not job.is_final])
def test_an_unclaimed_job_that_may_still_start_is_waited_for(job: JobState):
    assert judge(TicketState.OPEN, None, job, PAGES) is Outcome.WAITING


@pytest.mark.parametrize("job", [None, *(job for job in JobState if job.is_final)])
def test_a_job_that_is_over_printed_nothing_unless_its_ticket_was_committed(job: JobState | None):
    for ticket in (TicketState.OPEN, TicketState.CLAIMED):
        assert judge(ticket, None, job, PAGES) is Outcome.NOT_STARTED
    assert judge(TicketState.COMMITTED, None, job, PAGES) is Outcome.OUTCOME_UNKNOWN


@pytest.mark.parametrize(("ticket", "job"), list(product(TicketState, JOBS)))
def test_a_backend_that_died_before_the_first_octet_printed_nothing(ticket: TicketState, job: JobState | None):
    assert judge(ticket, UNFED, job, PAGES) is Outcome.NOT_STARTED
    assert judge(ticket, replace(UNFED, refused=1), job, PAGES) is Outcome.NOT_STARTED


@pytest.mark.parametrize(("ticket", "job"), list(product(TicketState, JOBS)))
def test_bytes_that_were_started_under_another_job_are_for_a_person(ticket: TicketState, job: JobState | None):
    assert judge(ticket, replace(UNFED, started_before=True), job, PAGES) is Outcome.OUTCOME_UNKNOWN


def test_once_an_octet_was_handed_over_nothing_ever_says_not_started():
    for ticket, job, running, ended, printer_state, impressions, refused in product(
        TicketState, JOBS, (False, True), (None, 0, 1), (None, *JobState), (None, 0, PAGES), (0, 1)
    ):
        record = FenceRecord(7, running, True, 4, printer_state, impressions, ended, refused)
        assert judge(ticket, record, job, PAGES) is not Outcome.NOT_STARTED
