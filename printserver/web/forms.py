"""What people type: taken as text so that nothing is lost, then checked as a whole with one sentence a field."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Annotated, Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    ValidationInfo,
)

from printserver.print_requests.application import Application, Place
from printserver.print_requests.notices import Channel, NewNotice, NoticeKind, NoticeMalformed
from printserver.print_requests.sides import Sides

UM_PER_MM: Final = 1_000
MOST_PLACES: Final = 50

FIELDS: Final = frozenset({"seal_id", "printer_id", "copies", "sides", "title", "purpose", "own_reference"})

Text = Annotated[str, Field(max_length=1_000)]


def _at_most(limit: str) -> Callable[[int, ValidationInfo], int]:
    def check(value: int, info: ValidationInfo) -> int:
        if value > (info.context or {})[limit]:
            raise ValueError(limit)
        return value

    return check


class TypedRequest(BaseModel):
    """The form of a new request, as typed.   place_*: one entry a place, in order.   shown: the page in the picture."""

    model_config = ConfigDict(frozen=True)

    draft: Annotated[str, Field(max_length=200)] = ""
    key: Annotated[str, Field(max_length=64)] = ""
    title: Text = ""
    purpose: Text = ""
    own_reference: Text = ""
    seal_id: Text = ""
    printer_id: Text = ""
    copies: Text = "1"
    sides: Text = Sides.ONE_SIDED.value
    place_page: Annotated[list[Text], Field(max_length=MOST_PLACES)] = []
    place_x: Annotated[list[Text], Field(max_length=MOST_PLACES)] = []
    place_y: Annotated[list[Text], Field(max_length=MOST_PLACES)] = []
    shown: Text = "1"
    action: Text = "submit"

    @property
    def places(self) -> list[tuple[str, str, str]]:
        """Page, x and y of each; what is missing is empty."""
        longest = max(map(len, (self.place_page, self.place_x, self.place_y)))
        columns = (
            [*column, *[""] * (longest - len(column))] for column in (self.place_page, self.place_x, self.place_y)
        )
        return list(zip(*columns, strict=True))

    def with_places(self, places: Sequence[tuple[str, str, str]]) -> TypedRequest:
        pages, xs, ys = ([place[at] for place in places] for at in range(3))
        return self.model_copy(update={"place_page": pages, "place_x": xs, "place_y": ys})


class TypedNotice(BaseModel):
    """The form that records a notice, as typed.   delivered_at: a browser's `datetime-local`, without a time zone."""

    model_config = ConfigDict(frozen=True)

    kind: Text = NoticeKind.VOID.value
    holder: Text = ""
    channel: Text = Channel.PAPER.value
    delivered_at: Text = ""
    note: Text = ""

    def checked(self, zone: ZoneInfo) -> NewNotice:
        """zone: in which the time was typed.   Raises: NoticeMalformed."""
        try:
            at = datetime.fromisoformat(self.delivered_at.strip()).replace(tzinfo=zone)
            return NewNotice(NoticeKind(self.kind), self.holder, Channel(self.channel), at, self.note)
        except ValueError:
            raise NoticeMalformed("say of what kind the notice was, how it went, and when") from None


class CheckedPlace(BaseModel):
    page: Annotated[int, Field(ge=1), AfterValidator(_at_most("pages"))]
    x_um: Annotated[int, Field(ge=0, le=2_000_000)]
    y_um: Annotated[int, Field(ge=0, le=2_000_000)]


class CheckedRequest(BaseModel):
    """Checked with a context: `most_copies` of this server, and `pages` of the document."""

    seal_id: UUID
    printer_id: UUID
    copies: Annotated[int, Field(ge=1), AfterValidator(_at_most("most_copies"))]
    sides: Sides
    title: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)]
    purpose: Annotated[str, StringConstraints(strip_whitespace=True, max_length=500)]
    own_reference: Annotated[str, StringConstraints(strip_whitespace=True, max_length=500)]
    places: Annotated[list[CheckedPlace], Field(min_length=1)]

    def application(self, filename: str) -> Application:
        places = tuple(Place(place.page, place.x_um, place.y_um) for place in self.places)
        return Application(**self.model_dump(exclude={"places"}), places=places, filename=filename)


@dataclass(frozen=True)
class FieldsWrong(Exception):
    """`fields`: names of the fields that cannot be used; a place's is `place-0`, `place-1` ….."""

    fields: frozenset[str]


def check_request(typed: TypedRequest, *, most_copies: int, pages: int) -> CheckedRequest:
    """pages: of the document.   Raises: FieldsWrong."""
    words = typed.model_dump(include=set(FIELDS))
    places = [_micrometres(place) for place in typed.places]
    limits = {"most_copies": most_copies, "pages": pages}
    try:
        return CheckedRequest.model_validate({**words, "places": places}, context=limits)
    except ValidationError as problem:
        raise FieldsWrong(frozenset(_field(error["loc"]) for error in problem.errors())) from None


def _field(location: Sequence[int | str]) -> str:
    if location[0] == "places":
        return f"place-{location[1]}" if len(location) > 1 else "places"
    return str(location[0])


def _micrometres(place: tuple[str, str, str]) -> Mapping[str, Any]:
    page, x, y = place
    return {"page": page.strip(), "x_um": _um(x), "y_um": _um(y)}


def _um(millimetres: str) -> int | None:
    """None for what is no length; a comma is a decimal point."""
    try:
        return round(Decimal(millimetres.strip().replace(",", ".")) * UM_PER_MM)
    except (InvalidOperation, ValueError, OverflowError):
        return None
