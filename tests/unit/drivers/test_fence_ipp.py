"""What the fence asks a printer, and what it makes of hostile answers: nothing."""

from __future__ import annotations

import contextlib
import resource
import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import cups
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.cups.fence.ipp import (
    CANCEL_JOB,
    GET_JOB_ATTRIBUTES,
    LARGEST_MESSAGE,
    JobAnswer,
    NoAnswer,
    job_answer,
    question,
)
from drivers.cups.fence.printer import PinnedPrinter
from printserver.printing.emulated_printer import EmulatedPrinter

REQUEST = 7


def attribute(tag: int, name: str, *values: bytes) -> bytes:
    octets = b""
    for place, value in enumerate(values):
        own = b"" if place else name.encode("ascii")
        octets += struct.pack(">BH", tag, len(own)) + own + struct.pack(">H", len(value)) + value
    return octets


def number(value: int) -> bytes:
    return struct.pack(">i", value)


HEAD = attribute(0x47, "attributes-charset", b"utf-8") + attribute(0x48, "attributes-natural-language", b"en")
JOB = {
    "job-id": attribute(0x21, "job-id", number(3)),
    "job-name": attribute(0x42, "job-name", b"a-copy"),
    "job-state": attribute(0x23, "job-state", number(9)),
    "job-impressions-completed": attribute(0x21, "job-impressions-completed", number(4)),
}


def answer(job: dict[str, bytes], *, status: int = 0, request: int = REQUEST, end: bytes = b"\x03") -> bytes:
    start = struct.pack(">BBHI", 2, 0, status, request)
    return start + b"\x01" + HEAD + b"\x02" + b"".join(job.values()) + end


GOOD = answer(JOB)


def test_a_good_answer_is_understood():
    assert job_answer(GOOD, REQUEST) == JobAnswer(3, "a-copy", "completed", 4)


def test_a_printer_that_does_not_count_is_understood():
    without = {name: octets for name, octets in JOB.items() if name != "job-impressions-completed"}
    unknown = {**JOB, "job-impressions-completed": attribute(0x12, "job-impressions-completed", b"")}
    for job in (without, unknown):
        assert job_answer(answer(job), REQUEST).impressions is None


def test_a_name_with_a_language_is_understood():
    named = attribute(0x36, "job-name", struct.pack(">H2sH6s", 2, b"en", 6, b"a-copy"))
    assert job_answer(answer({**JOB, "job-name": named}), REQUEST).job_name == "a-copy"


@pytest.mark.parametrize(
    "message",
    [
        b"",
        answer(JOB, status=0x0406),
        answer(JOB, status=0x0507),
        answer(JOB, request=8),
        answer(JOB, end=b""),
        answer({}),
        answer({**JOB, "again": JOB["job-id"]}),
        answer({**JOB, "job-id": attribute(0x21, "job-id", number(3), number(4))}),
        answer({**JOB, "job-id": attribute(0x23, "job-id", number(3))}),
        answer({**JOB, "job-id": attribute(0x21, "job-id", b"\x03")}),
        answer({**JOB, "job-state": attribute(0x23, "job-state", number(10))}),
        answer({**JOB, "job-state": attribute(0x44, "job-state", b"completed")}),
        answer({**JOB, "job-impressions-completed": attribute(0x21, "job-impressions-completed", number(-4))}),
        answer({**JOB, "job-name": attribute(0x36, "job-name", b"\x00\x02en\xff\xff")}),
        answer({**JOB, "two": b"\x02"}),
        answer({**JOB, "odd": b"\x0f"}),
        answer({**JOB, "long": b"\x44\xff\xff"}),
        answer({**JOB, "large": attribute(0x44, "x", b"y" * 60_000) + attribute(0x44, "z", b"y" * 60_000)}),
        b"\x09" + GOOD[1:],
        GOOD[:8] + attribute(0x44, "no-group", b"x") + GOOD[8:],
        GOOD[:9] + attribute(0x44, "", b"no name") + GOOD[9:],
    ],
)
def test_an_odd_answer_is_no_answer(message):
    with pytest.raises(NoAnswer):
        job_answer(message, REQUEST)


@settings(max_examples=400, deadline=None)
@given(data=st.data())
def test_a_mutated_answer_is_no_answer_or_a_well_formed_one(data):
    octets = bytearray(GOOD)
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(octets) - 1))
        cut = data.draw(st.sampled_from([0, 1, 2]))
        octets[place : place + cut] = data.draw(st.binary(max_size=4))
    with contextlib.suppress(NoAnswer):
        understood = job_answer(bytes(octets), REQUEST)
        assert understood.job_id >= 0
        assert understood.state in {
            "pending",
            "pending-held",
            "processing",
            "processing-stopped",
            "canceled",
            "aborted",
            "completed",
        }


@settings(max_examples=200, deadline=None)
@given(message=st.binary(max_size=400))
def test_noise_is_no_answer(message):
    with pytest.raises(NoAnswer):
        job_answer(message, REQUEST)


@pytest.mark.parametrize("operation", [GET_JOB_ATTRIBUTES, CANCEL_JOB])
def test_cups_own_library_reads_our_question(operation):
    message = question(operation, 5, "ipps://localhost:631/ipp/print", 12, "worker")
    read = cups.IPPRequest()
    left = [message]

    def take(count: int) -> bytes:
        taken, left[0] = left[0][:count], left[0][count:]
        return taken

    assert read.readIO(take) == cups.IPP_STATE_DATA
    told = {attribute.name: attribute.values for attribute in read.attributes}
    assert told["job-id"] == [12]
    assert told["printer-uri"] == ["ipps://localhost:631/ipp/print"]
    assert ("requested-attributes" in told) == (operation == GET_JOB_ATTRIBUTES)


class HostilePrinter:
    """Speaks TLS with the pinned certificate, and then says what it likes."""

    def __init__(self, keys: Path, speak: Callable[[ssl.SSLSocket], None]) -> None:
        self.asked: list[bytes] = []
        self._tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._tls.load_cert_chain(keys / "localhost.crt", keys / "localhost.key")
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listening.getsockname()[1]
        self._speak = speak
        self._thread = threading.Thread(target=self._serve)

    def _serve(self) -> None:
        while True:
            try:
                plain, _ = self._listening.accept()
            except OSError:
                return
            with plain, contextlib.suppress(OSError), self._tls.wrap_socket(plain, server_side=True) as connection:
                self.asked.append(connection.recv(4096))
                self._speak(connection)

    def __enter__(self) -> HostilePrinter:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        self._thread.join()


@pytest.fixture(scope="module")
def printer_identity(tmp_path_factory) -> EmulatedPrinter:
    printer = EmulatedPrinter(tmp_path_factory.mktemp("printer"), 1)
    (printer.root / "keys").mkdir()
    printer.renew_certificate()
    return printer


@contextlib.contextmanager
def asked_of(identity: EmulatedPrinter, speak: Callable[[ssl.SSLSocket], None]) -> Iterator[PinnedPrinter]:
    keys = identity.root / "keys"
    with HostilePrinter(keys, speak) as hostile:
        printer = PinnedPrinter("127.0.0.1", hostile.port, "/ipp/print", keys / "localhost.crt", "worker")
        yield printer
        printer.close()


def http(body: bytes, head: bytes = b"") -> bytes:
    return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n" % len(body) + head + b"\r\n" + body


def chunked(body: bytes) -> bytes:
    pieces = b"".join(b"%x\r\n%s\r\n" % (len(body[at : at + 50]), body[at : at + 50]) for at in range(0, len(body), 50))
    return b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + pieces + b"0\r\n\r\n"


def endlessly(octets: bytes) -> Callable[[ssl.SSLSocket], None]:
    def speak(connection: ssl.SSLSocket) -> None:
        while True:
            connection.sendall(octets)

    return speak


def in_drops(connection: ssl.SSLSocket) -> None:
    for octet in http(answer(JOB, request=1)):
        connection.sendall(bytes([octet]))
        time.sleep(0.2)


@pytest.mark.parametrize("form", [http, chunked])
def test_a_printer_is_asked_over_its_pinned_certificate(printer_identity, form):
    with asked_of(printer_identity, lambda connection: connection.sendall(form(answer(JOB, request=1)))) as printer:
        assert printer.job(3) == JobAnswer(3, "a-copy", "completed", 4)


HOSTILE: dict[str, Callable[[ssl.SSLSocket], None]] = {
    "falls silent": lambda connection: time.sleep(5),
    "continues for ever": endlessly(b"HTTP/1.1 100 Continue\r\n\r\n"),
    "has an endless head": endlessly(b"X-Header: y\r\n"),
    "has an endless body": endlessly(http(b"")[:-2].replace(b"0", b"999999") + b"\r\n" + b"x" * 4096),
    "has endless chunks": endlessly(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"1\r\nx\r\n" * 999),
    "has a huge chunk": lambda connection: connection.sendall(chunked(b"")[:-5] + b"fffffffff\r\n"),
    "gives two lengths": lambda connection: connection.sendall(http(GOOD, b"Transfer-Encoding: chunked\r\n")),
    "speaks drop by drop": in_drops,
    "breaks off": lambda connection: connection.sendall(http(GOOD)[:60]),
    "says no": lambda connection: connection.sendall(b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n"),
}


@pytest.mark.parametrize("way", HOSTILE)
def test_a_hostile_printer_is_given_up_in_bounded_time_and_memory(printer_identity, way):
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    began = time.monotonic()
    with asked_of(printer_identity, HOSTILE[way]) as printer:
        with pytest.raises(NoAnswer):
            printer.job(3)
        assert time.monotonic() - began < 20
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 16 * LARGEST_MESSAGE // 1024


def test_a_printer_with_another_certificate_is_not_even_asked(printer_identity, tmp_path):
    other = EmulatedPrinter(tmp_path, 1)
    (tmp_path / "keys").mkdir()
    other.renew_certificate()
    with HostilePrinter(tmp_path / "keys", lambda connection: None) as hostile:
        pin = printer_identity.root / "keys" / "localhost.crt"
        with pytest.raises(NoAnswer):
            PinnedPrinter("127.0.0.1", hostile.port, "/ipp/print", pin, "worker").job(3)
        assert all(not octets for octets in hostile.asked)
