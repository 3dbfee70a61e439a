"""Mutations that keep JSON well-formed, so that what stands behind the parser is reached; also JSON inside of texts."""

from __future__ import annotations

import base64
import json
import random
import re
from collections.abc import Callable, Iterator
from copy import deepcopy
from typing import Any, Final

Mutate = Callable[[bytes, int], bytes]
"""The fuzzer's own mutation of bytes: at most so many come out."""
_ODD: Final[tuple[Any, ...]] = (
    None, True, False, 0, 1, -1, 2, 1 << 31, 1 << 32, 1 << 53, 1 << 63, 10**400, 0.5, 1e308, float("nan"), float("inf"),
    "", "0", "\0", "\ud800", "é" * 3, "a" * 300, "-" * 64, "0" * 64, "0" * 8, "9999-12-31T23:59:59Z",
    "0001-01-01T00:00:00Z", "2026-11-22T09:00:00.000000Z", "../../x", "x/y", [], {}, [[]], {"": ""}, [None], [{}],
)  # fmt: skip
_DEEP: Final = (50, 300, 900)
_LARGEST_NUMBER: Final = 4_000
"""Digits; Python refuses to read more than 4,300."""
_SHORT: Final = 80
_ENCODED: Final = (
    re.compile(r"(-----BEGIN CERTIFICATE-----\n)([A-Za-z0-9+/=\n]+)(\n-----END CERTIFICATE-----\n)"),
    re.compile(r"()([A-Za-z0-9+/]+={0,2})()"),
)
"""Base64 and what stands around it."""
Place = tuple[Any, Any]
"""A list or an object, and the index or name in it."""


def mutate_json(data: bytes, mutate: Mutate, most: int, seed: int) -> bytes:
    """One or some changes to the document in `data`, or to its bytes where it holds none; at most `most` bytes."""
    chance = random.Random(seed)
    if chance.random() < 0.05:
        return mutate(data, most)
    try:
        holder = [json.loads(data)]
        for _ in range(chance.choice((1, 1, 1, 2, 4))):
            _change(holder, chance, mutate)
        changed = json.dumps(holder[0], ensure_ascii=chance.random() < 0.5, separators=(",", ":"))
    except (ValueError, RecursionError, OverflowError, IndexError):  # no JSON, too deep, too large, or nothing left
        return mutate(data, most)
    encoded = changed.encode("utf-8", "surrogatepass")
    return encoded if len(encoded) <= most else mutate(data, most)


def _change(holder: list[Any], chance: random.Random, mutate: Mutate) -> None:
    places = list(_places(holder))
    if not places:
        return
    container, key = chance.choice(places)
    value = container[key]
    way = chance.randrange(9)
    if isinstance(value, str) and way < 4:
        container[key] = _text(value, chance, mutate)
    elif isinstance(value, int | float) and way < 4:
        container[key] = value + chance.choice((-1, 1, 7, 1 << 16, 1 << 53, 0.5))
    elif way < 5:
        container[key] = deepcopy(chance.choice(_ODD))
    elif way == 5:
        del container[key]
    elif way == 6:
        other, at = chance.choice(places)
        container[key] = json.loads(json.dumps(other[at]))
    elif way == 7:
        _grow(container, key, chance)
    else:
        container[key] = _nested(chance.choice(_DEEP)) if chance.random() < 0.1 else [value]


def _places(container: Any) -> Iterator[Place]:
    """Of every value, breadth last."""
    waiting = [container]
    while waiting:
        inside = waiting.pop()
        keys = list(inside) if isinstance(inside, dict) else range(len(inside))
        for key in keys:
            yield inside, key
            if isinstance(inside[key], dict | list):
                waiting.append(inside[key])


def _text(value: str, chance: random.Random, mutate: Mutate) -> str:
    """Documents inside of texts are changed as documents: entries of the log are such."""
    if value.startswith(("{", "[")):
        inside = value.encode("utf-8", "surrogatepass")
        changed = mutate_json(inside, mutate, 2 * len(inside) + 64, chance.randrange(1 << 32))
        return changed.decode("utf-8", "replace")
    if len(value) > _SHORT and chance.random() < 0.7:
        for pattern in _ENCODED:
            if found := pattern.fullmatch(value):
                return found[1] + _encoded(found[2], mutate) + found[3]
    if value.isdecimal() and chance.random() < 0.3:
        return str(chance.randrange(10 ** min(len(value), _LARGEST_NUMBER))).zfill(len(value))
    return mutate(value.encode("utf-8", "surrogatepass"), len(value) + 16).decode("utf-8", "replace")


def _encoded(text: str, mutate: Mutate) -> str:
    """Base64: what it stands for is changed."""
    try:
        inside = base64.b64decode(text)
    except ValueError:
        return text
    return base64.b64encode(mutate(inside, len(inside) + 16)).decode("ascii")


def _grow(container: Any, key: Any, chance: random.Random) -> None:
    if isinstance(container, list):
        container.insert(chance.randrange(len(container) + 1), deepcopy(container[key]))
    else:
        container[f"{key}{chance.randrange(3)}"] = (
            container.pop(key) if chance.random() < 0.5 else deepcopy(container[key])
        )


def _nested(depth: int) -> Any:
    value: Any = []
    for _ in range(depth):
        value = [value]
    return value
