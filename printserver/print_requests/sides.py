"""On how many sides of a sheet a copy is printed. Pure."""

from __future__ import annotations

from enum import StrEnum


class Sides(StrEnum):
    """Keywords of the attribute `sides`. Source: RFC 8011 section 5.2.8."""

    ONE_SIDED = "one-sided"
    TWO_SIDED_LONG_EDGE = "two-sided-long-edge"


def sheets_of(pages: int, sides: Sides) -> int:
    """How many sheets of paper one copy takes.   pages: sides that carry something, at least 1."""
    return pages if sides is Sides.ONE_SIDED else (pages + 1) // 2
