"""Where a page's marks stand: values that are stored, hashed in the manifest and read back.

All lengths are integer micrometres from the top-left corner of the page as a person sees it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from printserver.foundation.errors import Malformed
from printserver.rendering.code128 import HEIGHT_UM as BARS_UM
from printserver.rendering.code128 import barcode_width_um
from printserver.rendering.qr_code import BOX_UM as QR_SQUARE_UM
from printserver.rendering.units import A4_LANDSCAPE, A4_PORTRAIT, PageSize

EDGE_UM: Final = 12_000
"""No mark is nearer to the page's edge: a skewed scan cuts corners off."""
WHOLE: Final = 1_000_000
LINE_UM: Final = 3_200
"""Height of the line of text in either box, with the gap above it."""
QR_BOX_UM: Final = (QR_SQUARE_UM, QR_SQUARE_UM + LINE_UM)
BARCODE_BOX_UM: Final = (barcode_width_um(pairs=16), BARS_UM + LINE_UM)


class LayoutMalformed(Malformed):
    code = "layout-malformed"


@dataclass(frozen=True)
class Box:
    x_um: int
    y_um: int
    width_um: int
    height_um: int

    @property
    def right_um(self) -> int:
        return self.x_um + self.width_um

    @property
    def bottom_um(self) -> int:
        return self.y_um + self.height_um

    def overlaps(self, other: Box) -> bool:
        return (
            self.x_um < other.right_um
            and other.x_um < self.right_um
            and self.y_um < other.bottom_um
            and other.y_um < self.bottom_um
        )


@dataclass(frozen=True)
class ContentTransform:
    """A point of the safe document's page moves to point × scale + offset.

    `scale_ppm`: millionths, at most 1,000,000.
    """

    scale_ppm: int = WHOLE
    x_um: int = 0
    y_um: int = 0

    def apply(self, x_um: int, y_um: int) -> tuple[int, int]:
        return self._scaled(x_um) + self.x_um, self._scaled(y_um) + self.y_um

    def _scaled(self, length_um: int) -> int:
        return (length_um * self.scale_ppm + WHOLE // 2) // WHOLE


@dataclass(frozen=True)
class PageLayout:
    """`qr`: the code with its quiet zone, and a line of text below. `barcode`: Code 128 and a line of text below."""

    page: int
    size: PageSize
    qr: Box
    barcode: Box
    content: ContentTransform

    def to_json(self) -> dict[str, object]:
        """Integers only, so that the canonical JSON of equal layouts is equal."""
        return {
            "page": self.page,
            "width_um": self.size.width_um,
            "height_um": self.size.height_um,
            "qr": {"x_um": self.qr.x_um, "y_um": self.qr.y_um},
            "barcode": {"x_um": self.barcode.x_um, "y_um": self.barcode.y_um},
            "content": {
                "scale_ppm": self.content.scale_ppm,
                "x_um": self.content.x_um,
                "y_um": self.content.y_um,
            },
        }

    @classmethod
    def from_json(cls, value: object) -> PageLayout:
        """Read what `to_json` wrote. Raises LayoutMalformed, also for marks off the page."""
        page = _integers(value, {"page", "width_um", "height_um"}, {"qr", "barcode", "content"})
        fields = value if isinstance(value, Mapping) else {}
        content = _integers(fields["content"], {"scale_ppm", "x_um", "y_um"})
        layout = cls(
            page=page["page"],
            size=PageSize(page["width_um"], page["height_um"]),
            qr=_box(fields["qr"], QR_BOX_UM),
            barcode=_box(fields["barcode"], BARCODE_BOX_UM),
            content=ContentTransform(**content),
        )
        layout._check()
        return layout

    def _check(self) -> None:
        if self.page < 1 or self.size not in (A4_PORTRAIT, A4_LANDSCAPE):
            raise LayoutMalformed("a page is numbered from 1 and has the size A4")
        if not 0 < self.content.scale_ppm <= WHOLE:
            raise LayoutMalformed("a page's content is never enlarged")
        marks = (self.qr, self.barcode)
        if not all(inside(mark, self.size, EDGE_UM) for mark in marks) or self.qr.overlaps(self.barcode):
            raise LayoutMalformed("a mark stands apart from the other and 12 mm from the edge")


def inside(box: Box, size: PageSize, edge_um: int = 0) -> bool:
    """Whether the box stays on the page, at least `edge_um` from its edge."""
    return (
        box.x_um >= edge_um
        and box.y_um >= edge_um
        and box.right_um <= size.width_um - edge_um
        and box.bottom_um <= size.height_um - edge_um
    )


def _box(value: object, extent: tuple[int, int]) -> Box:
    corner = _integers(value, {"x_um", "y_um"})
    return Box(corner["x_um"], corner["y_um"], *extent)


def _integers(value: object, names: set[str], others: frozenset[str] | set[str] = frozenset()) -> dict[str, int]:
    """The named integers of an object that has exactly these names and `others`."""
    if not isinstance(value, Mapping) or set(value) != names | others:
        raise LayoutMalformed(f"expected an object with {', '.join(sorted(names | others))}")
    integers = {name: value[name] for name in names}
    if not all(type(number) is int for number in integers.values()):
        raise LayoutMalformed("lengths are whole numbers")
    return integers
