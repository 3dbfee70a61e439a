"""Asks the printer itself about a job: over TLS with its pinned certificate, within bounds of time and memory."""

from __future__ import annotations

import contextlib
import ssl
import threading
from collections.abc import Callable
from pathlib import Path

from .http_post import NoHttpAnswer, post
from .ipp import CANCEL_JOB, GET_JOB_ATTRIBUTES, JobAnswer, NoAnswer, job_answer, question
from .printer_words import FINAL_STATES, PrinterWords
from .redemption import pinned_socket, pinning_context

_SECONDS_AN_ANSWER = 3.0
_BETWEEN_QUESTIONS = 0.1
_AFTER_NO_ANSWER = 1.0
_OK = 200


class PinnedPrinter:
    """One printer; not for several threads at once.   user: who asks, as the printer was told when the job was made."""

    def __init__(self, host: str, port: int, path: str, pin: Path, user: str) -> None:
        """pin: its certificate, PEM.   Raises OSError, ValueError."""
        self._address = (host, port)
        self._path = path or "/"
        self._uri = f"ipps://{host}:{port}{self._path}"
        self._user = user
        self._pinned = ssl.PEM_cert_to_DER_cert(pin.read_text("ascii").strip())
        self._tls = pinning_context()
        self._connection: ssl.SSLSocket | None = None
        self._request = 0

    def job(self, job_id: int) -> JobAnswer:
        """Raises NoAnswer."""
        message = self._ask(GET_JOB_ATTRIBUTES, job_id)
        return job_answer(message, self._request)

    def cancel(self, job_id: int) -> None:
        """Whatever the printer says to it."""
        with contextlib.suppress(NoAnswer):
            self._ask(CANCEL_JOB, job_id)
        self.close()

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _ask(self, operation: int, job_id: int) -> bytes:
        self._request += 1
        body = question(operation, self._request, self._uri, job_id, self._user)
        host = f"{self._address[0]}:{self._address[1]}"
        try:
            connection = self._connected()
            status, answer, closes = post(connection, host, self._path, "application/ipp", body, _SECONDS_AN_ANSWER)
        except (OSError, ValueError, NoHttpAnswer):
            self.close()
            raise NoAnswer from None
        if closes or status != _OK:
            self.close()
        if status != _OK:
            raise NoAnswer
        return answer

    def _connected(self) -> ssl.SSLSocket:
        if self._connection is None:
            self._connection = pinned_socket(self._tls, self._address, _SECONDS_AN_ANSWER, self._pinned)
        return self._connection


class Watch(threading.Thread):
    """Asks the printer again and again from the moment the document is handed over, and notes what it answers.

    on_completed: called when the printer says that it has printed as many sides as were expected; that ends the watch.
    """

    def __init__(
        self, printer: PinnedPrinter, words: PrinterWords, impressions: int, on_completed: Callable[[], None]
    ) -> None:
        super().__init__(daemon=True)
        self.completed = False
        self._printer = printer
        self._words = words
        self._impressions = impressions
        self._on_completed = on_completed
        self._closing = threading.Event()

    def run(self) -> None:
        pause = _BETWEEN_QUESTIONS
        while not self._closing.wait(pause):
            pause = _BETWEEN_QUESTIONS
            try:
                state = self._look()
            except NoAnswer:
                pause = _AFTER_NO_ANSWER
                continue
            if self.completed:
                self._on_completed()
            if state in FINAL_STATES:
                break
        self._printer.close()

    def _look(self) -> str:
        """Raises NoAnswer, also for the answer about a job of somebody else."""
        wanted = self._words.printer_job
        if wanted is None:
            return ""
        answer = self._printer.job(wanted)
        if answer.job_id != wanted or answer.job_name != self._words.job_name:
            raise NoAnswer
        self._words.note_state(answer.state, answer.impressions)
        self.completed = answer.state == "completed" and answer.impressions == self._impressions
        return answer.state

    def close(self) -> None:
        """Notes nothing more from then on."""
        self._closing.set()
        if self.is_alive():
            self.join()
