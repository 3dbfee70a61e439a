"""Numbers of people and companies, with the check characters that they carry. Pure.

Sources: GB 11643-1999 (citizen's number, ISO 7064 MOD 11-2); GB 32100-2015 (unified social credit code, MOD 31).
"""

from __future__ import annotations

import re
from datetime import date
from typing import Final

_USCC_DIGITS: Final = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_USCC: Final = re.compile(rf"[1-9A-HJ-NPQRTUWXY][{_USCC_DIGITS}][0-9]{{6}}[{_USCC_DIGITS}]{{10}}", re.ASCII)
_CITIZEN: Final = re.compile(r"[1-9][0-9]{5}[0-9]{8}[0-9]{3}[0-9X]", re.ASCII)
_OTHER_NUMBER: Final = re.compile(r"[0-9A-Z][0-9A-Z ()/-]{2,39}", re.ASCII)
_SHOWN_AT_BOTH_ENDS: Final = 4
_HIDDEN: Final = "*"


def normal_form(number: str) -> str:
    """Upper case, without space at its ends and with one where there were several."""
    return re.sub(r"\s+", " ", number.strip()).upper()


def is_citizen_number(number: str) -> bool:
    """Eighteen characters with a date that there is and the right check character."""
    if not _CITIZEN.fullmatch(number):
        return False
    try:
        date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        return False
    return number[17] == citizen_check_character(number[:17])


def citizen_check_character(digits: str) -> str:
    """digits: the seventeen before it."""
    total = sum(int(digit) * pow(2, 17 - at, 11) for at, digit in enumerate(digits))
    return "10X98765432"[total % 11]


def is_credit_code(code: str) -> bool:
    """Eighteen characters with the right check character."""
    return _USCC.fullmatch(code) is not None and credit_code_check_character(code[:17]) == code[17]


def credit_code_check_character(characters: str) -> str:
    """characters: the seventeen before it, of the code's own alphabet.   Raises: ValueError for any other."""
    total = sum(_USCC_DIGITS.index(character) * pow(3, at, 31) for at, character in enumerate(characters))
    return _USCC_DIGITS[-total % 31]


def is_other_number(number: str) -> bool:
    """Of a passport or another document: letters, digits and what stands between them; nothing is computed."""
    return _OTHER_NUMBER.fullmatch(number) is not None


def masked(number: str) -> str:
    """For lists: at most four characters at each end, and never more than half of it."""
    shown = min(_SHOWN_AT_BOTH_ENDS, len(number) // 4)
    return number[:shown] + _HIDDEN * (len(number) - 2 * shown) + number[len(number) - shown :]
