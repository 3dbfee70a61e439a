"""An application from the JSON that drafts keep, for applications that nobody types one by one."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

from printserver.print_requests.application import Application, ApplicationMalformed
from printserver.print_requests.money import AmountMalformed, Money
from printserver.print_requests.parties import Party, PartyKind
from printserver.print_requests.request_seals import SealWanted
from printserver.print_requests.sides import Sides
from printserver.rendering.layout import CodeCorner
from printserver.rendering.places import PlaceMalformed, place_from_json
from printserver.signing.flow import DEFAULT_CLASS


def application_of(fields: Mapping[str, Any], filename: str) -> Application:
    """fields: as an application's JSON, with one seal or several.   Raises: ApplicationMalformed."""
    try:
        first, *further = _seals(fields)
        amount = fields.get("amount")
        return Application(
            seal_id=first.seal_id,
            places=first.places,
            further=tuple(further),
            printer_id=UUID(str(fields["printer_id"])),
            copies=int(fields.get("copies", 1)),
            title=str(fields["title"]),
            purpose=str(fields.get("purpose", "")),
            own_reference=str(fields.get("own_reference", "")),
            filename=filename,
            sides=Sides(fields.get("sides") or Sides.ONE_SIDED),
            code_corner=CodeCorner(fields.get("code_corner") or CodeCorner.FREE),
            contract_end=date.fromisoformat(str(fields["contract_end"])) if fields.get("contract_end") else None,
            class_code=str(fields.get("class_code") or DEFAULT_CLASS),
            amount=None if amount is None else Money(int(amount["minor"]), str(amount["currency"])),
            parties=tuple(_party(each) for each in fields.get("parties") or ()),
            copy_to=tuple(UUID(str(each)) for each in fields.get("copy_to") or ()),
            electronic=fields.get("electronic") is True,
        )
    except (KeyError, ValueError, TypeError, AmountMalformed, PlaceMalformed) as problem:
        raise ApplicationMalformed(f"the values kept for all rows are no whole application: {problem}") from problem


def _seals(fields: Mapping[str, Any]) -> list[SealWanted]:
    several = fields.get("seals") or [{"seal_id": fields["seal_id"], "places": fields.get("places") or ()}]
    return [
        SealWanted(UUID(str(each["seal_id"])), tuple(place_from_json(place) for place in each.get("places") or ()))
        for each in several
    ]


def _party(given: Mapping[str, Any]) -> Party:
    return Party(
        kind=PartyKind(given.get("kind") or PartyKind.COMPANY),
        name=str(given["name"]),
        number=str(given.get("number", "")),
        consents=given.get("consents", True) is True,
        accepts_print=given.get("accepts_print", True) is True,
    )
