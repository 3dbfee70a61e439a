"""The supervisor keeps its parts running, and leaves none behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from structlog.testing import capture_logs
from typer.testing import CliRunner

from printserver.cli.main import app
from printserver.cli.supervisor import Part, Supervisor, all_parts, say_what_is_off
from printserver.settings import Settings
from printserver.storage.store_settings import NOT_SEALED, ObjectStoreSettings

ENVIRONMENT = {"PATH": "/usr/bin:/bin"}
FOREVER = ["sleep", "600"]


def wait_until(look: Callable[[], bool], *, within: float = 60.0) -> None:
    deadline = time.monotonic() + within
    while not look():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def alive(part: Part) -> bool:
    return part.process is not None and part.process.poll() is None


def pid(part: Part) -> int:
    assert part.process is not None
    return part.process.pid


@pytest.fixture
def supervised(tmp_path: Path) -> Iterator[Callable[..., Supervisor]]:
    threads: list[tuple[Supervisor, threading.Thread]] = []

    def start(*parts: Part) -> Supervisor:
        supervisor, ready = Supervisor(list(parts), tmp_path), threading.Event()
        thread = threading.Thread(target=supervisor.run, args=(ready.set,))
        thread.start()
        threads.append((supervisor, thread))
        assert ready.wait(20)
        return supervisor

    yield start
    for supervisor, thread in threads:
        supervisor.stopping.set()
        thread.join(30)


def test_a_part_that_was_killed_is_started_again_and_stays(supervised: Callable[..., Supervisor]):
    part = Part("part", FOREVER, ENVIRONMENT)
    supervised(part)
    first = pid(part)
    os.kill(first, signal.SIGKILL)
    wait_until(lambda: alive(part) and pid(part) != first)
    second = pid(part)
    time.sleep(0.6)
    assert alive(part)
    assert pid(part) == second


def test_a_part_that_keeps_failing_is_started_with_growing_pauses(supervised: Callable[..., Supervisor]):
    part = Part("failing", ["false"], ENVIRONMENT)
    supervised(part)
    wait_until(lambda: part.pause >= 1.5)
    assert part.again_at is not None


def test_parts_end_in_the_reverse_order_of_their_start(supervised: Callable[..., Supervisor], tmp_path: Path):
    order, told = tmp_path / "order", tmp_path / "told"
    told.mkdir()
    program = """
import pathlib, signal, sys
signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
pathlib.Path(sys.argv[2]).touch()
signal.sigwait({signal.SIGTERM})
pathlib.Path(sys.argv[1]).open("a").write(sys.argv[3])
"""

    def part(name: str) -> Part:
        command = [sys.executable, "-c", program, str(order), str(told / name), name]
        return Part(name, command, ENVIRONMENT, ready=lambda: wait_until((told / name).exists))

    supervisor = supervised(part("a"), part("b"))
    supervisor.stopping.set()
    wait_until(lambda: order.exists() and order.read_text() == "ba")


def test_nothing_outlives_a_supervisor_that_is_killed(tmp_path: Path):
    program = f"""
import pathlib, sys
from printserver.cli.supervisor import Part, Supervisor
part = Part("part", ["sleep", "600"], {ENVIRONMENT!r})
folder = pathlib.Path(sys.argv[1])
Supervisor([part], folder).run(lambda: (folder / "pid").write_text(str(part.process.pid)))
"""
    supervisor = subprocess.Popen([sys.executable, "-c", program, str(tmp_path)], cwd=Path(__file__).parents[3])
    wait_until(lambda: (tmp_path / "pid").exists() and (tmp_path / "pid").read_text() != "")
    child = Path("/proc") / (tmp_path / "pid").read_text()
    supervisor.kill()
    supervisor.wait()
    wait_until(lambda: not child.exists() or "\nState:\tZ" in (child / "status").read_text())


def test_a_part_gets_only_the_environment_it_is_given(supervised: Callable[..., Supervisor], monkeypatch):
    monkeypatch.setenv("SOMEBODYS_SECRET", "canary")
    part = Part("part", FOREVER, ENVIRONMENT)
    supervised(part)
    assert b"canary" not in Path(f"/proc/{pid(part)}/environ").read_bytes()


def test_processes_are_given_the_products_variables_and_postgresqls_and_no_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("PRINTSERVER_MOST_COPIES", "7")
    monkeypatch.setenv("PGPASSFILE", "/somewhere")
    monkeypatch.setenv("SOMEBODYS_SECRET", "canary")
    parts = all_parts(Settings(home=tmp_path, cups_private=False))
    assert [part.name for part in parts] == ["signer", "worker", "web"]
    for part in parts:
        assert (part.environment["PRINTSERVER_MOST_COPIES"], part.environment["PGPASSFILE"]) == ("7", "/somewhere")
        assert "SOMEBODYS_SECRET" not in part.environment


def test_queues_are_kept_of_no_installation_that_is_not_there(tmp_path: Path):
    said = CliRunner().invoke(app, ["queues"], env={"PRINTSERVER_HOME": str(tmp_path)})
    assert (said.exit_code, "nothing-installed" in said.output, list(tmp_path.iterdir())) == (2, True, [])


@pytest.mark.parametrize(("sealed", "warned"), [(True, False), (False, True)])
def test_the_start_says_loudly_when_stored_objects_are_not_sealed(tmp_path: Path, sealed: bool, warned: bool):
    with capture_logs() as said:
        say_what_is_off(Settings(home=tmp_path, object_store=ObjectStoreSettings(sealed=sealed)))
    assert ((NOT_SEALED, "warning") in [(each["event"], each["log_level"]) for each in said]) is warned
