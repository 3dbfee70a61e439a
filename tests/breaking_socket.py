"""A way to cupsd that breaks off in the middle of a document."""

from __future__ import annotations

import select
import socket
import socketserver
import threading
from pathlib import Path


class BreakingSocket:
    """Stands before cupsd and lets everything through, but of the first document nothing after the request's head."""

    def __init__(self, path: Path, cupsd: Path) -> None:
        self.broken = False
        breaking = self

        class Handler(socketserver.BaseRequestHandler):
            def handle(self) -> None:
                with socket.socket(socket.AF_UNIX) as onwards:
                    onwards.connect(str(cupsd))
                    while ready := select.select([self.request, onwards], [], [])[0]:
                        octets = ready[0].recv(65536)
                        if b"Transfer-Encoding: chunked" in octets and not breaking.broken:
                            breaking.broken = True
                            self.request.shutdown(socket.SHUT_RD)
                            self.request.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
                            return
                        if not octets:
                            return
                        (onwards if ready[0] is self.request else self.request).sendall(octets)

        self._server = socketserver.ThreadingUnixStreamServer(str(path), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})

    def __enter__(self) -> BreakingSocket:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
