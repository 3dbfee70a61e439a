"""A printer that takes a document whole and then denies it: what a lost answer looks like to the sender."""

from __future__ import annotations

import ssl
import struct
import threading
from enum import Enum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType

from printserver.printing.emulated_printer import EmulatedPrinter

OK, BUSY, NOT_POSSIBLE = 0x0000, 0x0507, 0x0404
CREATE_JOB, SEND_DOCUMENT, GET_PRINTER_ATTRIBUTES = 0x0005, 0x0006, 0x000B
INTEGER, BOOLEAN, ENUM, KEYWORD, MIME_TYPE = 0x21, 0x22, 0x23, 0x44, 0x49
JOB_GROUP, PRINTER_GROUP, END = b"\x02", b"\x04", b"\x03"


class BadAnswer(Enum):
    """To Send-Document, after its last octet."""

    BUSY = "server-error-busy"
    NOT_POSSIBLE = "client-error-not-possible"
    NONE = "the connection breaks"
    NOISE = "octets that are not IPP"


def attribute(tag: int, name: str, *values: bytes) -> bytes:
    octets = b""
    for place, value in enumerate(values):
        own = b"" if place else name.encode("ascii")
        octets += struct.pack(">BH", tag, len(own)) + own + struct.pack(">H", len(value)) + value
    return octets


def number(value: int) -> bytes:
    return struct.pack(">i", value)


PRINTER = (
    attribute(ENUM, "printer-state", number(3))
    + attribute(KEYWORD, "printer-state-reasons", b"none")
    + attribute(BOOLEAN, "printer-is-accepting-jobs", b"\x01")
    + attribute(MIME_TYPE, "document-format-supported", b"application/pdf")
    + attribute(ENUM, "operations-supported", *map(number, (2, 4, 5, 6, 8, 9, 10, 11)))
)
JOB = attribute(INTEGER, "job-id", number(1)) + attribute(ENUM, "job-state", number(3))


class StubbornPrinter:
    """Serves on the port and with the certificate of `identity` while in its context."""

    def __init__(self, identity: EmulatedPrinter, answer: BadAnswer) -> None:
        self.documents: list[bytes] = []
        printer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = read_chunked(self) if self.headers.get("Transfer-Encoding") else read_plain(self)
                operation, request_id = struct.unpack_from(">HI", body, 2)
                if operation == SEND_DOCUMENT:
                    printer.documents.append(body[body.index(b"%PDF") :])
                    if answer is BadAnswer.NONE:
                        self.close_connection = True
                        return
                self._respond(operation, request_id)

            def _respond(self, operation: int, request_id: int) -> None:
                status = OK
                if operation == SEND_DOCUMENT:
                    status = BUSY if answer is BadAnswer.BUSY else NOT_POSSIBLE
                group = {GET_PRINTER_ATTRIBUTES: PRINTER_GROUP + PRINTER, CREATE_JOB: JOB_GROUP + JOB}
                head = attribute(0x47, "attributes-charset", b"utf-8") + attribute(
                    0x48, "attributes-natural-language", b"en"
                )
                octets = (
                    struct.pack(">BBHI", 2, 0, status, request_id) + b"\x01" + head + group.get(operation, b"") + END
                )
                self.send_response(200)
                self.send_header("Content-Type", "application/ipp")
                self.send_header("Content-Length", str(len(octets)))
                self.end_headers()
                self.wfile.write(octets)

            def log_message(self, format: str, *args: object) -> None:
                """Quiet."""

        self._server = ThreadingHTTPServer(("localhost", identity.port), Handler)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        keys = identity.root / "keys"
        context.load_cert_chain(keys / "localhost.crt", keys / "localhost.key")
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self._thread = threading.Thread(target=self._server.serve_forever)

    def __enter__(self) -> StubbornPrinter:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def read_plain(request: BaseHTTPRequestHandler) -> bytes:
    return request.rfile.read(int(request.headers["Content-Length"]))


def read_chunked(request: BaseHTTPRequestHandler) -> bytes:
    body = b""
    while length := int(request.rfile.readline(), 16):
        body += request.rfile.read(length)
        request.rfile.readline()
    request.rfile.readline()
    return body
