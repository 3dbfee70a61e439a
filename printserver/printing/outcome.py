"""What may be said about a copy's paper. Pure: decides from what is known, asks nobody.

The rule errs on one side only: when in doubt a person looks, because a copy wrongly called "not started" could be
printed twice, and one wrongly called "printed" could be lost.
"""

from __future__ import annotations

from enum import StrEnum

from printserver.printing.ports import FenceRecord, JobState, TicketState


class Outcome(StrEnum):
    WAITING = "waiting"
    """Not decided yet; ask again."""

    NOT_STARTED = "not-started"
    """Over, and no octet of the document ever reached a printer: nothing can have come out."""

    PRINTED = "printed"
    """The backend, the printer and the count of sides agree that the whole copy came out."""

    OUTCOME_UNKNOWN = "outcome-unknown"
    """Over, and paper may or may not have come out: a named person settles it."""


def judge(ticket: TicketState, record: FenceRecord | None, job: JobState | None, expected_impressions: int) -> Outcome:
    """Decide what happened to a copy of `expected_impressions` sides (≥ 1).

    record: what the fence wrote down, or delivered.   job: None when the spooler knows none of this copy.
    A verdict of NOT_STARTED holds only if the ticket can still be withdrawn: a backend that redeems it meanwhile wins.
    """
    if record is not None:
        if record.running:
            return Outcome.WAITING
        if record.started_before:
            return Outcome.OUTCOME_UNKNOWN
        if record.submitting:
            return judge_record(record, expected_impressions)
        # Its claim stays, so that no later run of the backend can start the copy.
        return Outcome.NOT_STARTED
    if job is not None and not job.is_final:
        return Outcome.WAITING
    return Outcome.OUTCOME_UNKNOWN if ticket is TicketState.COMMITTED else Outcome.NOT_STARTED


def judge_record(record: FenceRecord, expected_impressions: int) -> Outcome:
    """The verdict on a backend that has ended.

    A printer that was switched off and on in the middle forgets its job, and CUPS then calls the job completed; the
    printer's own last word and its count tell, also of a backend that was killed right after it wrote them down. A
    printer that does not count sides is believed on its word alone, if the backend ended well too.
    """
    if not record.submitting:
        return Outcome.NOT_STARTED
    completed = record.printer_job is not None and record.printer_state is JobState.COMPLETED
    counted = record.impressions == expected_impressions
    agrees = completed and (counted or (record.impressions is None and record.ended == 0))
    return Outcome.PRINTED if agrees else Outcome.OUTCOME_UNKNOWN
