"""One copy, from the claim on this machine to the last line of its record."""

from __future__ import annotations

import secrets
import signal
import time
from enum import Enum, auto
from pathlib import Path

from .claim import Claim, StartedBefore, note_refusal
from .delivery import Delivery, mark_undelivered
from .job import Job
from .job_file import JobFile, NotOpened
from .pipe import DocumentPipe
from .printer import PinnedPrinter, Watch
from .printer_words import PrinterWords
from .redemption import Desk, DeskUnreachable, PrinterBusy, TicketRefused, Way
from .stock import StockBackend
from .words import CANCEL, DESK_UNREACHABLE, FAILED, HOLD, OK, OUTCOME_UNKNOWN, TICKET_REFUSED, pass_on, say

SECONDS_TO_COMMIT = 20.0
SECONDS_TO_GIVE_BACK = 4.0  # CUPS kills ten seconds after it has asked to end
_FIRST_BUSY_PAUSE, _LONGEST_BUSY_PAUSE = 0.1, 2.0  # a paused printer may be busy for days
_FIRST_PAUSE, _LONGEST_PAUSE = 0.2, 5.0
_PAUSE_AFTER_FAILURE = 3.0


class Fate(Enum):
    """Of the document, in one run of the stock backend."""

    UNTOUCHED = auto()
    """Never asked for."""
    HANDED_OVER = auto()
    DESK_LOST = auto()
    REFUSED = auto()


class Cancelled(Exception):
    """CUPS asked this process to end, and no octet was handed over."""


class Printing:
    """May be cancelled by SIGTERM from the moment it is made."""

    def __init__(self, job: Job, job_file: JobFile, way: Way) -> None:
        """Raises OSError, ValueError when the pin cannot be read."""
        self._job = job
        self._job_file = job_file
        self._header = job_file.header
        self._certificate_sha256 = job.certificate_sha256()
        self._printer = PinnedPrinter(job.host, job.port, job.path, job.pin, job.user)
        self._attempt = secrets.token_hex(16)
        self._desk = Desk(way, self._header.ticket, self._attempt)
        self._backend = StockBackend()
        self._fate = Fate.UNTOUCHED
        self._stopping = False
        self._commit_asked = False
        signal.signal(signal.SIGTERM, lambda *_: self._stop())

    def run(self) -> int:
        """The exit code for CUPS."""
        try:
            claim = Claim(self._job.fence, self._job.job_uuid, self._job.cups_job, self._header.document_sha256)
        except FileExistsError:
            note_refusal(self._job.fence / self._job.job_uuid)
            return _hold(
                OUTCOME_UNKNOWN, "This copy was started before; whether it came out is for a person to find out."
            )
        except StartedBefore:
            return _hold(OUTCOME_UNKNOWN, "These very bytes were started before; a person must find out what came out.")
        say("STATE", f"-{OUTCOME_UNKNOWN}")
        mark = mark_undelivered(self._job.fence, self._job.job_uuid, self._header.ticket, self._attempt)
        delivery = Delivery(self._desk, claim.path, mark)
        try:
            exit_code = self._redeem_and_print(claim, delivery)
        except TicketRefused:
            claim.note("refused")
            mark.unlink(missing_ok=True)
            return _hold(TICKET_REFUSED, "The server does not let this copy be printed by this job.")
        except Cancelled:
            exit_code = OK
        except NotOpened:
            say("ERROR", "The document is not the one that its job names.")
            exit_code = CANCEL
        if self._fate is not Fate.HANDED_OVER and exit_code == FAILED:
            self._sleep(_PAUSE_AFTER_FAILURE)  # CUPS starts the job again at once
        if self._fate is Fate.HANDED_OVER or not self._give_back(claim, mark):
            claim.note(f"ended rc={exit_code}")
            delivery.finish(lambda: self._stopping)
        return exit_code if exit_code >= 0 else FAILED

    def _redeem_and_print(self, claim: Claim, delivery: Delivery) -> int:
        """Raises Cancelled, TicketRefused, NotOpened."""
        while True:
            document = self._job_file.document(self._redeem())
            self._fate = Fate.UNTOUCHED
            exit_code = self._print(document, claim, delivery)
            if self._fate is Fate.REFUSED:
                raise TicketRefused
            if self._fate is not Fate.HANDED_OVER and self._stopping:
                raise Cancelled
            if self._fate is not Fate.DESK_LOST:
                return exit_code

    def _redeem(self) -> bytes:
        """Wait until the desk gives its share.   Raises Cancelled, TicketRefused."""
        pause, busy_pause = _FIRST_PAUSE, _FIRST_BUSY_PAUSE
        while not self._stopping:
            try:
                share = self._desk.claim(self._job.job_uuid, self._job.queue, self._certificate_sha256)
            except PrinterBusy:
                self._sleep(busy_pause)
                busy_pause = min(busy_pause * 1.2, _LONGEST_BUSY_PAUSE)
            except DeskUnreachable:
                say("STATE", f"+{DESK_UNREACHABLE}")
                self._sleep(pause)
                pause = min(pause * 2, _LONGEST_PAUSE)
            else:
                say("STATE", f"-{DESK_UNREACHABLE},{TICKET_REFUSED}")
                return share
        raise Cancelled

    def _print(self, document: bytes, claim: Claim, delivery: Delivery) -> int:
        """Run the stock backend once; says in `_fate` what became of the document. Returns its exit code."""
        words = PrinterWords(self._job.title, claim)
        watch = Watch(self._printer, words, self._header.impressions, self._backend.kill)

        def may_start() -> bool:
            self._fate = self._commit()
            if self._fate is Fate.HANDED_OVER and not self._stopping:
                claim.note_start()
                claim.on_note = delivery.wake
                delivery.start()
                watch.start()
                return True
            self._fate = Fate.UNTOUCHED if self._fate is Fate.HANDED_OVER else self._fate
            return False

        pipe = DocumentPipe(
            self._job.temporary / f"fence-{self._job.job_uuid}", document, may_start, self._backend.kill
        )
        exit_code = self._run_stock(pipe, words)
        watch.close()
        pipe.close()
        if watch.completed:
            self._clear(words)
            return OK
        if self._fate is not Fate.HANDED_OVER and words.printer_job is not None:
            self._printer.cancel(words.printer_job)
        return exit_code

    def _run_stock(self, pipe: DocumentPipe, words: PrinterWords) -> int:
        job = self._job
        child = self._backend.start(job.device_uri, job.home, job.arguments, pipe.path, self._header.document_format)
        if self._stopping:
            self._backend.kill()
        pipe.start()
        for line in child.stderr or ():
            # It counts the whole document as one printed page as soon as it has sent it.
            if not line.startswith(b"PAGE: 1 "):
                pass_on(line)
            words.read(line.decode("utf-8", "replace").rstrip("\n"))
        return child.wait()

    def _clear(self, words: PrinterWords) -> None:
        """What the stock backend said about its own progress, and could not take back."""
        if left := words.reasons.of_backend():
            say("STATE", f"-{','.join(left)}")

    def _commit(self) -> Fate:
        give_up = time.monotonic() + SECONDS_TO_COMMIT
        self._commit_asked = True
        while not self._stopping and time.monotonic() < give_up:
            try:
                self._desk.commit()
            except TicketRefused:
                return Fate.REFUSED
            except (DeskUnreachable, PrinterBusy):
                self._sleep(_FIRST_PAUSE)
            else:
                return Fate.HANDED_OVER
        return Fate.DESK_LOST

    def _give_back(self, claim: Claim, mark: Path) -> bool:
        """Both claims, the desk's first. False when the desk cannot be asked, or believes that it may have begun."""
        give_up = time.monotonic() + SECONDS_TO_GIVE_BACK
        while True:
            try:
                self._desk.give_back()
            except TicketRefused:
                if self._commit_asked:
                    return False
            except (DeskUnreachable, PrinterBusy):
                if time.monotonic() > give_up:
                    return False
                time.sleep(_FIRST_PAUSE)
                continue
            claim.give_back()
            mark.unlink(missing_ok=True)
            return True

    def _stop(self) -> None:
        """From the signal handler, which must wait for nothing: so no lock and no event of threading."""
        self._stopping = True
        if self._fate is Fate.HANDED_OVER:
            self._backend.stop()
        else:
            # Told to end, it would send what it has: an empty document.
            self._backend.kill()

    def _sleep(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        while not self._stopping and (left := end - time.monotonic()) > 0:
            time.sleep(min(left, 0.1))


def _hold(reason: str, message: str) -> int:
    say("STATE", f"+{reason}")
    say("ERROR", message)
    return HOLD
