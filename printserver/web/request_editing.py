"""The buttons of a new request's form that hand nothing in: they add, remove and suggest. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from printserver.print_requests.application import MOST_SEALS
from printserver.print_requests.parties import MOST_PARTIES, PartyKind
from printserver.seals.queries import SealFacts
from printserver.web.forms import MOST_PLACES, TypedRequest
from printserver.web.placed_seals import KINDS, TypedPlace, first_place, new_place


def edited(typed: TypedRequest, *, pages: int, seals: Sequence[SealFacts]) -> TypedRequest:
    """As `typed.action` says; an action that means nothing changes nothing.

    pages: of the document.   seals: those that may be chosen.
    """
    verb, _, number = typed.action.partition("-")
    if verb in ("party", "seal") and number == "add":
        return _BUTTONS[f"{verb}-add"](typed, 0, seals)
    change = _BUTTONS.get(verb)
    if change is not None and (number.isdecimal() or not number) and len(number) < 5:
        return change(typed, int(number or "0"), seals)
    if verb == "show" and number.isdecimal() and 1 <= int(number) <= pages:
        return typed.model_copy(update={"shown": number})
    return typed


def suggested(
    typed: TypedRequest, hints: Mapping[str, Any], types: Sequence[str], seals: Sequence[SealFacts]
) -> TypedRequest:
    """What the class of the document suggests: its printer, a seal of a type that it allows, the first seal's place."""
    chosen: dict[str, Any] = {}
    if hints.get("printer_id"):
        chosen["printer_id"] = str(hints["printer_id"])
    own = next((seal for seal in seals if str(seal.id) == typed.seal_id), None)
    if types and (own is None or own.type not in types):
        fitting = next((str(seal.id) for seal in seals if seal.type in types), None)
        chosen |= {} if fitting is None else {"seal_id": fitting}
    typed = typed.model_copy(update=chosen)
    place = hints.get("place")
    if not isinstance(place, Mapping):
        return typed
    others = [each for each in typed.places if each.of_seal != 0]
    return typed.with_places([TypedPlace.of_json(place), *others])


def _add_party(typed: TypedRequest, _at: int, _seals: Sequence[SealFacts]) -> TypedRequest:
    if len(typed.parties) >= MOST_PARTIES:
        return typed
    return typed.with_parties([*typed.parties, (PartyKind.COMPANY.value, "", "", "both")])


def _remove_party(typed: TypedRequest, number: int, _seals: Sequence[SealFacts]) -> TypedRequest:
    return typed.with_parties([party for at, party in enumerate(typed.parties) if at != number])


def _add_seal(typed: TypedRequest, _at: int, seals: Sequence[SealFacts]) -> TypedRequest:
    """Another one than those that are named, with its first place on the shown page."""
    used = typed.seal_ids
    if len(used) >= MOST_SEALS or len(typed.places) >= MOST_PLACES:
        return typed
    free = next((str(seal.id) for seal in seals if str(seal.id) not in used), "")
    typed = typed.with_seals([*used, free])
    return typed.with_places([*typed.places, first_place(typed.shown, len(used))])


def _remove_seal(typed: TypedRequest, number: int, _seals: Sequence[SealFacts]) -> TypedRequest:
    """With its places; those of later seals follow their seal."""
    kept = [seal for at, seal in enumerate(typed.seal_ids) if at != number]
    if not kept or len(kept) == len(typed.seal_ids):
        return typed
    places = [
        TypedPlace(**{**vars(place), "seal": str(place.of_seal - (place.of_seal > number))})
        for place in typed.places
        if place.of_seal != number
    ]
    return typed.with_seals(kept).with_places(places)


def _adding(kind: str) -> Callable[[TypedRequest, int, Sequence[SealFacts]], TypedRequest]:
    def add(typed: TypedRequest, number: int, _seals: Sequence[SealFacts]) -> TypedRequest:
        if len(typed.places) >= MOST_PLACES or number >= len(typed.seal_ids):
            return typed
        return typed.with_places([*typed.places, new_place(kind, number, typed.shown)])

    return add


def _remove_place(typed: TypedRequest, number: int, _seals: Sequence[SealFacts]) -> TypedRequest:
    """Each seal keeps at least one."""
    places = typed.places
    if number >= len(places) or sum(each.of_seal == places[number].of_seal for each in places) < 2:
        return typed
    return typed.with_places([place for at, place in enumerate(places) if at != number])


_BUTTONS: Final[Mapping[str, Callable[[TypedRequest, int, Sequence[SealFacts]], TypedRequest]]] = {
    "party-add": _add_party,
    "party": _remove_party,
    "seal-add": _add_seal,
    "seal": _remove_seal,
    "add": _adding("page"),
    **{kind: _adding(kind) for kind in KINDS if kind != "page"},
    "remove": _remove_place,
}
