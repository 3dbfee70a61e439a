"""Ports for servers of the tests that are named before they listen.

They lie below those that the kernel gives to outgoing connections, and no two runs or workers begin at the same one, so
that nobody takes a port between its naming and its use.
"""

from __future__ import annotations

import os
import random
import socket
from collections.abc import Iterator
from typing import Final

_FIRST: Final = 12_000
_WIDTH: Final = 2_000
_SHARES: Final = 9
"""As many as fit below 32768, where Linux begins with outgoing connections."""


def free_port() -> int:
    """On the loopback interface; not given out again by this process."""
    for port in _ports:
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise RuntimeError("no port is free")


def _own_share() -> Iterator[int]:
    """The ports of one worker of a parallel run, from anywhere on, once each."""
    worker = os.environ.get("PYTEST_XDIST_WORKER", "")
    share = int(worker.removeprefix("gw")) % _SHARES if worker else random.randrange(_SHARES)
    begin = random.randrange(_WIDTH)
    yield from (_FIRST + share * _WIDTH + (begin + step) % _WIDTH for step in range(_WIDTH))


_ports: Final = _own_share()
