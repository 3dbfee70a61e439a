"""What is recorded of rounds that look for stored bytes which no row names."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from printserver.audit.log import Event


@dataclass(frozen=True, kw_only=True)
class StoreSwept(Event):
    """Of one organisation. `set_aside`, `given_back`, `erased`: how many objects."""

    subject: ClassVar[str] = "organisation"
    set_aside: int
    given_back: int
    erased: int


@dataclass(frozen=True, kw_only=True)
class UnnamedErased(Event):
    """Digests of what lay aside for the whole grace and was named by no row; erased right after this was written."""

    subject: ClassVar[str] = "organisation"
    digests: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class UnnamedGivenBack(Event):
    """A person keeps an object that lay aside, although no row of any room names it."""

    subject: ClassVar[str] = "organisation"
    sha256: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class UnnamedLetGo(Event):
    """What was given back is not kept any longer; the next rounds treat it like anything that nobody names."""

    subject: ClassVar[str] = "organisation"
    sha256: str
