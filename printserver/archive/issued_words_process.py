"""Runs in a limited child process: an issued PDF on standard input becomes its words and where they stand.

One JSON line a page: {"width_um", "height_um", "text", "words": [[text, left, top, right, bottom]…]}, in micrometres
from the page's top left. What is smaller than any writing (microtext) is left out.
"""

from __future__ import annotations

import contextlib
import json
import re
import sys
import sysconfig
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import pypdfium2
import pypdfium2.raw as pdfium

from printserver.foundation.confinement import NotConfined, give_up_files
from printserver.rendering.units import to_micrometres
from printserver.rendering.whole_characters import whole_characters

_MOST_CHARACTERS: Final = 100_000
_SMALLEST_POINTS: Final = 2.5
_READABLE: Final = ("/usr", "/lib", "/lib64", "/proc", *sysconfig.get_paths().values())
_WIDE: Final = re.compile(r"[\u2e80-\ua4cf\uac00-\ud7af\uf900-\ufaff\ufe30-\ufe4f\uff00-\uffef\U00020000-\U0003ffff]")


@dataclass(frozen=True)
class _Character:
    """Points from the page's bottom left."""

    text: str
    left: float
    bottom: float
    right: float
    top: float

    @property
    def wide(self) -> bool:
        return bool(_WIDE.match(self.text))

    def follows(self, other: _Character) -> bool:
        """Whether it goes on with the same word: same line, close by, written in the same way."""
        height = max(self.top - self.bottom, 0.1)
        overlap = min(self.top, other.top) - max(self.bottom, other.bottom)
        return self.wide is other.wide and overlap > height / 2 and -height < self.left - other.right < height / 2


def _characters(text: Any) -> Iterator[_Character | None]:
    """None for white space."""
    box = pdfium.FS_RECTF()
    count = min(text.count_chars(), _MOST_CHARACTERS)
    counted = "".join(chr(min(pdfium.FPDFText_GetUnicode(text, at), 0x10FFFF)) for at in range(count))
    for at, _, character in whole_characters(counted):
        if character == "\0" or "\ud800" <= character <= "\udfff":
            continue
        if character.isspace() or not character.isprintable():
            yield None
            continue
        if not pdfium.FPDFText_GetLooseCharBox(text, at, box):
            continue
        if box.top - box.bottom >= _SMALLEST_POINTS:
            yield _Character(character, box.left, box.bottom, box.right, box.top)


def _words(characters: list[_Character | None]) -> Iterator[list[_Character]]:
    word: list[_Character] = []
    for character in characters:
        if word and (character is None or not character.follows(word[-1])):
            yield word
            word = []
        if character is not None:
            word.append(character)
    if word:
        yield word


def _facts(page: Any) -> dict[str, Any]:
    width, height = page.get_width(), page.get_height()
    characters = list(_characters(page.get_textpage()))
    words = []
    for word in _words(characters):
        sides = (
            min(each.left for each in word),
            height - max(each.top for each in word),
            max(each.right for each in word),
            height - min(each.bottom for each in word),
        )
        words.append(["".join(each.text for each in word), *map(to_micrometres, sides)])
    return {
        "width_um": to_micrometres(width),
        "height_um": to_micrometres(height),
        "text": "".join("\n" if each is None else each.text for each in characters),
        "words": words,
    }


def main() -> None:
    with contextlib.suppress(NotConfined):  # the limits of the process hold all the same
        give_up_files(reading=_READABLE)
    document = pypdfium2.PdfDocument(sys.stdin.buffer.read())
    for index in range(len(document)):
        page = document[index]
        sys.stdout.write(json.dumps(_facts(page)) + "\n")
        page.close()
    sys.stdout.flush()


if __name__ == "__main__":
    main()
