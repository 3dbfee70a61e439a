"""Whether a request also makes an electronic original: the signed PDF as a file, with a serial of its own. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum

from printserver.foundation.serials import ELECTRONIC_ORIGINAL


class Electronic(StrEnum):
    NONE = "none"
    ALSO = "also"
    """Besides the copies on paper."""
    ONLY = "only"
    """In place of an electronic original that is void or was never signed; nothing on paper."""


def papers_of(copies: int, electronic: Electronic) -> int:
    """How many copies come to paper.   copies: as the request's row says."""
    return 0 if electronic is Electronic.ONLY else copies


def numbers_of(copies: int, electronic: Electronic) -> Iterator[int]:
    """The number of each copy that is drawn: those on paper from 1, then the electronic original."""
    yield from range(1, papers_of(copies, electronic) + 1)
    if electronic is not Electronic.NONE:
        yield ELECTRONIC_ORIGINAL
