"""In the place of the HSM, where an installation chose to run without: nothing is wrapped, whoever has the disk reads.

Erasing still works by forgetting keys, and the operator of a bucket that holds no keys still reads nothing.
"""

from __future__ import annotations

from typing import Final

from printserver.storage.sealed import KEY_BYTES, Belonging, SealedNotGenuine

MARK: Final = b"not wrapped\0"


class UnguardedKeys:
    """What it answers says of itself that it is in the clear, and of which object the key is."""

    def wrap(self, key: bytes, belongs: Belonging) -> bytes:
        """key: 32 bytes."""
        return MARK + belongs.digest + key

    def unwrap(self, wrapped: bytes, belongs: Belonging) -> bytes:
        """Raises: SealedNotGenuine, also for what an HSM has wrapped."""
        head = MARK + belongs.digest
        if len(wrapped) != len(head) + KEY_BYTES or not wrapped.startswith(head):
            raise SealedNotGenuine("this key was wrapped by an HSM, or is another's; `sealed` of the settings is off")
        return wrapped[len(head) :]
