"""What may be said about a copy's paper. Pure: decides from a report, asks nobody.

The rule errs on one side only: when in doubt a person looks, because a copy wrongly called "not started" could be
printed twice, and one wrongly called "printed" could be lost.
"""

from __future__ import annotations

from enum import StrEnum

from printserver.printing.ports import FenceRecord, JobReport, JobState


class Outcome(StrEnum):
    WAITING = "waiting"
    """Not decided yet; ask again."""

    NOT_STARTED = "not-started"
    """Over, and no byte of the document ever reached a printer: nothing can have come out."""

    PRINTED = "printed"
    """The backend, the printer and the count of sides agree that the whole copy came out."""

    OUTCOME_UNKNOWN = "outcome-unknown"
    """Over, and paper may or may not have come out: a named person settles it."""


def judge(report: JobReport, expected_impressions: int) -> Outcome:
    """Decide what happened to a copy of `expected_impressions` sides (≥ 1).

    A printer that was switched off and on in the middle forgets its job, and CUPS then calls the job completed; the
    printer's own last word and its count tell. A printer that does not count sides is believed on its word alone.
    """
    fence = report.fence
    if fence is None:
        return _without_claim(report.job_state)
    if fence.running:
        return Outcome.WAITING
    if fence.started_before:
        return Outcome.OUTCOME_UNKNOWN
    if report.job_state is JobState.COMPLETED and _printer_agrees(fence, expected_impressions):
        return Outcome.PRINTED
    if not fence.submitting:
        return _before_the_first_byte(report.job_state, fence)
    if _may_still_move(report.job_state, fence):
        return Outcome.WAITING
    return Outcome.OUTCOME_UNKNOWN


def _without_claim(state: JobState) -> Outcome:
    if not state.is_final:
        return Outcome.WAITING
    # Completed without a claim means that it went past the fence, or that the fence's folder was lost.
    return Outcome.OUTCOME_UNKNOWN if state is JobState.COMPLETED else Outcome.NOT_STARTED


def _before_the_first_byte(state: JobState, fence: FenceRecord) -> Outcome:
    """The backend died before it handed anything over; its claim stays, so no later start can print the copy."""
    return Outcome.NOT_STARTED if state.is_final or fence.refused else Outcome.WAITING


def _printer_agrees(fence: FenceRecord, expected_impressions: int) -> bool:
    return (
        fence.submitting
        and fence.ended == 0
        and fence.printer_job is not None
        and fence.printer_state is JobState.COMPLETED
        and fence.impressions in (None, expected_impressions)
    )


def _may_still_move(state: JobState, fence: FenceRecord) -> bool:
    """The backend has ended well and CUPS has not yet said so."""
    return state in (JobState.PROCESSING, JobState.PROCESSING_STOPPED) and fence.ended == 0 and not fence.refused
