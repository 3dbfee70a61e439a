"""The signer's socket: who may ask, what is answered, and what strangers send."""

from __future__ import annotations

import os
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy.exc import OperationalError

from printserver.foundation.ids import new_id
from printserver.foundation.unit_of_work import Database, Work
from printserver.print_requests.states import CopyState
from printserver.settings import REPOSITORY
from printserver.signer.daemon import Signer
from printserver.signing.client import SignerClient
from printserver.signing.errors import SignerRefused, SignerUnavailable
from printserver.signing.protocol import receive_frame, send_frame
from tests.signing_world import SigningWorld

CLIENT = 4711
PROGRAM = """
import sys
from pathlib import Path
from printserver.settings import Settings
from printserver.signer.daemon import run
run(Settings(home=Path(sys.argv[1]), public_url=sys.argv[2], pkcs11_module=Path(sys.argv[3])))
"""


def signer(signed: SigningWorld) -> Signer:
    return Signer(signed.issuing, signed.registering, frozenset({CLIENT}))


def test_a_client_has_a_copy_issued(sqlite_signing_world: SigningWorld):
    (authorisation,) = sqlite_signing_world.authorisations(sqlite_signing_world.world.authorised())
    request = {"do": "issue", "authorisation_id": str(authorisation.id)}
    answer = signer(sqlite_signing_world).answer(request, CLIENT)
    (copy,) = sqlite_signing_world.world.copies(authorisation.request_id)
    assert answer == {"ok": True, "issued_sha256": copy.issued_sha256}


def test_a_journal_that_failed_redeems_and_signs_nothing_and_asks_for_a_new_start(sqlite_signing_world: SigningWorld):
    (authorisation,) = sqlite_signing_world.authorisations(sqlite_signing_world.world.authorised())
    alarm = threading.Event()
    failing = Signer(sqlite_signing_world.issuing, sqlite_signing_world.registering, frozenset({CLIENT}), alarm)
    sqlite_signing_world.issuing.journal.close()
    answer = failing.answer({"do": "issue", "authorisation_id": str(authorisation.id)}, CLIENT)
    assert (answer["ok"], answer["code"], alarm.is_set()) == (False, "journal-broken", True)
    (copy,) = sqlite_signing_world.world.copies(authorisation.request_id)
    (after,) = sqlite_signing_world.authorisations(authorisation.request_id)
    assert (copy.state, after.redeemed_at) == (CopyState.AUTHORISED, None)


@dataclass(frozen=True)
class LeavingDatabase(Database):
    """Away for good after as many writing transactions as `left` has members."""

    left: list[int] = field(default_factory=list)

    @contextmanager
    def work(self) -> Iterator[Work]:
        if not self.left:
            raise OperationalError("SELECT 1", {}, RuntimeError("the database is away"))
        self.left.pop()
        with super().work() as work:
            yield work


def test_a_database_that_leaves_after_the_redemption_leaves_no_copy_waiting_for_ever(
    sqlite_signing_world: SigningWorld,
):
    signed = sqlite_signing_world
    (authorisation,) = signed.authorisations(signed.world.authorised())
    leaving = LeavingDatabase(**vars(signed.issuing.database), left=[1])
    alarm = threading.Event()
    failing = Signer(replace(signed.issuing, database=leaving), signed.registering, frozenset({CLIENT}), alarm)
    with pytest.raises(OperationalError):
        failing.answer({"do": "issue", "authorisation_id": str(authorisation.id)}, CLIENT)
    assert alarm.is_set()
    assert [copy.state for copy in signed.world.copies(authorisation.request_id)] == [CopyState.AUTHORISED]
    assert signed.issuing.waste_interrupted() == 1
    assert [copy.state for copy in signed.world.copies(authorisation.request_id)] == [CopyState.WASTED]


@pytest.mark.parametrize("uid", [0, CLIENT + 1, 65534])
def test_no_other_system_user_has_anything_issued(sqlite_signing_world: SigningWorld, uid: int):
    (authorisation,) = sqlite_signing_world.authorisations(sqlite_signing_world.world.authorised())
    with sqlite_signing_world.nothing_changes():
        request = {"do": "issue", "authorisation_id": str(authorisation.id)}
        answer = signer(sqlite_signing_world).answer(request, uid)
    assert (answer["ok"], answer["code"]) == (False, "forbidden")


@pytest.mark.parametrize(
    "request_",
    [
        {},
        {"do": "sign"},
        {"do": "issue"},
        {"do": "issue", "authorisation_id": 7},
        {"do": "issue", "authorisation_id": "../../etc/passwd"},
        {"do": ["issue"]},
    ],
)
def test_what_the_signer_does_not_know_is_malformed_and_signs_nothing(
    sqlite_signing_world: SigningWorld, request_: dict[str, Any]
):
    with sqlite_signing_world.nothing_changes():
        answer = signer(sqlite_signing_world).answer(request_, CLIENT)
    assert (answer["ok"], answer["code"]) == (False, "malformed")


def test_anybody_in_reach_may_ask_for_its_health(sqlite_signing_world: SigningWorld):
    answer = signer(sqlite_signing_world).answer({"do": "health"}, 65534)
    assert answer == {"ok": True, "tree_head_key": sqlite_signing_world.ceremony.keys.tree_head_id()}


def start(signed: SigningWorld) -> subprocess.Popen[bytes]:
    """The daemon as a process of its own, on a copy of the ceremony's token."""
    signed.journal.close()
    signed.register.close()
    settings, home = signed.ceremony.settings, signed.settings.home
    for part in ("token", "pin"):
        target = home / "signer" / part
        if not target.exists():
            target.symlink_to(settings.signer_home / part)
    for folder in ("run", "witness"):
        (home / folder).mkdir(exist_ok=True)
    arguments = [str(home), "http://print.example", str(settings.pkcs11_module)]
    with (home / "signer.log").open("ab") as log:
        return subprocess.Popen([sys.executable, "-c", PROGRAM, *arguments], cwd=REPOSITORY, stdout=log, stderr=log)


@contextmanager
def running(signed: SigningWorld) -> Iterator[SignerClient]:
    client = SignerClient(signed.settings.signer_socket, timeout=20)
    process = start(signed)
    try:
        wait_until_healthy(client, process, signed.settings.home / "signer.log")
        yield client
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0


def wait_until_healthy(client: SignerClient, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 30
    while True:
        try:
            client.health()
        except SignerUnavailable:
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < deadline
            time.sleep(0.05)
        else:
            return


def test_the_daemon_answers_on_its_socket_and_outlives_strangers(sqlite_signing_world: SigningWorld):
    path = sqlite_signing_world.settings.signer_socket
    with running(sqlite_signing_world) as client:
        assert path.stat().st_mode & 0o777 == 0o660
        for rubbish in (
            b"",
            b"GET / HTTP/1.1\r\n\r\n",
            struct.pack(">I", 1 << 31),
            struct.pack(">I", 9) + b"not json!",
        ):
            with socket.socket(socket.AF_UNIX) as stranger:
                stranger.connect(str(path))
                stranger.sendall(rubbish)
                stranger.shutdown(socket.SHUT_WR)
                stranger.settimeout(15)
                assert rubbish == b"" or b'"ok":true' not in stranger.recv(4096)
        with socket.socket(socket.AF_UNIX) as two_at_once:
            two_at_once.connect(str(path))
            send_frame(two_at_once, {"do": "health"})
            assert (receive_frame(two_at_once) or {})["ok"] is True
        with pytest.raises(SignerRefused) as refused:
            client.issue(uuid4())
        assert refused.value.signer_code == "not-found"
        client.health()


def test_the_daemon_does_not_start_on_a_journal_that_was_cut(sqlite_signing_world: SigningWorld):
    sqlite_signing_world.issued(copies=2)
    file = sqlite_signing_world.settings.spent_journal
    whole = file.read_bytes()
    file.write_bytes(b"".join(whole.splitlines(keepends=True)[:-1]))
    process = start(sqlite_signing_world)
    assert process.wait(30) != 0
    assert "journal-broken" in log(sqlite_signing_world) or "JournalBroken" in log(sqlite_signing_world)
    assert not sqlite_signing_world.settings.signer_socket.exists()
    file.write_bytes(whole)
    with running(sqlite_signing_world) as client:
        client.health()


def test_no_second_signer_starts_beside_the_first(sqlite_signing_world: SigningWorld):
    with running(sqlite_signing_world) as client:
        second = start(sqlite_signing_world)
        assert second.wait(30) != 0
        assert "JournalInUse" in log(sqlite_signing_world)
        client.health()


def log(signed: SigningWorld) -> str:
    return (signed.settings.home / "signer.log").read_text()


def test_the_log_of_a_signer_names_no_pin(sqlite_signing_world: SigningWorld):
    with running(sqlite_signing_world) as client, pytest.raises(SignerRefused):
        client.issue(new_id())
    pin = sqlite_signing_world.ceremony.settings.pin_file.read_text().strip()
    assert pin not in log(sqlite_signing_world)
    assert pin not in str(dict(os.environ))
