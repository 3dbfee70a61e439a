"""Asks the server's ticket desk. What is asked and answered: printserver/printing/redemption_requests.py."""

from __future__ import annotations

import http.client
import json
import re
import socket
import ssl
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

SECONDS_OF_SILENCE = 5.0
_LARGEST_ANSWER = 64 * 1024
_SHARE = re.compile(r"[0-9a-f]{64}")


class DeskUnreachable(Exception):
    """Nothing is known, not even whether the request was carried out: ask again."""


class PrinterBusy(Exception):
    """Another copy is on its way to this printer, or it is paused: ask again."""


class TicketRefused(Exception):
    """This ticket prints nothing."""


class Way(Protocol):
    """How the desk is reached."""

    def connection(self) -> http.client.HTTPConnection: ...


class Desk:
    """For one ticket and one run of this backend. Every call may raise DeskUnreachable and TicketRefused."""

    def __init__(self, way: Way, ticket: str, attempt: str) -> None:
        self._way = way
        self._right = {"ticket": ticket, "attempt": attempt}

    def claim(self, job_uuid: str, queue: str, certificate_sha256: str) -> bytes:
        """The desk's share of the document's key, 32 octets.   Raises PrinterBusy."""
        answer = self._ask("/claim", job_uuid=job_uuid, queue=queue, certificate_sha256=certificate_sha256)
        share = answer.get("share")
        if not isinstance(share, str) or not _SHARE.fullmatch(share):
            raise DeskUnreachable("no share in the answer")
        return bytes.fromhex(share)

    def commit(self) -> None:
        """Paper may come out."""
        self._ask("/commit")

    def give_back(self) -> None:
        """Nothing was handed over, and nothing will be."""
        self._ask("/give-back")

    def record(self, lines: str) -> None:
        """The record so far."""
        self._ask("/record", record=lines)

    def _ask(self, path: str, **facts: str) -> Mapping[str, object]:
        body = json.dumps({**self._right, **facts})
        connection = self._way.connection()
        try:
            connection.request("POST", path, body, {"Content-Type": "application/json"})
            response = connection.getresponse()
            octets = response.read(_LARGEST_ANSWER)
        except (OSError, ValueError, http.client.HTTPException) as error:
            raise DeskUnreachable(type(error).__name__) from error
        finally:
            connection.close()
        return _answer(response.status, octets)


def _answer(status: int, octets: bytes) -> Mapping[str, object]:
    try:
        answer = json.loads(octets.decode("ascii"))
    except (ValueError, RecursionError):
        raise DeskUnreachable("not JSON") from None
    if not isinstance(answer, dict):
        raise DeskUnreachable("not an object")
    if status == http.client.OK:
        return answer
    if status == http.client.CONFLICT:
        raise TicketRefused
    if status == http.client.SERVICE_UNAVAILABLE and answer.get("code") == "printer-busy":
        raise PrinterBusy
    raise DeskUnreachable(f"HTTP status {status}")


class UnixWay:
    """A socket of this machine, which only the server may have put there."""

    def __init__(self, path: str) -> None:
        self._path = path

    def connection(self) -> http.client.HTTPConnection:
        return _UnixConnection(self._path)


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path: str) -> None:
        super().__init__("localhost", timeout=SECONDS_OF_SILENCE)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)


class HttpsWay:
    """TLS to the one certificate that is pinned, showing this machine's own."""

    def __init__(self, host: str, port: int, pinned: Path, certificate: Path, key: Path) -> None:
        """Raises OSError, ValueError."""
        self._host, self._port = host, port
        self._pinned = ssl.PEM_cert_to_DER_cert(pinned.read_text("ascii").strip())
        self._tls = pinning_context()
        self._tls.load_cert_chain(certificate, key)

    def connection(self) -> http.client.HTTPConnection:
        return _PinnedConnection(self._host, self._port, self._tls, self._pinned)


class _PinnedConnection(http.client.HTTPConnection):
    def __init__(self, host: str, port: int, tls: ssl.SSLContext, pinned: bytes) -> None:
        super().__init__(host, port, timeout=SECONDS_OF_SILENCE)
        self._tls = tls
        self._pinned = pinned

    def connect(self) -> None:
        super().connect()
        self.sock = pinned_socket(self._tls, self.sock, self._pinned)


def pinning_context() -> ssl.SSLContext:
    """For `pinned_socket` alone: by itself it believes everybody."""
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    tls.check_hostname = False
    tls.verify_mode = ssl.CERT_NONE
    tls.minimum_version = ssl.TLSVersion.TLSv1_2
    return tls


def pinned_socket(tls: ssl.SSLContext, connection: socket.socket, pinned: bytes) -> ssl.SSLSocket:
    """TLS with a peer that proved to have the key of exactly this certificate (DER).   Raises OSError."""
    wrapped = tls.wrap_socket(connection)
    if wrapped.getpeercert(binary_form=True) != pinned:
        wrapped.close()
        raise ConnectionRefusedError("another certificate than the pinned one")
    return wrapped


def way_to_desk(environment: Mapping[str, str]) -> Way:
    """Raises KeyError, OSError, ValueError when the environment does not say how."""
    address = urlsplit(environment["PRINTSERVER_DESK"])
    if address.scheme == "unix" and address.path.startswith("/"):
        return UnixWay(address.path)
    if address.scheme != "https" or address.hostname is None:
        raise ValueError("PRINTSERVER_DESK is neither unix:/path nor https://host:port")
    return HttpsWay(
        address.hostname,
        address.port or 443,
        Path(environment["PRINTSERVER_DESK_CERT"]),
        Path(environment["PRINTSERVER_BRANCH_CERT"]),
        Path(environment["PRINTSERVER_BRANCH_KEY"]),
    )
