"""The signer's own list of manifests that somebody refused: a refusal that is taken out of the database still counts.

One line a manifest in a chained file beside the register. It only stops: what stands here by mistake is handed in anew.
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
_FIELDS: Final = {"refused_manifest_sha256", "noted_at"}
_DIGEST: Final = re.compile(r"[0-9a-f]{64}", re.ASCII)


class Refusals:
    """Opened by one process at a time; threads may share it."""

    def __init__(self, path: Path) -> None:
        """Open, or create in an existing folder.   Raises: JournalInUse, JournalBroken."""
        self._lock = threading.Lock()
        self._file = ChainedFile(path, NAME)
        self._refused = set()
        for line in self._file.lines:
            if line.record is not None:
                if set(line.record) != _FIELDS:
                    self._file.close()
                    raise JournalBroken(f"a line of the {NAME} is none of a refusal")
                self._refused.add(str(line.record["refused_manifest_sha256"]))

    def note(self, manifests: Collection[str], at: datetime) -> None:
        """manifests: digests, 64 hex digits; what is none or known is passed over.   Raises: JournalBroken."""
        with self._lock:
            for digest in manifests:
                if _DIGEST.fullmatch(digest) and digest not in self._refused:
                    self._file.append({"refused_manifest_sha256": digest, "noted_at": as_text(at)})
                    self._refused.add(digest)

    def knows(self, manifest_sha256: str) -> bool:
        """Whether somebody refused it.   Raises: JournalBroken when the file was touched."""
        with self._lock:
            self._file.check_untouched()
            return manifest_sha256 in self._refused

    def close(self) -> None:
        """Let the next process open it."""
        with self._lock:
            self._file.close()
