"""Canonical bytes of a JSON value. Source: RFC 8785, by the `rfc8785` library."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import rfc8785

Value = None | bool | int | str | Sequence["Value"] | Mapping[str, "Value"]


def canonical_json(value: Value) -> bytes:
    """UTF-8 bytes, members sorted, no white space. No floats: lengths are integers.

    Raises: ValueError when the value cannot be written (a number beyond 2**53, a lone surrogate, nested too deep).
    """
    try:
        return rfc8785.dumps(value)
    except (rfc8785.CanonicalizationError, RecursionError) as problem:
        raise ValueError(str(problem)) from None
