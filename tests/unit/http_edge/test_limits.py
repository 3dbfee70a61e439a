"""How often, and how much."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.exceptions import HTTPException

from printserver.foundation.errors import TooMany
from printserver.http_edge.limits import PER_MINUTE, SIGN_IN, VERIFICATION, AttemptLimits, BodyLimit

REFUSED = -413


def test_of_ten_thousand_tries_a_minutes_worth_pass():
    limits, passed = AttemptLimits(), 0
    for _ in range(10_000):
        try:
            limits.count(SIGN_IN, "192.0.2.1")
        except TooMany:
            continue
        passed += 1
    assert passed == PER_MINUTE[SIGN_IN].amount


def test_addresses_and_kinds_are_counted_apart():
    limits = AttemptLimits()
    for _ in range(PER_MINUTE[SIGN_IN].amount):
        limits.count(SIGN_IN, "192.0.2.1")
    with pytest.raises(TooMany):
        limits.count(SIGN_IN, "192.0.2.1")
    limits.count(SIGN_IN, "192.0.2.2")
    limits.count(VERIFICATION, "192.0.2.1")


def test_only_failures_take_room_where_only_failures_count():
    limits = AttemptLimits()
    for _ in range(10 * PER_MINUTE[SIGN_IN].amount):
        limits.require_room(SIGN_IN, "192.0.2.1")
    for _ in range(PER_MINUTE[SIGN_IN].amount):
        limits.require_room(SIGN_IN, "192.0.2.1")
        limits.count_failure(SIGN_IN, "192.0.2.1")
    with pytest.raises(TooMany):
        limits.require_room(SIGN_IN, "192.0.2.1")


def _received(chunks: list[bytes], limit: int, headers: list[tuple[bytes, bytes]]) -> tuple[int, int]:
    """How many bytes the application got, or the refusal, and how many chunks were taken from the network."""
    got, taken = 0, 0

    async def receive() -> dict[str, Any]:
        nonlocal taken
        taken += 1
        return {"type": "http.request", "body": chunks[taken - 1], "more_body": taken < len(chunks)}

    async def send(message: Any) -> None: ...

    async def read_all(scope: Any, receive: Any, send: Any) -> None:
        nonlocal got
        more = True
        while more:
            message = await receive()
            got += len(message["body"])
            more = message["more_body"]

    try:
        asyncio.run(BodyLimit(read_all, limit)({"type": "http", "headers": headers}, receive, send))
    except HTTPException as refused:
        return -refused.status_code, taken
    return got, taken


@given(st.lists(st.binary(max_size=20), min_size=1, max_size=10), st.integers(0, 100))
def test_a_body_passes_whole_or_not_at_all(chunks: list[bytes], limit: int):
    size = sum(map(len, chunks))
    got, _ = _received(chunks, limit, [])
    assert got == (size if size <= limit else REFUSED)


def test_no_more_is_read_than_is_needed_to_refuse():
    assert _received([b"x" * 10] * 1000, 55, []) == (REFUSED, 6)
    assert _received([b"x" * 10] * 1000, 55, [(b"content-length", b"10000")]) == (REFUSED, 0)


@pytest.mark.parametrize("lie", [b"5", b"-1", b"many", b"", "１".encode()])
def test_a_false_size_does_not_help(lie: bytes):
    assert _received([b"x" * 10] * 10, 55, [(b"content-length", lie)])[0] == REFUSED
