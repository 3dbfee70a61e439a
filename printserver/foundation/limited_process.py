"""Run a module of this package on hostile bytes in a child process that has hard limits.

The child gets no environment, no file it could write, no descriptor but its three streams, no network nor anybody's
socket, and a process group of its own that is killed as a whole. Linux only: the streams are memory files, so that
RLIMIT_FSIZE bounds whatever it says.
"""

from __future__ import annotations

import contextlib
import fcntl
import mmap
import os
import select
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import printserver
from printserver.foundation.errors import Malformed, TooLarge

MEBIBYTE: Final = 1 << 20
_OUT_OF_MEMORY: Final = 97
_UNCHANGEABLE: Final = fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_WRITE
_PACKAGE: Final = Path(printserver.__file__).resolve().parent
_ENVIRONMENT: Final = {
    "LC_ALL": "C.UTF-8",
    "PATH": "/usr/bin:/bin",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
}

# `-I` hides PYTHONPATH and the working directory, so the child takes exactly the package its parent runs.
# The limits are set here, before anything else is imported: `preexec_fn` is unsafe in a process with threads.
_START: Final = """
import resource, sys
package, module, *numbers = sys.argv[1:7]
for kind, limit in zip(("CORE", "AS", "CPU", "FSIZE", "NOFILE"), (0, *map(int, numbers))):
    resource.setrlimit(getattr(resource, "RLIMIT_" + kind), (limit, limit))
import importlib.util, runpy
start = package + "/__init__.py"
spec = importlib.util.spec_from_file_location("printserver", start, submodule_search_locations=[package])
sys.modules["printserver"] = importlib.util.module_from_spec(spec)
spec.loader.exec_module(sys.modules["printserver"])
sys.argv = [module, *sys.argv[7:]]
from printserver.foundation.confinement import NotConfined, give_up_networks
try:
    give_up_networks()
except NotConfined:
    pass  # other limits hold all the same; what must not go on without this gives it up again by itself
try:
    runpy.run_module(module, run_name="__main__", alter_sys=True)
except MemoryError:
    sys.exit(97)
"""


@dataclass(frozen=True)
class ProcessLimits:
    """All limits are positive. `wall_seconds` also counts waiting; the others are the kernel's resource limits."""

    memory_bytes: int = 1024 * MEBIBYTE
    """Address space, not resident memory."""
    cpu_seconds: int = 30
    wall_seconds: float = 60.0
    output_bytes: int = 64 * MEBIBYTE
    """Of standard output and, separately, of standard error."""
    open_files: int = 64


class ProcessLimitExceeded(TooLarge):
    """`limit`: memory, cpu, wall or output. `diagnosis`: the end of the child's standard error."""

    code = "process-limit-exceeded"

    def __init__(self, limit: str, diagnosis: str) -> None:
        super().__init__(f"the work needs more than the allowed {limit}")
        self.limit = limit
        self.diagnosis = diagnosis


class ProcessCrashed(Malformed):
    """`status`: exit status, negative for a signal. `diagnosis`: the end of the child's standard error."""

    code = "process-crashed"

    def __init__(self, status: int, diagnosis: str) -> None:
        super().__init__("the bytes could not be processed")
        self.status = status
        self.diagnosis = diagnosis


def run_limited(module: str, arguments: Sequence[str], stdin: bytes, limits: ProcessLimits) -> bytes:
    """Run `module` as `__main__` in a child and return its standard output.

    module: dotted name inside this package, never from a request.   arguments: `sys.argv[1:]` of the child.
    Raises ProcessLimitExceeded, or ProcessCrashed for any other exit status than 0.
    """
    with _answered(module, arguments, stdin, limits) as answer:
        return os.pread(answer, os.fstat(answer).st_size, 0)


def map_limited(module: str, arguments: Sequence[str], stdin: bytes, limits: ProcessLimits) -> memoryview:
    """As `run_limited`, without a copy: for standard output of some hundred megabytes.

    Whatever of the child might still live cannot change the answer any more: it is sealed before anybody reads it.
    """
    with _answered(module, arguments, stdin, limits) as answer:
        try:
            fcntl.fcntl(answer, fcntl.F_ADD_SEALS, _UNCHANGEABLE)
        except OSError as failure:
            raise ProcessCrashed(0, f"the answer cannot be sealed: {failure}") from failure
        size = os.fstat(answer).st_size
        return memoryview(mmap.mmap(answer, size, prot=mmap.PROT_READ) if size else b"")


@contextlib.contextmanager
def _answered(module: str, arguments: Sequence[str], stdin: bytes, limits: ProcessLimits) -> Iterator[int]:
    """The file that holds the child's standard output, once it has ended well."""
    command = [sys.executable, "-I", "-B", "-c", _START, str(_PACKAGE), module]
    numbers = (limits.memory_bytes, limits.cpu_seconds, limits.output_bytes, limits.open_files)
    command += [*map(str, numbers), *arguments]
    with _memory_file() as source, _memory_file() as answer, _memory_file() as complaint:
        _write_all(source, stdin)
        os.lseek(source, 0, os.SEEK_SET)
        status, in_time = _run(command, (source, answer, complaint), limits.wall_seconds)
        diagnosis = _tail(complaint)
        exceeded = _exceeded(status, in_time, answer, limits)
        if exceeded:
            raise ProcessLimitExceeded(exceeded, diagnosis)
        if status != 0:
            raise ProcessCrashed(status, diagnosis)
        yield answer


@contextlib.contextmanager
def _memory_file() -> Iterator[int]:
    descriptor = os.memfd_create("limited-process", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _write_all(descriptor: int, content: bytes) -> None:
    view = memoryview(content)
    while view:
        view = view[os.write(descriptor, view) :]


def _run(command: list[str], streams: tuple[int, int, int], wall_seconds: float) -> tuple[int, bool]:
    """Exit status, and whether the child ended by itself in time."""
    source, answer, complaint = streams
    with subprocess.Popen(
        command, stdin=source, stdout=answer, stderr=complaint, env=_ENVIRONMENT, cwd="/", start_new_session=True
    ) as child:
        ended = os.pidfd_open(child.pid)
        try:
            in_time = bool(select.select([ended], [], [], wall_seconds)[0])
        finally:
            os.close(ended)
            # Not reaped yet, so the group's number still belongs to it and to whatever it left behind.
            os.killpg(child.pid, signal.SIGKILL)
        return child.wait(), in_time


def _tail(complaint: int, length: int = 4096) -> str:
    size = os.fstat(complaint).st_size
    return os.pread(complaint, length, max(0, size - length)).decode("utf-8", "replace")


def _exceeded(status: int, in_time: bool, answer: int, limits: ProcessLimits) -> str | None:
    if not in_time:
        return "wall"
    if status == _OUT_OF_MEMORY:
        return "memory"
    # The hard CPU limit ends the child with SIGKILL, which nobody else sent when it ended in time.
    if status in (-signal.SIGXCPU, -signal.SIGKILL):
        return "cpu"
    if status != 0 and os.fstat(answer).st_size >= limits.output_bytes:
        return "output"
    return None
