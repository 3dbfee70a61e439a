"""Signatures that a PDF brings along: its rebuilding loses them, so people are told, and the original is kept."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Final

from printserver.foundation.limited_process import (
    MEBIBYTE,
    ProcessCrashed,
    ProcessLimitExceeded,
    ProcessLimits,
    run_limited,
)

_READING: Final = ProcessLimits(
    memory_bytes=1024 * MEBIBYTE, cpu_seconds=20, wall_seconds=40, output_bytes=4 * MEBIBYTE
)


@dataclass(frozen=True)
class FoundSignature:
    """signer: as its certificate says, which nobody here vouches for.   intact: what it covers is unchanged.

    whole: nothing was added to the file after it.   signed_at: ISO 8601, as the signer says, or empty.
    """

    signer: str
    intact: bool
    whole: bool
    signed_at: str


UNREADABLE: Final = FoundSignature("", intact=False, whole=False, signed_at="")


def found_signatures(pdf: bytes) -> tuple[FoundSignature, ...]:
    """A file that carries one which cannot be read has one that is not intact."""
    if b"/ByteRange" not in pdf:
        return ()
    try:
        answer = run_limited("printserver.documents.signature_process", [], pdf, _READING)
    except (ProcessCrashed, ProcessLimitExceeded):
        return (UNREADABLE,)
    return tuple(FoundSignature(**each) for each in json.loads(answer))
