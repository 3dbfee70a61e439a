"""What an e-mail address is here."""

from __future__ import annotations

import re
from typing import ClassVar, Final

from printserver.foundation.errors import Malformed

LONGEST_ADDRESS: Final = 254
# What every mail server takes: words joined by single dots, no quotes, no line that could begin another header.
_WORD: Final = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~\-]+"
_ADDRESS: Final = re.compile(
    rf"(?=[^@]{{1,64}}@){_WORD}(?:\.{_WORD})*@(?:[A-Za-z0-9\-]{{1,63}}\.)*[A-Za-z0-9\-]{{1,63}}"
)


class EmailMalformed(Malformed):
    code: ClassVar[str] = "email-malformed"


def check_email(text: str) -> str:
    """The address without blanks around it.   Raises: EmailMalformed."""
    address = text.strip()
    if len(address) > LONGEST_ADDRESS or _ADDRESS.fullmatch(address) is None:
        raise EmailMalformed("this is no e-mail address that can be written to")
    return address
