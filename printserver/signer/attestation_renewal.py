"""Another attestation key for the web process: its file waits beside the old one until the key list names it.

A crash in between leaves a waiting file. The next ceremony puts it in place when it is listed, else throws it away.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from printserver.signing.key_list import KeyList
from printserver.signing.p256 import spki_of
from printserver.signing.published_key import KeyUsage
from printserver.signing.trust import load_key_file, make_key_file


@dataclass(frozen=True)
class AttestationRenewal:
    """file: the key that is in use."""

    file: Path

    @property
    def waiting(self) -> Path:
        return self.file.with_name(f"{self.file.name}.next")

    @property
    def is_waiting(self) -> bool:
        return self.waiting.exists()

    def make(self) -> bytes:
        """The new key's public half; its file belongs to whom the old one does.   Raises: TrustFileRefused."""
        spki = spki_of(make_key_file(self.waiting).public_key())
        owner, made = self.file.stat(), self.waiting.stat()
        if (made.st_uid, made.st_gid) != (owner.st_uid, owner.st_gid):
            os.chown(self.waiting, owner.st_uid, owner.st_gid)
        return spki

    def put(self) -> None:
        """The new key is used from now on; the old private one is gone, what it attested stays verifiable."""
        self.waiting.replace(self.file)

    def tidy(self, key_list: KeyList) -> None:
        """After a ceremony that was interrupted.   Raises: TrustFileRefused."""
        if not self.is_waiting:
            return
        spki = spki_of(load_key_file(self.waiting).public_key())
        if any(key.spki == spki for key in key_list.of_usage(KeyUsage.ATTESTATION)):
            self.put()
        else:
            self.waiting.unlink()
