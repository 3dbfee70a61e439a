"""Asks a ticket desk whether it is there, as the fence backend would reach it. Nothing is redeemed."""

from __future__ import annotations

import contextlib
import http.client
import os
import re
import socket
import ssl
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import ClassVar, Final
from urllib.parse import urlsplit

from printserver.foundation.errors import Malformed
from printserver.printing.spooler_layout import SpoolerLayout

HTTPS_PORT: Final = 443
_DESK: Final = re.compile(r"unix:/[^\s$\"'\\]+|https://[A-Za-z0-9.-]+(?::[1-9][0-9]{0,4})?")


class DeskMalformed(Malformed):
    """A desk is `unix:/absolute/path` or `https://host[:port]`."""

    code: ClassVar[str] = "desk-malformed"


@dataclass(frozen=True, slots=True)
class DeskAnswer:
    failure: str = ""
    """Why there was no answer; empty when there was one."""
    refused: bool = False
    """It answered that it does not know who asks."""
    time: datetime | None = None
    """The desk's own clock, UTC."""


def require_desk(desk: str) -> None:
    """Raises: DeskMalformed."""
    if not _DESK.fullmatch(desk):
        raise DeskMalformed("a ticket desk is unix:/absolute/path or https://host[:port]")


def ask_desk(layout: SpoolerLayout, desk: str, *, timeout: float) -> DeskAnswer:
    """timeout: seconds, for connecting and for each answer."""
    parts = urlsplit(desk)
    try:
        require_desk(desk)
        if parts.scheme == "unix":
            return _asked(_UnixConnection(parts.path, timeout), tells_who_asks=_is_backend(layout))
        connection = _PinnedConnection(
            parts.hostname or "", parts.port or HTTPS_PORT, timeout=timeout, context=_tls(layout)
        )
        connection.pinned = ssl.PEM_cert_to_DER_cert(layout.desk_certificate.read_text("ascii").strip())
        return _asked(connection, tells_who_asks=True)
    except (OSError, ValueError, DeskMalformed) as error:
        return DeskAnswer(failure=str(error) or type(error).__name__)


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path: str, timeout: float) -> None:
        super().__init__("localhost", timeout=timeout)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)


class _PinnedConnection(http.client.HTTPSConnection):
    pinned = b""

    def connect(self) -> None:
        super().connect()
        shown = self.sock.getpeercert(binary_form=True) if isinstance(self.sock, ssl.SSLSocket) else None
        if shown != self.pinned:
            self.close()
            raise ssl.SSLError("the server shows another certificate than was given at the installation")


def _asked(connection: http.client.HTTPConnection, *, tells_who_asks: bool) -> DeskAnswer:
    try:
        # Of a stranger it reads nothing, and may have answered and gone before the question is sent.
        with contextlib.suppress(BrokenPipeError):
            connection.request("GET", "/")
        answer = connection.getresponse()
        answer.read(1 << 16)
    except ConnectionResetError:
        return DeskAnswer(refused=tells_who_asks)
    except http.client.HTTPException as error:
        return DeskAnswer(failure=f"what answers is no desk: {type(error).__name__}")
    finally:
        connection.close()
    date = answer.getheader("Date")
    return DeskAnswer(
        refused=tells_who_asks and answer.status == http.HTTPStatus.FORBIDDEN,
        time=None if date is None else parsedate_to_datetime(date).replace(tzinfo=UTC),  # always GMT, RFC 9110 5.6.7
    )


def _tls(layout: SpoolerLayout) -> ssl.SSLContext:
    """Only the one certificate is trusted, and by itself, so a name in it says nothing more."""
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    tls.minimum_version = ssl.TLSVersion.TLSv1_2
    tls.check_hostname = False
    tls.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    tls.load_verify_locations(cafile=layout.desk_certificate)
    tls.load_cert_chain(layout.branch_certificate, layout.branch_key)
    return tls


def _is_backend(layout: SpoolerLayout) -> bool:
    """Whether the desk's answer to this process is its answer to the backend: over a socket it looks at the user."""
    return Path(layout.fence).stat().st_uid == os.geteuid()
