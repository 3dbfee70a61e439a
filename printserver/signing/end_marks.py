"""The signer's own mark on where its files ended, so that the log can keep it and nobody else can write one there.

A row of the log alone proves nothing: whoever writes the database could claim an end that never was, and the signer
would look for lines that nobody wrote.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from pathlib import Path
from typing import Final

NAME: Final = "end-marks-secret"
_BYTES: Final = 32
_LONGEST: Final = 64 + 1 + 64


class EndMarks:
    """By a secret beside the files, which is made with the first mark."""

    def __init__(self, folder: Path) -> None:
        """folder: the signer's own."""
        self._path = folder / NAME

    def marked(self, file: str, lines: int, head: str) -> str:
        """`head` with the mark behind a full stop.   file: which of the files.   head: 64 hex digits."""
        return f"{head}.{self._mark(self._made(), file, lines, head)}"

    def head_of(self, file: str, lines: int, text: str) -> str | None:
        """The head in what `marked` gave; None for what bears no mark of this signer's."""
        head, _, mark = text[:_LONGEST].partition(".")
        try:
            secret = self._path.read_bytes()
        except FileNotFoundError:
            return None
        own = self._mark(secret, file, lines, head)
        return head if hmac.compare_digest(own.encode(), mark.encode(errors="replace")) else None

    def _made(self) -> bytes:
        try:
            descriptor = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            return self._path.read_bytes()
        with os.fdopen(descriptor, "wb") as file:
            file.write(secrets.token_bytes(_BYTES))
            file.flush()
            os.fsync(file.fileno())
        return self._path.read_bytes()

    @staticmethod
    def _mark(secret: bytes, file: str, lines: int, head: str) -> str:
        return hmac.new(secret, f"{file}\n{lines}\n{head}".encode(errors="replace"), hashlib.sha256).hexdigest()
