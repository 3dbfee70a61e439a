"""The words of a text as the archive's search knows them: pairs of Chinese characters, whole words elsewhere. Pure.

Two-character words make up most of Chinese, and no dictionary is needed to find every one of them by its pair. White
space between Chinese characters says nothing: lines break inside words, and scans put blanks between characters. Nor
does it matter in which form a character is written: 合約 and 合约 are one word.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from printserver.archive.han_forms import alike
from printserver.foundation.errors import Malformed

LONGEST_WORD: Final = 64
MOST_WORDS: Final = 16
"""Of a question, so that a page of text pasted into it asks for no more than the first of it."""
_HAN: Final = (
    "\u2e80-\u2fdf\u3005-\u3007\u3021-\u3029\u3038-\u303b\u3041-\u3096\u309d-\u309f\u30a1-\u30fa\u30fc-\u30ff"
    "\u3105-\u312f\u31a0-\u31bf\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff"
    "\U00016fe0-\U00018cff\U0001aff0-\U0001b16f\U00020000-\U0003ffff"
)
"""Scripts that are written without blanks between words: Chinese, Japanese and, so that endings do no harm, Korean."""
GAP: Final = re.compile(rf"(?<=[{_HAN}])\s+(?=[{_HAN}])")
_RUNS: Final = re.compile(rf"[{_HAN}]+|[^\W_{_HAN}]+")
_IS_HAN: Final = re.compile(rf"[{_HAN}]")
_GROUPED: Final = re.compile(
    rf"(?<![^\W_{_HAN}])(?<![0-9][.,])[0-9]{{1,3}}(?:,[0-9]{{3}}){{1,6}}(?![^\W_{_HAN}]|,[0-9])"
)
"""A number with separators between its thousands: 12,345.60."""


class WordsTooShort(Malformed):
    """Nothing of the question can be looked for: it takes two Chinese characters, or a word in letters or digits."""

    code = "search-words-too-short"


def words_of_text(text: str) -> frozenset[str]:
    """Everything that a question may name.   text: of a whole document, its lines and pages joined by white space."""
    plain = alike(normal(text))
    found = {number.replace(",", "") for number in _GROUPED.findall(plain)}
    for run in _RUNS.findall(plain):
        found.update(_words(run))
    return frozenset(found)


def words_of_question(typed: str) -> tuple[str, ...]:
    """What a text must hold, all of it; in the question's order, each once.

    A Chinese character that stands alone finds nothing and is left out.   Raises: WordsTooShort.
    """
    wanted = [word for run in runs_of_question(typed) for word in _words(run)]
    if not wanted:
        raise WordsTooShort("please give two Chinese characters, or a word in letters or digits")
    return tuple(dict.fromkeys(wanted))[:MOST_WORDS]


def runs_of_question(typed: str) -> list[str]:
    """What stands together in it; a number without the separators of its thousands."""
    return _RUNS.findall(_GROUPED.sub(lambda number: number[0].replace(",", ""), alike(normal(typed))))


def normal(text: str) -> str:
    """Full-width letters as plain ones, presentation forms as what they stand for, and no difference of case."""
    return without_gaps(plain_letters(text))


def plain_letters(text: str) -> str:
    """The same, with all its white space."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())


def without_gaps(text: str) -> str:
    """Without the white space between Chinese characters."""
    return GAP.sub("", text)


def _words(run: str) -> list[str]:
    if _IS_HAN.match(run):
        return [run[at : at + 2] for at in range(len(run) - 1)]
    return [run[:LONGEST_WORD]]
