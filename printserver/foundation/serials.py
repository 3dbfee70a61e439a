"""Copy serials: 80 random bits that name one physical copy, written for people and for scanners."""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass
from typing import Final

from printserver.foundation.errors import Malformed

CROCKFORD: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
CHECK_SYMBOLS: Final = CROCKFORD + "*~$=U"
LAST_PAGE: Final = 65_535
MOST_PAGES: Final = 2_000
"""Of a document: as many as are drawn, signed, read back and verified within the limits of each of these steps."""
ELECTRONIC_ORIGINAL: Final = 0
"""The number, among a request's copies, of the one that is a file and never comes to paper."""
_CONFUSED: Final = str.maketrans({"O": "0", "I": "1", "L": "1", "-": None, " ": None})


class SerialMalformed(Malformed):
    code = "serial-malformed"


@dataclass(frozen=True, order=True)
class CopySerial:
    """`value`: exactly 10 bytes, random."""

    value: bytes

    def __post_init__(self) -> None:
        if len(self.value) != 10:
            raise SerialMalformed("a copy serial has 80 bits")

    @classmethod
    def generate(cls) -> CopySerial:
        return cls(secrets.token_bytes(10))

    @classmethod
    def parse(cls, text: str) -> CopySerial:
        """Read what `str()` wrote, as a person types it: any case, O for 0, I or L for 1, with or without hyphens.

        Raises: SerialMalformed, also when the check character does not agree.
        """
        symbols = text.upper().translate(_CONFUSED) if text.isascii() else ""
        if not re.fullmatch(rf"[{CROCKFORD}]{{16}}[{re.escape(CHECK_SYMBOLS)}]", symbols):
            raise SerialMalformed("a serial has 16 letters and digits and a check character")
        number = 0
        for symbol in symbols[:16]:
            number = number * 32 + CROCKFORD.index(symbol)
        if CHECK_SYMBOLS[number % 37] != symbols[16]:
            raise SerialMalformed("the serial's check character does not agree; please compare it with the paper")
        return cls(number.to_bytes(10, "big"))

    def __str__(self) -> str:
        """Crockford base32 with its check character, grouped: `XXXX-XXXX-XXXX-XXXX-C`."""
        number = int.from_bytes(self.value, "big")
        symbols = "".join(CROCKFORD[number >> shift & 31] for shift in range(75, -5, -5))
        groups = [symbols[at : at + 4] for at in range(0, 16, 4)]
        return "-".join([*groups, CHECK_SYMBOLS[number % 37]])


@dataclass(frozen=True)
class PageCode:
    """The content of a page's Code 128: which copy, which page (1-based, at most 65,535)."""

    serial: CopySerial
    page: int

    def __post_init__(self) -> None:
        if not 1 <= self.page <= LAST_PAGE:
            raise SerialMalformed(f"a page code names a page from 1 to {LAST_PAGE}")

    def digits(self) -> str:
        """32 digits: 25 serial, 5 page, 2 check. Source: ISO/IEC 7064 MOD 97-10 (unverified against the text)."""
        body = f"{int.from_bytes(self.serial.value, 'big'):025d}{self.page:05d}"
        return f"{body}{98 - int(body) * 100 % 97:02d}"

    @classmethod
    def parse(cls, digits: str) -> PageCode:
        """Raises: SerialMalformed for anything but what `digits()` writes for some copy and page."""
        if re.fullmatch(r"[0-9]{32}", digits, re.ASCII):
            serial, page = int(digits[:25]), int(digits[25:30])
            if serial < 1 << 80 and 1 <= page <= LAST_PAGE:
                code = cls(CopySerial(serial.to_bytes(10, "big")), page)
                if code.digits() == digits:
                    return code
        raise SerialMalformed("not a page code of a controlled copy")
