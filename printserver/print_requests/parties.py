"""The other parties of a contract: who, with which number, and what they accept. Pure.

Sources: GB 11643-1999 (citizen's number, ISO 7064 MOD 11-2); GB 32100-2015 (unified social credit code, MOD 31).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

from printserver.foundation.errors import Malformed

MOST_PARTIES: Final = 20
LONGEST_NAME: Final = 200
_USCC_DIGITS: Final = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_USCC: Final = re.compile(rf"[1-9A-HJ-NPQRTUWXY][{_USCC_DIGITS}][0-9]{{6}}[{_USCC_DIGITS}]{{10}}", re.ASCII)
_CITIZEN: Final = re.compile(r"[1-9][0-9]{5}[0-9]{8}[0-9]{3}[0-9X]", re.ASCII)
_OTHER_NUMBER: Final = re.compile(r"[0-9A-Z][0-9A-Z ()/-]{2,39}", re.ASCII)


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


def is_citizen_number(number: str) -> bool:
    """Eighteen characters with a date that there is and the right check character."""
    if not _CITIZEN.fullmatch(number):
        return False
    try:
        date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        return False
    total = sum(int(digit) * pow(2, 17 - at, 11) for at, digit in enumerate(number[:17]))
    return number[17] == "10X98765432"[total % 11]


def is_credit_code(code: str) -> bool:
    """Eighteen characters with the right check character."""
    if not _USCC.fullmatch(code):
        return False
    total = sum(_USCC_DIGITS.index(character) * pow(3, at, 31) for at, character in enumerate(code[:17]))
    return _USCC_DIGITS[-total % 31] == code[17]


def _checked(party: Party, at: int) -> Party:
    name, number = " ".join(party.name.split()), re.sub(r"\s+", " ", party.number.strip()).upper()
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
            return _OTHER_NUMBER.fullmatch(number) is not None
