"""Marks that people put on returned pages: how many are found in their place, and how many where nobody put any.

Part of `benchmarks.page_comparison`. Each trial puts one kind of mark on a page (a slice: on the four pages of a copy),
scans it, and looks whether a region of that kind lies in its place; every third trial is a page with nothing on it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

import cv2
import numpy as np

from benchmarks.made_returns import (
    INKS,
    Papers,
    Quality,
    content,
    drawn_line,
    edge_shadow,
    fanned,
    pressed,
    scanned,
    signed,
    stamp,
    without_colour,
)
from printserver.cli.demo.paper import Image
from printserver.rendering.page_layout import Box
from printserver.rendering.straddle import SeamSlice
from printserver.returns.comparison import DIFFERS, WORKING_DPI, Comparison, Region, RegionKind, compare
from printserver.returns.comparison_wordings import cut_out
from printserver.returns.straddle_joining import joined, straddle_seals

_RESOLUTIONS: Final = (200, 300, 200, 150)
_QUALITIES: Final = (Quality.OFFICE, Quality.BAD, Quality.CLEAN)
_MODES: Final = ("colour", "colour", "grey", "colour", "bilevel")
_SHARED: Final = 0.5
_COPY_PAGES: Final = 4
_SEAL_MM: Final = 40
_ALIKE: Final = 0.5


class Put(StrEnum):
    SEAL = "seal"
    SIGNATURE = "signature"
    SLICE = "slice"
    ISSUED_SLICE = "issued slice"
    LINE = "line"
    NOTHING = "nothing"


_SOUGHT: Final = {
    Put.SEAL: RegionKind.COUNTER_SEAL,
    Put.SIGNATURE: RegionKind.COUNTER_SIGNATURE,
    Put.SLICE: RegionKind.STRADDLE,
    Put.ISSUED_SLICE: RegionKind.ISSUED_STRADDLE,
    Put.LINE: RegionKind.WRITTEN_ON,
}
_TURNS: Final = (
    Put.SEAL,
    Put.LINE,
    Put.NOTHING,
    Put.SIGNATURE,
    Put.SLICE,
    Put.NOTHING,
    Put.ISSUED_SLICE,
    Put.LINE,
    Put.NOTHING,
)


@dataclass(frozen=True)
class MarkTrial:
    seed: int
    put: Put
    ink: str
    mode: str
    quality: Quality
    dpi: int

    @classmethod
    def of(cls, number: int, first_seed: int) -> MarkTrial:
        turn, chance = number // len(_TURNS), np.random.default_rng(first_seed + number)
        put, ink = _TURNS[number % len(_TURNS)], list(INKS)[turn % len(INKS)]
        if put in (Put.SIGNATURE, Put.LINE) and ink == "red":
            ink = "blue"
        quality, dpi = _QUALITIES[int(chance.integers(3))], _RESOLUTIONS[int(chance.integers(4))]
        return cls(first_seed + number, put, ink, _MODES[(turn // len(INKS) + number) % len(_MODES)], quality, dpi)


def mark_trials(numbers: Iterable[int], papers: Papers, first_seed: int) -> Iterator[dict[str, Any]]:
    """One row a trial. right: all that was put on was found in its place; false: kinds found elsewhere."""
    for number in numbers:
        trial = MarkTrial.of(number, first_seed)
        if trial.put is Put.SLICE:
            right, false = _across(trial, papers)
        elif trial.put is Put.ISSUED_SLICE:
            right, false = _issued_across(trial, papers)
        else:
            right, false = _one(trial, papers)
        yield {**{name: str(value) for name, value in vars(trial).items()}, "right": right, "false": false}


def mark_counts(rows: Iterable[Mapping[str, Any]]) -> Counter[str]:
    """By mark, ink and mode how many were put on, `found` in their place, and `elsewhere` how many were found."""
    counts: Counter[str] = Counter()
    for row in rows:
        name = f"{row['mode']:8} {row['put']:18} {row['ink']:7}"
        counts[f"{name} trials"] += 1
        counts[f"{name} found"] += bool(row["right"])
        for kind in row["false"]:
            counts[f"{row['mode']:8} elsewhere: {kind}"] += 1
    return counts


def _one(trial: MarkTrial, papers: Papers) -> tuple[bool, list[str]]:
    chance = np.random.default_rng(trial.seed)
    page = content(trial.seed)
    issued, drawn = papers.issued(page), papers.drawn(page, trial.dpi)
    marked = _marked(drawn, trial, chance)
    found = compare(
        _seen(marked, trial, chance), issued.drawn, trial.dpi, issued_dpi=WORKING_DPI, glyphs=issued.text.glyphs
    )
    place = _place(drawn, marked, trial.dpi)
    sought = [each for each in found.regions if each.kind is _SOUGHT.get(trial.put)]
    right = [each for each in sought if place is not None and _shared(each, place) >= _SHARED and _cuts(found, each)]
    return bool(right), _kinds(each for each in found.regions if place is None or not _meets(each, place))


def _marked(drawn: Image, trial: MarkTrial, chance: np.random.Generator) -> Image:
    ink, dpi = INKS[trial.ink], trial.dpi
    mm = dpi / 25.4
    if trial.put is Put.SEAL:
        size = ((40, 40), (45, 30), (30, 45))[int(chance.integers(3))]
        left, top = round(float(chance.uniform(22, 100)) * mm), round(float(chance.uniform(195, 215)) * mm)
        return pressed(drawn, stamp(*size, dpi), left, top, ink, chance)
    if trial.put is Put.SIGNATURE:
        return signed(drawn, dpi, ink, chance)
    if trial.put is Put.LINE:
        return drawn_line(drawn, dpi, ink, chance)
    return drawn


def _across(trial: MarkTrial, papers: Papers) -> tuple[bool, list[str]]:
    """The slices of four pages, joined: right when they make the seal again."""
    chance = np.random.default_rng(trial.seed)
    pages = [content(trial.seed + 100_000 * at) for at in range(_COPY_PAGES)]
    drawn = [papers.drawn(page, trial.dpi) for page in pages]
    marked = fanned(drawn, trial.dpi, INKS[trial.ink], chance)
    comparisons = []
    for page, picture in zip(pages, marked, strict=True):
        issued = papers.issued(page)
        scan = _seen(picture, trial, chance)
        comparisons.append(compare(scan, issued.drawn, trial.dpi, issued_dpi=WORKING_DPI, glyphs=issued.text.glyphs))
    right = _is_joined(comparisons, range(1, _COPY_PAGES + 1), trial.dpi)
    others = (each for found in comparisons for each in found.regions if each.kind is not RegionKind.STRADDLE)
    return right, _kinds(others)


def _issued_across(trial: MarkTrial, papers: Papers) -> tuple[bool, list[str]]:
    """Issued in red on three pages, the second printed without it: right when the two slices are found and no third."""
    chance = np.random.default_rng(trial.seed)
    slices, inset = 4, (0, 4_000, 8_000)[trial.seed % 3]
    found = []
    for at in range(3):
        page = content(trial.seed + 100_000 * at)
        issued = papers.issued(page)
        drawn = fanned([issued.drawn] * slices, WORKING_DPI, INKS["red"], np.random.default_rng(1), inset)[at]
        printed = papers.drawn(page, trial.dpi)
        if at != 1:
            printed = fanned([printed] * slices, trial.dpi, INKS["red"], chance, inset)[at]
        height, width = (round(side * 25_400 / WORKING_DPI) for side in drawn.shape[:2])
        depth = _SEAL_MM * 1_000 // slices
        box = Box(width - inset - depth, round(height * 0.55), depth, _SEAL_MM * 1_000)
        found.append(
            compare(
                _seen(printed, trial, chance),
                drawn,
                trial.dpi,
                issued_dpi=WORKING_DPI,
                glyphs=issued.text.glyphs,
                slices=[SeamSlice(box, from_top=False)],
            )
        )
    there = [any(each.kind is RegionKind.ISSUED_STRADDLE for each in one.regions) for one in found]
    others = (each for one in found for each in one.regions if each.kind is not RegionKind.ISSUED_STRADDLE)
    return there == [True, False, True], _kinds(others)


def _kinds(regions: Iterable[Region]) -> list[str]:
    """Of marks; what becomes of the text without colour is another row's."""
    return [str(each.kind) for each in regions if each.kind not in DIFFERS]


def _is_joined(found: list[Comparison], pages: Iterable[int], dpi: int) -> bool:
    """Whether one seal comes of them that has all pages, and looks like the stamp."""
    pictures, findings = {}, {}
    for page, comparison in zip(pages, found, strict=True):
        regions = []
        for at, each in enumerate(comparison.regions):
            if each.kind is RegionKind.STRADDLE:
                pictures[f"{page}-{at}"] = cut_out(comparison, each)
                regions.append({**each.to_json(), "kind": str(each.kind), "picture_sha256": f"{page}-{at}"})
        findings[page] = {"regions": regions}
    seals = straddle_seals(findings)
    if len(seals) != 1 or seals[0].pages != tuple(range(1, len(findings) + 1)):
        return False
    png = joined(seals[0], [pictures[each.picture_sha256] for each in seals[0].slices])
    whole = np.asarray(cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_COLOR), np.uint8).min(axis=2)
    shape = 255 - stamp(_SEAL_MM, _SEAL_MM, 100)
    seen = np.pad(cv2.resize(whole, shape.shape[::-1], interpolation=cv2.INTER_AREA), 12, mode="edge")
    soft = [cv2.GaussianBlur(each, (0, 0), 3) for each in (seen, shape)]
    return float(cv2.matchTemplate(soft[0], soft[1], cv2.TM_CCOEFF_NORMED).max()) >= _ALIKE


def _seen(marked: Image, trial: MarkTrial, chance: np.random.Generator) -> Image:
    """Scanned, each third time with a shadow at one of the sheet's edges."""
    scan = scanned(marked, trial.dpi, trial.quality, trial.seed)
    if trial.seed % 3 == 0:
        scan = edge_shadow(scan, trial.dpi, chance)
    return scan if trial.mode == "colour" else without_colour(scan, bilevel=trial.mode == "bilevel")


def _place(drawn: Image, marked: Image, dpi: int) -> Box | None:
    """Where the pages differ, in µm."""
    x, y, width, height = cv2.boundingRect((cv2.absdiff(drawn, marked).max(axis=2) > 40).astype(np.uint8))
    um = 25_400 / dpi
    return Box(*(round(side * um) for side in (x, y, width, height))) if width else None


def _shared(region: Region, place: Box) -> float:
    """Of both together, with a millimetre around either: thin lines have hardly any area."""
    one = Box(region.x_um - 1_000, region.y_um - 1_000, region.w_um + 2_000, region.h_um + 2_000)
    other = Box(place.x_um - 1_000, place.y_um - 1_000, place.width_um + 2_000, place.height_um + 2_000)
    across = min(one.right_um, other.right_um) - max(one.x_um, other.x_um)
    down = min(one.bottom_um, other.bottom_um) - max(one.y_um, other.y_um)
    both = max(0, across) * max(0, down)
    return both / (one.width_um * one.height_um + other.width_um * other.height_um - both)


def _meets(region: Region, place: Box) -> bool:
    margin = 3_000
    return Box(region.x_um, region.y_um, region.w_um, region.h_um).overlaps(
        Box(place.x_um - margin, place.y_um - margin, place.width_um + 2 * margin, place.height_um + 2 * margin)
    )


def _cuts(found: Comparison, region: Region) -> bool:
    return cv2.imdecode(np.frombuffer(cut_out(found, region), np.uint8), cv2.IMREAD_COLOR) is not None
