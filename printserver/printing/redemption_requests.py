"""What a fence backend may ask of the ticket desk, and how it is answered. `redemption` listens.

HTTP/1.1, one request a connection: POST with a JSON object of strings, at most 64 KiB.

    /claim      ticket, attempt, job_uuid, queue, certificate_sha256  ->  200 {"share": 64 hex digits}
    /commit     ticket, attempt                                       ->  200 {}
    /give-back  ticket, attempt                                       ->  200 {}
    /record     ticket, attempt, record (ASCII lines, at most 32 KiB) ->  200 {}

Otherwise 400 not understood, 403 not a spooler of ours, 404, 409 {"code"} refused for good, 413 too long, 503 {"code"}
ask again. Who asks is known from the peer's system user or certificate, never from what it says.
"""

from __future__ import annotations

import json
import re
import socket
import ssl
import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from typing import Any, Final
from uuid import UUID

import structlog

from printserver.foundation.errors import Malformed, TooLarge
from printserver.printing.ports import PrinterBusy, TicketClaim, TicketDesk, TicketRefused

LARGEST_BODY: Final = 64 * 1024
LARGEST_RECORD: Final = 32 * 1024
SECONDS_OF_SILENCE: Final = 10.0

_HEX_64: Final = re.compile(r"[0-9a-f]{64}")
_HEX_32: Final = re.compile(r"[0-9a-f]{32}")
_JOB_UUID: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_QUEUE: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,126}")
_RECORD: Final = re.compile(rf"(?=.{{0,{LARGEST_RECORD}}}\Z)(?:[\x20-\x7e]*\n)*", re.DOTALL)
_TICKET_FIELDS: Final = {"ticket": _HEX_64, "attempt": _HEX_32}
_CLAIM_FIELDS: Final = {**_TICKET_FIELDS, "job_uuid": _JOB_UUID, "queue": _QUEUE, "certificate_sha256": _HEX_64}
_RECORD_FIELDS: Final = {**_TICKET_FIELDS, "record": _RECORD}

_log = structlog.get_logger()


@dataclass(frozen=True)
class Errand:
    """One thing to ask for: what its fields look like, and who answers."""

    fields: Mapping[str, re.Pattern[str]]
    run: Callable[..., Mapping[str, str]]


def errands(desk: TicketDesk) -> Mapping[str, Errand]:
    """By path. `run` takes the fields by name, and `spooler`."""

    def claim(job_uuid: str, *, spooler: str, **facts: str) -> Mapping[str, str]:
        return {"share": desk.claim(TicketClaim(job_uuid=UUID(job_uuid), **facts), spooler=spooler).hex()}

    def silent(run: Callable[..., None]) -> Callable[..., Mapping[str, str]]:
        def answer(**facts: str) -> Mapping[str, str]:
            run(**facts)
            return {}

        return answer

    return {
        "/claim": Errand(_CLAIM_FIELDS, claim),
        "/commit": Errand(_TICKET_FIELDS, silent(desk.start)),
        "/give-back": Errand(_TICKET_FIELDS, silent(desk.give_back)),
        "/record": Errand(_RECORD_FIELDS, silent(desk.record)),
    }


class RedemptionHandler(BaseHTTPRequestHandler):
    """One connection, one request. Subclasses say which errands there are and who the peer is."""

    protocol_version = "HTTP/1.1"
    server_version = "printserver"
    sys_version = ""
    timeout = SECONDS_OF_SILENCE
    errands: Mapping[str, Errand]
    name_of: Callable[[socket.socket], str | None]
    spooler: str | None = None
    requestline = ""
    request_version = protocol_version

    def setup(self) -> None:
        super().setup()
        if isinstance(self.connection, ssl.SSLSocket):
            self.connection.do_handshake()

    def handle(self) -> None:
        """Of a stranger, nothing is read."""
        self.spooler = type(self).name_of(self.connection)
        if self.spooler is None:
            self._answer(HTTPStatus.FORBIDDEN, {"code": "not-a-spooler"})
        else:
            super().handle()

    def do_POST(self) -> None:
        errand = self.errands.get(self.path)
        if errand is None:
            self._answer(HTTPStatus.NOT_FOUND, {"code": "not-found"})
            return
        try:
            facts = self._facts(errand)
        except TooLarge:
            self._answer(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, {"code": TooLarge.code})
        except Malformed:
            self._answer(HTTPStatus.BAD_REQUEST, {"code": Malformed.code})
        else:
            self._answer(*self._outcome(errand, facts))

    def _outcome(self, errand: Errand, facts: Mapping[str, str]) -> tuple[HTTPStatus, Mapping[str, str]]:
        try:
            return HTTPStatus.OK, errand.run(**facts, spooler=self.spooler)
        except TicketRefused as refusal:
            return HTTPStatus.CONFLICT, {"code": refusal.code}
        except PrinterBusy as busy:
            return HTTPStatus.SERVICE_UNAVAILABLE, {"code": busy.code}
        except Exception as error:  # noqa: BLE001 - whatever it is, nothing is known, and the backend asks again
            _log.error("ticket desk failed", errand=self.path, spooler=self.spooler, error=type(error).__name__)
            return HTTPStatus.SERVICE_UNAVAILABLE, {"code": "unavailable"}

    def _facts(self, errand: Errand) -> Mapping[str, str]:
        """Raises: TooLarge, Malformed."""
        length = self.headers.get("Content-Length", "")
        if not re.fullmatch(r"[0-9]{1,9}", length) or "Transfer-Encoding" in self.headers:
            raise Malformed("the request does not say how long it is")
        if int(length) > LARGEST_BODY:
            raise TooLarge("the request is too long")
        return parse_facts(self.rfile.read(int(length)), errand.fields)

    def _answer(self, status: HTTPStatus, body: Mapping[str, str]) -> None:
        self.close_connection = True
        octets = json.dumps(body).encode("ascii")
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(octets)))
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(octets)

    def log_message(self, format: str, *args: object) -> None:
        """Quiet: a request's line is the peer's word."""


def parse_facts(body: bytes, fields: Mapping[str, re.Pattern[str]]) -> Mapping[str, str]:
    """Exactly these fields, each a string of its form.   Raises: Malformed."""
    try:
        facts: Any = json.loads(body.decode("ascii"))
    except (ValueError, RecursionError):
        raise Malformed("the request is not JSON") from None
    if not isinstance(facts, dict) or facts.keys() != fields.keys():
        raise Malformed("the request has not the fields that it should have")
    for name, form in fields.items():
        if not isinstance(facts[name], str) or not form.fullmatch(facts[name]):
            raise Malformed("a field of the request is not of its form")
    return facts


def unix_handler(desk: TicketDesk, clients: Mapping[int, str]) -> type[RedemptionHandler]:
    """clients: system user id -> the spooler's name."""

    def name_of(connection: socket.socket) -> str | None:
        # struct ucred: pid, uid, gid, as they were when the peer connected; unix(7).
        credentials = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
        return clients.get(struct.unpack("3i", credentials)[1])

    return _handler(desk, name_of)


def https_handler(desk: TicketDesk, clients: Mapping[str, str]) -> type[RedemptionHandler]:
    """clients: SHA-256 of a client certificate's DER, in hexadecimal digits -> the spooler's name."""

    def name_of(connection: socket.socket) -> str | None:
        certificate = connection.getpeercert(binary_form=True) if isinstance(connection, ssl.SSLSocket) else None
        return None if certificate is None else clients.get(sha256(certificate).hexdigest())

    return _handler(desk, name_of)


def _handler(desk: TicketDesk, name: Callable[[socket.socket], str | None]) -> type[RedemptionHandler]:
    class Handler(RedemptionHandler):
        errands = errands(desk)
        name_of = staticmethod(name)

    return Handler
