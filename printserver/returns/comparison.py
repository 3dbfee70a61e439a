"""Compares a scanned page with the page that was issued, mark by mark, without reading the text.

Pure. The scan is laid over the issued page; then each character of the issued text, and whatever else is drawn, is
looked for at its place (`glyphs`, `comparison_marks`), ink that was not issued is looked for between them (`additions`,
`counter_marks`), and what was found is judged (`comparison_judgement`). Measured: `benchmarks.page_comparison`.
Pictures, shades and coloured drawings are not compared; a page that has them is `review`.
It does not see: what changed in red, ink under a code or within 6 mm of the edge (9.6 mm on a page with a frame), marks
below about 0.4 mm. The dots of a pantograph and the lines of a frame are taken off the issued page before.
Grey and bilevel scans are `review` unless most of the page differs.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from printserver.rendering.page_glyphs import Glyph
from printserver.rendering.straddle import SeamSlice
from printserver.returns.additions import Mask, added_ink, disc, red_is_missing, together
from printserver.returns.comparison_judgement import Sight, judged
from printserver.returns.comparison_marks import Fate, Marks, chromatic, follow_marks
from printserver.returns.comparison_types import DIFFERS, Comparison, Kind, Region, RegionKind, Verdict
from printserver.returns.counter_marks import added_marks, new_colour
from printserver.returns.edge_ink import dark_ink, issued_slices_found
from printserver.returns.glyphs import Box
from printserver.returns.matching import FoundCode, Image, every_code, find_codes
from printserver.returns.registration import (
    Aligned,
    Ink,
    Matrix,
    RegistrationFailed,
    align,
    ink_density,
    pose_from_codes,
    pose_from_features,
)

__all__ = ["DIFFERS", "Comparison", "Kind", "Region", "RegionKind", "Verdict", "compare"]

WORKING_DPI: Final = 200
LEAST_DPI: Final = 140
_LEAST_INCHES: Final = 2
_UM_PER_INCH: Final = 25_400


def compare(
    scan_bgr: Image,
    issued_bgr: Image,
    dpi: float,
    *,
    issued_dpi: float | None = None,
    edge_um: int = 0,
    glyphs: Sequence[Glyph] = (),
    slices: Sequence[SeamSlice] = (),
) -> Comparison:
    """Compare a scanned page with the page that was issued.

    scan_bgr: uint8, (height, width, 3) or grey, in any turn.   dpi: of the scan.
    issued_bgr: the issued page upright, rendered from the stored PDF without the marks against copying.
    issued_dpi: its resolution, `dpi` if None.   edge_um: how far from the page's edge nothing is compared.
    glyphs: the characters of the issued page; without them its ink is compared in pieces, and digits less surely.
    slices: of issued seals across the page's edges, to be found again.
    Never raises on a strange scan: what cannot be compared is `review`, with the reason.
    """
    if dpi < LEAST_DPI:
        return _for_review(f"the scan has {dpi:.0f} dpi; please scan at 200 to 300 dpi")
    if min(scan_bgr.shape[:2]) < _LEAST_INCHES * dpi:
        return _for_review("the scan is too small to be a page")
    working = min(float(WORKING_DPI), dpi)
    scan = _resized(scan_bgr, working / dpi)
    issued = _resized(issued_bgr, working / (issued_dpi or dpi))
    codes = every_code(issued)
    scan_ink, issued_ink = ink_density(_red(scan)), np.asarray((255 - _red(issued)) / 255, np.float32)
    pose = pose_from_codes(find_codes(scan, working).codes, codes)
    if pose is None:
        pose = pose_from_features(_red(scan), _red(issued), working)
    if pose is None:
        return _for_review("the scan could not be laid over the issued page")
    try:
        aligned = align(scan_ink, issued_ink, pose, working)
    except RegistrationFailed as failure:
        return _for_review(f"the scan could not be laid over the issued page: {failure}")
    compared = ~_code_places(codes, issued_ink.shape, working) & _within_edge(issued_ink.shape, edge_um, working)
    found = _compared(scan, issued, issued_ink, aligned, compared, working, glyphs)
    return _with_slices(found, slices, issued, aligned, working)


def _for_review(reason: str) -> Comparison:
    return Comparison(Verdict.REVIEW, 0.0, (), reason)


def _compared(
    scan: Image,
    issued: Image,
    issued_ink: Ink,
    aligned: Aligned,
    compared: NDArray[np.bool_],
    dpi: float,
    characters: Sequence[Glyph],
) -> Comparison:
    colour, laid_over = not _is_grey(scan), _laid_over(scan, aligned)
    coloured = chromatic(issued)
    at_edges = dark_ink(issued_ink, coloured, aligned, compared, dpi)
    if not colour:
        # In grey a red seal is ink like any other, which hides what stands beneath.
        compared &= cv2.dilate(coloured.astype(np.uint8), disc(2 * dpi / 25.4)) == 0
    ink_over = new_colour(laid_over, issued, dpi) if colour else np.zeros(issued_ink.shape, np.uint8)
    marks = follow_marks(issued, issued_ink, aligned, compared, dpi, characters).under(ink_over)
    free, beside = added_ink(issued_ink, aligned, compared, dpi)
    placed = _placed(marks, beside, dpi)
    in_empty = [_region(mark.box, mark.kind, dpi) for mark in added_marks(free, laid_over, ink_over, dpi, at_edges)]
    lines = any(region.kind is RegionKind.WRITTEN_ON for region in in_empty)
    seal_missing = red_is_missing(laid_over, issued, dpi)
    sight = Sight(marks, aligned.agreement, bool(beside.any()), lines, seal_missing, colour)
    found = judged(sight, added=bool(in_empty))
    return Comparison(
        found.verdict,
        round(marks.found_share, 4),
        tuple(placed + in_empty),
        found.reason,
        kind=found.kind,
        confidence=found.confidence,
        colour=colour,
        pose=_in_micrometres(aligned.pose, dpi),
        page_um=_size(issued, dpi),
        scan_um=_size(scan, dpi),
        laid_over=laid_over,
        laid_over_dpi=dpi,
    )


def _with_slices(
    found: Comparison, slices: Sequence[SeamSlice], issued: Image, aligned: Aligned, dpi: float
) -> Comparison:
    """And what the scan shows of issued seals across the edge."""
    if found.laid_over is None or not slices:
        return found
    there = issued_slices_found(slices, issued, found.laid_over, aligned.sheet, dpi)
    regions = [replace(_region(box, RegionKind.ISSUED_STRADDLE, dpi), edge=edge.value) for box, edge in there]
    return replace(found, regions=(*regions, *found.regions))


def _laid_over(scan: Image, aligned: Aligned) -> Image:
    white = (255, 255, 255)
    flags, border = cv2.INTER_LINEAR, cv2.BORDER_CONSTANT
    laid = cv2.remap(scan, aligned.across, aligned.down, flags, borderMode=border, borderValue=white)
    return np.asarray(laid, np.uint8)


def _in_micrometres(pose: Matrix, dpi: float) -> tuple[float, ...]:
    """The same scale on both sides leaves all but the shift and the perspective as they are."""
    um = _UM_PER_INCH / dpi
    scale = np.diag([um, um, 1.0])
    matrix = scale @ pose @ np.linalg.inv(scale)
    return tuple(float(each) for each in (matrix / matrix[2, 2]).ravel())


def _size(image: Image, dpi: float) -> tuple[int, int]:
    height, width = image.shape[:2]
    return round(width * _UM_PER_INCH / dpi), round(height * _UM_PER_INCH / dpi)


def _placed(marks: Marks, beside: Mask, dpi: float) -> list[Region]:
    """Where issued text differs, is gone, or is written over."""
    shape = beside.shape
    blank = _boxes_mask([mark.box for mark in marks.of(Fate.BLANK)], shape)
    differing = _boxes_mask([mark.box for mark in marks.of(Fate.GONE, Fate.DOUBTFUL)], shape)
    over = _boxes_mask([mark.box for mark in marks.of(Fate.COVERED)], shape)
    near = np.asarray(cv2.dilate(differing, disc(6 * dpi / 25.4)), np.uint8) if blank.any() else blank
    # What is gone beside changed text is part of that change.
    regions = _regions(differing | (blank & near), dpi, RegionKind.CHANGED_TEXT)
    regions += _regions(np.asarray(blank & (1 - near), np.uint8), dpi, RegionKind.MISSING)
    return regions + _regions(beside | over, dpi, RegionKind.WRITTEN_ON)


def _region(box: Box, kind: RegionKind, dpi: float) -> Region:
    um = _UM_PER_INCH / dpi
    x, y, width, height = box
    return Region(round(x * um), round(y * um), round(width * um), round(height * um), kind)


def _is_grey(scan: Image) -> bool:
    if scan.ndim == 2:
        return True
    few = scan[::4, ::4].astype(np.int16)
    return bool(np.percentile(np.abs(few[:, :, 2] - few[:, :, 0]), 99.9) <= 4)


def _code_places(codes: Sequence[FoundCode], shape: tuple[int, ...], dpi: float) -> NDArray[np.bool_]:
    """True on and around the codes: they are read, not compared."""
    places = np.zeros(shape, np.uint8)
    for code in codes:
        x, y, width, height = cv2.boundingRect(np.array(code.quad, np.float32))
        along = round(3 * dpi / 25.4)
        across = along if code.is_qr else round(10 * dpi / 25.4)
        places[max(0, y - across) : y + height + across, max(0, x - along) : x + width + along] = 1
    return places > 0


def _within_edge(shape: tuple[int, ...], edge_um: int, dpi: float) -> NDArray[np.bool_]:
    edge = round(edge_um * dpi / _UM_PER_INCH)
    inside = np.zeros(shape, np.bool_)
    inside[edge : shape[0] - edge, edge : shape[1] - edge] = True
    return inside


def _boxes_mask(boxes: Iterable[Box], shape: tuple[int, ...]) -> Mask:
    mask = np.zeros(shape, np.uint8)
    for x, y, width, height in boxes:
        mask[y : y + height, x : x + width] = 1
    return mask


def _regions(mask: Mask, dpi: float, kind: RegionKind) -> list[Region]:
    """Bounding boxes of what lies within 3 mm of each other, top to bottom."""
    regions = [_region(box, kind, dpi) for box, _ in together(mask, disc(3 * dpi / 25.4), cv2.MORPH_DILATE)]
    return sorted(regions, key=lambda region: (region.y_um, region.x_um))


def _red(image: Image) -> Image:
    """Red seals vanish in the red channel."""
    return np.ascontiguousarray(image if image.ndim == 2 else image[:, :, 2])


def _resized(image: Image, scale: float) -> Image:
    if abs(scale - 1) < 1e-6:
        return image
    return np.asarray(cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), np.uint8)
