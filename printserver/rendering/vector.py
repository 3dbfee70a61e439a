"""Vectors of numbers, such as boxes and matrices, as PDF has them in a page's content: at most four decimals."""

from __future__ import annotations


def number(value: float) -> str:
    text = f"{value:.4f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def numbers(*values: float) -> str:
    return " ".join(map(number, values))
