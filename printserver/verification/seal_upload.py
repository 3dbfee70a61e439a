"""A stranger's seal file, judged with what this server knows besides: whether a seal made here is still in use."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from printserver.foundation.errors import TooLarge
from printserver.foundation.unit_of_work import Database
from printserver.seals.queries import seal_of_code
from printserver.seals.states import SealState
from printserver.signing.seal_makers import SealMakers, Vouched
from printserver.signing.seal_object import MAX_BYTES
from printserver.verification.seal_check import SealReport, SealVerdict, SealVerdictKind, check_seal_file

LARGEST_DATA: Final = 64 * 1024 * 1024
_OUT_OF_USE: Final = frozenset({SealState.SUSPENDED, SealState.SEALED_UP, SealState.REVOKED, SealState.DESTROYED})


class SealFileTooLarge(TooLarge):
    code = "seal-file-too-large"


class SealInUse(StrEnum):
    """What this server's register of seals says of a seal that was made here. Never why."""

    IN_USE = "in-use"
    STOPPED = "stopped"
    """Suspended, sealed up, revoked or destroyed."""
    UNKNOWN = "unknown"
    """Not a seal of this server, or one that was never put to use."""


@dataclass(frozen=True)
class CheckedSeal:
    verdict: SealVerdict
    in_use: SealInUse

    @property
    def kind(self) -> str:
        """The verdict in one word: a genuine seal that its owner has stopped is `stopped`."""
        if self.verdict.kind is SealVerdictKind.GENUINE and self.in_use is SealInUse.STOPPED and not self.verdict.use:
            return SealInUse.STOPPED.value
        return self.verdict.kind.value


def check_upload(database: Database, makers: SealMakers, file: bytes, data: bytes | None) -> CheckedSeal:
    """Raises: SealFileTooLarge, Sm2Unavailable."""
    if len(file) > MAX_BYTES:
        raise SealFileTooLarge("a seal file has at most 4 MiB")
    if data is not None and len(data) > LARGEST_DATA:
        raise SealFileTooLarge("what was sealed has at most 64 MiB here; compare its digest with the command line")
    verdict = check_seal_file(file, makers, database.clock.now(), data=data)
    believed = verdict.kind in (SealVerdictKind.GENUINE, SealVerdictKind.EXPIRED)
    return CheckedSeal(verdict, _in_use(database, verdict.seal if believed else None))


def _in_use(database: Database, seal: SealReport | None) -> SealInUse:
    if seal is None or seal.vouched is not Vouched.INTERNAL:
        return SealInUse.UNKNOWN
    with database.reading() as work:
        known = seal_of_code(work, seal.seal_id)
    if known is None or known.object_sha256 != seal.sha256:
        return SealInUse.UNKNOWN
    if known.state is SealState.ACTIVE:
        return SealInUse.IN_USE
    return SealInUse.STOPPED if known.state in _OUT_OF_USE else SealInUse.UNKNOWN
