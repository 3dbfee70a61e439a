"""The ticket desk's two listeners: who may ask, what is understood, and who serves when somebody ends."""

from __future__ import annotations

import http.client
import json
import os
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from uuid import uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.cups.fence.redemption import (
    Desk,
    DeskUnreachable,
    HttpsWay,
    PrinterBusy,
    TicketRefused,
    UnixWay,
    Way,
)
from printserver.foundation.errors import Malformed
from printserver.printing.ports import TicketState
from printserver.printing.redemption import MOST_CONNECTIONS, HttpsListener, UnixListener
from printserver.printing.redemption_requests import LARGEST_BODY, errands, parse_facts
from tests.memory_desk import MemoryDesk
from tests.tls_identity import identity

QUEUE, PIN, ATTEMPT = "controlled", "cd" * 32, "ef" * 16
REPOSITORY = Path(__file__).parents[3]


@pytest.fixture
def desk() -> MemoryDesk:
    return MemoryDesk()


@pytest.fixture
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="desk-") as path:
        yield Path(path)


@contextmanager
def listening(listener: UnixListener | HttpsListener) -> Iterator[None]:
    listener.start()
    try:
        assert listener.wait_until_serving(10)
        yield
    finally:
        listener.close()


@contextmanager
def on_unix(folder: Path, desk: MemoryDesk, clients: dict[int, str] | None = None) -> Iterator[Way]:
    path = folder / "tickets.sock"
    with listening(UnixListener(path, desk, {os.geteuid(): "local"} if clients is None else clients)):
        yield UnixWay(str(path))


@contextmanager
def on_https(folder: Path, desk: MemoryDesk, *, client: str = "branch", pinned: str = "server") -> Iterator[Way]:
    made = {name: identity(folder, name) for name in ("server", "branch", "stranger")}
    clients = {made["branch"][0].read_text(): "local"}
    listener = HttpsListener("127.0.0.1", 0, *made["server"], desk, clients)
    with listening(listener):
        yield HttpsWay("127.0.0.1", listener.port, made[pinned][0], *made[client])


def new_ticket(desk: MemoryDesk) -> tuple[str, str]:
    job_uuid = str(uuid4())
    return desk.make(job_uuid, QUEUE, PIN, "local"), job_uuid


@pytest.mark.parametrize("way_to", [on_unix, on_https])
def test_a_ticket_is_claimed_committed_and_settled(way_to, folder, desk):
    ticket, job_uuid = new_ticket(desk)
    with way_to(folder, desk) as way:
        at_desk = Desk(way, ticket, ATTEMPT)
        for _ in range(2):
            assert at_desk.claim(job_uuid, QUEUE, PIN) == desk.shares.share(ticket)
        for _ in range(2):
            at_desk.commit()
        with pytest.raises(TicketRefused):
            at_desk.give_back()
        at_desk.record("claimed cups-job=1 pid=2\nsubmitting\nended rc=0\n")
    assert desk.entries[ticket].state is TicketState.ENDED
    assert threading.active_count() == 1


@pytest.mark.parametrize("way_to", [on_unix, on_https])
def test_refused_busy_and_away_are_told_apart(way_to, folder, desk):
    (one, job_one), (two, job_two) = new_ticket(desk), new_ticket(desk)
    with way_to(folder, desk) as way:
        Desk(way, one, ATTEMPT).claim(job_one, QUEUE, PIN)
        with pytest.raises(TicketRefused):
            Desk(way, one, "0" * 32).claim(job_one, QUEUE, PIN)
        with pytest.raises(PrinterBusy):
            Desk(way, two, "0" * 32).claim(job_two, QUEUE, PIN)
        with pytest.raises(TicketRefused):
            Desk(way, two, "0" * 32).claim(job_two, QUEUE, "0" * 64)
        desk.away = True
        with pytest.raises(DeskUnreachable):
            Desk(way, one, ATTEMPT).commit()
    assert desk.entries[one].state is TicketState.CLAIMED
    assert desk.entries[two].state is TicketState.OPEN


def test_another_system_user_is_told_no_and_nothing_is_asked(folder, desk):
    ticket, job_uuid = new_ticket(desk)
    with on_unix(folder, desk, {os.geteuid() + 1: "local"}) as way:
        with pytest.raises(DeskUnreachable):
            Desk(way, ticket, ATTEMPT).claim(job_uuid, QUEUE, PIN)
        with socket.socket(socket.AF_UNIX) as plain:
            plain.connect(str(folder / "tickets.sock"))
            assert plain.recv(100).startswith(b"HTTP/1.1 403 ")
    assert not desk.asked


@pytest.mark.parametrize(("client", "pinned"), [("stranger", "server"), ("branch", "stranger")])
def test_a_wrong_certificate_on_either_side_ends_it(folder, desk, client, pinned):
    ticket, job_uuid = new_ticket(desk)
    with on_https(folder, desk, client=client, pinned=pinned) as way, pytest.raises(DeskUnreachable):
        Desk(way, ticket, ATTEMPT).claim(job_uuid, QUEUE, PIN)
    assert not desk.asked


def test_a_client_without_a_certificate_gets_no_answer(folder, desk):
    server, branch = identity(folder, "server"), identity(folder, "branch")
    listener = HttpsListener("127.0.0.1", 0, *server, desk, {branch[0].read_text(): "local"})
    with listening(listener):
        tls = ssl.create_default_context(cafile=str(server[0]))
        tls.check_hostname = False
        connection = http.client.HTTPSConnection("127.0.0.1", listener.port, context=tls, timeout=10)

        def ask() -> None:
            connection.request("POST", "/claim", "{}")
            connection.getresponse()

        with pytest.raises(OSError):
            ask()
        connection.close()
    assert not desk.asked


def test_a_desk_that_knows_nobody_is_not_opened(folder, desk):
    with pytest.raises(ValueError, match="nobody"):
        HttpsListener("127.0.0.1", 0, *identity(folder, "server"), desk, {})


def exchange(folder: Path, octets: bytes) -> bytes:
    with socket.socket(socket.AF_UNIX) as plain:
        plain.settimeout(10)
        plain.connect(str(folder / "tickets.sock"))
        plain.sendall(octets)
        return plain.recv(1000)


@pytest.mark.parametrize(
    ("request_octets", "status"),
    [
        (b"GET /claim HTTP/1.1\r\n\r\n", b"501"),
        (b"POST /elsewhere HTTP/1.1\r\nContent-Length: 2\r\n\r\n{}", b"404"),
        (b"POST /commit HTTP/1.1\r\n\r\n", b"400"),
        (b"POST /commit HTTP/1.1\r\nContent-Length: -1\r\n\r\n", b"400"),
        (b"POST /commit HTTP/1.1\r\nTransfer-Encoding: chunked\r\nContent-Length: 2\r\n\r\n{}", b"400"),
        (b"POST /commit HTTP/1.1\r\nContent-Length: 2\r\n\r\n{}", b"400"),
        (b"POST /commit HTTP/1.1\r\nContent-Length: 99999999\r\n\r\n", b"413"),
        (b"nonsense\r\n\r\n", b"400"),
    ],
)
def test_what_is_not_understood_is_refused(folder, desk, request_octets, status):
    with on_unix(folder, desk):
        answer = exchange(folder, request_octets)
        assert status in answer.split(b"\r\n")[0] or status in answer
    assert not desk.asked


def test_a_peer_that_falls_silent_does_not_keep_others_waiting_nor_the_end(folder, desk):
    ticket, job_uuid = new_ticket(desk)
    with socket.socket(socket.AF_UNIX) as silent, on_unix(folder, desk) as way:
        silent.connect(str(folder / "tickets.sock"))
        silent.sendall(b"POST /claim HTTP/1.1\r\nContent-Le")
        Desk(way, ticket, ATTEMPT).claim(job_uuid, QUEUE, PIN)
    assert threading.active_count() == 1


def test_strangers_that_hold_every_connection_make_room_for_a_spooler(folder, desk):
    ticket, job_uuid = new_ticket(desk)
    with ExitStack() as strangers, on_https(folder, desk) as way:
        assert isinstance(way, HttpsWay)
        # Its own connection comes after theirs: it is accepted once all of them are.
        for _ in range(MOST_CONNECTIONS + 5):
            strangers.enter_context(socket.create_connection((way._host, way._port), 5))
        Desk(way, ticket, ATTEMPT).claim(job_uuid, QUEUE, PIN)
    assert threading.active_count() == 1


FIELDS = {path: errand.fields for path, errand in errands(MemoryDesk()).items()}


@settings(max_examples=200, deadline=None)
@given(
    path=st.sampled_from(sorted(FIELDS)), body=st.one_of(st.binary(max_size=300), st.text(max_size=300).map(str.encode))
)
def test_noise_is_never_taken_for_facts(path, body):
    with pytest.raises(Malformed):
        parse_facts(body, FIELDS[path])


@pytest.mark.parametrize(
    "change",
    [
        {"ticket": "AB" * 32},
        {"ticket": "ab" * 32 + "\n"},
        {"ticket": 5},
        {"attempt": "ab" * 32},
        {"record": "no end of line"},
        {"record": "封\n"},
        {"record": "x" * (32 * 1024) + "\n"},
        {"record": ["submitting\n"]},
        {"more": "x"},
        {"record": "\x00\n"},
    ],
)
def test_a_record_with_one_field_wrong_is_refused(change):
    good = {"ticket": "ab" * 32, "attempt": "cd" * 16, "record": "submitting\n"}
    assert parse_facts(json.dumps(good).encode(), FIELDS["/record"]) == good
    with pytest.raises(Malformed):
        parse_facts(json.dumps({**good, **change}).encode(), FIELDS["/record"])
    with pytest.raises(Malformed):
        parse_facts(b"[" * LARGEST_BODY, FIELDS["/record"])


def test_of_two_listeners_one_serves_and_the_other_takes_over(folder, desk):
    ticket, job_uuid = new_ticket(desk)
    path = folder / "tickets.sock"
    first, second = (UnixListener(path, desk, {os.geteuid(): "local"}) for _ in range(2))
    with listening(first):
        second.start()
        assert not second.wait_until_serving(1)
    with_second = Desk(UnixWay(str(path)), ticket, ATTEMPT)
    try:
        assert second.wait_until_serving(5)
        assert with_second.claim(job_uuid, QUEUE, PIN) == desk.shares.share(ticket)
    finally:
        second.close()
    assert not path.exists()


def test_a_listener_takes_over_from_a_process_that_was_killed(folder, desk):
    ticket, job_uuid = new_ticket(desk)
    path = folder / "tickets.sock"
    program = (
        "import sys, time; from pathlib import Path\n"
        "from printserver.printing.redemption import UnixListener\n"
        "from tests.memory_desk import MemoryDesk\n"
        "listener = UnixListener(Path(sys.argv[1]), MemoryDesk(), {})\n"
        "listener.start(); print(listener.wait_until_serving(10), flush=True); time.sleep(60)\n"
    )
    command = [sys.executable, "-c", program, str(path)]
    with subprocess.Popen(command, cwd=REPOSITORY, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "True\n"
        process.kill()
    assert path.exists()
    with on_unix(folder, desk) as way:
        assert Desk(way, ticket, ATTEMPT).claim(job_uuid, QUEUE, PIN) == desk.shares.share(ticket)
