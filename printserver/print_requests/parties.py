"""The other parties of a contract: who, with which number, and what they accept. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from printserver.foundation.errors import Malformed
from printserver.organisations.identity_numbers import (
    is_citizen_number,
    is_credit_code,
    is_other_number,
    normal_form,
)

MOST_PARTIES: Final = 20
LONGEST_NAME: Final = 200


class PartyMalformed(Malformed):
    """`position`: which party, from 1, or None when there are too many."""

    code = "party-malformed"

    def __init__(self, message: str, position: int | None = None) -> None:
        super().__init__(message if position is None else f"party {position}: {message}")
        self.position = position


class PartyKind(StrEnum):
    PERSON = "person"
    """With a citizen's identity number."""
    COMPANY = "company"
    """With a unified social credit code."""
    OTHER = "other"
    """From abroad, or with another document: the number is not checked."""


@dataclass(frozen=True)
class Party:
    """`consents`: to electronic sealing.   accepts_print: a printed seal is accepted as the original."""

    kind: PartyKind
    name: str
    number: str = ""
    consents: bool = True
    accepts_print: bool = True


def checked_parties(parties: tuple[Party, ...]) -> tuple[Party, ...]:
    """Names and numbers in their usual form.   Raises: PartyMalformed."""
    if len(parties) > MOST_PARTIES:
        raise PartyMalformed(f"at most {MOST_PARTIES} parties are kept")
    checked = tuple(_checked(party, at) for at, party in enumerate(parties, 1))
    if len({(party.name, party.number) for party in checked}) != len(checked):
        raise PartyMalformed("a party is named twice")
    return checked


def _checked(party: Party, at: int) -> Party:
    name, number = " ".join(party.name.split()), normal_form(party.number)
    if not 1 <= len(name) <= LONGEST_NAME or not name.isprintable():
        raise PartyMalformed("a name is needed", at)
    if number and not _fits(party.kind, number):
        raise PartyMalformed("the number has a typing error: it is not as such numbers are made", at)
    return Party(party.kind, name, number, party.consents, party.accepts_print)


def _fits(kind: PartyKind, number: str) -> bool:
    match kind:
        case PartyKind.PERSON:
            return is_citizen_number(number)
        case PartyKind.COMPANY:
            return is_credit_code(number)
        case PartyKind.OTHER:
            return is_other_number(number)
