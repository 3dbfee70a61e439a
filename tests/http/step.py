"""What the matrix of access asks of the pages, one line a route."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from tests.http.scene import Scene


@dataclass(frozen=True)
class Step:
    """What the right person may ask for.   names_object: whether it concerns something of the scene."""

    method: str
    route: str
    address: Callable[[Scene], str]
    form: Callable[[Scene], Mapping[str, Any]] = lambda scene: {}
    files: Callable[[], Any] = lambda: None
    names_object: bool = True
