"""Asks the server's ticket desk. What is asked and answered: printserver/printing/redemption_requests.py."""

from __future__ import annotations

import json
import re
import socket
import ssl
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

from .http_post import NoHttpAnswer, post

SECONDS_OF_SILENCE = 5.0
_OK, _CONFLICT, _UNAVAILABLE = 200, 409, 503
_SHARE = re.compile(r"[0-9a-f]{64}")


class DeskUnreachable(Exception):
    """Nothing is known, not even whether the request was carried out: ask again."""


class PrinterBusy(Exception):
    """Another copy is on its way to this printer, or it is paused: ask again."""


class TicketRefused(Exception):
    """This ticket prints nothing."""


class Way(Protocol):
    """How the desk is reached."""

    def connection(self) -> socket.socket:
        """A new one.   Raises OSError, ValueError."""
        ...


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
        body = json.dumps({**self._right, **facts}).encode("ascii")
        try:
            with self._way.connection() as connection:
                status, octets, _ = post(connection, "desk", path, "application/json", body, SECONDS_OF_SILENCE)
        except (OSError, ValueError, NoHttpAnswer) as error:
            raise DeskUnreachable(type(error).__name__) from error
        return _answer(status, octets)


def _answer(status: int, octets: bytes) -> Mapping[str, object]:
    try:
        answer = json.loads(octets.decode("ascii"))
    except (ValueError, RecursionError):
        raise DeskUnreachable("not JSON") from None
    if not isinstance(answer, dict):
        raise DeskUnreachable("not an object")
    if status == _OK:
        return answer
    if status == _CONFLICT:
        raise TicketRefused
    if status == _UNAVAILABLE and answer.get("code") == "printer-busy":
        raise PrinterBusy
    raise DeskUnreachable(f"HTTP status {status}")


class UnixWay:
    """A socket of this machine, which only the server may have put there."""

    def __init__(self, path: str) -> None:
        self._path = path

    def connection(self) -> socket.socket:
        """See `Way`."""
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            connection.settimeout(SECONDS_OF_SILENCE)
            connection.connect(self._path)
        except OSError:
            connection.close()
            raise
        return connection


class HttpsWay:
    """TLS to the one certificate that is pinned, showing this machine's own."""

    def __init__(self, host: str, port: int, pinned: Path, certificate: Path, key: Path) -> None:
        """Raises OSError, ValueError."""
        self._host, self._port = host, port
        self._pinned = ssl.PEM_cert_to_DER_cert(pinned.read_text("ascii").strip())
        self._tls = pinning_context()
        self._tls.load_cert_chain(certificate, key)

    def connection(self) -> socket.socket:
        """See `Way`."""
        return pinned_socket(self._tls, (self._host, self._port), SECONDS_OF_SILENCE, self._pinned)


def pinning_context() -> ssl.SSLContext:
    """For `pinned_socket` alone: by itself it believes everybody."""
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    tls.check_hostname = False
    tls.verify_mode = ssl.CERT_NONE
    tls.minimum_version = ssl.TLSVersion.TLSv1_2
    return tls


def pinned_socket(tls: ssl.SSLContext, address: tuple[str, int], seconds: float, pinned: bytes) -> ssl.SSLSocket:
    """TLS with a peer that proved to have the key of exactly this certificate (DER).   Raises OSError."""
    plain = socket.create_connection(address, seconds)
    try:
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        wrapped = tls.wrap_socket(plain)
    except OSError:
        plain.close()
        raise
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
