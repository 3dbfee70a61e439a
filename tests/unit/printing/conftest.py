"""Sockets on which no cupsd listens."""

from __future__ import annotations

import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture
def silent_socket() -> Iterator[Path]:
    """Takes connections, and says nothing."""
    with tempfile.TemporaryDirectory(prefix="silent-") as folder, socket.socket(socket.AF_UNIX) as listening:
        path = Path(folder) / "cups.sock"
        listening.bind(str(path))
        listening.listen()
        yield path
