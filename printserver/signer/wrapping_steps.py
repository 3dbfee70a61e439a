"""The steps of a ceremony that make another key-encryption key, and destroy a former one when nothing is left to it."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from printserver.signer.key_encryption import HsmKeys, label_of
from printserver.signer.keys import KEY_ENCRYPTION_LABEL, next_name
from printserver.signer.tokens import CANNOT_WRAP
from printserver.signing.errors import KeyEncryptionKeyInUse, TokenSetupRefused
from printserver.signing.hsm import Hsm, KeyKind
from printserver.signing.published_key import read_time
from printserver.signing.transcripts import Done, Transcript

RENEW: Final = "renew"
DESTROY: Final = "destroy"
ON_THEIR_WAY: Final = timedelta(days=1)
"""Longer than anybody takes to write down a key that was wrapped a moment before the newest one was made."""


def labels_made(transcripts: Sequence[Transcript]) -> frozenset[str]:
    """Names of the key-encryption keys that ceremonies have made since the first one, and not destroyed."""
    done = [each for transcript in transcripts for each in transcript.done if each.usage == KEY_ENCRYPTION_LABEL]
    destroyed = {each.label for each in done if each.what == DESTROY}
    return frozenset(each.label for each in done) - destroyed


@dataclass(frozen=True)
class WrappingSteps:
    """transcripts: of all ceremonies before.   require_unused: as of `hold_later`."""

    hsm: Hsm
    transcripts: Sequence[Transcript]
    require_unused: Callable[[int], object]

    def renew(self, *, wrappable: bool) -> Done:
        """The signer wraps with it at once. Its name is new, also where the token is from an older backup.

        Raises: TokenSetupRefused for a token that wraps nothing.
        """
        if not self.hsm.can_wrap:
            raise TokenSetupRefused(CANNOT_WRAP)
        named = [done.label for transcript in self.transcripts for done in transcript.done]
        label = next_name(KEY_ENCRYPTION_LABEL, [*self.hsm.secret_labels(), *named])
        self.hsm.generate_key(label, KeyKind.AES_256, secrets.token_bytes(8), wrappable=wrappable)
        return Done(RENEW, KEY_ENCRYPTION_LABEL, label=label)

    def destroy(self, generation: int, now: datetime) -> Done:
        """For ever. One that is gone already may be destroyed again, after a crash.

        Raises: KeyEncryptionKeyInUse, and what `require_unused` raises.
        """
        newest = HsmKeys(self.hsm).newest()
        if generation >= newest:
            raise KeyEncryptionKeyInUse(f"{label_of(generation)} is not older than the newest, {label_of(newest)}")
        made_at = self._made_at(label_of(newest))
        if made_at is None or now < made_at + ON_THEIR_WAY:
            raise KeyEncryptionKeyInUse(
                f"a transcript has to name {label_of(newest)} for a day first: something may still be on its way"
            )
        self.require_unused(generation)
        label = label_of(generation)
        gone = not self.hsm.delete_key(label)
        return Done(DESTROY, KEY_ENCRYPTION_LABEL, label=label, remark="it was gone already" if gone else "")

    def _made_at(self, label: str) -> datetime | None:
        for transcript in self.transcripts:
            if any((done.what, done.label) == (RENEW, label) for done in transcript.done):
                return read_time(transcript.ended_at)
        return None
