"""Objects that nobody names, set aside before they are erased: still readable, and given back when somebody names them.

Setting aside moves an object's wrapped key to another name, with the time. Whoever stores the same bytes from then on
stores them anew, under a key of their own; whoever was just told that they are stored already has the whole grace to
write down their name. So nothing that is named is lost, without any lock: a key that lies aside is deleted only after
the grace, and only by whoever has looked at all names after that grace. Each step may be taken again after a kill, and
by two processes at once. No vault key is needed: keys stay wrapped.

In the store of keys, beside `<digest>`: `<digest>.aside`: `PSA1`, seconds since 1970 (8 bytes), the key's entry.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final
from uuid import UUID

from printserver.storage.blobs import Blobs
from printserver.storage.objects import DIGEST_LENGTH, ERASED, path_of

ASIDE: Final = ".aside"
MAGIC: Final = b"PSA1"
_TIME: Final = 8


@dataclass(frozen=True)
class Aside:
    """`since`: when it was set aside.   also_stored: the same bytes lie under their own name as well."""

    digest: str
    since: datetime
    also_stored: bool


@dataclass(frozen=True)
class StoreNames:
    """What an organisation has in the store: `stored` under its own name, `aside` not any more, or also."""

    stored: frozenset[str]
    aside: tuple[Aside, ...]


@dataclass(frozen=True)
class AsideObjects:
    """contents, keys: the two stores of `SealedObjects`. Each raises StoreUnavailable."""

    contents: Blobs
    keys: Blobs

    def names(self, owner: UUID) -> StoreNames:
        found = [path.rpartition("/")[2] for path in self.keys.names(str(owner))]
        stored = frozenset(name for name in found if len(name) == DIGEST_LENGTH)
        return StoreNames(stored, tuple(self._aside(found, stored, owner)))

    def set_aside(self, digest: str, owner: UUID, at: datetime) -> None:
        """Not when it lies aside since another time: that one has to end first."""
        path = path_of(digest, owner)
        entry = self.keys.read(path)
        if entry is not None and self.keys.create(path + ASIDE, aside_entry(entry, at)):
            self.keys.delete(path)

    def give_back(self, digest: str, owner: UUID) -> None:
        """It has its own name again. What lies aside stays until its time is over: another process may look at it."""
        path = path_of(digest, owner)
        aside = self.keys.read(path + ASIDE)
        if aside is not None:
            self.keys.create(path, entry_aside(aside))

    def end(self, digest: str, owner: UUID) -> None:
        """After the grace: what lies aside is gone, and with it the object, unless that lies under its own name too."""
        path = path_of(digest, owner)
        aside, stored = self.keys.read(path + ASIDE), self.keys.read(path)
        if aside is None:
            return
        if stored is None:
            self.keys.create(path + ERASED, b"")
        self.keys.delete(path + ASIDE)
        entry = entry_aside(aside)
        if stored is None or generation_of(stored) != generation_of(entry):
            self.contents.delete(f"{path}.{generation_of(entry).hex()}")

    def _aside(self, found: list[str], stored: frozenset[str], owner: UUID) -> Iterator[Aside]:
        for name in found:
            digest = name.removesuffix(ASIDE)
            if digest == name:
                continue
            entry = self.keys.read(path_of(digest, owner) + ASIDE)
            if entry is not None:
                since = datetime.fromtimestamp(int.from_bytes(entry[len(MAGIC) :][:_TIME], "big"), UTC)
                yield Aside(digest, since, digest in stored)


def aside_entry(entry: bytes, at: datetime) -> bytes:
    """at: to the second, never earlier than it was."""
    return MAGIC + (int(at.timestamp()) + 1).to_bytes(_TIME, "big") + entry


def entry_aside(aside: bytes) -> bytes:
    """What the store of keys held of the object."""
    return aside[len(MAGIC) + _TIME :]


def generation_of(entry: bytes) -> bytes:
    """Of an entry of the store of keys: `PSK1`, generation (8 bytes), wrapped key."""
    return entry[4:12]
