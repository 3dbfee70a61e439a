"""CUPS's own `ipp` backend, as a child that does not outlive this process."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
from collections.abc import Sequence
from pathlib import Path

from .words import FAILED

_PR_SET_PDEATHSIG = 1
_CUPS_CHANNELS = (3, 4)  # back channel and side channel, backend(7)


class StockBackend:
    """May be stopped from a signal handler and killed from any thread, also before it was started."""

    def __init__(self) -> None:
        self._child: subprocess.Popen[bytes] | None = None

    def start(
        self, device_uri: str, home: Path, arguments: Sequence[str], document: Path, document_format: str
    ) -> subprocess.Popen[bytes]:
        """home: the folder of this printer's pin.   document: what the backend opens to read."""
        parent = os.getpid()
        libc = ctypes.CDLL(None, use_errno=True)

        def die_with_parent() -> None:
            if libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL) != 0 or os.getppid() != parent:
                os._exit(FAILED)

        self._child = subprocess.Popen(
            [device_uri, *arguments, str(document)],
            executable=f"{os.environ['CUPS_SERVERBIN']}/backend/ipp",
            env=self._environment(device_uri, home, document_format),
            stdin=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            pass_fds=[channel for channel in _CUPS_CHANNELS if Path(f"/proc/self/fd/{channel}").exists()],
            preexec_fn=die_with_parent,  # noqa: PLW1509 - two system calls, which take no lock
        )
        return self._child

    @staticmethod
    def _environment(device_uri: str, home: Path, document_format: str) -> dict[str, str]:
        """Of ours it needs nothing; what CUPS calls the job file's type is, for it, the document's."""
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("PRINTSERVER_")}
        return {
            **inherited,
            "DEVICE_URI": device_uri,
            "HOME": str(home),
            "CONTENT_TYPE": document_format,
            "FINAL_CONTENT_TYPE": document_format,
        }

    def stop(self) -> None:
        """It cancels the job at the printer before it ends."""
        if self._child is not None:
            self._child.terminate()

    def kill(self) -> None:
        if self._child is not None:
            self._child.kill()
