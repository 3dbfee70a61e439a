"""What is put on a copy, and the rule where a seal may stand."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

from printserver.foundation.errors import Malformed
from printserver.foundation.serials import CopySerial
from printserver.rendering.page_layout import Box, PageLayout, inside


@dataclass(frozen=True)
class SealPlace:
    """The seal's centre on a page (1-based) of the safe document, from the top-left corner as a person sees it."""

    page: int
    x_um: int
    y_um: int


@dataclass(frozen=True)
class PlacedSeal:
    """`artwork_pdf`: its first page is the picture, drawn width × height large whatever its own size."""

    artwork_pdf: bytes
    width_um: int
    height_um: int
    places: tuple[SealPlace, ...]


@dataclass(frozen=True)
class CopyMarks:
    """`number`: which of `copies`, 1-based. `test`: the pages say that they are not valid."""

    serial: CopySerial
    number: int
    copies: int
    seals: tuple[PlacedSeal, ...]
    test: bool = False

    def __post_init__(self) -> None:
        if not 1 <= self.number <= self.copies <= 65_535:
            raise MarksRefused("a copy's number lies between 1 and the number of copies")


class MarksRefused(Malformed):
    code = "marks-refused"


class SealPlaceRefused(Malformed):
    """`problems`: one sentence each, for the person who placed the seals."""

    code = "seal-place-refused"

    def __init__(self, problems: tuple[str, ...]) -> None:
        super().__init__("; ".join(problems))
        self.problems = problems


def seal_box(layout: PageLayout, seal: PlacedSeal, place: SealPlace) -> Box:
    """Where the seal is printed: its centre moves with the page's content, its size never changes."""
    x, y = layout.content.apply(place.x_um, place.y_um)
    return Box(x - seal.width_um // 2, y - seal.height_um // 2, seal.width_um, seal.height_um)


def check_places(layout: Sequence[PageLayout], seals: Sequence[PlacedSeal]) -> None:
    """Refuse seals that would be off the page, over a code or barcode, or over one another.

    Raises SealPlaceRefused with every problem; nothing has been drawn then.
    """
    problems = tuple(_problems({page.page: page for page in layout}, seals))
    if problems:
        raise SealPlaceRefused(problems)


def _problems(pages: dict[int, PageLayout], seals: Sequence[PlacedSeal]) -> Iterator[str]:
    boxes: dict[int, list[Box]] = {}
    for seal in seals:
        if seal.width_um <= 0 or seal.height_um <= 0:
            yield "a seal without size cannot be placed"
        elif not seal.places:
            yield "a seal without a place cannot be used"
        for place in seal.places:
            layout = pages.get(place.page)
            if layout is None:
                yield f"the document has no page {place.page}"
                continue
            box = seal_box(layout, seal, place)
            boxes.setdefault(place.page, []).append(box)
            yield from _problems_of_box(layout, box, place)
    for page, placed in sorted(boxes.items()):
        if any(one.overlaps(other) for one, other in combinations(placed, 2)):
            yield f"two seals overlap on page {page}"


def _problems_of_box(layout: PageLayout, box: Box, place: SealPlace) -> Iterator[str]:
    where = f"the seal at {place.x_um / 1000:g} × {place.y_um / 1000:g} mm on page {place.page}"
    if not inside(box, layout.size):
        yield f"{where} is not wholly on the page"
    if box.overlaps(layout.qr):
        yield f"{where} would cover the verification code"
    if box.overlaps(layout.barcode):
        yield f"{where} would cover the barcode"
