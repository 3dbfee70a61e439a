"""What happens to keys, as the log tells it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from printserver.audit.log import Event


@dataclass(frozen=True, kw_only=True)
class KeyEvent(Event):
    subject: ClassVar[str] = "key"


@dataclass(frozen=True, kw_only=True)
class KeyCeremonyHeld(KeyEvent):
    """transcript_sha256: of the file that the offline root signed."""

    title: str
    officers: tuple[str, ...]
    key_list_sequence: int
    transcript_sha256: str


@dataclass(frozen=True, kw_only=True)
class KeyStopped(KeyEvent):
    """One person's word; a ceremony revokes it."""

    key_id: str
    usage: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class KeyCertificateImported(KeyEvent):
    key_id: str
    usage: str
    issuer: str
    not_after: str
    certificate_sha256: str


@dataclass(frozen=True, kw_only=True)
class TokenPinChanged(KeyEvent):
    finished: bool
    """Whether an interrupted change was brought to its end."""


@dataclass(frozen=True, kw_only=True)
class TokenBackedUp(KeyEvent):
    """way: `whole`, or `wrapped` key by key."""

    backup_sha256: str
    way: str


@dataclass(frozen=True, kw_only=True)
class TokenRestored(KeyEvent):
    keys: int
    failed: int


@dataclass(frozen=True, kw_only=True)
class RecoveryDrilled(KeyEvent):
    keys: int
    failed: int


@dataclass(frozen=True, kw_only=True)
class KeyEncryptionKeyRenewed(KeyEvent):
    """By a ceremony. From now on this one wraps.   label: its name in the token."""

    label: str


@dataclass(frozen=True, kw_only=True)
class WrappedKeysRenewed(KeyEvent):
    """Wrapped under `label`.   kind: as of sealed objects."""

    label: str
    kind: str
    keys: int


@dataclass(frozen=True, kw_only=True)
class KeyEncryptionKeyDestroyed(KeyEvent):
    """By a ceremony, after everything was shown to be wrapped by others.   label: the name that it had."""

    label: str


@dataclass(frozen=True, kw_only=True)
class EpochBegun(KeyEvent):
    reason: str


@dataclass(frozen=True, kw_only=True)
class WitnessRenewed(KeyEvent):
    lines: int
    reason: str
