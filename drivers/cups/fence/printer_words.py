"""What the printer says about this very job, from two mouths: the stock backend's debug lines and our own questions.

Noted once each, and never backwards: after a final state nothing more is noted.
"""

from __future__ import annotations

import re
import threading

from .claim import Claim
from .words import Reasons

JOB_STATES = ("pending", "pending-held", "processing", "processing-stopped", "canceled", "aborted", "completed")
FINAL_STATES = JOB_STATES[4:]
_FINAL_WORDS = tuple(f"printer-state={state} " for state in FINAL_STATES)
_MOST_OCTETS = 20 * 1024  # of one copy; more is a printer that wants to fill the disk
_LARGEST_COUNT = 1_000_000_000


class PrinterWords:
    """Notes the printer's job-id, its job-state with its count of sides, and its reasons."""

    _ACCEPTED = re.compile(r"DEBUG: Print job accepted - job ID (\d{1,10})\.")
    _ATTRIBUTE = re.compile(r"DEBUG: (job-id|job-name|job-state|job-impressions-completed) [A-Za-z]+ (.*)")
    _END = "DEBUG: ---- end-of-attributes-tag ----"

    def __init__(self, job_name: str, claim: Claim) -> None:
        self.job_name = job_name
        self.printer_job: int | None = None
        self.reasons = Reasons()
        self._claim = claim
        self._answer: dict[str, str] = {}
        self._last = ""
        self._impressions = -1
        self._final = False
        self._octets = 0
        self._guard = threading.Lock()

    def read(self, line: str) -> None:
        """One line of the stock backend."""
        if accepted := self._ACCEPTED.fullmatch(line):
            self.printer_job = int(accepted[1])
            self._claim.note(f"printer-job={self.printer_job}")
        elif attribute := self._ATTRIBUTE.fullmatch(line):
            self._answer[attribute[1]] = attribute[2]
        elif line.startswith(self._END):
            answer, self._answer = self._answer, {}
            self._read_answer(answer)
        elif self.reasons.read(line):
            self._note(f"printer-reasons={','.join(self.reasons.of_printer()) or 'none'}")

    def _read_answer(self, answer: dict[str, str]) -> None:
        # A printer that was switched off and on may have given the number to somebody else's job.
        if answer.get("job-id") != str(self.printer_job) or answer.get("job-name") != self.job_name:
            return
        impressions = answer.get("job-impressions-completed")
        if impressions is None or (impressions.isdecimal() and len(impressions) < len(str(_LARGEST_COUNT))):
            self.note_state(answer.get("job-state", ""), None if impressions is None else int(impressions))

    def note_state(self, state: str, impressions: int | None) -> None:
        """state: a keyword of RFC 8011 section 5.3.7.   impressions: None if the printer does not count."""
        with self._guard:
            if self._final or state not in JOB_STATES:
                return
            if impressions is not None and not self._impressions <= impressions <= _LARGEST_COUNT:
                return
            self._final = state in FINAL_STATES
            self._impressions = self._impressions if impressions is None else impressions
            counted = "unknown" if impressions is None else impressions
            self._note_once(f"printer-state={state} impressions={counted}")

    def _note(self, line: str) -> None:
        with self._guard:
            self._note_once(line)

    def _note_once(self, line: str) -> None:
        if line == self._last or (self._octets + len(line) > _MOST_OCTETS and not line.startswith(_FINAL_WORDS)):
            return
        self._last = line
        self._octets += len(line) + 1
        self._claim.note(line)
