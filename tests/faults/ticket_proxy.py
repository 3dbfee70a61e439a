"""Stands between fence and desk, and loses replies: the desk did what it was asked, and nobody hears of it."""

from __future__ import annotations

import contextlib
import io
import socket
import socketserver
import threading
from collections import Counter
from pathlib import Path
from types import TracebackType
from typing import IO


class TicketProxy:
    """On the socket `path`, for the desk at `desk`. losses: path of the request -> how many replies to lose."""

    def __init__(self, path: Path, desk: Path, losses: dict[str, int]) -> None:
        self.lost: Counter[str] = Counter()
        proxy = self

        class Handler(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                request = read_message(self.rfile)
                with socket.socket(socket.AF_UNIX) as onwards:
                    onwards.connect(str(desk))
                    onwards.sendall(request)
                    with onwards.makefile("rb") as answers:
                        answer = read_message(answers)
                name = request.split(b" ", 2)[1].decode("ascii")
                if proxy.lost[name] < losses.get(name, 0):
                    proxy.lost[name] += 1
                    return
                with contextlib.suppress(OSError):
                    self.wfile.write(answer)

        self._server = socketserver.ThreadingUnixStreamServer(str(path), Handler)
        path.chmod(0o666)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})

    def __enter__(self) -> TicketProxy:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def read_message(stream: IO[bytes] | io.BufferedIOBase) -> bytes:
    """Head and body of one HTTP message."""
    head, length = b"", 0
    while line := stream.readline():
        head += line
        if line.lower().startswith(b"content-length:"):
            length = int(line.split(b":")[1])
        if line == b"\r\n":
            break
    return head + stream.read(length)
