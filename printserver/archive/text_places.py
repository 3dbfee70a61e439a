"""A text as the search reads it, and where in the text itself each of its characters stands. Pure."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from printserver.archive.han_forms import alike
from printserver.archive.search_words import GAP, normal, plain_letters, without_gaps


@dataclass(frozen=True)
class PlacedText:
    """`read`: what is searched in.   places: where in `text` each of its characters comes from, [start, end)."""

    text: str
    read: str
    places: tuple[tuple[int, int], ...]

    def around(self, start: int, end: int) -> tuple[str, str, str]:
        """What stands before, at and after read[start:end], in the text's own letters.   start < end."""
        first, last = self.places[start][0], self.places[end - 1][1]
        parts = (self.text[:first], self.text[first:last], self.text[last:])
        before, at, after = (" ".join(without_gaps(part).split()) for part in parts)
        return before, at, after


def placed(text: str) -> PlacedText:
    """Where letters join in ways of their own, as in some scripts of India, plain ones stand for the text's."""
    spans = [(start, end, plain_letters(text[start:end])) for start, end in _clusters(text)]
    plain = "".join(letters for _, _, letters in spans)
    if without_gaps(plain) != normal(text):
        text = plain = normal(text)
        spans = [(at, at + 1, letter) for at, letter in enumerate(text)]
    gaps = {at for gap in GAP.finditer(plain) for at in range(*gap.span())}
    places = [(start, end) for start, end, letters in spans for _ in letters]
    kept = tuple(place for at, place in enumerate(places) if at not in gaps)
    return PlacedText(text, alike(without_gaps(plain)), kept)


def _clusters(text: str) -> Iterator[tuple[int, int]]:
    """Each character with the accents and jamo that join it."""
    start = 0
    for at, character in enumerate(text):
        if at and not _joins(character):
            yield start, at
            start = at
    if text:
        yield start, len(text)


def _joins(character: str) -> bool:
    first = unicodedata.normalize("NFKD", character)[0]
    return unicodedata.combining(first) > 0 or "\u1160" <= first <= "\u11ff"
