"""What comparing a scanned page with the issued one says: verdict, kind, places. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from printserver.returns.matching import Image


class Verdict(StrEnum):
    SAME = "same"
    CHANGED = "changed"
    REVIEW = "review"


class Kind(StrEnum):
    """What was seen, whatever the verdict makes of it."""

    SAME = "same"
    """All that was issued is there; seals and signatures may have come into empty places."""
    WRITTEN_ON = "written-on"
    """All that was issued is there, and ink lies over it or beside it."""
    CHANGED_TEXT = "changed-text"
    """Something else stands where text was issued."""
    PART_MISSING = "part-missing"
    """Some of what was issued is gone or cut off, and nothing stands in its place."""
    OTHER_PAGE = "other-page"
    """Most of what was issued is not there: another page, whatever its code says."""


class RegionKind(StrEnum):
    MISSING = "missing"
    ADDED = "added"
    CHANGED_TEXT = "changed-text"
    WRITTEN_ON = "written-on"
    COUNTER_SEAL = "counter-seal"
    COUNTER_SIGNATURE = "counter-signature"
    STRADDLE = "straddle"
    ISSUED_STRADDLE = "issued-straddle"
    """A slice of the issued seal across the edge, found again."""


DIFFERS: Final = frozenset({RegionKind.MISSING, RegionKind.CHANGED_TEXT})
"""Issued text that is not there as it was issued."""


@dataclass(frozen=True)
class Region:
    """A place on the issued page, in µm from its top left corner.

    issued_text, scanned_text: what the lines there said and what was read on the scan; empty unless they were read.
    edge: the page's edge of an issued slice, which may be set in; empty for all else.
    picture_sha256: the place cut out of the scan, a PNG in the object store; empty unless it is kept.
    """

    x_um: int
    y_um: int
    w_um: int
    h_um: int
    kind: RegionKind
    issued_text: str = ""
    scanned_text: str = ""
    picture_sha256: str = ""
    edge: str = ""

    def to_json(self) -> dict[str, object]:
        """Without what is empty."""
        return {name: value for name, value in vars(self).items() if value != ""}


@dataclass(frozen=True)
class Comparison:
    verdict: Verdict
    score: float
    """Share of the issued page's marks found again on the scan, 0 to 1; 0 when nothing could be compared."""
    regions: tuple[Region, ...]
    """Marks in empty places (a counter-seal, a signature) are listed and do not change the verdict."""
    reason: str
    """Why, in a sentence for the archivist."""
    kind: Kind | None = None
    """None when nothing could be compared."""
    confidence: float = 0.0
    """How clearly the verdict stands, 0 to 1: how far what was measured lies from the limits. No probability."""
    colour: bool = True
    """False for a grey or a black-and-white scan."""
    pose: tuple[float, ...] | None = None
    """Homography from the issued page to the scan it was given, both in µm from the top left, row by row."""
    page_um: tuple[int, int] = (0, 0)
    """Width and height of the issued page."""
    scan_um: tuple[int, int] = (0, 0)
    """Width and height of the scan, by its dpi."""
    laid_over: Image | None = field(default=None, compare=False, repr=False)
    """The scan in the issued page's frame at `laid_over_dpi`, as it was compared."""
    laid_over_dpi: float = 0.0
