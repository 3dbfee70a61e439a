"""Every combination of what CUPS says and what the fence wrote down."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import pytest

from printserver.printing.outcome import Outcome, judge
from printserver.printing.ports import FenceRecord, JobReport, JobState

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


def report(state: JobState, fence: FenceRecord | None) -> JobReport:
    return JobReport(job_id=7, job_state=state, reasons=(), impressions_completed=PAGES, fence=fence)


def test_a_copy_is_printed_when_backend_printer_and_count_agree():
    assert judge(report(JobState.COMPLETED, WHOLE), PAGES) is Outcome.PRINTED


def test_a_printer_that_does_not_count_is_believed_on_its_word():
    assert judge(report(JobState.COMPLETED, replace(WHOLE, impressions=None)), PAGES) is Outcome.PRINTED


@pytest.mark.parametrize(
    "fence",
    [
        replace(WHOLE, impressions=PAGES - 1),
        replace(WHOLE, impressions=PAGES + 1),
        replace(WHOLE, impressions=0),
        replace(WHOLE, ended=1),
        replace(WHOLE, ended=None),
        replace(WHOLE, printer_job=None),
        replace(WHOLE, printer_state=None),
        replace(WHOLE, printer_state=JobState.PROCESSING),
        replace(WHOLE, printer_state=JobState.CANCELED),
        replace(WHOLE, printer_state=JobState.ABORTED),
        None,
    ],
)
def test_completed_alone_is_never_enough(fence):
    assert judge(report(JobState.COMPLETED, fence), PAGES) is Outcome.OUTCOME_UNKNOWN


@pytest.mark.parametrize("state", [JobState.CANCELED, JobState.ABORTED])
def test_a_job_that_ended_without_a_claim_printed_nothing(state):
    assert judge(report(state, None), PAGES) is Outcome.NOT_STARTED


@pytest.mark.parametrize("state", [state for state in JobState if not state.is_final])
def test_an_unclaimed_job_that_may_still_start_is_waited_for(state):
    assert judge(report(state, None), PAGES) is Outcome.WAITING


@pytest.mark.parametrize("state", list(JobState))
def test_nothing_is_decided_while_the_backend_lives(state):
    assert judge(report(state, replace(WHOLE, running=True, ended=None)), PAGES) is Outcome.WAITING


def test_a_backend_that_died_before_the_first_byte_printed_nothing_once_cups_gives_up():
    dead = replace(
        WHOLE, submitting=False, printer_job=None, printer_state=None, impressions=None, ended=None, refused=0
    )
    assert judge(report(JobState.PENDING, dead), PAGES) is Outcome.WAITING
    assert judge(report(JobState.CANCELED, dead), PAGES) is Outcome.NOT_STARTED
    assert judge(report(JobState.PENDING_HELD, replace(dead, refused=1)), PAGES) is Outcome.NOT_STARTED


def test_the_moment_between_the_backends_end_and_cups_knowing_is_waited_for():
    assert judge(report(JobState.PROCESSING, WHOLE), PAGES) is Outcome.WAITING
    assert judge(report(JobState.PROCESSING, replace(WHOLE, refused=1)), PAGES) is Outcome.OUTCOME_UNKNOWN


def test_a_refused_second_start_leaves_the_outcome_unknown_even_after_a_whole_first_one():
    assert judge(report(JobState.PENDING_HELD, replace(WHOLE, refused=1)), PAGES) is Outcome.OUTCOME_UNKNOWN


@pytest.mark.parametrize("state", list(JobState))
def test_bytes_that_were_started_under_another_job_are_for_a_person_whatever_became_of_this_one(state):
    refused = FenceRecord(7, False, False, None, None, None, None, 0, started_before=True)
    assert judge(report(state, refused), PAGES) is Outcome.OUTCOME_UNKNOWN


def test_once_a_byte_was_handed_over_no_report_ever_says_not_started():
    for state, running, ended, printer_state, impressions, refused in product(
        JobState, (False, True), (None, 0, 1), (None, *JobState), (None, 0, PAGES), (0, 1)
    ):
        fence = FenceRecord(7, running, True, 4, printer_state, impressions, ended, refused)
        assert judge(report(state, fence), PAGES) is not Outcome.NOT_STARTED
