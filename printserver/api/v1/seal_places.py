"""Seals of a request from outside: where they are wanted, where they are drawn, and what is wrong or unusual there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Discriminator, Field, Tag

from printserver.api.v1.common import View
from printserver.print_requests.application import MOST_SEALS
from printserver.print_requests.placing import Preview
from printserver.print_requests.queries import SealOnRequest
from printserver.print_requests.request_seals import SealWanted
from printserver.rendering.placement_findings import Finding
from printserver.rendering.places import LARGEST_GROUP, LONGEST_KEYWORD, SMALLEST_GROUP, Edge, Place, place_from_json

MOST_PLACES = 2_000
Um = Annotated[int, Field(ge=0, le=2_000_000)]
Shift = Annotated[int, Field(ge=-2_000_000, le=2_000_000)]
Pages = Annotated[str, Field(min_length=1, max_length=1_000, examples=["all", "2-4,7", "3-"])]


class SealPlace(View):
    """Page from 1; the seal's centre from the page's top-left corner as a person sees it, in micrometres."""

    page: Annotated[int, Field(ge=1)]
    x_um: Um
    y_um: Um


class PagesPlace(View):
    """The same place on several pages: `all`, or numbers and ranges."""

    pages: Pages
    x_um: Um
    y_um: Um


class KeywordPlace(View):
    """Over words of the document, found also across line breaks; moved to the right and downwards."""

    keyword: Annotated[str, Field(min_length=1, max_length=LONGEST_KEYWORD, examples=["甲方（盖章）"])]
    which: Annotated[int, Field(ge=1, le=100_000)] | Literal["all", "last"] = 1
    dx_um: Shift = 0
    dy_um: Shift = 0


class StraddlePlace(View):
    """One seal across the edges of the pages, a slice a page; two-sided sheets carry it on their fronts.

    group: at most so many pages share one seal.   at_um: its middle along the edge.   inset_um: for printers' margins.
    overlap: neighbouring groups share a page, as custom has it.
    """

    straddle: Edge
    pages: Pages = "all"
    group: Annotated[int | None, Field(ge=SMALLEST_GROUP, le=LARGEST_GROUP)] = None
    at_um: Um | None = None
    inset_um: Annotated[int, Field(ge=0, le=30_000)] = 0
    overlap: bool = True


def _kind(value: Any) -> str:
    given = value if isinstance(value, Mapping) else value.model_dump() if isinstance(value, View) else {}
    return next((kind for kind in ("keyword", "straddle", "pages") if kind in given), "page")


WantedPlace = Annotated[
    Annotated[SealPlace, Tag("page")]
    | Annotated[PagesPlace, Tag("pages")]
    | Annotated[KeywordPlace, Tag("keyword")]
    | Annotated[StraddlePlace, Tag("straddle")],
    Discriminator(_kind),
]
Places = Annotated[tuple[WantedPlace, ...], Field(max_length=MOST_PLACES)]


def place_of(view: View) -> Place:
    """Raises: PlaceMalformed."""
    return place_from_json(view.model_dump(mode="json"))


class NewSeal(View):
    """A seal, and where it is wanted."""

    seal_id: UUID
    places: Places

    def wanted(self) -> SealWanted:
        """Raises: PlaceMalformed."""
        return SealWanted(self.seal_id, tuple(map(place_of, self.places)))


Seals = Annotated[tuple[NewSeal, ...], Field(max_length=MOST_SEALS)]


class Box(View):
    """In micrometres from the top-left corner."""

    x_um: int
    y_um: int
    width_um: int
    height_um: int


class DrawnPlace(View):
    """`part`: of a straddle seal, what of it the page shows; then the centre is that of the whole seal on the sheet."""

    page: int
    x_um: int
    y_um: int
    part: Box | None = None


class RequestSeal(View):
    """`wanted`: as applied for.   places: as drawn, and as the manifest names them; null before."""

    seal_id: UUID
    name: str
    origin: str
    wanted: list[dict[str, Any]]
    places: list[DrawnPlace] | None

    @classmethod
    def of(cls, seal: SealOnRequest) -> RequestSeal:
        return cls(
            seal_id=seal.seal_id,
            name=seal.name,
            origin=seal.origin,
            wanted=[dict(place) for place in seal.wanted],
            places=None if seal.places is None else [DrawnPlace(**place) for place in seal.places],
        )


class PlaceFinding(View):
    """`code` is stable.   page, seal: numbers from 1, 0 when none is meant.   count: how often a keyword was found."""

    code: str
    message: str
    page: int = 0
    seal: int = 0
    x_um: int = 0
    y_um: int = 0
    keyword: str = ""
    count: int = 0

    @classmethod
    def of(cls, finding: Finding) -> PlaceFinding:
        return cls(**finding.to_json())


class Spot(View):
    """What a page shows of a seal, on the sheet as it is printed.   seal: its number in the request, from 1."""

    seal: int
    page: int
    box: Box
    sliced: bool


class Placement(View):
    """`problems` are refused when it is handed in; `warnings` are not.   seen: names these very warnings."""

    spots: list[Spot]
    problems: list[PlaceFinding]
    warnings: list[PlaceFinding]
    seen: str

    @classmethod
    def of(cls, preview: Preview) -> Placement:
        return cls(
            spots=[Spot.model_validate(spot) for spot in preview.spots],
            problems=[PlaceFinding.of(finding) for finding in preview.placement.problems],
            warnings=[PlaceFinding.of(finding) for finding in preview.placement.warnings],
            seen=preview.seen,
        )
