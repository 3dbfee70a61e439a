"""The signer's protocol and its client: whole frames, one request once, and no answer is no outcome."""

from __future__ import annotations

import json
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from printserver.foundation.errors import Unavailable
from printserver.signing import errors
from printserver.signing.client import SignerClient
from printserver.signing.errors import (
    AlreadySpent,
    EvidenceInsufficient,
    FrameMalformed,
    HsmUnavailable,
    OutcomeUnknown,
    SignerRefused,
    SignerUnavailable,
)
from printserver.signing.protocol import MAX_FRAME, ConnectionLost, error_of, receive_frame, refusal, send_frame

AUTHORISATION = UUID(int=1)


def exchanged(data: bytes) -> dict[str, Any] | None:
    """What the receiver makes of these bytes, sent in full and closed."""
    near, far = socket.socketpair()
    with near, far:

        def send() -> None:
            near.sendall(data)
            near.shutdown(socket.SHUT_WR)

        sender = threading.Thread(target=send)
        sender.start()
        try:
            return receive_frame(far, deadline=time.monotonic() + 5)
        finally:
            far.close()
            sender.join()


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(), lambda inner: st.lists(inner, max_size=3)
)


@given(st.dictionaries(st.text(), json_values, max_size=5))
def test_a_message_arrives_as_it_was_sent(message: dict[str, Any]):
    near, far = socket.socketpair()
    with near, far:
        send_frame(near, message)
        send_frame(near, {"second": True})
        assert receive_frame(far) == message
        assert receive_frame(far) == {"second": True}


@given(st.binary(max_size=50))
def test_hostile_bytes_are_malformed_or_cut_off(noise: bytes):
    for data in (noise, struct.pack(">I", len(noise)) + noise):
        try:
            message = exchanged(data)
        except (FrameMalformed, ConnectionLost):
            continue
        assert message is None or isinstance(message, dict)


@pytest.mark.parametrize("content", [b"[]", b"1", b"null", b"{", b"\xff", b"[" * 50_000])
def test_what_is_no_object_is_malformed(content: bytes):
    with pytest.raises(FrameMalformed):
        exchanged(struct.pack(">I", len(content)) + content)


def test_an_oversized_frame_is_neither_sent_nor_received():
    near, far = socket.socketpair()
    with near, far, pytest.raises(FrameMalformed):
        send_frame(near, {"x": "y" * MAX_FRAME})
    with pytest.raises(FrameMalformed):
        exchanged(struct.pack(">I", MAX_FRAME + 1))


@pytest.mark.parametrize("data", [b"\x00", b"\x00\x00\x00\x05", b"\x00\x00\x00\x05{}"])
def test_a_frame_cut_off_is_a_lost_connection(data: bytes):
    with pytest.raises(ConnectionLost):
        exchanged(data)


def test_a_closed_connection_is_no_message():
    assert exchanged(b"") is None


def test_every_error_of_the_room_comes_back_as_itself():
    for error in (AlreadySpent("spent"), HsmUnavailable("gone"), EvidenceInsufficient(["no approval"])):
        answer = json.loads(json.dumps(refusal(error)))
        assert answer == {"ok": False, "code": error.code, "message": str(error)}
        back = error_of(answer)
        assert str(back) == str(error)
        if type(error) is not EvidenceInsufficient:
            assert type(back) is type(error)
    assert isinstance(error_of(refusal(HsmUnavailable("gone"))), Unavailable)


def test_a_code_we_do_not_know_is_still_a_refusal():
    back = error_of({"ok": False, "code": "from-the-future", "message": "no"})
    assert isinstance(back, SignerRefused)
    assert (back.signer_code, str(back)) == ("from-the-future", "no")
    assert isinstance(error_of({}), SignerRefused)


def test_every_error_has_a_code_of_its_own():
    kinds = [kind for kind in vars(errors).values() if getattr(kind, "__module__", None) == errors.__name__]
    codes = [kind.code for kind in kinds]
    assert len(codes) > 20
    assert len(set(codes)) == len(codes)


@contextmanager
def signer(path: Path, behave: Callable[[socket.socket], object]) -> Iterator[list[dict[str, Any]]]:
    """A signer that reads one request a connection and then behaves so; yields the requests it has got."""
    got: list[dict[str, Any]] = []
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listener.bind(str(path))
    listener.listen()
    listener.settimeout(0.05)
    stop = threading.Event()

    def serve() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except TimeoutError:
                if stop.is_set():
                    return
                continue
            with connection:
                connection.settimeout(5)
                request = receive_frame(connection)
                if request is not None:
                    got.append(request)
                    behave(connection)

    thread = threading.Thread(target=serve)
    thread.start()
    yield got
    stop.set()
    thread.join()
    listener.close()


def test_the_client_asks_for_one_authorisation_and_returns_the_answer(tmp_path: Path):
    path = tmp_path / "s"
    with signer(path, lambda connection: send_frame(connection, {"ok": True, "copy": "x"})) as got:
        client = SignerClient(path, timeout=5)
        assert client.issue(AUTHORISATION) == {"ok": True, "copy": "x"}
        assert client.health() == {"ok": True, "copy": "x"}
    assert got == [{"do": "issue", "authorisation_id": str(AUTHORISATION)}, {"do": "health"}]


def test_a_refusal_of_the_signer_is_raised(tmp_path: Path):
    answer = refusal(AlreadySpent("this copy or its authorisation has been used before"))
    path = tmp_path / "s"
    with signer(path, lambda connection: send_frame(connection, answer)), pytest.raises(AlreadySpent):
        SignerClient(path, timeout=5).issue(AUTHORISATION)


@pytest.mark.parametrize(
    "behave",
    [
        lambda connection: None,
        lambda connection: connection.sendall(b"\x00\x00"),
        lambda connection: connection.sendall(b"\x00\x00\x00\x02[]"),
        lambda connection: connection.sendall(b"\xff\xff\xff\xff"),
        lambda connection: send_frame(connection, {}),
        lambda connection: send_frame(connection, {"ok": "yes"}),
        lambda connection: time.sleep(0.5),
    ],
    ids=["closes", "cut", "no object", "oversized", "no verdict", "odd verdict", "late"],
)  # fmt: skip
def test_a_lost_answer_is_an_unknown_outcome_and_not_asked_again(
    tmp_path: Path, behave: Callable[[socket.socket], object]
):
    path = tmp_path / "s"
    with signer(path, behave) as got:
        with pytest.raises(OutcomeUnknown):
            SignerClient(path, timeout=0.25).issue(AUTHORISATION)
        with pytest.raises(SignerUnavailable):
            SignerClient(path, timeout=0.25).health()
    assert [request["do"] for request in got] == ["issue", "health"]


def test_without_a_signer_nothing_was_delivered(tmp_path: Path):
    with pytest.raises(SignerUnavailable):
        SignerClient(tmp_path / "absent", timeout=1).issue(AUTHORISATION)
