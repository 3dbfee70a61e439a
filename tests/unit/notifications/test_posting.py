"""A message goes to the address that was checked, once, in a bounded time, and never to one inside."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from ipaddress import ip_network
from pathlib import Path

import pytest

from printserver.notifications.addresses import AddressRefused, AddressRules
from printserver.notifications.posting import AnswerLost, Poster, ReceiverUnreachable
from tests import tls_identity
from tests.free_ports import free_port
from tests.unit.notifications.conftest import LOOPBACK, Receiver

PUBLIC = "93.184.215.14"


@dataclass(frozen=True)
class Identity:
    certificate: Path
    key: Path


@pytest.fixture
def identity(tmp_path: Path) -> Identity:
    return Identity(*tls_identity.identity(tmp_path, "oa.example.com"))


@contextmanager
def talking(behave: Callable[[socket.socket], None], identity: Identity | None = None) -> Iterator[int]:
    """A port of this machine where `behave` answers one connection after the other."""
    listening = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                connection, _ = listening.accept()
            except OSError:
                return
            with suppress(OSError), connection:
                connection.settimeout(5)
                if identity is None:
                    behave(connection)
                    continue
                context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
                context.load_cert_chain(identity.certificate, identity.key)
                with context.wrap_socket(connection, server_side=True) as secured:
                    behave(secured)

    with closing(listening):
        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield listening.getsockname()[1]
        finally:
            listening.shutdown(socket.SHUT_RDWR)
            thread.join()


def answers(head: bytes) -> Callable[[socket.socket], None]:
    def behave(connection: socket.socket) -> None:
        connection.recv(65536)
        connection.sendall(head)

    return behave


def rules_for(port: int) -> AddressRules:
    return AddressRules(frozenset({port}), (ip_network("127.0.0.0/8"),))


def test_the_message_arrives_with_its_headers(receiver: Receiver):
    status = Poster(LOOPBACK).post(receiver.url + "?a=1", b'{"x":1}', {"Content-Type": "application/json"})
    assert status == 204
    (came,) = receiver.received
    assert (came.path, came.body, came.headers["Host"]) == ("/hooks?a=1", b'{"x":1}', f"127.0.0.1:{receiver.port}")
    assert came.headers["Content-Type"] == "application/json"


def test_by_tls_the_name_is_proved_at_the_pinned_address(identity: Identity):
    heard: list[bytes] = []

    def behave(connection: socket.socket) -> None:
        request = b""
        while not request.endswith(b"{}"):
            request += connection.recv(65536)
        heard.append(request)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")

    with talking(behave, identity) as port:
        poster = Poster(rules_for(port), identity.certificate, resolver=lambda host, port: ["127.0.0.1"])
        assert poster.post(f"https://oa.example.com:{port}/hooks", b"{}", {}) == 200
        assert f"Host: oa.example.com:{port}\r\n".encode() in heard[0]
        with pytest.raises(ReceiverUnreachable, match="certificate"):
            poster.post(f"https://other.example.com:{port}/hooks", b"{}", {})
        with pytest.raises(ReceiverUnreachable, match="certificate"):
            Poster(rules_for(port), resolver=poster.resolver).post(f"https://oa.example.com:{port}/", b"{}", {})
    assert len(heard) == 1


def test_a_name_that_changes_its_meaning_between_two_looks_is_looked_at_once(identity: Identity):
    """The first answer is public; a second one, which leads inside, is never asked for."""
    asked: list[str] = []

    def rebinding(host: str, port: int) -> list[str]:
        asked.append(host)
        return [PUBLIC] if len(asked) == 1 else ["127.0.0.1"]

    reached: list[bytes] = []
    with talking(lambda connection: reached.append(b"!"), identity) as port:
        poster = Poster(AddressRules(frozenset({port})), identity.certificate, 0.3, rebinding)
        with pytest.raises(ReceiverUnreachable):  # nobody answers at the public address, from here
            poster.post(f"https://oa.example.com:{port}/", b"{}", {})
        assert asked == ["oa.example.com"]
        with pytest.raises(AddressRefused):
            poster.post(f"https://oa.example.com:{port}/", b"{}", {})
    assert reached == []


@pytest.mark.parametrize("inside", ["127.0.0.1", "::1", "::ffff:127.0.0.1", "10.0.0.1", "169.254.169.254", "0.0.0.1"])
def test_a_name_that_means_something_inside_is_not_connected_to(inside: str):
    poster = Poster(AddressRules(), resolver=lambda host, port: [PUBLIC, inside])
    with pytest.raises(AddressRefused):
        poster.post("https://oa.example.com/", b"{}", {})


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_no_redirect_is_followed(receiver: Receiver, status: int):
    receiver.answer = lambda received: status
    assert Poster(LOOPBACK).post(receiver.url, b"{}", {}) == status
    assert len(receiver.received) == 1


def test_no_proxy_of_the_environment_is_used(receiver: Receiver, monkeypatch: pytest.MonkeyPatch):
    for name in ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    assert Poster(LOOPBACK).post(receiver.url, b"{}", {}) == 204


def test_who_is_not_there_is_unreachable_and_nothing_arrived():
    with pytest.raises(ReceiverUnreachable):
        Poster(LOOPBACK).post(f"http://127.0.0.1:{free_port()}/", b"{}", {})


def test_a_name_that_nobody_knows_is_unreachable():
    def unknown(host: str, port: int) -> list[str]:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    with pytest.raises(ReceiverUnreachable):
        Poster(AddressRules(), resolver=unknown).post("https://nobody.example/", b"{}", {})


def drip(connection: socket.socket) -> None:
    connection.recv(65536)
    for octet in b"HTTP/1.1 200 OK\r\n" + b"X" * 100:
        connection.sendall(bytes([octet]))
        time.sleep(0.1)


@pytest.mark.parametrize(
    "behave",
    [
        answers(b""),
        answers(b"nonsense\r\n\r\n"),
        answers(b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 500 + b"\r\n"),
        drip,
        lambda connection: time.sleep(1.5),
    ],
    ids=["nothing", "no HTTP", "endless head", "drop by drop", "silence"],
)
def test_an_answer_that_is_lost_leaves_it_unknown_and_takes_no_longer_than_it_may(behave):
    begun = time.monotonic()
    with talking(behave) as port, pytest.raises(AnswerLost):
        Poster(LOOPBACK, seconds=0.7).post(f"http://127.0.0.1:{port}/", b"{}", {})
    assert time.monotonic() - begun < 14


def test_an_endless_answer_is_not_read_to_its_end():
    def endless(connection: socket.socket) -> None:
        connection.recv(65536)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n" + b"x" * 100_000)

    with talking(endless) as port:
        assert Poster(LOOPBACK, seconds=5).post(f"http://127.0.0.1:{port}/", b"{}", {}) == 200
