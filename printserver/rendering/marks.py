"""What is put on a copy, and the rule where a seal may stand."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from printserver.foundation.errors import Malformed
from printserver.foundation.serials import ELECTRONIC_ORIGINAL, CopySerial
from printserver.rendering.dot_grid import USUAL_DPI
from printserver.rendering.page_layout import Box, PageLayout, inside
from printserver.rendering.placement_findings import Finding, FindingKind
from printserver.rendering.security_marks import USUAL_MARKS, SecurityMarks

MOST_SAID: Final = 20
"""Of a document of a thousand pages nobody reads a thousand sentences."""


@dataclass(frozen=True)
class SealPlace:
    """The seal's centre on a page (1-based) of the safe document, from the top-left corner as a person sees it.

    part: of a straddle seal what this page shows of it, from the seal's own top-left corner. Such a place is one of
    the sheet, not of its content: it stays at the edge when the content is moved, and the centre may lie off the page.
    """

    page: int
    x_um: int
    y_um: int
    part: Box | None = None

    def to_json(self) -> dict[str, Any]:
        """Integers only, as the manifest names it."""
        place: dict[str, Any] = {"page": self.page, "x_um": self.x_um, "y_um": self.y_um}
        return place if self.part is None else {**place, "part": vars(self.part)}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> SealPlace:
        """Read what `to_json` wrote."""
        part = value.get("part")
        return cls(value["page"], value["x_um"], value["y_um"], None if part is None else Box(**part))


@dataclass(frozen=True)
class PlacedSeal:
    """`artwork_pdf`: its first page is the picture, drawn width × height large whatever its own size."""

    artwork_pdf: bytes
    width_um: int
    height_um: int
    places: tuple[SealPlace, ...]


@dataclass(frozen=True)
class CopyMarks:
    """`number`: which of `copies` on paper, 1-based, or 0 for the electronic original.

    `test`: the pages say that they are not valid.   dpi: of the printer, on whose dots barcode and code are drawn.
    """

    serial: CopySerial
    number: int
    copies: int
    seals: tuple[PlacedSeal, ...]
    test: bool = False
    security: SecurityMarks = USUAL_MARKS
    dpi: int = USUAL_DPI

    def __post_init__(self) -> None:
        if not ELECTRONIC_ORIGINAL <= self.number <= self.copies <= 65_535:
            raise MarksRefused(
                "a copy's number lies between 1 and the number of copies, or is 0 for the electronic original"
            )


class MarksRefused(Malformed):
    code = "marks-refused"


class SealPlaceRefused(Malformed):
    """`findings`: everything that is wrong, for the person who placed the seals."""

    code = "seal-place-refused"

    def __init__(self, findings: tuple[Finding, ...]) -> None:
        said = [str(finding) for finding in findings[:MOST_SAID]]
        more = [f"and {len(findings) - MOST_SAID} more"] if len(findings) > MOST_SAID else []
        super().__init__("; ".join(said + more))
        self.findings = findings

    @property
    def problems(self) -> tuple[str, ...]:
        return tuple(map(str, self.findings))


def whole_box(layout: PageLayout, seal: PlacedSeal, place: SealPlace) -> Box:
    """Where the seal's whole picture lies: its centre moves with the page's content, its size never changes."""
    x, y = place.x_um, place.y_um
    if place.part is None:
        x, y = layout.content.apply(x, y)
    return Box(x - seal.width_um // 2, y - seal.height_um // 2, seal.width_um, seal.height_um)


def seal_box(layout: PageLayout, seal: PlacedSeal, place: SealPlace) -> Box:
    """What the page shows of the seal: all of it, or the slice of a straddle seal."""
    whole, part = whole_box(layout, seal, place), place.part
    if part is None:
        return whole
    return Box(whole.x_um + part.x_um, whole.y_um + part.y_um, part.width_um, part.height_um)


def check_places(layout: Sequence[PageLayout], seals: Sequence[PlacedSeal]) -> None:
    """Refuse seals that would be off the page, over a code or barcode, or over one another.

    Raises SealPlaceRefused with every problem; nothing has been drawn then.
    """
    problems = place_problems(layout, seals)
    if problems:
        raise SealPlaceRefused(problems)


def place_problems(layout: Sequence[PageLayout], seals: Sequence[PlacedSeal]) -> tuple[Finding, ...]:
    """What `check_places` refuses."""
    return tuple(_problems({page.page: page for page in layout}, seals))


def _problems(pages: dict[int, PageLayout], seals: Sequence[PlacedSeal]) -> Iterator[Finding]:
    boxes: dict[int, list[Box]] = {}
    for number, seal in enumerate(seals, 1):
        if seal.width_um <= 0 or seal.height_um <= 0:
            yield Finding(FindingKind.NO_SIZE, seal=number)
        elif not seal.places:
            yield Finding(FindingKind.NO_PLACE, seal=number)
        for place in seal.places:
            layout = pages.get(place.page)
            if layout is None:
                yield Finding(FindingKind.NO_SUCH_PAGE, page=place.page, seal=number)
                continue
            box = seal_box(layout, seal, place)
            boxes.setdefault(place.page, []).append(box)
            yield from _problems_of_box(layout, box, place, seal, number)
    for page, placed in sorted(boxes.items()):
        if _overlap(placed):
            yield Finding(FindingKind.SEALS_OVERLAP, page=page)


def _overlap(boxes: Sequence[Box]) -> bool:
    """Whether any two do. From left to right, each is compared with those alone that begin before it ends."""
    ordered = sorted(boxes, key=lambda box: box.x_um)
    for at, one in enumerate(ordered):
        for other in (ordered[later] for later in range(at + 1, len(ordered))):
            if other.x_um >= one.right_um:
                break
            if one.overlaps(other):
                return True
    return False


def _problems_of_box(
    layout: PageLayout, box: Box, place: SealPlace, seal: PlacedSeal, number: int
) -> Iterator[Finding]:
    def problem(kind: FindingKind) -> Finding:
        return Finding(kind, page=place.page, seal=number, x_um=place.x_um, y_um=place.y_um)

    whole = Box(0, 0, seal.width_um, seal.height_um)
    if not inside(box, layout.size) or (place.part is not None and not _within(place.part, whole)):
        yield problem(FindingKind.OFF_PAGE)
    if box.overlaps(layout.qr):
        yield problem(FindingKind.OVER_CODE)
    if box.overlaps(layout.barcode):
        yield problem(FindingKind.OVER_BARCODE)


def _within(part: Box, whole: Box) -> bool:
    return (
        part.x_um >= 0
        and part.y_um >= 0
        and part.width_um > 0
        and part.height_um > 0
        and part.right_um <= whole.right_um
        and part.bottom_um <= whole.bottom_um
    )
