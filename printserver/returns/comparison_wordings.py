"""Has flagged lines read, so that a person sees both wordings; and cuts seals and signatures out of the scan.

Reading describes a difference, it never decides: no reader comes near comparing ink with ink.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Final

import cv2
import numpy as np

from printserver.rendering.page_glyphs import Glyph, PageGlyphs
from printserver.rendering.text_recognition import TextNotRead, read_lines
from printserver.returns.comparison_types import DIFFERS, Comparison, Kind, Region, RegionKind
from printserver.returns.matching import Image

_AT_THE_EDGE: Final = frozenset({RegionKind.STRADDLE, RegionKind.ISSUED_STRADDLE})
CUT_OUT: Final = _AT_THE_EDGE | {RegionKind.COUNTER_SEAL, RegionKind.COUNTER_SIGNATURE}
MOST_LINES: Final = 8
"""Of one page; where more is amiss, reading tells nothing new."""
_ABOVE_UM: Final = 800
_BESIDE_UM: Final = 12_000
_MARGIN_UM: Final = 1_000
_UM_PER_INCH: Final = 25_400

LineBox = tuple[int, int, int, int]
"""Left, top, right, bottom of a line in µm."""


def with_wordings(found: Comparison, page: PageGlyphs) -> Comparison:
    """The comparison with both wordings at each place where issued text differs or is written over."""
    flagged = [at for at, region in enumerate(found.regions) if region.kind in {*DIFFERS, RegionKind.WRITTEN_ON}]
    if found.laid_over is None or found.kind is Kind.OTHER_PAGE or not flagged:
        return found
    lines = _line_boxes(page.glyphs)
    touched = {at: _touched(found.regions[at], lines) for at in flagged}
    wanted = list(dict.fromkeys(line for at in flagged for line in touched[at]))[:MOST_LINES]
    read = dict(zip(wanted, _read([_strip(found, line, lines) for line in wanted]), strict=True))
    regions = list(found.regions)
    for at in flagged:
        known = [line for line in touched[at] if line in read]
        issued = " ".join(page.lines[line] for line in known)
        regions[at] = replace(regions[at], issued_text=issued, scanned_text=" ".join(read[line] for line in known))
    return replace(found, regions=tuple(regions))


def cut_out(found: Comparison, region: Region) -> bytes:
    """The place as it looks on the scan, laid over the issued page: a PNG. A slice is cut at the page's very edge."""
    margin = 0 if region.kind in _AT_THE_EDGE else _MARGIN_UM
    box = (region.x_um - margin, region.y_um - margin, region.w_um + 2 * margin, region.h_um + 2 * margin)
    return _png(_part(found, box))


def _line_boxes(glyphs: Iterable[Glyph]) -> dict[int, LineBox]:
    lines: dict[int, LineBox] = {}
    for glyph in glyphs:
        box = glyph.box
        left, top, right, bottom = lines.get(glyph.line, (box.x_um, box.y_um, box.right_um, box.bottom_um))
        lines[glyph.line] = (
            min(left, box.x_um),
            min(top, box.y_um),
            max(right, box.right_um),
            max(bottom, box.bottom_um),
        )
    return lines


def _touched(region: Region, lines: Mapping[int, LineBox]) -> list[int]:
    """Lines of which the region covers a good part of the height, and which it meets; else the nearest beside it."""
    away: dict[int, int] = {}
    for line, (left, top, right, bottom) in lines.items():
        shared = min(bottom, region.y_um + region.h_um) - max(top, region.y_um)
        beside = max(left - region.x_um - region.w_um, region.x_um - right)
        if shared > 0.4 * min(bottom - top, region.h_um) and beside < _BESIDE_UM:
            away[line] = max(0, beside)
    return [
        line
        for line in away
        if not any(away[other] < away[line] and _in_one_row(lines[line], lines[other]) for other in away)
    ]


def _in_one_row(one: LineBox, other: LineBox) -> bool:
    return min(one[3], other[3]) > max(one[1], other[1])


def _strip(found: Comparison, line: int, lines: Mapping[int, LineBox]) -> bytes:
    """The line on the scan, with room for what was added before and behind it; a red seal over it fades."""
    _, top, _, bottom = lines[line]
    start, end = _room(lines[line], (box for other, box in lines.items() if other != line))
    part = _part(found, (start, top - _ABOVE_UM, end - start, bottom - top + 2 * _ABOVE_UM))
    return _png(part if part.ndim == 2 else np.ascontiguousarray(part[:, :, 2]))


def _room(line: LineBox, others: Iterable[LineBox]) -> tuple[int, int]:
    """Where what stands before and behind the line may begin and end: not in the next column."""
    left, _, right, _ = line
    start, end = left - _BESIDE_UM, right + _BESIDE_UM
    for other in others:
        if _in_one_row(line, other):
            start = max(start, other[2]) if other[2] <= left else start
            end = min(end, other[0]) if other[0] >= right else end
    return start, end


def _read(strips: Sequence[bytes]) -> list[str]:
    try:
        return [line.text for line in read_lines(strips)]
    except TextNotRead:
        return [""] * len(strips)


def _part(found: Comparison, box: tuple[int, int, int, int]) -> Image:
    if found.laid_over is None:
        raise ValueError("nothing was laid over the issued page")
    height, width = found.laid_over.shape[:2]
    left, top, across, down = (side * found.laid_over_dpi / _UM_PER_INCH for side in box)
    x, y = max(0, min(width - 1, round(left))), max(0, min(height - 1, round(top)))
    return found.laid_over[y : max(y + 1, round(top + down)), x : max(x + 1, round(left + across))]


def _png(picture: Image) -> bytes:
    return bytes(cv2.imencode(".png", picture)[1])
