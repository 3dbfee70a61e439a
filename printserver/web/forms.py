"""What people type: taken as text so that nothing is lost, then checked as a whole with one sentence a field."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
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

from printserver.print_requests.application import MOST_READERS, MOST_SEALS, Application, Attachment
from printserver.print_requests.money import CNY, AmountMalformed, Money, parse_money
from printserver.print_requests.notices import Channel, NewNotice, NoticeKind, NoticeMalformed
from printserver.print_requests.parties import MOST_PARTIES, Party, PartyKind
from printserver.print_requests.request_seals import SealWanted
from printserver.print_requests.sides import Sides
from printserver.rendering.layout import CodeCorner
from printserver.rendering.places import OnPage, OnPages, PlaceMalformed, place_from_json
from printserver.signing.flow import DEFAULT_CLASS
from printserver.web.placed_seals import COLUMNS, KINDS, TypedPlace

MOST_PLACES: Final = 50

FIELDS: Final = frozenset(
    {
        "seal_id",
        "printer_id",
        "copies",
        "sides",
        "electronic",
        "code_corner",
        "title",
        "purpose",
        "own_reference",
        "class_code",
    }
    | {"copy_to", "contract_end"}
)

Text = Annotated[str, Field(max_length=1_000)]
CONSENTS: Final = {"both": (True, True), "electronic": (True, False), "neither": (False, False)}
"""What a party accepts: an electronic seal, and its print."""


def _at_most(limit: str) -> Callable[[int, ValidationInfo], int]:
    def check(value: int, info: ValidationInfo) -> int:
        if value > (info.context or {})[limit]:
            raise ValueError(limit)
        return value

    return check


class TypedRequest(BaseModel):
    """The form of a new request, as typed.   place_*: one entry a place, in order; see `TypedPlace`.

    shown: the page in the picture.   seen: the warnings that somebody has looked at.
    """

    model_config = ConfigDict(frozen=True)

    draft: Annotated[str, Field(max_length=200)] = ""
    key: Annotated[str, Field(max_length=64)] = ""
    title: Text = ""
    purpose: Text = ""
    own_reference: Text = ""
    seal_id: Text = ""
    further_seal: Annotated[list[Text], Field(max_length=MOST_SEALS)] = []
    printer_id: Text = ""
    copies: Text = "1"
    sides: Text = Sides.ONE_SIDED.value
    electronic: Text = ""
    code_corner: Text = CodeCorner.FREE.value
    contract_end: Text = ""
    class_code: Text = DEFAULT_CLASS
    amount: Text = ""
    currency: Text = CNY
    copy_to: Annotated[list[Text], Field(max_length=MOST_READERS)] = []
    party_kind: Annotated[list[Text], Field(max_length=MOST_PARTIES)] = []
    party_name: Annotated[list[Text], Field(max_length=MOST_PARTIES)] = []
    party_number: Annotated[list[Text], Field(max_length=MOST_PARTIES)] = []
    party_consent: Annotated[list[Text], Field(max_length=MOST_PARTIES)] = []
    saved: Text = ""
    template_name: Text = ""
    place_page: Annotated[list[Text], Field(max_length=MOST_PLACES)] = []
    place_x: Annotated[list[Text], Field(max_length=MOST_PLACES)] = []
    place_y: Annotated[list[Text], Field(max_length=MOST_PLACES)] = []
    place_seal: Annotated[list[Text], Field(max_length=MOST_PLACES)] = []
    place_kind: Annotated[list[Text], Field(max_length=MOST_PLACES)] = []
    place_word: Annotated[list[Text], Field(max_length=MOST_PLACES)] = []
    place_which: Annotated[list[Text], Field(max_length=MOST_PLACES)] = []
    place_group: Annotated[list[Text], Field(max_length=MOST_PLACES)] = []
    place_apart: Annotated[list[Text], Field(max_length=MOST_PLACES)] = []
    seen: Text = ""
    shown: Text = "1"
    action: Text = "submit"

    @property
    def places(self) -> list[TypedPlace]:
        """What is missing is empty; a place that says nothing of its kind is one on a page, of the first seal."""
        rows = _rows(*(getattr(self, f"place_{name}") for name in COLUMNS))
        places = (TypedPlace(**dict(zip(COLUMNS, row, strict=True))) for row in rows)
        return [replace(place, kind=place.kind if place.kind in KINDS else "page") for place in places]

    @property
    def seal_ids(self) -> list[str]:
        """The first one first."""
        return [self.seal_id, *self.further_seal]

    def with_seals(self, seal_ids: Sequence[str]) -> TypedRequest:
        """seal_ids: at least one."""
        return self.model_copy(update={"seal_id": seal_ids[0], "further_seal": list(seal_ids[1:])})

    @property
    def parties(self) -> list[tuple[str, ...]]:
        """Kind, name, number and consent of each; consent is one of `CONSENTS`."""
        return _rows(self.party_kind, self.party_name, self.party_number, self.party_consent)

    def with_parties(self, parties: Sequence[tuple[str, ...]]) -> TypedRequest:
        kinds, names, numbers, consents = ([party[at] for party in parties] for at in range(4))
        columns = {"party_kind": kinds, "party_name": names, "party_number": numbers, "party_consent": consents}
        return self.model_copy(update=columns)

    def with_places(self, places: Sequence[TypedPlace]) -> TypedRequest:
        columns = {f"place_{name}": [getattr(place, name) for place in places] for name in COLUMNS}
        return self.model_copy(update=columns)


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


class CheckedAmount(BaseModel):
    minor: int
    currency: str


def _readable(value: dict[str, Any], info: ValidationInfo) -> dict[str, Any]:
    """A place as an application has it, on a page that the document has."""
    try:
        place = place_from_json(value)
    except PlaceMalformed as problem:
        raise ValueError(str(problem)) from None
    if isinstance(place, OnPage) and not 1 <= place.page <= (info.context or {})["pages"]:
        raise ValueError("pages")
    if isinstance(place, OnPage | OnPages) and min(place.x_um, place.y_um) < 0:
        raise ValueError("a length is not negative")
    return value


class CheckedPlace(BaseModel):
    """`seal`: among the request's, from 0."""

    seal: Annotated[int, AfterValidator(_at_most("last_seal"))]
    place: Annotated[dict[str, Any], AfterValidator(_readable)]


class CheckedParty(BaseModel):
    kind: PartyKind
    name: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
    number: Annotated[str, StringConstraints(strip_whitespace=True, max_length=40)]
    consents: bool
    accepts_print: bool


class CheckedSeals(BaseModel):
    """Checked with a context: `pages` of the document, and `last_seal`, the number of the last one from 0."""

    seal_id: UUID
    further: list[UUID]
    places: list[CheckedPlace]

    @property
    def seals(self) -> list[SealWanted]:
        """All of them, the first one first, each with its places."""
        return [
            SealWanted(
                seal_id, tuple(place_from_json(checked.place) for checked in self.places if checked.seal == number)
            )
            for number, seal_id in enumerate([self.seal_id, *self.further])
        ]


class CheckedRequest(CheckedSeals):
    """Checked with a context: `most_copies` of this server besides."""

    printer_id: UUID
    copies: Annotated[int, Field(ge=1), AfterValidator(_at_most("most_copies"))]
    sides: Sides
    electronic: bool
    code_corner: CodeCorner
    contract_end: date | None = None
    title: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)]
    purpose: Annotated[str, StringConstraints(strip_whitespace=True, max_length=500)]
    own_reference: Annotated[str, StringConstraints(strip_whitespace=True, max_length=500)]
    class_code: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,39}$")]
    copy_to: tuple[UUID, ...] = ()
    amount: CheckedAmount | None = None
    parties: list[CheckedParty] = []

    def application(
        self, filename: str, attachments: tuple[Attachment, ...] = (), earlier_id: UUID | None = None
    ) -> Application:
        first, *further = self.seals
        return Application(
            **self.model_dump(exclude={"seal_id", "further", "places", "amount", "parties"}),
            seal_id=first.seal_id,
            places=first.places,
            further=tuple(further),
            filename=filename,
            amount=None if self.amount is None else Money(self.amount.minor, self.amount.currency),
            parties=tuple(Party(**vars(party)) for party in self.parties),
            attachments=attachments,
            earlier_id=earlier_id,
        )


@dataclass(frozen=True)
class FieldsWrong(Exception):
    """`fields`: names of those that cannot be used; a place's is `place-0` …, a further seal's `seal-1` …."""

    fields: frozenset[str]


def check_request(typed: TypedRequest, *, most_copies: int, pages: int) -> CheckedRequest:
    """pages: of the document.   Raises: FieldsWrong."""
    words = typed.model_dump(include=set(FIELDS))
    limits = {"most_copies": most_copies, "pages": pages, "last_seal": len(typed.further_seal)}
    words["electronic"] = bool(typed.electronic)
    words["contract_end"] = typed.contract_end.strip() or None
    words["copy_to"] = [person for person in typed.copy_to if person]
    given = {
        **words,
        "further": typed.further_seal,
        "places": _places(typed),
        "parties": [_party(party) for party in typed.parties if any(party[1:3])],
        "amount": _amount(typed),
    }
    try:
        return CheckedRequest.model_validate(given, context=limits)
    except ValidationError as problem:
        raise FieldsWrong(frozenset(_field(error["loc"]) for error in problem.errors())) from None


def check_places(typed: TypedRequest, *, pages: int) -> list[SealWanted]:
    """The seals alone, while the rest of the form may still be empty.   Raises: FieldsWrong."""
    wanted = {"seal_id": typed.seal_id, "further": typed.further_seal, "places": _places(typed)}
    limits = {"pages": pages, "last_seal": len(typed.further_seal)}
    try:
        return CheckedSeals.model_validate(wanted, context=limits).seals
    except ValidationError as problem:
        raise FieldsWrong(frozenset(_field(error["loc"]) for error in problem.errors())) from None


def _places(typed: TypedRequest) -> list[dict[str, Any]]:
    return [{"seal": place.of_seal, "place": place.to_json()} for place in typed.places]


def _field(location: Sequence[int | str]) -> str:
    if location[0] == "places":
        return f"place-{location[1]}" if len(location) > 1 else "places"
    if location[0] == "further":
        return f"seal-{int(location[1]) + 1}" if len(location) > 1 else "seal_id"
    if location[0] == "parties":
        return f"party-{location[1]}" if len(location) > 1 else "parties"
    return str(location[0])


def _rows(*columns: Sequence[str]) -> list[tuple[str, ...]]:
    longest = max(map(len, columns))
    return list(zip(*([*column, *[""] * (longest - len(column))] for column in columns), strict=True))


def _party(party: tuple[str, ...]) -> Mapping[str, Any]:
    kind, name, number, consent = party
    electronic, printed = CONSENTS.get(consent, (True, True))
    return {
        "kind": kind or PartyKind.COMPANY,
        "name": name,
        "number": number,
        "consents": electronic,
        "accepts_print": printed,
    }


def _amount(typed: TypedRequest) -> Mapping[str, Any] | str | None:
    """What is no amount stays as it was typed, and is refused beside the other fields."""
    try:
        money = parse_money(typed.amount, typed.currency)
    except AmountMalformed:
        return typed.amount
    return None if money is None else vars(money)
