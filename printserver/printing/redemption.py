"""Where the fence backends redeem their tickets: a Unix socket for this machine, TLS with certificates for others.

Several workers of a machine may each start a listener for the same address: one serves, and when its process ends
another takes over. What is asked and answered: `redemption_requests`.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import socket
import socketserver
import ssl
import threading
import time
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import structlog

from printserver.printing.ports import TicketDesk
from printserver.printing.redemption_requests import RedemptionHandler, https_handler, unix_handler

MOST_CONNECTIONS: Final = 64
LONGEST_CONNECTION: Final = 30.0  # seconds; also of a peer that sends an octet now and then
_PAUSE: Final = 0.5  # seconds between two attempts to take over
_BACKLOG: Final = 128

_log = structlog.get_logger()


@dataclass
class _Opened:
    """A connection.   at: monotonic seconds.   host: of the peer, empty on this machine's socket."""

    at: float
    host: str
    ended: bool = False


class _Server(socketserver.ThreadingMixIn, socketserver.TCPServer):
    """A thread a connection, not more than `MOST_CONNECTIONS`; all of them end before `server_close` returns.

    When there are so many, peers that have not shown their certificate make room, those of the busiest address first.
    """

    daemon_threads = False

    def __init__(self, listening: socket.socket, handler: type[RedemptionHandler], tls: ssl.SSLContext | None) -> None:
        socketserver.BaseServer.__init__(self, listening.getsockname(), handler)
        self.socket = listening
        self.timeout = 0.1
        self._tls = tls
        self._opened: dict[socket.socket, _Opened] = {}
        self._guard = threading.Lock()

    def get_request(self) -> tuple[socket.socket, Any]:
        connection, address = self.socket.accept()
        if self._tls is None:
            return connection, address
        try:
            # The handshake is the handler's, in its own thread.
            return self._tls.wrap_socket(connection, server_side=True, do_handshake_on_connect=False), address
        except OSError:
            connection.close()
            raise

    def verify_request(self, request: Any, client_address: Any) -> bool:
        with self._guard:
            if len(self._opened) >= MOST_CONNECTIONS and not self._make_room():
                return False
            self._opened[request] = _Opened(time.monotonic(), "" if self._tls is None else client_address[0])
            return True

    def _make_room(self) -> bool:
        """False when everybody is known, or too many threads of ended connections are left."""
        strangers = [
            (connection, opened)
            for connection, opened in self._opened.items()
            if not opened.ended and isinstance(connection, ssl.SSLSocket) and connection.version() is None
        ]
        if not strangers or len(self._opened) >= 2 * MOST_CONNECTIONS:
            return False
        by_host = Counter(opened.host for _, opened in strangers)
        _end(*max(strangers, key=lambda each: (by_host[each[1].host], -each[1].at)))
        return True

    def close_request(self, request: Any) -> None:
        with self._guard:
            self._opened.pop(request, None)
        super().close_request(request)

    def end_connections(self, *, older_than: float) -> None:
        """Their threads then find nothing more to read."""
        latest = time.monotonic() - older_than
        with self._guard:
            for connection, opened in self._opened.items():
                if opened.at <= latest:
                    _end(connection, opened)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A peer that breaks off, or fails the handshake, is its own affair."""
        _log.info("redemption connection broke off")


def _end(connection: socket.socket, opened: _Opened) -> None:
    opened.ended = True
    with contextlib.suppress(OSError):
        # Not SSLSocket's own, which takes the TLS object from under a thread that reads.
        socket.socket.shutdown(connection, socket.SHUT_RDWR)


class _Listener(ABC):
    """Serves, in threads of its own, from `start` to `close`."""

    def __init__(self, handler: type[RedemptionHandler], tls: ssl.SSLContext | None = None) -> None:
        self._handler = handler
        self._tls = tls
        self._closing = threading.Event()
        self._serving = threading.Event()
        self._thread = threading.Thread(target=self._run, name=type(self).__name__, daemon=True)

    def start(self) -> None:
        """Returns at once; see `wait_until_serving`."""
        self._thread.start()

    def wait_until_serving(self, timeout: float) -> bool:
        """False when, after `timeout` seconds, another process still serves this address."""
        return self._serving.wait(timeout)

    def close(self) -> None:
        """Ends connections that are open; returns when no thread is left."""
        self._closing.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        complained = ""
        while not self._closing.is_set():
            try:
                with self._take_over() as listening:
                    self._serve(listening)
            except BlockingIOError:
                complained = ""
            except OSError as error:
                if complained != (complained := f"{type(error).__name__} {error.errno}"):
                    _log.warning("cannot listen for redemptions", error=complained)
            self._closing.wait(_PAUSE)

    def _serve(self, listening: socket.socket) -> None:
        with _Server(listening, self._handler, self._tls) as server:
            self._serving.set()
            while not self._closing.is_set():
                server.handle_request()
                server.end_connections(older_than=LONGEST_CONNECTION)
            server.end_connections(older_than=0)
        self._serving.clear()

    @abstractmethod
    def _take_over(self) -> AbstractContextManager[socket.socket]:
        """The listening socket.   Raises: BlockingIOError while another serves; OSError."""


class UnixListener(_Listener):
    """path: of the socket, in a folder that other users cannot write; `<path>.lock` beside it says who serves.

    Everybody may connect; whoever is not in `clients` (system user id -> the spooler's name) is told so and no more.
    """

    def __init__(self, path: Path, desk: TicketDesk, clients: Mapping[int, str]) -> None:
        super().__init__(unix_handler(desk, clients))
        self._path = path

    @contextmanager
    def _take_over(self) -> Iterator[socket.socket]:
        flags = os.O_CREAT | os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC
        lock = os.open(self._path.with_name(f"{self._path.name}.lock"), flags, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            self._path.unlink(missing_ok=True)
            with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listening:
                listening.bind(str(self._path))
                self._path.chmod(0o666)
                listening.listen(_BACKLOG)
                yield listening
            self._path.unlink(missing_ok=True)
        finally:
            os.close(lock)


class HttpsListener(_Listener):
    """TLS 1.2 or later, to clients that show one of the known certificates and prove that they have its key.

    certificate, key: the server's, PEM files.   clients: client certificate (PEM text) -> the spooler's name; each is
    trusted by itself, so they may be self-signed.   port: 0 lets the system choose, see `port` once it serves.
    Raises: OSError, ValueError (also ssl.SSLError) when they cannot be read.
    """

    def __init__(
        self, host: str, port: int, certificate: Path, key: Path, desk: TicketDesk, clients: Mapping[str, str]
    ) -> None:
        if not clients:
            raise ValueError("a desk that nobody may ask")
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.minimum_version = ssl.TLSVersion.TLSv1_2
        tls.verify_mode = ssl.CERT_REQUIRED
        tls.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
        tls.load_cert_chain(certificate, key)
        names = {}
        for pem, name in clients.items():
            tls.load_verify_locations(cadata=pem)
            names[sha256(ssl.PEM_cert_to_DER_cert(pem.strip())).hexdigest()] = name
        super().__init__(https_handler(desk, names), tls)
        self._host = host
        self.port = port

    @contextmanager
    def _take_over(self) -> Iterator[socket.socket]:
        try:
            listening = socket.create_server((self._host, self.port), backlog=_BACKLOG)
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                raise BlockingIOError(error.errno, "another process serves this port") from error
            raise
        with listening:
            self.port = listening.getsockname()[1]
            yield listening
