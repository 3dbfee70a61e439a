"""Hands the document over once, at the moment the stock backend opens the named pipe to read it."""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from .words import say


class DocumentPipe(threading.Thread):
    """Feeds a named pipe from memory.

    may_start: asked when the pipe is opened; the document is given only if it says yes, and then for good.
    kill_reader: ends the stock backend, when it may not have the document, or wants it a second time.
    """

    def __init__(
        self, path: Path, document: bytes, may_start: Callable[[], bool], kill_reader: Callable[[], None]
    ) -> None:
        super().__init__(daemon=True)
        self.path = path
        self.fed = threading.Event()
        """Everything was handed over, or the reader has gone away."""

        self._document = document
        self._may_start = may_start
        self._kill_reader = kill_reader
        self._replacement = path.with_suffix(".next")
        self._closed = False
        for pipe in (path, self._replacement):
            pipe.unlink(missing_ok=True)
            os.mkfifo(pipe, 0o600)

    def run(self) -> None:
        try:
            if self._serve_first_reader():
                self._stop_second_reader()
        except OSError as error:
            say("ERROR", f"The document could not be handed over: {error.strerror}")
            self._kill_reader()

    def _serve_first_reader(self) -> bool:
        with contextlib.suppress(BrokenPipeError), self.path.open("wb", buffering=0) as pipe:
            # A later opening meets another pipe, so it cannot be mistaken for the first reader being slow to close.
            self._replacement.replace(self.path)
            if self._closed:
                return False
            if not self._may_start():
                # Before the pipe is closed: an end of file would be sent as an empty document.
                self._kill_reader()
                return False
            self._feed(pipe)
        self.fed.set()
        return True

    def _feed(self, pipe: BinaryIO) -> None:
        rest = memoryview(self._document)
        while rest:
            rest = rest[pipe.write(rest) or 0 :]

    def _stop_second_reader(self) -> None:
        with self.path.open("wb"):
            if not self._closed:
                say("ERROR", "The backend wanted to send the document a second time; it was stopped.")
                self._kill_reader()

    def close(self) -> None:
        """After the stock backend ended: lets go of the thread, wherever it waits."""
        self._closed = True
        while self.is_alive():
            reader = os.open(self.path, os.O_RDONLY | os.O_NONBLOCK)
            self.join(0.05)
            os.close(reader)
        for pipe in (self.path, self._replacement):
            pipe.unlink(missing_ok=True)
