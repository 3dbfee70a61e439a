"""Filled outlines as PDF operators. Points, y upwards, as PDF has it; every number has at most four decimals."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Final

_CIRCLE: Final = 4 / 3 * math.tan(math.pi / 8)
"""Length of a quarter circle's Bézier handles, for radius 1."""


def number(value: float) -> str:
    text = f"{value:.4f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def numbers(*values: float) -> str:
    return " ".join(map(number, values))


class Outline:
    """One path that is filled by the non-zero rule: a hole runs against the direction of what it is cut from."""

    def __init__(self) -> None:
        self._operators: list[str] = []

    def move(self, x: float, y: float) -> None:
        self._operators.append(f"{numbers(x, y)} m")

    def line(self, x: float, y: float) -> None:
        self._operators.append(f"{numbers(x, y)} l")

    def curve(self, *coordinates: float) -> None:
        """coordinates: two handles and the end, six numbers."""
        self._operators.append(f"{numbers(*coordinates)} c")

    def close(self) -> None:
        self._operators.append("h")

    def rectangle(self, x: float, y: float, width: float, height: float) -> None:
        self._operators.append(f"{numbers(x, y, width, height)} re")

    def polygon(self, corners: Iterable[Sequence[float]]) -> None:
        for at, (x, y) in enumerate(corners):
            (self.line if at else self.move)(x, y)
        self.close()

    def circle(self, x: float, y: float, radius: float, *, hole: bool = False) -> None:
        turn = -1 if hole else 1
        handle = radius * _CIRCLE
        self.move(x + radius, y)
        for quarter in range(4):
            start, end = turn * quarter * math.pi / 2, turn * (quarter + 1) * math.pi / 2
            (c0, s0), (c1, s1) = (math.cos(start), math.sin(start)), (math.cos(end), math.sin(end))
            self.curve(
                *(x + radius * c0 - turn * handle * s0, y + radius * s0 + turn * handle * c0),
                *(x + radius * c1 + turn * handle * s1, y + radius * s1 - turn * handle * c1),
                *(x + radius * c1, y + radius * s1),
            )
        self.close()

    def ring(self, x: float, y: float, outer_radius: float, width: float) -> None:
        self.circle(x, y, outer_radius)
        self.circle(x, y, outer_radius - width, hole=True)

    def filled(self) -> bytes:
        """The operators, ending with the fill; nothing at all for an empty path."""
        return ("\n".join([*self._operators, "f"]) + "\n").encode("ascii") if self._operators else b""


def grey(level: float) -> bytes:
    """Fill colour. level: 0 black to 1 white."""
    return f"{number(level)} g\n".encode("ascii")


def red_green_blue(red: float, green: float, blue: float) -> bytes:
    return f"{numbers(red, green, blue)} rg\n".encode("ascii")


def isolated(*operators: bytes, matrix: Sequence[float] | None = None) -> bytes:
    """The operators between `q` and `Q`, in coordinates changed by `matrix` (a b c d e f)."""
    change = f"{numbers(*matrix)} cm\n".encode("ascii") if matrix else b""
    return b"q\n" + change + b"".join(operators) + b"Q\n"
