"""The keys of sealed objects: the signer wraps and unwraps them, for whoever may, one object at a time.

This is a right of its own: whoever has it can open sealed objects while the signer answers, and can have nothing
signed. What is wrapped holds the name of its object, so that the log tells the truth about which one was opened. Each
answer is in the log before it is given, never with a key; how many a minute is limited, so that whoever has taken over
a process cannot open everything in a moment.
"""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import ClassVar, Final

import structlog
from sqlalchemy.exc import SQLAlchemyError

from printserver.audit.log import By, Event, append
from printserver.audit.queries import AuditSearch, find_entries
from printserver.foundation.unit_of_work import Database
from printserver.signer.key_encryption import HsmKeys
from printserver.signer.keys import KEY_ENCRYPTION_LABEL
from printserver.signer.tokens import CANNOT_WRAP
from printserver.signing.errors import StorageKeysTooMany, TokenSetupRefused, WrappedKeyRefused
from printserver.signing.hsm import Hsm, KeyKind
from printserver.storage.sealed import Belonging
from printserver.storage.store_settings import NOT_SEALED, ObjectStoreSettings
from printserver.storage.vault import KIND as VAULT

BY_SIGNER: Final = By(process="signer")
MINUTE: Final = 60.0
LATE: Final = "vault key's entry"
"""Name of the threads that write down who got a vault's key."""


@dataclass(frozen=True, kw_only=True)
class SealedObjectEvent(Event):
    """system_user: the number of the user that asked."""

    subject: ClassVar[str] = "sealed-object"
    kind: str
    system_user: int


@dataclass(frozen=True, kw_only=True)
class StorageKeyWrapped(SealedObjectEvent):
    pass


@dataclass(frozen=True, kw_only=True)
class StorageKeyUnwrapped(SealedObjectEvent):
    pass


@dataclass(frozen=True, kw_only=True)
class VaultKeyMade(SealedObjectEvent):
    """id: the organisation, whose stored objects have their keys wrapped under it."""


@dataclass(frozen=True, kw_only=True)
class VaultKeyGiven(SealedObjectEvent):
    """To a process, which holds it until it ends.   id: the organisation."""


@dataclass(frozen=True, kw_only=True)
class StorageKeyRefused(SealedObjectEvent):
    """The wrapped key was changed, or was another object's."""


@dataclass(frozen=True, kw_only=True)
class KeyEncryptionKeyMade(Event):
    subject: ClassVar[str] = "key"


@dataclass
class StorageKeys:
    """per_minute: how many keys one system user gets; as many at once, then steadily."""

    hsm: Hsm
    database: Database
    per_minute: int
    monotonic: Callable[[], float] = time.monotonic
    _left: dict[int, tuple[float, float]] = field(default_factory=dict, init=False, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False, repr=False)

    def make_key_unless_there(self, is_used: Callable[[], bool]) -> None:
        """Installations whose ceremony made none get the key that wraps, as long as nothing was sealed under another.

        is_used: whether the object store knows of something that was.   Raises: HsmUnavailable.
        """
        if not self.hsm.can_wrap or HsmKeys(self.hsm).generations() or self._was_used() or is_used():
            return
        self.hsm.generate_key(KEY_ENCRYPTION_LABEL, KeyKind.AES_256, secrets.token_bytes(8))
        with self.database.work() as work:
            append(work, BY_SIGNER, KeyEncryptionKeyMade())
        structlog.get_logger().warning(
            "the token held no key for sealed storage, and nothing was sealed yet: a new one was made; "
            "back the token up again"
        )

    def require_use(self, settings: ObjectStoreSettings) -> None:
        """Say aloud what an installation is not protected from.   Raises: TokenSetupRefused."""
        if not settings.sealed:
            structlog.get_logger().warning(NOT_SEALED)
        elif not self.hsm.can_wrap:
            raise TokenSetupRefused(CANNOT_WRAP)

    def wrap(self, key: bytes, belongs: Belonging, uid: int) -> bytes:
        """key: 32 bytes.   Raises: StorageKeysTooMany, KeyEncryptionKeyMissing, HsmUnavailable."""
        self._count(uid)
        wrapped = HsmKeys(self.hsm).wrap(key, belongs)
        event = VaultKeyMade if belongs.kind == VAULT else StorageKeyWrapped
        self._record(belongs, event(id=belongs.object_id, kind=belongs.kind, system_user=uid))
        return wrapped

    def unwrap(self, wrapped: bytes, belongs: Belonging, uid: int) -> bytes:
        """32 bytes.   Raises: WrappedKeyRefused, and those of `wrap`."""
        self._count(uid)
        try:
            key = HsmKeys(self.hsm).unwrap(wrapped, belongs)
        except WrappedKeyRefused:
            self._record(belongs, StorageKeyRefused(id=belongs.object_id, kind=belongs.kind, system_user=uid))
            raise
        event = VaultKeyGiven if belongs.kind == VAULT else StorageKeyUnwrapped
        self._record(belongs, event(id=belongs.object_id, kind=belongs.kind, system_user=uid))
        return key

    def _was_used(self) -> bool:
        with self.database.reading() as work:
            return any(
                find_entries(work, AuditSearch(event=event.__name__), limit=1).entries
                for event in (VaultKeyMade, StorageKeyWrapped)
            )

    def _record(self, belongs: Belonging, event: SealedObjectEvent) -> None:
        """Before the key is given; that of a vault at once in the service's own log, and in the other one soon.

        Who asks for a vault may be storing an object in the middle of a transaction of its own, for whose end an entry
        would have to wait on SQLite; and a process asks once for each organisation, not for each object.
        """
        if belongs.kind != VAULT:
            self._write(belongs, event)
            return
        structlog.get_logger().info(
            "vault key",
            event_name=type(event).__name__,
            organisation_id=str(belongs.organisation_id),
            uid=event.system_user,
        )
        threading.Thread(target=self._write_late, args=(belongs, event), name=LATE).start()

    def _write_late(self, belongs: Belonging, event: SealedObjectEvent) -> None:
        try:
            self._write(belongs, event)
        except SQLAlchemyError:
            structlog.get_logger().exception("a vault key's entry is not in the log", event_name=type(event).__name__)

    def _write(self, belongs: Belonging, event: SealedObjectEvent) -> None:
        with self.database.work() as work:
            append(work, BY_SIGNER.within(belongs.organisation_id), event)

    def _count(self, uid: int) -> None:
        """A full bucket holds one minute's keys and fills steadily."""
        with self._lock:
            now = self.monotonic()
            left, at = self._left.get(uid, (float(self.per_minute), now))
            left = min(float(self.per_minute), left + (now - at) * self.per_minute / MINUTE)
            if left < 1:
                self._left[uid] = (left, now)
                raise StorageKeysTooMany("too many sealed objects were asked for; the log names them")
            self._left[uid] = (left - 1, now)


@dataclass(frozen=True)
class OwnStorageKeys:
    """The `KeyWrapper` of the signer itself.   uid: its system user's."""

    keys: StorageKeys
    uid: int

    def wrap(self, key: bytes, belongs: Belonging) -> bytes:
        """Raises: as `StorageKeys.wrap`."""
        return self.keys.wrap(key, belongs, self.uid)

    def unwrap(self, wrapped: bytes, belongs: Belonging) -> bytes:
        """Raises: as `StorageKeys.unwrap`."""
        return self.keys.unwrap(wrapped, belongs, self.uid)
