"""Compares a scanned page with the page that was issued, mark by mark, without reading the text.

Pure, coarse and fast; a comparison by the glyphs of the issued text can take its place behind the same `compare`.

Measured on simulated scans only, of text pages in one layout, by the simulator on which the thresholds were also
chosen (other seeds); office and worse pages (skew 2°, fold, specks, thick toner, JPEG quality 60), half each. A change
is one digit, a look-alike digit, a word, a line, a word appended, cents dropped, or a decimal point lost.

    dpi    unchanged pages not `same`    changed pages called `same`    processor time a page
    300    0 of 42                       0 of 42                        470 ms
    200    0 of 84                       0 of 84                        470 ms
    150    1 of 42                       1 of 42 (a look-alike digit)   290 ms

So 200 dpi or more is what to ask for, and none in 84 still allows 3.5 %. A look-alike digit and an appended word give
`review`, not `changed`. Not measured: real returns, phone photographs, patterned backgrounds and tables.
Pictures, shades and coloured drawings are not compared; a page that has them is `review`.
It does not see: what changed in red, ink under a code or within 6 mm of the edge (9.6 mm on a page with a frame), marks
below about 0.4 mm. The dots of a pantograph and the lines of a frame are taken off the issued page before; with them on
the paper, 16 pages at 200 and 300 dpi were found as unchanged as without.
Grey and bilevel scans are `review` unless most of the page differs.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from printserver.returns.additions import Mask, added_ink, added_red, disc
from printserver.returns.matching import FoundCode, Image, every_code, find_codes
from printserver.returns.registration import (
    Aligned,
    Ink,
    RegistrationFailed,
    align,
    best_shift,
    ink_density,
    pose_from_codes,
    pose_from_features,
)

WORKING_DPI: Final = 200
LEAST_DPI: Final = 140
_LEAST_INCHES: Final = 2
_UM_PER_INCH: Final = 25_400
_AGREES_FROM: Final = 0.8
_DIFFERS_BELOW: Final = 0.5
_SPREAD: Final = 3.0
_LEAST_FOUND_SHARE: Final = 0.7
_GONE_BELOW: Final = 0.55
_COVERED_FROM: Final = 0.85
_LEAST_AGREEMENT: Final = 0.5
_HIDDEN_SHARE: Final = 0.03
_POINT_MM: Final = 0.9
_DASH_MM: Final = 0.4
_POINT_COVERED_FROM: Final = 0.5
_PICTURE_MM: Final = 8
_PICTURE_FILL: Final = 0.5
_CHROMATIC_FROM: Final = 60
_CHROMATIC_SHARE: Final = 0.3
_SEARCH: Final = 3
_PADDING: Final = 2


class Verdict(StrEnum):
    SAME = "same"
    CHANGED = "changed"
    REVIEW = "review"


class RegionKind(StrEnum):
    MISSING = "missing"
    ADDED = "added"


@dataclass(frozen=True)
class Region:
    """A place on the issued page, in µm from its top left corner."""

    x_um: int
    y_um: int
    w_um: int
    h_um: int
    kind: RegionKind


@dataclass(frozen=True)
class Comparison:
    verdict: Verdict
    score: float
    """Share of the issued page's marks found again on the scan, 0 to 1; 0 when nothing could be compared."""
    regions: tuple[Region, ...]
    """`added` regions in empty places (a counter-seal, handwriting) are listed and do not change the verdict."""
    reason: str
    """Why, in a sentence for the archivist."""


@dataclass(frozen=True, eq=False)
class _Marks:
    """What became of the issued page's marks: boxes (x, y, width, height) in working pixels."""

    gone: list[NDArray[np.int32]]
    doubtful: list[NDArray[np.int32]]
    covered: list[NDArray[np.int32]]
    hidden: int
    pictures: int
    seen: int

    @property
    def found_share(self) -> float:
        return 1 - (len(self.gone) + len(self.doubtful) + len(self.covered)) / max(1, self.seen)


def compare(
    scan_bgr: Image, issued_bgr: Image, dpi: float, *, issued_dpi: float | None = None, edge_um: int = 0
) -> Comparison:
    """Compare a scanned page with the page that was issued.

    scan_bgr: uint8, (height, width, 3) or grey, in any turn.   dpi: of the scan.
    issued_bgr: the issued page upright, rendered from the stored PDF without the marks against copying.
    issued_dpi: its resolution, `dpi` if None.   edge_um: how far from the page's edge nothing is compared.
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
    marks = _follow_marks(issued, issued_ink, aligned, compared, working)
    return _judge(scan, issued, issued_ink, aligned, compared, marks, working)


def _for_review(reason: str, score: float = 0.0, regions: Iterable[Region] = ()) -> Comparison:
    return Comparison(Verdict.REVIEW, score, tuple(regions), reason)


def _judge(
    scan: Image,
    issued: Image,
    issued_ink: Ink,
    aligned: Aligned,
    compared: NDArray[np.bool_],
    marks: _Marks,
    dpi: float,
) -> Comparison:
    free, beside = added_ink(issued_ink, aligned, compared, dpi)
    red_added, seal_missing = added_red(scan, issued, aligned, dpi)
    missing = _regions(_boxes_mask([*marks.gone, *marks.doubtful], issued_ink.shape), dpi, RegionKind.MISSING)
    over = _boxes_mask(marks.covered, issued_ink.shape)
    added = _regions(free | beside | over, dpi, RegionKind.ADDED) + _regions(red_added, dpi, RegionKind.ADDED)
    regions, score = missing + added, round(marks.found_share, 4)
    if score < _LEAST_FOUND_SHARE:
        return Comparison(Verdict.CHANGED, score, tuple(regions), "the scan shows something else than the issued page")
    doubts = [
        (_is_grey(scan), "the scan has no colour, so seals and text cannot be told apart; please scan in colour"),
        (aligned.agreement < _LEAST_AGREEMENT, "the scan is too poor to be compared"),
        (marks.hidden > _HIDDEN_SHARE * (marks.seen + marks.hidden), "part of the page is cut off"),
    ]
    for doubtful, reason in doubts:
        if doubtful:
            return _for_review(reason, score, regions)
    if marks.gone or len(marks.doubtful) > 1:
        return Comparison(Verdict.CHANGED, score, tuple(regions), "printed text is missing or differs")
    doubts = [
        (bool(marks.doubtful), "one printed mark looks different"),
        (bool(marks.covered), "something lies over printed text"),
        (bool(beside.any()), "something was added beside printed text"),
        (seal_missing, "the issued seal is not on the scan"),
        (bool(marks.pictures), "the printed text agrees; pictures and shades are not compared"),
    ]
    for doubtful, reason in doubts:
        if doubtful:
            return _for_review(reason, score, regions)
    reason = "the printed text agrees; something was added in empty places" if added else "the printed text agrees"
    return Comparison(Verdict.SAME, score, tuple(regions), reason)


def _follow_marks(issued: Image, issued_ink: Ink, aligned: Aligned, compared: NDArray[np.bool_], dpi: float) -> _Marks:
    """Look for each mark of the issued page (a glyph, or a piece of a larger drawing) at its place on the scan."""
    chromatic = _chromatic(issued)
    height, width = issued_ink.shape
    smooth = np.asarray(cv2.GaussianBlur(issued_ink, (0, 0), 0.6 * dpi / 150), np.float32)
    margin = _SEARCH + _PADDING
    boxes, values, coverages, hidden, pictures = [], [], [], 0, 0
    for box, is_filled in _mark_boxes(issued_ink, dpi):
        x, y, w, h = box
        if x < margin or y < margin or x + w + margin > width or y + h + margin > height:
            continue
        inside = (slice(y, y + h), slice(x, x + w))
        if not compared[inside].all():
            continue
        if not aligned.sheet[inside].all():
            hidden += 1
            continue
        if is_filled or chromatic[inside].mean() > _CHROMATIC_SHARE * (issued_ink[inside] > 0.4).mean():
            pictures += 1
            continue
        window = smooth[y - _PADDING : y + h + _PADDING, x - _PADDING : x + w + _PADDING]
        around = aligned.ink[y - margin : y + h + margin, x - margin : x + w + margin]
        across, down, value = best_shift(around, window)
        boxes.append(box)
        values.append(value)
        coverages.append(_coverage(around, window, round(across), round(down)))
    unseen = _Marks([], [], [], hidden, pictures, len(boxes))
    return _sorted_out(unseen, np.array(boxes).reshape(-1, 4), np.array(values), np.array(coverages), dpi)


def _coverage(around: Ink, window: Ink, across: int, down: int) -> float:
    """How much of the window's ink is there: 1 all, 0 none. What was laid over it does not count."""
    there = around[down : down + window.shape[0], across : across + window.shape[1]]
    return float(np.minimum(there, window).sum() / max(1e-3, float(window.sum())))


def _chromatic(issued: Image) -> NDArray[np.bool_]:
    """Coloured on the issued page. Toner scatters in scans, so that a colour's ink is no measure of its shape."""
    if issued.ndim == 2:
        return np.zeros(issued.shape, np.bool_)
    return np.asarray(issued.max(axis=2).astype(np.int16) - issued.min(axis=2) > _CHROMATIC_FROM, np.bool_)


def _sorted_out(
    marks: _Marks,
    boxes: NDArray[np.int32],
    values: NDArray[np.float64],
    coverages: NDArray[np.float64],
    dpi: float,
) -> _Marks:
    """A mark that correlates badly, or clearly worse than this page's usual marks, is not simply there.

    Points and dashes are too small to correlate; of them it only counts whether the ink is there.
    """
    sides = np.sort(boxes[:, 2:], axis=1) / dpi * 25.4
    large = (sides[:, 0] >= _DASH_MM) & (sides[:, 1] >= _POINT_MM)
    usual, low = np.percentile(values[large], [50, 5]) if large.any() else (1.0, 1.0)
    agrees_from = min(_AGREES_FROM, max(_DIFFERS_BELOW, low - _SPREAD * (usual - low)))
    agrees = np.where(large, values >= agrees_from, coverages >= _POINT_COVERED_FROM)
    for index in np.flatnonzero(~agrees):
        if coverages[index] >= _COVERED_FROM:
            marks.covered.append(boxes[index])
        elif values[index] < _GONE_BELOW:
            marks.gone.append(boxes[index])
        else:
            marks.doubtful.append(boxes[index])
    return marks


def _mark_boxes(ink: Ink, dpi: float) -> Iterable[tuple[NDArray[np.int32], bool]]:
    """Boxes (x, y, width, height): connected ink, the parts of a glyph joined, large drawings cut into pieces.

    With each, whether it belongs to a large filled area, which no text is.
    """
    pixels_a_mm = dpi / 25.4
    joined = cv2.morphologyEx(
        (ink > 0.4).astype(np.uint8),
        cv2.MORPH_CLOSE,
        np.ones((max(1, int(0.5 * pixels_a_mm)), max(1, int(0.25 * pixels_a_mm))), np.uint8),
    )
    piece = int(5 * pixels_a_mm)
    _, _, statistics, _ = cv2.connectedComponentsWithStats(joined, connectivity=8)
    for x, y, width, height, area in statistics[1:]:
        is_wide = min(width, height) > _PICTURE_MM * pixels_a_mm
        is_filled = bool(is_wide and area > _PICTURE_FILL * width * height)
        for top in range(y, y + height, piece):
            for left in range(x, x + width, piece):
                w, h = min(piece, x + width - left), min(piece, y + height - top)
                if ink[top : top + h, left : left + w].max() > 0.4:
                    yield np.array([left, top, w, h], np.int32), is_filled


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


def _boxes_mask(boxes: list[NDArray[np.int32]], shape: tuple[int, ...]) -> Mask:
    mask = np.zeros(shape, np.uint8)
    for x, y, width, height in boxes:
        mask[y : y + height, x : x + width] = 1
    return mask


def _regions(mask: Mask, dpi: float, kind: RegionKind) -> list[Region]:
    """Bounding boxes of what lies within 3 mm of each other, top to bottom."""
    joined = cv2.dilate(mask, disc(3 * dpi / 25.4))
    count, labels = cv2.connectedComponents(joined, connectivity=8)
    um = _UM_PER_INCH / dpi
    regions = []
    for label in range(1, count):
        x, y, width, height = cv2.boundingRect((mask & (labels == label)).astype(np.uint8))
        regions.append(Region(round(x * um), round(y * um), round(width * um), round(height * um), kind))
    return sorted(regions, key=lambda region: (region.y_um, region.x_um))


def _red(image: Image) -> Image:
    """Red seals vanish in the red channel."""
    return np.ascontiguousarray(image if image.ndim == 2 else image[:, :, 2])


def _resized(image: Image, scale: float) -> Image:
    if abs(scale - 1) < 1e-6:
        return image
    return np.asarray(cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), np.uint8)
