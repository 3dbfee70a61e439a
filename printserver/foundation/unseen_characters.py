"""Characters that nobody sees, or that turn others around: with them a text looks like another to whoever approves it.

Sources: Unicode Standard Annex 9 of those that turn; the property Default_Ignorable_Code_Point of those without width,
but for the two joiners and the variation selectors, which change what people see.
"""

from __future__ import annotations

from typing import Final
from unicodedata import category

_TURNING: Final = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_WIDTHLESS: Final = frozenset(
    "\u00ad\u034f\u115f\u1160\u17b4\u17b5\u180e\u200b\u2060\u2061\u2062\u2063\u2064\u2065\u3164\ufeff\uffa0"
    "\u206a\u206b\u206c\u206d\u206e\u206f" + "".join(map(chr, range(0xE0000, 0xE0100)))
)
_UNSEEN: Final = frozenset({"Cc", "Cs", "Zl", "Zp"})
"""Controls, halves of characters, and separators of lines and paragraphs."""
_HIDING: Final = _TURNING | _WIDTHLESS


def hides_something(text: str, *, besides: str = "") -> bool:
    """Whether it holds such a character.   besides: those that may be there, such as line breaks."""
    return any(each in _HIDING or (category(each) in _UNSEEN and each not in besides) for each in text)
