"""Characters that nobody sees, or that turn others around: with them a text looks like another to whoever approves it.

Source of those that turn: Unicode Standard Annex 9.
"""

from __future__ import annotations

from typing import Final
from unicodedata import category

_TURNING: Final = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_UNSEEN: Final = frozenset({"Cc", "Cs", "Zl", "Zp"})
"""Controls, halves of characters, and separators of lines and paragraphs."""


def hides_something(text: str, *, besides: str = "") -> bool:
    """Whether it holds such a character.   besides: those that may be there, such as line breaks."""
    return any(each in _TURNING or (category(each) in _UNSEEN and each not in besides) for each in text)
