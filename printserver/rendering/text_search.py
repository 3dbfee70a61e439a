"""Find words, dates, signature lines and blanks in a page's characters. Pure.

Blank space and line breaks do not count, neither do width and case of letters: Chinese is set without spaces, and a
keyword may be broken between two lines.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Final
from unicodedata import category, normalize

from printserver.rendering.whole_characters import whole_characters

SIGNATURE: Final = re.compile(
    r"盖章|签章|签字|签名|公章|印章|法定代表人|授权代表|委托代理人|"
    r"\bsignature\b|\bsigned\b|(?:^|\n)[^\n]{0,40}\b(?:date|seal|stamp)\s*[:\uff1a]",
    re.IGNORECASE,
)
_NUMERALS: Final = r"0-9\u3007\u25cb零一二三四五六七八九十"
DATE: Final = re.compile(rf"(?:[{_NUMERALS}]{{2,4}}|(?<![_\s])[_\s]*)年[\s_{_NUMERALS}]*月[\s_{_NUMERALS}]*日")
_BLANK: Final = re.compile(r"_{3,}|\uff3f{2,}|\.{6,}|…{3,}|【\s*】|\[\s{2,}\]|[(\uff08]\s{2,}[)\uff09]|[Xx×]{4,}")


@dataclass(frozen=True)
class PageChars:
    """`text`: one for each character that pdfium counts, also line breaks, so that an index means the same in both."""

    text: str

    @cached_property
    def _folded(self) -> tuple[str, list[tuple[int, int]]]:
        letters: list[str] = []
        spans: list[tuple[int, int]] = []
        for start, end, character in whole_characters(self.text):
            for letter in _folded(character):
                letters.append(letter)
                spans.append((start, end))
        return "".join(letters), spans

    @property
    def has_text(self) -> bool:
        return bool(self._folded[0])

    def occurrences(self, keyword: str) -> Iterator[tuple[int, int]]:
        """First index and the one after the last, of each occurrence; they do not overlap."""
        wanted = "".join(_folded(character) for character in keyword) if keyword else ""
        text, spans = self._folded
        at = text.find(wanted) if wanted else -1
        while at >= 0:
            yield spans[at][0], spans[at + len(wanted) - 1][1]
            at = text.find(wanted, at + len(wanted))

    def signature_lines(self) -> Iterator[tuple[int, int]]:
        """Dates, and words beside which people sign or seal."""
        for pattern in (SIGNATURE, DATE):
            for found in pattern.finditer(self._lines):
                yield found.span()

    def blanks(self) -> Iterator[tuple[int, int]]:
        """Where something should have been filled in; blanks in lines to be signed are filled by hand later."""
        for found in _BLANK.finditer(self._lines):
            start = self._lines.rfind("\n", 0, found.start()) + 1
            end = self._lines.find("\n", found.end())
            line = self._lines[start : end if end >= 0 else len(self._lines)]
            if not SIGNATURE.search(line) and not DATE.search(line):
                yield found.span()

    @cached_property
    def _lines(self) -> str:
        return self.text.replace("\r", "\n")


def _folded(character: str) -> str:
    """What of the character counts: nothing of spaces, controls and soft hyphens."""
    if category(character) in ("Zs", "Zl", "Zp", "Cc", "Cf", "Cs", "Co", "Cn"):
        return ""
    return "".join(letter for letter in normalize("NFKC", character).casefold() if not letter.isspace())
