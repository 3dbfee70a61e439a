"""Which process listens on cupsd's socket: cupsd itself, or a service manager that starts it when it is needed."""

from __future__ import annotations

import socket
import struct
from pathlib import Path
from typing import Final

_CREDENTIALS: Final = "3i"  # struct ucred: pid, uid, gid of whoever called listen(2); unix(7)


def listener(path: Path) -> int:
    """Process id.   Raises: OSError when nothing listens."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.connect(str(path))
        credentials = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize(_CREDENTIALS))
    process: int = struct.unpack(_CREDENTIALS, credentials)[0]
    return process


def listens_itself(path: Path) -> bool:
    """Whether that process is cupsd.   Raises: OSError."""
    return (Path("/proc") / str(listener(path)) / "comm").read_text("utf-8").strip() == "cupsd"
