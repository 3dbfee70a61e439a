"""Characters that pdfium counts as two: rare Chinese ones lie beyond the first 65,536 and come in halves. Pure.

Source: FPDFText_GetUnicode answers code units of UTF-16 (read from what it does).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

_WHOLE: Final = re.compile("[\ud800-\udbff][\udc00-\udfff]|.", re.DOTALL)


def whole_characters(counted: str) -> Iterator[tuple[int, int, str]]:
    """First index, the one after the last, and the character.   counted: one for each that pdfium counts."""
    for found in _WHOLE.finditer(counted):
        start, end = found.span()
        halves = found[0]
        yield start, end, halves if end - start == 1 else halves.encode("utf-16", "surrogatepass").decode("utf-16")
