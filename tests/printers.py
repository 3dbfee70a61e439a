"""Printers for tests: the emulated one switched on, and one that answers whatever it is told to."""

from __future__ import annotations

import re
import shutil
import signal
import socket
import ssl
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from subprocess import run
from typing import Any, Final

from printserver.printing.emulated_printer import EmulatedPrinter
from printserver.printing.ipp_answer import PrinterAnswer
from printserver.printing.ipp_query import ask_printer
from printserver.printing.pin import Pin, read_pin
from tests.cups_rig import SPOOLER_USER, Running, contract_pdf, wait_for
from tests.free_ports import free_port

PRINT_JOB: Final = """{{
OPERATION Print-Job
GROUP operation-attributes-tag
ATTR charset attributes-charset utf-8
ATTR language attributes-natural-language en
ATTR uri printer-uri $uri
ATTR name job-name "{name}"
ATTR mimeMediaType document-format {format}
GROUP job-attributes-tag
ATTR keyword sides {sides}
FILE {file}
STATUS successful-ok
}}"""


@dataclass
class SwitchedOn:
    """An emulated printer that runs."""

    printer: EmulatedPrinter
    engine: Running

    @property
    def pin(self) -> Pin:
        return read_pin(self.printer.certificate_pem)

    def power_cycle(self) -> None:
        """In the middle of whatever it does; it forgets its jobs."""
        self.engine.stop(signal.SIGKILL)
        self.start()

    def start(self) -> None:
        self.engine.start()
        self.printer.wait_until_ready()

    def print(
        self,
        document: bytes | None = None,
        *,
        name: str = "direct",
        form: str = "application/pdf",
        sides: str = "one-sided",
    ) -> None:
        """Like a program that goes round the server: without ticket or spooler."""
        with tempfile.TemporaryDirectory() as folder:
            file, test = Path(folder, "document"), Path(folder, "print.test")
            file.write_bytes(contract_pdf(1) if document is None else document)
            test.write_text(PRINT_JOB.format(name=name, format=form, sides=sides, file=file))
            run(["/usr/bin/ipptool", "-q", self.printer.uri, str(test)], check=True, timeout=30)

    def wait_for_reason(self, start: str) -> PrinterAnswer:
        """Its first answer with a printer-state-reason that starts so."""

        def told() -> PrinterAnswer | None:
            answer = ask_printer(self.printer.uri, self.pin.sha256)
            return answer if any(reason.startswith(start) for reason in answer.reasons) else None

        return wait_for(told)

    def wait_for_rest(self, impressions: int | None = None) -> None:
        """Until it is idle and tells over IPP what its meter shows: `impressions`, where they are given."""

        def at_rest() -> bool | None:
            answer, meter = ask_printer(self.printer.uri, self.pin.sha256), self.printer.counters().impressions
            wanted = meter if impressions is None else impressions
            return (answer.state == "idle" and answer.impressions == meter == wanted) or None

        wait_for(at_rest, within=60)


@contextmanager
def switched_on(**options: Any) -> Iterator[SwitchedOn]:
    """In a folder of its own, where its system user may look.   options: of `EmulatedPrinter`."""
    folder = Path(tempfile.mkdtemp(prefix="printer-"))
    folder.chmod(0o755)
    printer = EmulatedPrinter(folder / "printer", free_port(), user=SPOOLER_USER, **options)
    printer.build()
    engine = Running(printer.command(), printer.environment(), folder / "log")
    running = SwitchedOn(printer, engine)
    try:
        running.start()
        yield running
    finally:
        engine.stop(signal.SIGKILL)
        shutil.rmtree(folder)


@dataclass
class TalkativePrinter:
    """Over TLS with `printer`'s certificate it reads a request, and then does with the connection what it is told."""

    printer: EmulatedPrinter
    port: int
    behave: Callable[[ssl.SSLSocket], None]
    requests: list[bytes] = field(default_factory=list)

    @property
    def uri(self) -> str:
        return f"ipps://localhost:{self.port}/ipp/print"

    @property
    def pin(self) -> Pin:
        return read_pin(self.printer.certificate_pem)

    def answer(self, body: bytes, *, status: str = "200 OK", headers: str = "") -> None:
        """From now on."""
        head = f"HTTP/1.1 {status}\r\nContent-Type: application/ipp\r\nContent-Length: {len(body)}\r\n{headers}\r\n"
        self.behave = lambda connection: connection.sendall(head.encode() + body)


@contextmanager
def talkative_printer(folder: Path) -> Iterator[TalkativePrinter]:
    printer = EmulatedPrinter(folder, 1)
    printer.build()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "keys" / "localhost.crt", folder / "keys" / "localhost.key")
    with closing(socket.create_server(("localhost", 0))) as listening:
        talker = TalkativePrinter(printer, listening.getsockname()[1], lambda connection: None)
        thread = threading.Thread(target=_serve, args=(listening, context, talker))
        thread.start()
        try:
            yield talker
        finally:
            listening.shutdown(socket.SHUT_RDWR)
            thread.join()


def _serve(listening: socket.socket, context: ssl.SSLContext, talker: TalkativePrinter) -> None:
    while True:
        try:
            bare, _ = listening.accept()
        except OSError:
            return
        with suppress(OSError), bare, context.wrap_socket(bare, server_side=True) as connection:
            connection.settimeout(5)
            talker.requests.append(_request(connection))
            talker.behave(connection)


def _request(connection: ssl.SSLSocket) -> bytes:
    """The whole of it: closing a connection with something unread would take the answer away again."""
    request = b""
    while part := connection.recv(65536):
        request += part
        head, _, body = request.partition(b"\r\n\r\n")
        length = re.search(rb"(?i)content-length: ([0-9]+)", head)
        if length and len(body) >= int(length[1]):
            break
    return request
