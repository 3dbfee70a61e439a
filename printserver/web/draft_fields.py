"""A form's values as a draft keeps them, and back: an application's JSON, with whatever was typed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from printserver.print_requests.money import CNY, AmountMalformed, Money, parse_money
from printserver.web.forms import CONSENTS, TypedRequest
from printserver.web.placed_seals import TypedPlace

_PLAIN: Final = ("title", "purpose", "own_reference", "printer_id", "sides", "code_corner", "class_code")


def fields_of(typed: TypedRequest) -> dict[str, Any]:
    """What cannot be read as it should stays as it was typed."""
    parties = []
    for kind, name, number, consent in typed.parties:
        electronic, printed = CONSENTS.get(consent, (True, True))
        parties.append({"kind": kind, "name": name, "number": number, "consents": electronic, "accepts_print": printed})
    return {
        **{name: getattr(typed, name) for name in _PLAIN},
        "electronic": bool(typed.electronic),
        "contract_end": typed.contract_end.strip() or None,
        "copies": int(typed.copies) if typed.copies.strip().isdecimal() else typed.copies,
        **_seals(typed),
        "amount": _amount(typed),
        "parties": [party for party in parties if party["name"] or party["number"]],
        "copy_to": [person for person in typed.copy_to if person],
    }


def typed_of(fields: Mapping[str, Any]) -> TypedRequest:
    """Without document and keys."""
    words = {name: str(fields[name]) for name in _PLAIN if fields.get(name) not in (None, "")}
    amount = fields.get("amount")
    typed = TypedRequest.model_validate(
        {
            **words,
            "copies": str(fields.get("copies", 1)),
            "contract_end": str(fields.get("contract_end") or ""),
            "electronic": "yes" if fields.get("electronic") is True else "",
            "copy_to": [str(person) for person in _listed(fields.get("copy_to"))],
            "amount": _typed_amount(amount),
            "currency": str(amount.get("currency", CNY)) if isinstance(amount, Mapping) else CNY,
        }
    )
    seals = [seal for seal in _listed(fields.get("seals")) if isinstance(seal, Mapping)] or [fields]
    places = [
        TypedPlace.of_json(place, at)
        for at, seal in enumerate(seals)
        for place in _listed(seal.get("places"))
        if isinstance(place, Mapping)
    ]
    typed = typed.with_seals([str(seal.get("seal_id") or "") for seal in seals])
    parties = [_typed_party(party) for party in _listed(fields.get("parties")) if isinstance(party, Mapping)]
    return typed.with_places(places).with_parties(parties)


def _seals(typed: TypedRequest) -> dict[str, Any]:
    """One seal as an application has a single one, several in a list."""
    seals = [
        {"seal_id": seal_id, "places": [place.to_json() for place in typed.places if place.of_seal == at]}
        for at, seal_id in enumerate(typed.seal_ids)
    ]
    return seals[0] if len(seals) == 1 else {"seals": seals}


def _amount(typed: TypedRequest) -> dict[str, Any] | str | None:
    try:
        money = parse_money(typed.amount, typed.currency)
    except AmountMalformed:
        return typed.amount
    return None if money is None else vars(money)


def _typed_amount(amount: object) -> str:
    if amount is None:
        return ""
    try:
        if isinstance(amount, Mapping):
            return Money(int(amount["minor"]), str(amount["currency"])).plain
    except (KeyError, TypeError, ValueError, AmountMalformed):
        return ""
    return str(amount)


def _typed_party(party: Mapping[str, Any]) -> tuple[str, str, str, str]:
    accepts = bool(party.get("consents", True)), bool(party.get("accepts_print", True))
    consent = next((word for word, each in CONSENTS.items() if each == accepts), "neither")
    return str(party.get("kind", "")), str(party.get("name", "")), str(party.get("number", "")), consent


def _listed(value: object) -> list[Any]:
    return list(value) if isinstance(value, list | tuple) else []
