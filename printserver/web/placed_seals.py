"""Seals' places as people type them: rows of text in millimetres, turned into an application's JSON and back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from decimal import Decimal, InvalidOperation
from typing import Any, Final, Self

from printserver.rendering.places import LARGEST_UM, Edge

UM_PER_MM: Final = 1_000
KINDS: Final = ("page", "pages", "keyword", "straddle")
FIRST_PLACE_MM: Final = (150, 225)
_FURTHEST_MM: Final = LARGEST_UM // UM_PER_MM
_APART_MM: Final = 60
WHICH: Final = ("all", "last")
CHINESE_WORDS: Final[Mapping[str, str]] = {"全部": "all", "所有": "all", "最后": "last", "最后一个": "last"}
"""May be typed on a page of either language."""


@dataclass(frozen=True)
class TypedPlace:
    """`seal`: its place among the request's seals, from 0.   page: a number, or several as `2-4,7`.

    x, y: millimetres of the centre; of a keyword the shift from the words; of a straddle seal x how far it is set in,
    y its middle along the edge.   word: the keyword.   which: of the words, or the edge.   group: pages a seal.
    apart: `yes` where neighbouring groups share no page.
    """

    page: str = ""
    x: str = ""
    y: str = ""
    seal: str = "0"
    kind: str = "page"
    word: str = ""
    which: str = ""
    group: str = ""
    apart: str = ""

    @property
    def of_seal(self) -> int:
        return int(self.seal) if self.seal.isdecimal() and len(self.seal) < 3 else 0

    def to_json(self) -> dict[str, Any]:
        """What cannot be read as it should stays as it was typed."""
        if self.kind == "keyword":
            which = _word(self.which) or "1"
            shift = {"dx_um": _um(self.x or "0"), "dy_um": _um(self.y or "0")}
            return {"keyword": self.word.strip(), "which": which if which in WHICH else _number(which), **shift}
        if self.kind == "straddle":
            at = _um(self.y) if self.y.strip() else None
            group = _number(self.group) if self.group.strip() else None
            known: dict[str, Any] = {
                name: value for name, value in (("at_um", at), ("group", group)) if value is not None
            }
            known |= {"overlap": False} if self.apart == "yes" else {}
            edge = self.which.strip() or Edge.RIGHT.value
            return {"straddle": edge, "pages": _word(self.page) or "all", "inset_um": _um(self.x or "0"), **known}
        if self.kind == "pages":
            return {"pages": _word(self.page) or "all", "x_um": _um(self.x), "y_um": _um(self.y)}
        return {"page": _number(self.page), "x_um": _um(self.x), "y_um": _um(self.y)}

    @classmethod
    def of_json(cls, place: Mapping[str, Any], seal: int = 0) -> Self:
        """Of whatever kind it is, and however little of it there is."""
        own: dict[str, Any]
        if "keyword" in place:
            own = {"kind": "keyword", "word": place["keyword"], "which": place.get("which", 1)}
            own |= {"x": _mm(place.get("dx_um", 0)), "y": _mm(place.get("dy_um", 0))}
        elif "straddle" in place:
            own = {"kind": "straddle", "which": place["straddle"], "page": place.get("pages", "all")}
            own |= {"x": _mm(place.get("inset_um", 0)), "y": _mm(place.get("at_um", ""))}
            own["group"], own["apart"] = place.get("group", ""), "" if place.get("overlap", True) else "yes"
        else:
            kind = "pages" if "pages" in place else "page"
            own = {"kind": kind, "page": place.get(kind, "")}
            own |= {"x": _mm(place.get("x_um", "")), "y": _mm(place.get("y_um", ""))}
        texts = {name: "" if value is None else str(value) for name, value in own.items()}
        return cls(seal=str(seal), **texts)


COLUMNS: Final = tuple(field.name for field in fields(TypedPlace))
"""`place_` and one of these is a field of the form, once for each place."""


def first_place(page: int | str, seal: int = 0) -> TypedPlace:
    """Beside those of the other seals."""
    x, y = FIRST_PLACE_MM
    return TypedPlace(str(page), str(x - seal % 3 * _APART_MM), str(y - seal // 3 * _APART_MM), seal=str(seal))


def new_place(kind: str, seal: int, shown: str) -> TypedPlace:
    """What a button adds.   shown: the page in the picture."""
    if kind == "keyword":
        return TypedPlace(seal=str(seal), kind=kind, which="1", x="0", y="0")
    if kind == "straddle":
        return TypedPlace("all", "0", "", seal=str(seal), kind=kind, which=Edge.RIGHT.value)
    if kind == "pages":
        return replace(first_place("all", seal), kind=kind)
    return first_place(shown, seal)


def _word(text: str) -> str:
    return CHINESE_WORDS.get(text.strip(), text.strip())


def _um(millimetres: str) -> int | str:
    """A comma is a decimal point. What no page reaches stays as it was typed."""
    try:
        length = Decimal(millimetres.strip().replace(",", "."))
        return round(length * UM_PER_MM) if abs(length) <= _FURTHEST_MM else millimetres
    except (InvalidOperation, ValueError):
        return millimetres


def _number(text: str) -> int | str:
    return int(text) if text.strip().isdecimal() and len(text) < 10 else text


def _mm(value: object) -> str:
    return f"{value / UM_PER_MM:.7g}" if isinstance(value, int) else str(value)
