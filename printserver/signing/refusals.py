"""The signer's own list of what people ended: manifests that were refused, requests and copies that were called off.

Taken out of the database, it still counts. One line each in a chained file beside the register. It only stops: what
stands here by mistake is handed in anew.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Collection
from datetime import datetime
from pathlib import Path
from typing import Final

from printserver.foundation.clock import as_text
from printserver.signing.chained_file import ChainedFile
from printserver.signing.errors import JournalBroken

NAME: Final = "list of refusals"
_FIELDS: Final = {"ended", "noted_at"}
_NAMED: Final = re.compile(r"[0-9a-f]{64}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII)


class Refusals:
    """Opened by one process at a time; threads may share it."""

    def __init__(self, path: Path) -> None:
        """Open, or create in an existing folder.   Raises: JournalInUse, JournalBroken."""
        self._lock = threading.Lock()
        self._file = ChainedFile(path, NAME)
        self._ended = set()
        for line in self._file.lines:
            if line.record is not None:
                if set(line.record) != _FIELDS:
                    self._file.close()
                    raise JournalBroken(f"a line of the {NAME} names nothing that ended")
                self._ended.add(str(line.record["ended"]))

    def note(self, ended: Collection[str], at: datetime) -> None:
        """ended: digests of manifests, ids of requests and copies; others and known ones are passed over.

        Raises: JournalBroken.
        """
        with self._lock:
            for named in ended:
                if _NAMED.fullmatch(named) and named not in self._ended:
                    self._file.append({"ended": named, "noted_at": as_text(at)})
                    self._ended.add(named)

    def knows(self, *named: str) -> bool:
        """Whether one of these was ended.   Raises: JournalBroken when the file was touched."""
        with self._lock:
            self._file.check_untouched()
            return not self._ended.isdisjoint(named)

    def close(self) -> None:
        """Let the next process open it."""
        with self._lock:
            self._file.close()
