"""Release-Job to something that is no cupsd; how a real one takes it is shown in `test_cups.py`."""

from __future__ import annotations

import io
import socketserver
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import cups
import pytest
from hypothesis import given
from hypothesis import strategies as st

from printserver.printing.cups_connection import NotPossible, own_name
from printserver.printing.ports import JobNotFound, SpoolerRefused, SpoolerUnavailable
from printserver.printing.release_job import _request, _status_of, release_job

OK, NOT_POSSIBLE, NOT_FOUND = 0x0000, 0x0404, 0x0406


def ipp_answer(status: int) -> bytes:
    """RFC 8010 section 3.1.1, with no attribute."""
    return struct.pack(">BBHIBB", 2, 0, status, 1, 0x01, 0x03)


@contextmanager
def answering(path: Path, answer: bytes) -> Iterator[list[bytes]]:
    """A socket that gives everybody one answer; yields what it was asked."""
    asked: list[bytes] = []

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            head = list(iter(self.rfile.readline, b"\r\n"))
            [length] = [int(line.split(b":")[1]) for line in head if line.lower().startswith(b"content-length")]
            asked.append(b"".join(head) + self.rfile.read(length))
            self.wfile.write(answer)

    with socketserver.UnixStreamServer(str(path), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield asked
        finally:
            server.shutdown()
            thread.join()


def http(status: str, body: bytes) -> bytes:
    return f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n\r\n".encode("ascii") + body


def test_the_request_names_the_job_and_who_asks():
    read = cups.IPPRequest()
    assert read.readIO(io.BytesIO(_request(4711)).read) == cups.IPP_STATE_DATA
    assert read.operation == 0x000D
    assert [(attribute.name, attribute.values) for attribute in read.attributes] == [
        ("attributes-charset", ["utf-8"]),
        ("attributes-natural-language", ["en"]),
        ("job-uri", ["ipp://localhost/jobs/4711"]),
        ("requesting-user-name", [own_name()]),
    ]


def test_it_is_sent_once_with_the_word_that_the_socket_vouches_for_the_caller(tmp_path):
    with answering(tmp_path / "s", http("200 OK", ipp_answer(OK))) as asked:
        release_job(tmp_path / "s", 7)
    [request] = asked
    assert request.startswith(b"POST /")
    assert f"Authorization: PeerCred {own_name()}\r\n".encode() in request
    assert b"ipp://localhost/jobs/7" in request


@pytest.mark.parametrize(
    ("answer", "made_of_it"),
    [
        (http("200 OK", ipp_answer(NOT_POSSIBLE)), NotPossible),
        (http("200 OK", ipp_answer(NOT_FOUND)), JobNotFound),
        (http("200 OK", b"hello"), SpoolerUnavailable),
        (http("200 OK", b""), SpoolerUnavailable),
        (http("401 Unauthorized", b""), SpoolerRefused),
        (http("403 Forbidden", b""), SpoolerRefused),
        (http("503 Busy", b""), SpoolerUnavailable),
        (http("200 OK", ipp_answer(OK))[:-3], SpoolerUnavailable),
        (b"hello", SpoolerUnavailable),
        (b"", SpoolerUnavailable),
    ],
)
def test_whatever_is_answered_is_told_in_our_words(tmp_path, answer, made_of_it):
    with answering(tmp_path / "s", answer), pytest.raises(made_of_it) as raised:
        release_job(tmp_path / "s", 7)
    assert raised.type is made_of_it


@given(st.binary(max_size=64).map(lambda noise: ipp_answer(OK)[:9] + noise))
def test_noise_is_no_answer_and_nothing_worse(noise):
    try:
        status = _status_of(noise)
    except SpoolerUnavailable:
        return
    assert status == OK


@given(st.integers(0, 9))
def test_an_answer_that_is_cut_off_is_no_answer(length):
    with pytest.raises(SpoolerUnavailable):
        _status_of(ipp_answer(OK)[:length])
