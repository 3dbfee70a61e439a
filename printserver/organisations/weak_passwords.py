"""Passwords that are tried first by everybody who guesses: found by how they are made, not by a long list. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

SHORTEST: Final = 10
LONGEST: Final = 200
_FEWEST_CHARACTERS: Final = 5
_LONGEST_BLOCK: Final = 4
_RUN: Final = 5
_SHORTEST_NAME: Final = 4
_LOOK_ALIKE: Final = str.maketrans("@4301$5!7", "aaeoissit")
_WORDS: Final = """
    password passwort passwd motdepasse contrasena mima woaini wodemima woaiwojia zhongguo china beijing shanghai
    guangzhou admin administrator root system manager printserver printer seal company contract changeme default
    welcome hello letmein iloveyou sunshine princess monkey dragon football baseball superman batman master shadow
    login secret test testing temp temporary guest user demo initial spring summer autumn winter january february
    march april june july august september october november december monday tuesday wednesday thursday friday
"""
_COMMON: Final = frozenset(_WORDS.split())
_ROWS: Final = (
    *("abcdefghijklmnopqrstuvwxyz", "01234567890", "qwertyuiop", "asdfghjkl", "zxcvbnm", "qazwsxedcrfvtgbyhnujmikolp"),
    *("1qaz2wsx3edc4rfv5tgb6yhn7ujm", "qwertzuiop", "azertyuiop", "!@#$%^&*()"),
)
_REPEATED: Final = re.compile(rf"(.{{1,{_LONGEST_BLOCK}}})\1+.{{0,{_LONGEST_BLOCK}}}", re.DOTALL)
_EDGES: Final = re.compile(r"^[\W\d_]+|[\W\d_]+$")


def weakness(password: str, names: Iterable[str] = ()) -> str | None:
    """Why `password` is too easy, for a person; None for a good one.

    names: what belongs to the person: sign-in name, staff number, name.
    """
    plain = password.casefold()
    if not SHORTEST <= len(password) <= LONGEST:
        return f"a password has {SHORTEST} to {LONGEST} characters"
    if len(set(plain)) < _FEWEST_CHARACTERS or _REPEATED.fullmatch(plain):
        return "this password repeats itself"
    if any(_is_about(plain, name.casefold().strip()) for name in names):
        return "a password does not hold your name, your sign-in name or your staff number"
    if _is_common(plain):
        return "this is a word, a row of keys or a date that is guessed first; several words are better"
    return None


def _is_about(password: str, name: str) -> bool:
    parts = {name, *re.split(r"[\s.\-_@]+", name)} if len(name) >= _SHORTEST_NAME else {name}
    long_enough = {part for part in parts if len(part) >= _SHORTEST_NAME}
    stem = _EDGES.sub("", password)
    return bool(name) and (password == name or stem == name or any(_mostly(part, password) for part in long_enough))


def _mostly(part: str, password: str) -> bool:
    """Whether little else than `part` is left to guess."""
    return part in password and len(password.replace(part, "")) < SHORTEST


def _is_common(password: str) -> bool:
    stems = {each for stem in (password, _EDGES.sub("", password)) for each in (stem, stem.translate(_LOOK_ALIKE))}
    if any(stem in _COMMON or stem == "" or _is_row(stem) for stem in stems):
        return True
    words = {re.sub(r"[\W\d_]+", "", stem) for stem in stems}
    return any(word in _COMMON or _is_row(word) for word in words) or _is_of_common_words(words)


def _is_of_common_words(words: Iterable[str]) -> bool:
    """Such as `adminadmin` or `passwordadmin`."""
    return any(
        len(word) > len(first) and word.startswith(first) and word[len(first) :] in _COMMON
        for word in words
        for first in _COMMON
    )


def _is_row(text: str) -> bool:
    """Nothing but runs along the keyboard, the alphabet or the digits, in either direction."""
    if len(text) < _RUN:
        return text.isdigit() and text != ""
    rest = text
    while rest:
        run = max((_run_length(rest, row) for each in _ROWS for row in (each, each[::-1])), default=0)
        if run < min(3, len(rest)):
            return False
        rest = rest[run:]
    return True


def _run_length(text: str, row: str) -> int:
    at, length = row.find(text[0]), 0
    while at >= 0 and length < len(text) and at + length < len(row) and text[length] == row[at + length]:
        length += 1
    return length
