"""Runs in a limited child process: a safe PDF on standard input becomes facts about its text on standard output.

Arguments: keywords. One JSON line a page: {"has_text": bool, "lines": [box…], "words": [[[box…]…] a keyword],
"signatures": [[box…]…], "blanks": n}; a box is [left, top, right, bottom] in micrometres from the page's top-left.
"""

from __future__ import annotations

import ctypes
import json
import sys
from collections.abc import Iterable
from typing import Any, Final

import pypdfium2
import pypdfium2.raw as pdfium

from printserver.rendering.text_search import PageChars
from printserver.rendering.units import to_micrometres

_MOST_CHARACTERS: Final = 200_000
_MOST_FOUND: Final = 1_000


def _chars(text: Any) -> PageChars:
    count = min(text.count_chars(), _MOST_CHARACTERS)
    return PageChars("".join(chr(min(pdfium.FPDFText_GetUnicode(text, at), 0x10FFFF)) for at in range(count)))


def _boxes(text: Any, height: float, start: int, end: int) -> list[list[int]]:
    """One a line."""
    found: list[list[int]] = []
    for at in range(pdfium.FPDFText_CountRects(text, start, end - start)):
        left, top, right, bottom = (ctypes.c_double() for _ in range(4))
        pdfium.FPDFText_GetRect(text, at, left, top, right, bottom)
        sides = (left.value, height - top.value, right.value, height - bottom.value)
        found.append([to_micrometres(side) for side in sides])
    return found


def _facts(page: Any, keywords: list[str]) -> dict[str, Any]:
    height, text = page.get_height(), page.get_textpage()
    chars = _chars(text)

    def placed(spans: Iterable[tuple[int, int]]) -> list[list[list[int]]]:
        found = (_boxes(text, height, start, end) for start, end in list(spans)[:_MOST_FOUND])
        return [boxes for boxes in found if boxes]

    return {
        "has_text": chars.has_text,
        "lines": _boxes(text, height, 0, len(chars.text)),
        "words": [placed(chars.occurrences(keyword)) for keyword in keywords],
        "signatures": placed(chars.signature_lines()),
        "blanks": sum(1 for _ in chars.blanks()),
    }


def main() -> None:
    document = pypdfium2.PdfDocument(sys.stdin.buffer.read())
    for index in range(len(document)):
        page = document[index]
        sys.stdout.write(json.dumps(_facts(page, sys.argv[1:])) + "\n")
        page.close()
    sys.stdout.flush()


if __name__ == "__main__":
    main()
