"""Storing and reading sealed objects, beside the same bytes in the same kind of folder as they are.

Wall time, with every write on the disk before it ends, on the same file system. The vault key is asked for before that:
a process does so once. What remains is AES-256-GCM, the wrapped key's own file, and its reading.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Final
from uuid import UUID, uuid4

from printserver.storage.objects import Objects
from tests.plain_objects import PlainObjects
from tests.sealed_store import sealed_store

SIZES: Final = {"50 KB": 50_000, "1 MB": 1_000_000, "20 MB": 20_000_000}
ROUNDS: Final = 5
BYTES_A_ROUND: Final = 40_000_000
MOST_OBJECTS: Final = 100


def measure() -> list[dict[str, object]]:
    """Rows {"name", "value", "limit", "ratio", "unit"}; value and limit in objects per second."""
    rows = []
    with tempfile.TemporaryDirectory(prefix="psb-") as folder:
        sealed, plain = sealed_store(Path(folder) / "sealed"), _plain(Path(folder) / "plain")
        for name, size in SIZES.items():
            count = min(MOST_OBJECTS, BYTES_A_ROUND // size)
            rounds = [_round(sealed, plain, size, count) for _ in range(ROUNDS)]
            for at, what in enumerate(("put", "get")):
                values, limits = ([each[at + start] for each in rounds] for start in (0, 2))
                rows.append(_row(f"object store: sealed ÷ plain {what} of {name}", values, limits))
    return rows


def _plain(folder: Path) -> PlainObjects:
    folder.mkdir()
    return PlainObjects(folder)


def _round(sealed: Objects, plain: Objects, size: int, count: int) -> tuple[float, float, float, float]:
    """Sealed put and get, plain put and get, each in objects per second."""
    owner, contents = uuid4(), [os.urandom(size) for _ in range(count)]
    sealed.put(b"so that there is a vault key", owner)
    return (*_rates(sealed, owner, contents), *_rates(plain, owner, contents))


def _rates(store: Objects, owner: UUID, contents: list[bytes]) -> tuple[float, float]:
    digests: list[str] = []
    put = _rate(lambda: digests.extend(store.put(each, owner) for each in contents), len(contents))
    get = _rate(lambda: [store.get(each, owner) for each in digests], len(contents))
    for digest in digests:
        store.erase(digest, owner)
    return put, get


def _rate(body: Callable[[], object], count: int) -> float:
    begun = time.perf_counter()
    body()
    return count / (time.perf_counter() - begun)


def _row(name: str, values: list[float], limits: list[float]) -> dict[str, object]:
    ratios = [value / limit for value, limit in zip(values, limits, strict=True)]
    return {
        "name": name,
        "value": median(values),
        "limit": median(limits),
        "ratio": median(ratios),
        "unit": "objects per second",
    }
