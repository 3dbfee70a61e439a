"""Where somebody wants a seal: on a page, on many pages, at words, or across the edges of pages. Pure.

Lengths are integer micrometres from the top-left corner of the page as a person sees it; pages are numbered from 1.
A wish becomes concrete places by `placement.resolve`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, Literal, TypeGuard

from printserver.foundation.errors import Malformed
from printserver.foundation.full_width import half_width

MOST_PAGES: Final = 100_000
LONGEST_KEYWORD: Final = 100
LARGEST_UM: Final = 2_000_000
SMALLEST_GROUP: Final = 3
"""With groups of at most two pages, an odd number of pages would leave one alone."""
LARGEST_GROUP: Final = 100
_ALL: Final = "all"
_RANGE: Final = re.compile(r"([0-9]{1,6})(?:(-)([0-9]{1,6})?)?", re.ASCII)

Which = int | Literal["all", "last"]


class PlaceMalformed(Malformed):
    """A place that nobody could mean."""

    code = "place-malformed"


class Edge(StrEnum):
    RIGHT = "right"
    LEFT = "left"
    TOP = "top"


@dataclass(frozen=True)
class OnPage:
    """The seal's centre on one page of the safe document."""

    page: int
    x_um: int
    y_um: int

    def to_json(self) -> dict[str, Any]:
        return {"page": self.page, "x_um": self.x_um, "y_um": self.y_um}


@dataclass(frozen=True)
class OnPages:
    """The same place on several pages.   pages: `all`, or numbers and ranges: `2-4,7`, `5-` for all from the fifth."""

    pages: str
    x_um: int
    y_um: int

    def __post_init__(self) -> None:
        page_ranges(self.pages)

    def to_json(self) -> dict[str, Any]:
        return {"pages": self.pages, "x_um": self.x_um, "y_um": self.y_um}


@dataclass(frozen=True)
class AtKeyword:
    """The seal's centre over words of the document, moved by the offsets (to the right, downwards).

    which: the n-th of the document from 1, every one of them, or the last one.
    """

    keyword: str
    which: Which = 1
    dx_um: int = 0
    dy_um: int = 0

    def __post_init__(self) -> None:
        if not "".join(self.keyword.split()) or len(self.keyword) > LONGEST_KEYWORD or not self.keyword.isprintable():
            raise PlaceMalformed(f"a keyword has 1 to {LONGEST_KEYWORD} characters")
        if self.which not in ("all", "last") and not (_is_int(self.which) and 1 <= self.which <= MOST_PAGES):
            raise PlaceMalformed("say which of the places with the keyword: a number from 1, all, or last")

    def to_json(self) -> dict[str, Any]:
        return {"keyword": self.keyword, "which": self.which, "dx_um": self.dx_um, "dy_um": self.dy_um}


@dataclass(frozen=True)
class Straddle:
    """One seal across the edges of several pages (骑缝章), a slice a page.

    group: at most so many pages share one seal; as many as leave each a slice of 2 mm when not given.
    overlap: neighbouring groups share a page, so that none can be exchanged between them; their seals stand by turns
    at `at_um` and beside it.
    at_um: the seal's middle along the edge, from the page's top (for the top edge: from its left); the middle of the
    smallest page when not given.   inset_um: how far from the edge the slices end, for printers with margins.
    """

    edge: Edge = Edge.RIGHT
    pages: str = _ALL
    group: int | None = None
    at_um: int | None = None
    inset_um: int = 0
    overlap: bool = True

    def __post_init__(self) -> None:
        page_ranges(self.pages)
        if self.group is not None and not SMALLEST_GROUP <= self.group <= LARGEST_GROUP:
            raise PlaceMalformed(f"a straddle seal joins {SMALLEST_GROUP} to {LARGEST_GROUP} pages a group")
        if not 0 <= self.inset_um <= 30_000:
            raise PlaceMalformed("a straddle seal is set in by 0 to 30 mm")

    def to_json(self) -> dict[str, Any]:
        given = {"group": self.group, "at_um": self.at_um}
        known = {name: value for name, value in given.items() if value is not None}
        apart = {} if self.overlap else {"overlap": False}
        return {"straddle": self.edge.value, "pages": self.pages, "inset_um": self.inset_um, **known, **apart}


Place = OnPage | OnPages | AtKeyword | Straddle


def place_from_json(value: object) -> Place:
    """Read what `to_json` wrote, or what somebody sent.   Raises: PlaceMalformed."""
    if not isinstance(value, Mapping):
        raise PlaceMalformed("a place is an object")
    given = {name: each for name, each in value.items() if each is not None}
    if "keyword" in given:
        _only(given, "keyword", "which", "dx_um", "dy_um")
        if not isinstance(given["keyword"], str):
            raise PlaceMalformed("a keyword is a text")
        which = given.get("which", 1)
        return AtKeyword(given["keyword"], which, _length(given, "dx_um", 0), _length(given, "dy_um", 0))
    if "straddle" in given:
        return _straddle(given)
    if "pages" in given:
        _only(given, "pages", "x_um", "y_um")
        return OnPages(_text(given["pages"]), _length(given, "x_um"), _length(given, "y_um"))
    _only(given, "page", "x_um", "y_um")
    return OnPage(_integer(given, "page"), _length(given, "x_um"), _length(given, "y_um"))


def page_ranges(pages: str) -> tuple[tuple[int, int], ...]:
    """First and last page of each range; of an open one the last is `MOST_PAGES`.

    Digits and marks may be full-width, and the enumeration comma of Chinese counts as one.   Raises: PlaceMalformed.
    """
    typed = half_width(pages).strip()
    if typed == _ALL:
        return ((1, MOST_PAGES),)
    return tuple(_range(part.strip()) for part in typed.replace("\u3001", ",").split(","))


def pages_of(pages: str, count: int) -> tuple[int, ...]:
    """The numbers, in ascending order, once each; those beyond `count` as well, so that they can be refused."""
    ranges = page_ranges(pages)
    beyond = {first for first, _last in ranges if first > count}
    beyond |= {last for _first, last in ranges if count < last < MOST_PAGES}
    within = {page for first, last in ranges for page in range(first, min(last, count) + 1)}
    return tuple(sorted(within | beyond))


def _range(part: str) -> tuple[int, int]:
    match = _RANGE.fullmatch(part)
    if match is None:
        raise PlaceMalformed("pages are `all`, or numbers and ranges such as 2-4,7")
    first = int(match[1])
    last = first if match[2] is None else int(match[3] or MOST_PAGES)
    if not 1 <= first <= last <= MOST_PAGES:
        raise PlaceMalformed("a range of pages begins with its smaller number, from 1")
    return first, last


def _straddle(given: Mapping[str, Any]) -> Straddle:
    _only(given, "straddle", "pages", "group", "at_um", "inset_um", "overlap")
    if given["straddle"] not in list(Edge):
        raise PlaceMalformed("a straddle seal stands at the right, left or top edge")
    if type(given.get("overlap", True)) is not bool:
        raise PlaceMalformed("overlap is true or false")
    return Straddle(
        edge=Edge(given["straddle"]),
        pages=_text(given.get("pages", _ALL)),
        group=_integer(given, "group") if "group" in given else None,
        at_um=_length(given, "at_um") if "at_um" in given else None,
        inset_um=_length(given, "inset_um", 0),
        overlap=given.get("overlap", True),
    )


def _only(given: Mapping[str, Any], *names: str) -> None:
    others = sorted(str(name) for name in set(given) - set(names))
    if others:
        raise PlaceMalformed(f"a place of this kind has no {', '.join(others)}")


def _text(value: object) -> str:
    if not isinstance(value, str) or len(value) > 1_000:
        raise PlaceMalformed("pages are a text")
    return value


def _length(given: Mapping[str, Any], name: str, default: int | None = None) -> int:
    value = default if name not in given and default is not None else _integer(given, name)
    if not -LARGEST_UM <= value <= LARGEST_UM:
        raise PlaceMalformed(f"{name} is further than any page reaches")
    return value


def _integer(given: Mapping[str, Any], name: str) -> int:
    value = given.get(name)
    if not _is_int(value):
        raise PlaceMalformed(f"{name} is a whole number")
    return value


def _is_int(value: object) -> TypeGuard[int]:
    return type(value) is int
