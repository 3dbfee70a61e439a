"""Runs in a limited child process: a PDF on standard input becomes the characters of one page on standard output.

Argument: the page, 1-based. Writes JSON {"glyphs": [[text, x, y, width, height, line]…], "lines": [text…]}; lengths in
micrometres from the page's top left corner.
"""

from __future__ import annotations

import ctypes
import json
import sys
from typing import Any, Final

import pypdfium2
import pypdfium2.raw as pdfium

from printserver.rendering.raster_limits import NO_SUCH_PAGE
from printserver.rendering.units import to_micrometres
from printserver.rendering.whole_characters import whole_characters

_MOST_CHARACTERS: Final = 50_000


def _glyphs(page: Any) -> dict[str, list[Any]]:
    text, height = page.get_textpage(), page.get_height()
    glyphs: list[list[Any]] = []
    lines = [""]
    count = min(text.count_chars(), _MOST_CHARACTERS)
    counted = "".join(chr(min(pdfium.FPDFText_GetUnicode(text, at), 0x10FFFF)) for at in range(count))
    for at, _, character in whole_characters(counted):
        if character in "\r\n":
            lines.extend([""] if lines[-1] else [])
            continue
        lines[-1] += character
        box = _box(text, at, height)
        if character.isprintable() and not character.isspace() and min(box[2:]) > 0:
            glyphs.append([character, *box, len(lines) - 1])
    return {"glyphs": glyphs, "lines": [line.strip() for line in lines]}


def _box(text: Any, at: int, height: float) -> list[int]:
    left, right, bottom, top = (ctypes.c_double() for _ in range(4))
    pdfium.FPDFText_GetCharBox(text, at, left, right, bottom, top)
    sides = (left.value, height - top.value, right.value - left.value, top.value - bottom.value)
    return [to_micrometres(side) for side in sides]


def main(page: int) -> None:
    document = pypdfium2.PdfDocument(sys.stdin.buffer.read())
    if not 1 <= page <= len(document):
        sys.exit(NO_SUCH_PAGE)
    json.dump(_glyphs(document[page - 1]), sys.stdout)


if __name__ == "__main__":
    main(int(sys.argv[1]))
