"""One request and its answer over HTTP/1.1, within bounds of time and memory.

Read by hand: the library's reader follows a peer that says "100 Continue" for ever, and takes long to load.
"""

from __future__ import annotations

import re
import socket
import time

LARGEST_BODY = 64 * 1024
_LARGEST_HEAD = 8 * 1024
_STATUS = re.compile(rb"HTTP/1\.[01] ([2-5][0-9][0-9])[ \r]")
_LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*(\d{1,6})[ \t]*(?=\r\n)", re.IGNORECASE)
_CHUNKED = re.compile(rb"\r\ntransfer-encoding:[ \t]*chunked[ \t]*(?=\r\n)", re.IGNORECASE)
_CLOSES = re.compile(rb"\r\nconnection:[ \t]*close[ \t]*(?=\r\n)", re.IGNORECASE)


class NoHttpAnswer(Exception):
    """The peer broke off, fell silent, said too much, or something that is not HTTP."""


def post(
    connection: socket.socket, host: str, path: str, content_type: str, body: bytes, seconds: float
) -> tuple[int, bytes, bool]:
    """Status, body, and whether the connection ends with it.

    seconds: for the whole answer.   Raises NoHttpAnswer, OSError.
    """
    deadline = time.monotonic() + seconds
    connection.settimeout(seconds)
    head = (
        f"POST {path} HTTP/1.1\r\nHost: {host}\r\nContent-Type: {content_type}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    connection.sendall(head.encode("ascii") + body)
    return _Answer(connection, deadline).read()


class _Answer:
    """Reads one HTTP answer."""

    def __init__(self, connection: socket.socket, deadline: float) -> None:
        self._connection = connection
        self._deadline = deadline
        self._octets = b""

    def read(self) -> tuple[int, bytes, bool]:
        """See `post`."""
        head = self._until(b"\r\n\r\n", _LARGEST_HEAD)
        status, length = _STATUS.match(head), _LENGTH.search(head)
        if status is None or (length is None) == (_CHUNKED.search(head) is None):
            raise NoHttpAnswer
        body = self._take(int(length[1])) if length else self._chunks()
        return int(status[1]), body, _CLOSES.search(head) is not None

    def _chunks(self) -> bytes:
        body = b""
        while size := self._chunk_size():
            body += self._take(size)
            self._end_of_line()
            if len(body) > LARGEST_BODY:
                raise NoHttpAnswer
        self._end_of_line()
        return body

    def _chunk_size(self) -> int:
        line = self._until(b"\r\n", 16)[:-2]
        if not re.fullmatch(rb"[0-9A-Fa-f]{1,5}", line):
            raise NoHttpAnswer
        return int(line, 16)

    def _end_of_line(self) -> None:
        if self._take(2) != b"\r\n":
            raise NoHttpAnswer

    def _until(self, end: bytes, largest: int) -> bytes:
        """Up to and with `end`."""
        while end not in self._octets[:largest]:
            if len(self._octets) >= largest:
                raise NoHttpAnswer
            self._receive()
        return self._take(self._octets.index(end) + len(end))

    def _take(self, count: int) -> bytes:
        if count > LARGEST_BODY:
            raise NoHttpAnswer
        while len(self._octets) < count:
            self._receive()
        taken, self._octets = self._octets[:count], self._octets[count:]
        return taken

    def _receive(self) -> None:
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise NoHttpAnswer
        self._connection.settimeout(left)
        octets = self._connection.recv(4096)
        if not octets:
            raise NoHttpAnswer
        self._octets += octets
