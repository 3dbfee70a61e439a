"""Keys that were reported lost: one person's word stops them at once, before a ceremony revokes them."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Final

from printserver.signing.certificate_files import replace_file
from printserver.signing.errors import TrustFileRefused

_KEY_ID: Final = re.compile(r"[0-9a-f]{8}", re.ASCII)


def read_stopped_keys(path: Path) -> frozenset[str]:
    """One key id a line; none without the file.   Raises: TrustFileRefused: then it must not count as empty."""
    try:
        lines = path.read_text("ascii").split()
    except FileNotFoundError:
        return frozenset()
    except (OSError, UnicodeDecodeError) as problem:
        raise TrustFileRefused("the list of stopped keys cannot be read") from problem
    if not all(_KEY_ID.fullmatch(line) for line in lines):
        raise TrustFileRefused("the list of stopped keys holds something that is no key id")
    return frozenset(lines)


def stop_key(path: Path, key_id: str) -> None:
    """Add a key; it is never taken off the list, because a revoked one may not come back."""
    keys = sorted(read_stopped_keys(path) | {key_id})
    owner = path.parent.stat()
    replace_file(path, "".join(f"{each}\n" for each in keys).encode("ascii"), mode=0o600)
    if os.geteuid() == 0:
        os.chown(path, owner.st_uid, owner.st_gid)
