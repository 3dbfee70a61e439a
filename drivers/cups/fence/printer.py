"""Asks the printer itself about a job: over TLS with its pinned certificate, within bounds of time and memory.

HTTP is read here by hand, because the library's reader follows a peer that says "100 Continue" for ever.
"""

from __future__ import annotations

import contextlib
import re
import socket
import ssl
import threading
import time
from collections.abc import Callable
from pathlib import Path

from .ipp import CANCEL_JOB, GET_JOB_ATTRIBUTES, LARGEST_MESSAGE, JobAnswer, NoAnswer, job_answer, question
from .printer_words import FINAL_STATES, PrinterWords
from .redemption import pinned_socket, pinning_context

_SECONDS_AN_ANSWER = 3.0
_BETWEEN_QUESTIONS = 0.15
_AFTER_NO_ANSWER = 1.0
_LARGEST_HEAD = 8 * 1024
_STATUS = re.compile(rb"HTTP/1\.[01] 200[ \r]")
_LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*(\d{1,6})[ \t]*(?=\r\n)", re.IGNORECASE)
_CHUNKED = re.compile(rb"\r\ntransfer-encoding:[ \t]*chunked[ \t]*(?=\r\n)", re.IGNORECASE)
_CLOSES = re.compile(rb"\r\nconnection:[ \t]*close[ \t]*(?=\r\n)", re.IGNORECASE)


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
        head = (
            f"POST {self._path} HTTP/1.1\r\nHost: {self._address[0]}:{self._address[1]}\r\n"
            f"Content-Type: application/ipp\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        deadline = time.monotonic() + _SECONDS_AN_ANSWER
        try:
            connection = self._connected()
            connection.settimeout(_SECONDS_AN_ANSWER)
            connection.sendall(head.encode("ascii") + body)
            answer, closes = _Answer(connection, deadline).read()
        except (OSError, ValueError, NoAnswer):
            self.close()
            raise NoAnswer from None
        if closes:
            self.close()
        return answer

    def _connected(self) -> ssl.SSLSocket:
        if self._connection is None:
            plain = socket.create_connection(self._address, _SECONDS_AN_ANSWER)
            try:
                plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                self._connection = pinned_socket(self._tls, plain, self._pinned)
            except OSError:
                plain.close()
                raise
        return self._connection


class _Answer:
    """Reads one HTTP answer."""

    def __init__(self, connection: ssl.SSLSocket, deadline: float) -> None:
        self._connection = connection
        self._deadline = deadline
        self._octets = b""

    def read(self) -> tuple[bytes, bool]:
        """The body, and whether the connection ends with it.   Raises NoAnswer, OSError."""
        head = self._until(b"\r\n\r\n", _LARGEST_HEAD)
        length = _LENGTH.search(head)
        if not _STATUS.match(head) or (length is None) == (_CHUNKED.search(head) is None):
            raise NoAnswer
        body = self._take(int(length[1])) if length else self._chunks()
        return body, _CLOSES.search(head) is not None

    def _chunks(self) -> bytes:
        body = b""
        while size := self._chunk_size():
            body += self._take(size)
            self._end_of_line()
            if len(body) > LARGEST_MESSAGE:
                raise NoAnswer
        self._end_of_line()
        return body

    def _chunk_size(self) -> int:
        line = self._until(b"\r\n", 16)[:-2]
        if not re.fullmatch(rb"[0-9A-Fa-f]{1,5}", line):
            raise NoAnswer
        return int(line, 16)

    def _end_of_line(self) -> None:
        if self._take(2) != b"\r\n":
            raise NoAnswer

    def _until(self, end: bytes, largest: int) -> bytes:
        """Up to and with `end`."""
        while end not in self._octets[:largest]:
            if len(self._octets) >= largest:
                raise NoAnswer
            self._receive()
        return self._take(self._octets.index(end) + len(end))

    def _take(self, count: int) -> bytes:
        if count > LARGEST_MESSAGE:
            raise NoAnswer
        while len(self._octets) < count:
            self._receive()
        taken, self._octets = self._octets[:count], self._octets[count:]
        return taken

    def _receive(self) -> None:
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise NoAnswer
        self._connection.settimeout(left)
        octets = self._connection.recv(4096)
        if not octets:
            raise NoAnswer
        self._octets += octets


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
