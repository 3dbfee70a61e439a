"""Keys that were reported lost: one person's word stops them at once, before a ceremony revokes them.

The command writes a file beside the token, which is asked before each signature; the signer writes what it finds there
into its spent journal, so that a file that was taken away or put back from a backup lets no key sign again.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from printserver.signing.certificate_files import replace_file
from printserver.signing.errors import TrustFileRefused
from printserver.signing.spent_journal import SpentJournal

_KEY_ID: Final = re.compile(r"[0-9a-f]{8}", re.ASCII)


@dataclass(frozen=True)
class StoppedKeys:
    """`key_id in stopped`, asked anew each time.

    journal: the signer's own; without it the file alone counts.   now: aware.
    """

    file: Path
    journal: SpentJournal | None = None
    now: Callable[[], datetime] | None = None

    def __contains__(self, key_id: object) -> bool:
        """Raises: TrustFileRefused, JournalBroken: then nothing may be signed."""
        said = read_stopped_keys(self.file)
        if self.journal is None or self.now is None:
            return key_id in said
        for each in sorted(said - self.journal.stopped_keys):
            self.journal.stop_key(each, self.now())
        return key_id in self.journal.stopped_keys


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
