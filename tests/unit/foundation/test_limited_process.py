"""The limits of the child process hold, and what it says comes back whole."""

from __future__ import annotations

import os
import select
import socket
import time
from pathlib import Path

import pytest

from printserver.foundation.limited_process import (
    MEBIBYTE,
    ProcessCrashed,
    ProcessLimitExceeded,
    ProcessLimits,
    map_limited,
    run_limited,
)

# A module of the standard library whose arguments say what to do: `timeit -s SETUP STATEMENT` runs any statement once.
RUN = ("-n", "1", "-r", "1", "-s")
LIMITS = ProcessLimits(memory_bytes=256 * MEBIBYTE, cpu_seconds=2, wall_seconds=10, output_bytes=MEBIBYTE)


def say(statement: str, stdin: bytes = b"", limits: ProcessLimits = LIMITS) -> bytes:
    return run_limited(
        "timeit", [*RUN, "import os, sys, time", statement + "; sys.stdout.flush(); os._exit(0)"], stdin, limits
    )


def test_the_child_reads_its_input_and_its_output_comes_back():
    data = os.urandom(300_000)
    assert say("sys.stdout.buffer.write(sys.stdin.buffer.read())", data) == data


def test_the_child_runs_the_package_of_its_parent():
    import printserver

    assert say("import printserver; print(printserver.__file__)").decode().strip() == printserver.__file__


def test_the_child_sees_no_environment_and_no_descriptor_of_its_parent(monkeypatch):
    monkeypatch.setenv("CANARY_SECRET", "42")
    environment, descriptors = say("print(list(os.environ)); print(os.listdir('/proc/self/fd'))").decode().splitlines()
    assert "CANARY_SECRET" not in environment
    assert len(eval(descriptors)) <= 4  # noqa: S307 - the three streams and the listing itself


@pytest.mark.parametrize("family", [socket.AF_INET, socket.AF_UNIX])
def test_the_child_reaches_no_network_and_nobodys_socket(family: socket.AddressFamily, tmp_path: Path):
    with socket.socket(family) as listening:
        listening.bind(("127.0.0.1", 0) if family is socket.AF_INET else str(tmp_path / "s"))
        listening.listen()
        with pytest.raises(ProcessCrashed) as crash:
            say(f"import socket; socket.socket({int(family)}).connect({listening.getsockname()!r})")
    assert "PermissionError" in crash.value.diagnosis


def test_a_mapped_answer_is_whole_and_nobody_can_write_it():
    arguments = [*RUN, "import os, sys", "os.write(1, b'{}'); os._exit(0)"]
    large = map_limited("timeit", [each.replace("{}", "x" * 5000) for each in arguments], b"", LIMITS)
    assert (bytes(large), large.readonly) == (b"x" * 5000, True)
    assert bytes(map_limited("timeit", [*RUN, "import os", "os._exit(0)"], b"", LIMITS)) == b""


def test_an_answer_that_its_child_keeps_from_being_sealed_is_none():
    seals = "import fcntl, os; fcntl.fcntl(1, fcntl.F_ADD_SEALS, fcntl.F_SEAL_SEAL); os.write(1, b'x'); os._exit(0)"
    with pytest.raises(ProcessCrashed):
        map_limited("timeit", [*RUN, "pass", seals], b"", LIMITS)


def test_memory_of_the_child_is_bounded():
    with pytest.raises(ProcessLimitExceeded) as refusal:
        run_limited("json.tool", [], b"[" + b"1," * 40_000_000 + b"1]", LIMITS)
    assert refusal.value.limit == "memory"


def test_processor_time_of_the_child_is_bounded():
    with pytest.raises(ProcessLimitExceeded) as refusal:
        say("exec('while True: pass')", limits=ProcessLimits(cpu_seconds=1, wall_seconds=60))
    assert refusal.value.limit == "cpu"


def test_a_sleeping_child_is_stopped_with_its_children():
    started = time.monotonic()
    with pytest.raises(ProcessLimitExceeded) as refusal:
        say("os.fork(); os.fork(); time.sleep(60)", limits=ProcessLimits(wall_seconds=0.5))
    assert refusal.value.limit == "wall"
    assert time.monotonic() - started < 30


def test_what_the_child_leaves_running_ends_with_it():
    left = int(say("left = os.fork(); left or time.sleep(60); print(left)"))
    try:
        process = os.pidfd_open(left)
    except ProcessLookupError:
        return
    try:
        assert select.select([process], [], [], 10)[0]
    finally:
        os.close(process)


def test_the_child_opens_few_files_and_leaves_no_memory_on_the_disk():
    said = say("import resource as r; print(r.getrlimit(r.RLIMIT_NOFILE)); print(r.getrlimit(r.RLIMIT_CORE))")
    assert said.decode().splitlines() == [str((LIMITS.open_files, LIMITS.open_files)), "(0, 0)"]


def test_output_of_the_child_is_bounded():
    with pytest.raises(ProcessLimitExceeded) as refusal:
        say("sys.stdout.buffer.write(b'x' * 3_000_000)")
    assert refusal.value.limit == "output"


def test_no_file_can_grow_beyond_the_limit(tmp_path):
    target = tmp_path / "written"
    with pytest.raises(ProcessCrashed):
        say(f"open({str(target)!r}, 'wb').write(b'x' * 2_000_000)")
    assert target.stat().st_size <= MEBIBYTE


def test_a_crash_is_told_from_a_refusal():
    with pytest.raises(ProcessCrashed) as refusal:
        say("os.kill(os.getpid(), 11)")
    assert refusal.value.status == -11


def test_an_exception_brings_its_diagnosis():
    with pytest.raises(ProcessCrashed) as refusal:
        say("raise ValueError('what was wrong')")
    assert "what was wrong" in refusal.value.diagnosis
