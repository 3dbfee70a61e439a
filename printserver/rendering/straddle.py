"""Cut one seal into a slice a page, so that the fanned-out pages show it whole: no gap, no overlap. Pure.

Page 1 lies on top. Fanned out to the right, each next page shows its strip further right, so the first page carries the
leftmost slice; to the left it is the other way round; fanned out upwards, the first page carries the lowest slice.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from printserver.rendering.marks import SealPlace
from printserver.rendering.page_layout import Box, PageLayout
from printserver.rendering.places import LARGEST_GROUP, SMALLEST_GROUP, Edge

THINNEST_SLICE_UM: Final = 2_000
"""A thinner strip tells nothing, and a printer loses it."""

APART_UM: Final = 2_000
"""White between the slices of two seals on a page that two groups share."""


@dataclass(frozen=True)
class Slice:
    """`number`: of `count`, in the order of pages.   part: of the seal, from the seal's own top-left corner."""

    number: int
    count: int
    part: Box


@dataclass(frozen=True)
class SeamSlice:
    """What a page shows of a seal across the edge.   box: in µm from the page's top left.

    from_top: cut for the upper edge, so that it has the seal's whole width; else its whole height.
    """

    box: Box
    from_top: bool


@dataclass(frozen=True)
class SeamSeal:
    """One seal across the edges of neighbouring pages.   slices: by page, 1-based."""

    edge: Edge
    slices: Mapping[int, SeamSlice]


def pages_a_group(across_um: int, wanted: int | None = None) -> int:
    """How many pages share one seal at most.   across_um: the seal's extent across the edge."""
    most = max(SMALLEST_GROUP, min(LARGEST_GROUP, across_um // THINNEST_SLICE_UM))
    return most if wanted is None else min(wanted, most)


def groups(pages: Sequence[int], most: int, *, overlap: bool) -> Iterator[tuple[int, ...]]:
    """Neighbours together, in groups that differ by at most one page, none with more than `most`.

    pages: at least two.   overlap: the last page of a group is the first one of the next.
    """
    shared = 1 if overlap else 0
    steps = len(pages) - shared
    count = -(-steps // (most - shared))
    for at in range(count):
        yield tuple(pages[steps * at // count : steps * (at + 1) // count + shared])


def beside_um(edge: Edge, at_um: int, length_um: int, extent_um: int) -> int:
    """The middle of every second group's seal where groups share pages: beside `at_um`, on the page if it can be.

    Away from the code, which stands top right where nothing else does, with its barcode opposite.
    length_um: of the seal, extent_um: of the page along the edge.
    """
    step = length_um + APART_UM
    before, after = at_um - step, at_um + step
    fits = [each for each in (before, after) if length_um <= 2 * each <= 2 * extent_um - length_um]
    wanted = after if edge is Edge.RIGHT else before
    return wanted if wanted in fits or not fits else fits[0]


def slices(width_um: int, height_um: int, edge: Edge, count: int) -> tuple[Slice, ...]:
    """In the order of pages; together they are exactly the seal."""
    upwards = edge is Edge.TOP
    length = height_um if upwards else width_um
    cuts = [length * at // count for at in range(count + 1)]
    parts = list(pairwise(cuts))
    if edge is not Edge.RIGHT:
        parts.reverse()
    return tuple(
        Slice(at, count, Box(0, start, width_um, end - start) if upwards else Box(start, 0, end - start, height_um))
        for at, (start, end) in enumerate(parts, 1)
    )


def sliced_place(
    layout: PageLayout, edge: Edge, piece: Slice, size: tuple[int, int], *, at_um: int, inset_um: int
) -> SealPlace:
    """Where the whole seal would stand so that its slice ends at the edge.   size: the seal's width and height."""
    width, height = size
    part = piece.part
    if edge is Edge.RIGHT:
        left, top = layout.size.width_um - inset_um - part.right_um, at_um - height // 2
    elif edge is Edge.LEFT:
        left, top = inset_um - part.x_um, at_um - height // 2
    else:
        left, top = at_um - width // 2, inset_um - part.y_um
    return SealPlace(layout.page, left + width // 2, top + height // 2, part)


def seals_cut(places: Iterable[SealPlace], width_um: int, height_um: int) -> Iterator[tuple[SealPlace, ...]]:
    """One seal's slices, put together as they were cut: of each group of pages its own.

    places: of a seal of that size, in the order in which they were resolved; those without a part are left out.
    """
    group: list[SealPlace] = []
    for place in places:
        if place.part is None:
            continue
        if group and not _follows(place, group, (width_um, height_um)):
            yield tuple(group)
            group = []
        group.append(place)
    if group:
        yield tuple(group)


def _follows(place: SealPlace, group: Sequence[SealPlace], size: tuple[int, int]) -> bool:
    """Whether it shows what comes next of the seal, on a later page; the group's first slice began at either end."""
    (start, end), (_, before), (first, _) = (_extent(each, size) for each in (place, group[-1], group[0]))
    if first > 0:
        before, start = _extent(group[-1], size)[0], end
    return place.page > group[-1].page and start == before


def _extent(place: SealPlace, size: tuple[int, int]) -> tuple[int, int]:
    """Across the edge, on the seal."""
    part = place.part or Box(0, 0, *size)
    return (part.y_um, part.bottom_um) if part.height_um < size[1] else (part.x_um, part.right_um)


def seam_slice(place: SealPlace, width_um: int, height_um: int) -> SeamSlice:
    """place: with its part of a seal of that size; without one all of it is shown."""
    part = place.part or Box(0, 0, width_um, height_um)
    left, top = place.x_um - width_um // 2 + part.x_um, place.y_um - height_um // 2 + part.y_um
    return SeamSlice(Box(left, top, part.width_um, part.height_um), from_top=part.height_um < height_um)


def seam_seal(group: Sequence[SealPlace], width_um: int, height_um: int) -> SeamSeal:
    """group: one of `seals_cut`, of a seal of that size."""
    slices = {place.page: seam_slice(place, width_um, height_um) for place in group}
    begins, _ = _extent(group[0], (width_um, height_um))
    if slices[group[0].page].from_top:
        return SeamSeal(Edge.TOP, slices)
    return SeamSeal(Edge.LEFT if begins > 0 else Edge.RIGHT, slices)
