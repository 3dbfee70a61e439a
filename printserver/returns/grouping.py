"""A batch's pages gathered into copies: which are here, came home elsewhere, are doubled or missing. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from uuid import UUID

from printserver.returns.matching import completeness
from printserver.returns.states import KEPT, PageState


@dataclass(frozen=True)
class Placed:
    """A page of a batch that is, or is thought to be, that page of that copy.   position: 1-based, in the scan."""

    position: int
    state: PageState
    copy_id: UUID
    page: int


@dataclass(frozen=True)
class CopyInBatch:
    """How far one copy is. Page numbers are 1-based and ascend; each of `expected` is in one of the first four."""

    copy_id: UUID
    expected: int
    here: tuple[int, ...]
    """Kept, out of this batch."""
    elsewhere: tuple[int, ...]
    """Kept, out of another one."""
    waiting: tuple[int, ...]
    """Not kept anywhere, but a doubtful page of this batch may be it."""
    missing: tuple[int, ...]
    doubled: tuple[int, ...]
    """Pages of this batch that are here more than once, whatever became of the second."""
    in_order: bool


def copies_in_batch(
    pages: Iterable[Placed], expected: Mapping[UUID, int], home: Mapping[UUID, Collection[int]]
) -> tuple[CopyInBatch, ...]:
    """Copies in the order of their first page in the scan.

    expected: pages of each copy that is met.   home: page numbers kept of each, out of any batch.
    """
    by_copy: dict[UUID, list[Placed]] = {}
    for page in sorted(pages, key=lambda each: each.position):
        if page.state is not PageState.DISCARDED and page.copy_id in expected:
            by_copy.setdefault(page.copy_id, []).append(page)
    return tuple(_copy(copy_id, found, expected[copy_id], home.get(copy_id, ())) for copy_id, found in by_copy.items())


def _copy(copy_id: UUID, found: list[Placed], expected: int, home: Collection[int]) -> CopyInBatch:
    here = {page.page for page in found if page.state in KEPT}
    waiting = {page.page for page in found} - set(home) - here
    whole = completeness(expected, [page.page for page in found])
    return CopyInBatch(
        copy_id,
        expected,
        tuple(sorted(here)),
        tuple(sorted(set(home) - here)),
        tuple(sorted(page for page in waiting if page <= expected)),
        tuple(page for page in whole.missing if page not in home),
        whole.doubled,
        whole.in_order,
    )
