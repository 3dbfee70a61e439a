"""Joins slices of a seal across the edge, found on the pages of one copy, into the picture they made together. Pure.

Fanned out to the right, page 1 carries the leftmost slice; to the left it is the other way round; fanned out upwards,
page 1 carries the lowest. Joined is what the scans show: presence, not authenticity.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import cv2
import numpy as np

from printserver.rendering.page_layout import Box
from printserver.rendering.places import Edge
from printserver.rendering.straddle import SeamSeal, SeamSlice
from printserver.returns.comparison_types import RegionKind
from printserver.returns.matching import Image

_SHARED: Final = 0.4
_MOST_PIXELS: Final = 4_000


@dataclass(frozen=True)
class StraddleSlice:
    """One page's part.   box: where it lies on the page.   along_um, length_um: along the edge, from the top or left.

    depth_um: how wide it is across the edge.   issued: of a seal that was issued so, not put on afterwards.
    """

    page: int
    edge: Edge
    box: Box
    picture_sha256: str
    issued: bool = False

    @property
    def along_um(self) -> int:
        return self.box.x_um if self.edge is Edge.TOP else self.box.y_um

    @property
    def length_um(self) -> int:
        return self.box.width_um if self.edge is Edge.TOP else self.box.height_um

    @property
    def depth_um(self) -> int:
        return self.box.height_um if self.edge is Edge.TOP else self.box.width_um


@dataclass(frozen=True)
class StraddleSeal:
    """Slices at one place of one edge, by page; none where an issued seal was not seen.

    laid_across: the pages that were issued with it.
    """

    edge: Edge
    slices: tuple[StraddleSlice, ...]
    laid_across: tuple[int, ...] = ()

    @property
    def issued(self) -> bool:
        return bool(self.laid_across) or self.slices[0].issued

    @property
    def pages(self) -> tuple[int, ...]:
        return tuple(each.page for each in self.slices)

    def missing(self, pages: int) -> tuple[int, ...]:
        """Of the pages that were issued with it those on which no slice was found; of others' seals of all `pages`."""
        return tuple(page for page in self.laid_across or range(1, pages + 1) if page not in self.pages)


def straddle_seals(
    findings: Mapping[int, Mapping[str, Any]], issued: Sequence[SeamSeal] = ()
) -> tuple[StraddleSeal, ...]:
    """findings: of each page (1-based) that is kept.   One slice alone is none that others laid across pages.

    issued: those that the copy was issued with, listed whether they were seen or not; a page may carry several slices.
    """
    found = sorted(_slices(findings), key=lambda one: (one.page, one.edge, one.along_um))
    seals = [_again(seal, found) for seal in issued]
    known = {each for seal in seals for each in seal.slices}
    return (*seals, *_by_place([each for each in found if each not in known]))


def _again(seal: SeamSeal, found: Sequence[StraddleSlice]) -> StraddleSeal:
    own = [each for each in found if each.issued and _lies_on(each.box, seal.slices.get(each.page))]
    return StraddleSeal(seal.edge, tuple(own), tuple(sorted(seal.slices)))


def _lies_on(found: Box, slice_issued: SeamSlice | None) -> bool:
    """Mostly; what was found is the part of it that the scan shows."""
    if slice_issued is None:
        return False
    issued = slice_issued.box
    across = min(found.right_um, issued.right_um) - max(found.x_um, issued.x_um)
    down = min(found.bottom_um, issued.bottom_um) - max(found.y_um, issued.y_um)
    return min(across, down) > 0 and 2 * across * down > found.width_um * found.height_um


def _by_place(found: Sequence[StraddleSlice]) -> tuple[StraddleSeal, ...]:
    groups: list[list[StraddleSlice]] = []
    for each in found:
        own = next((group for group in groups if _belongs(each, group)), None)
        if own is None:
            groups.append([each])
        else:
            own.append(each)
    return tuple(StraddleSeal(group[0].edge, tuple(group)) for group in groups if len(group) > 1)


def joined(seal: StraddleSeal, pictures: Sequence[bytes]) -> bytes:
    """The slices side by side, as a PNG.   pictures: of the seal's slices, in their order, PNG."""
    first = min(each.along_um for each in seal.slices)
    length = max(each.along_um + each.length_um for each in seal.slices) - first
    parts = [cv2.imdecode(np.frombuffer(picture, np.uint8), cv2.IMREAD_COLOR) for picture in pictures]
    turned = seal.edge is Edge.TOP
    strips = [np.asarray(part.transpose(1, 0, 2) if turned else part, np.uint8) for part in parts if part is not None]
    if len(strips) != len(seal.slices):
        raise ValueError("a slice's picture cannot be read")
    scale = max(strip.shape[0] / each.length_um for strip, each in zip(strips, seal.slices, strict=True))
    scale = min(scale, _MOST_PIXELS / max(length, sum(each.depth_um for each in seal.slices)))
    laid = [_laid(strip, each, first, length, scale) for strip, each in zip(strips, seal.slices, strict=True)]
    whole = np.concatenate(laid if seal.edge is Edge.RIGHT else laid[::-1], axis=1)
    return bytes(cv2.imencode(".png", np.ascontiguousarray(whole.transpose(1, 0, 2) if turned else whole))[1])


def _laid(strip: Image, each: StraddleSlice, first_um: int, length_um: int, scale: float) -> Image:
    """On white, at its own height among the others. Rows run along the edge."""
    rows, columns = max(1, round(each.length_um * scale)), max(1, round(each.depth_um * scale))
    canvas = np.full((max(rows, round(length_um * scale)), columns, 3), 255, np.uint8)
    at = min(canvas.shape[0] - rows, round((each.along_um - first_um) * scale))
    canvas[at : at + rows] = cv2.resize(strip, (columns, rows), interpolation=cv2.INTER_AREA)
    return canvas


def _slices(findings: Mapping[int, Mapping[str, Any]]) -> Iterator[StraddleSlice]:
    for page, found in findings.items():
        for region in found.get("regions", []):
            kind, digest = region.get("kind"), region.get("picture_sha256")
            if kind in (RegionKind.STRADDLE, RegionKind.ISSUED_STRADDLE) and digest:
                x, y, width, height = (int(region[side]) for side in ("x_um", "y_um", "w_um", "h_um"))
                edge = Edge(region.get("edge") or _edge_touched(x, y))
                box = Box(x, y, width, height)
                yield StraddleSlice(page, edge, box, str(digest), issued=kind == RegionKind.ISSUED_STRADDLE)


def _edge_touched(x_um: int, y_um: int) -> Edge:
    if y_um == 0:
        return Edge.TOP
    return Edge.LEFT if x_um == 0 else Edge.RIGHT


def _belongs(each: StraddleSlice, group: list[StraddleSlice]) -> bool:
    """Whether it stands at the group's place, on a page that has none there yet."""
    if any(other.page == each.page for other in group):
        return False
    if (group[0].edge, group[0].issued) != (each.edge, each.issued):
        return False
    start = min(other.along_um for other in group)
    end = max(other.along_um + other.length_um for other in group)
    shared = min(end, each.along_um + each.length_um) - max(start, each.along_um)
    return shared > _SHARED * min(end - start, each.length_um)
