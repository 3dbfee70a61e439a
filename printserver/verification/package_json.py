"""Read a stranger's JSON: an object with every name once, and members of the kind that is expected.

It is read whole: the bag lets no file in that is larger than LARGEST_JSON, of which the worst that can be written
takes some 220 MiB.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, TypeVar

from printserver.archive.bag import LARGEST_JSON
from printserver.foundation.errors import PrintServerError

Kind = TypeVar("Kind")


def read_object(data: bytes, refusal: type[PrintServerError]) -> dict[str, Any]:
    """Raises: `refusal`."""
    try:
        document = json.loads(data, object_pairs_hook=_no_name_twice) if len(data) <= LARGEST_JSON else None
    except (ValueError, RecursionError):
        document = None
    if not isinstance(document, dict):
        raise refusal("a file that should hold a JSON object does not")
    return document


def member(document: Mapping[str, Any], name: str, kind: type[Kind]) -> Kind:
    """Raises: KeyError, TypeError."""
    value = document[name]
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        raise TypeError(f"{name} is no {kind.__name__}")
    return value


def _no_name_twice(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    names = dict(pairs)
    if len(names) != len(pairs):
        raise ValueError("a name occurs twice")
    return names
