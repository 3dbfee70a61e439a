"""Joins slices of a seal across the edge, found on the pages of one copy, into the picture they made together. Pure.

Fanned out to the right, page 1 carries the leftmost slice; to the left it is the other way round; fanned out upwards,
page 1 carries the lowest. Joined is what the scans show: presence, not authenticity.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import cv2
import numpy as np

from printserver.rendering.places import Edge
from printserver.returns.comparison_types import RegionKind
from printserver.returns.matching import Image

_SHARED: Final = 0.4
_MOST_PIXELS: Final = 4_000


@dataclass(frozen=True)
class StraddleSlice:
    """One page's part. along_um, length_um: where it lies along the edge, from the page's top or left.

    depth_um: how wide it is across the edge.   issued: of a seal that was issued so, not put on afterwards.
    """

    page: int
    edge: Edge
    along_um: int
    length_um: int
    depth_um: int
    picture_sha256: str
    issued: bool = False


@dataclass(frozen=True)
class StraddleSeal:
    """Slices at one place of one edge, by page."""

    edge: Edge
    slices: tuple[StraddleSlice, ...]

    @property
    def issued(self) -> bool:
        return self.slices[0].issued

    @property
    def pages(self) -> tuple[int, ...]:
        return tuple(each.page for each in self.slices)

    def missing(self, pages: int) -> tuple[int, ...]:
        """Pages of the copy on which no slice was found."""
        return tuple(page for page in range(1, pages + 1) if page not in self.pages)


def straddle_seals(findings: Mapping[int, Mapping[str, Any]]) -> tuple[StraddleSeal, ...]:
    """findings: of each page (1-based) that is kept.   One slice alone is none that was laid across pages."""
    groups: list[list[StraddleSlice]] = []
    for each in sorted(_slices(findings), key=lambda one: (one.page, one.edge, one.along_um)):
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


def _slices(findings: Mapping[int, Mapping[str, Any]]) -> Iterable[StraddleSlice]:
    for page, found in findings.items():
        for region in found.get("regions", []):
            kind, digest = region.get("kind"), region.get("picture_sha256")
            if kind in (RegionKind.STRADDLE, RegionKind.ISSUED_STRADDLE) and digest:
                x, y, width, height = (int(region[side]) for side in ("x_um", "y_um", "w_um", "h_um"))
                edge = Edge(region.get("edge") or _edge_touched(x, y))
                along = (x, width, height) if edge is Edge.TOP else (y, height, width)
                yield StraddleSlice(page, edge, *along, str(digest), issued=kind == RegionKind.ISSUED_STRADDLE)


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
