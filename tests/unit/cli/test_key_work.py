"""A ceremony waits for the signer before the pages get a new key, and for nobody when no signer runs."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from printserver.cli import key_work
from printserver.settings import Settings
from printserver.signing.protocol import receive_frame, send_frame


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setattr(key_work, "EVERY_SECONDS", 0.01)
    chosen = Settings(home=tmp_path)
    chosen.signer_socket.parent.mkdir()
    return chosen


@pytest.fixture
def signer(settings: Settings) -> Iterator[list[str]]:
    """What was asked. It answers first, is away once as if it started anew, and answers again."""
    asked: list[str] = []
    answers = iter([{"ok": True}, None, {"ok": True}])

    def serve() -> None:
        for answer in answers:
            connection, _ = listener.accept()
            with connection:
                request = receive_frame(connection)
                asked.append("gone" if request is None else str(request["do"]))
                if answer is not None:
                    send_frame(connection, answer)

    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
        listener.bind(str(settings.signer_socket))
        listener.listen()
        thread = threading.Thread(target=serve)
        thread.start()
        yield asked
        thread.join()


def test_the_signer_is_asked_until_it_answers_after_its_new_start(settings: Settings, signer: list[str]):
    key_work._wait_for_the_signer(settings)
    assert signer == ["health"] * 3


def test_nobody_waits_for_a_signer_that_does_not_run(settings: Settings, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(key_work, "EVERY_SECONDS", 3600.0)
    key_work._wait_for_the_signer(settings)
    assert not settings.signer_socket.exists()
