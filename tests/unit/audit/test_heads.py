"""What is signed for a head, and that nothing else verifies."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, SECP384R1, generate_private_key

from printserver.audit.heads import HeadSignatureInvalid, TreeHead, head_bytes, head_verifier
from tests.unit.audit.made_logs import KEY, KEY_ID, VERIFY, sign

AT = datetime(2026, 11, 22, 9, 0, 0, 5, tzinfo=UTC)
ROOT = bytes(range(32))


def signed() -> TreeHead:
    return TreeHead(7, ROOT, AT, KEY_ID, sign(head_bytes(7, ROOT, AT, KEY_ID)))


def test_the_signed_bytes_are_fixed():
    assert head_bytes(7, ROOT, AT, "k") == (
        b"printserver:audit-tree-head:v1\x00"
        b'{"at":"2026-11-22T09:00:00.000005Z","key_id":"k",'
        b'"root":"000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f","size":7}'
    )


def test_a_signed_head_verifies_in_any_time_zone():
    VERIFY(signed())
    VERIFY(replace(signed(), at=AT.astimezone()))


@pytest.mark.parametrize(
    "other",
    [
        {"size": 8},
        {"size": 0},
        {"size": -7},
        {"root": bytes(32)},
        {"root": ROOT[:-1]},
        {"at": AT + timedelta(microseconds=1)},
        {"key_id": "unknown"},
        {"signature": bytes(64)},
        {"signature": b""},
        {"signature": b"\xff" * 64},
        {"signature": sign(b"something else")},
    ],
)
def test_no_other_head_verifies(other: dict[str, Any]):
    with pytest.raises(HeadSignatureInvalid):
        VERIFY(replace(signed(), **other))


def test_a_signature_one_byte_longer_or_shorter_does_not_verify():
    signature = signed().signature
    for other in (signature + b"\x00", signature[:-1], b"\x00" + signature):
        with pytest.raises(HeadSignatureInvalid):
            VERIFY(replace(signed(), signature=other))


def test_no_key_another_key_and_another_curve_verify_nothing():
    keys: list[dict[str, Any]] = [
        {},
        {KEY_ID: generate_private_key(SECP256R1()).public_key()},
        {KEY_ID: generate_private_key(SECP384R1()).public_key()},
        {"other": KEY.public_key()},
    ]
    for trusted in keys:
        with pytest.raises(HeadSignatureInvalid):
            head_verifier(trusted)(signed())


@pytest.mark.parametrize(("size", "root"), [(0, ROOT), (-1, ROOT), (1, b""), (1, ROOT + b"x")])
def test_what_no_head_can_say_is_not_signed(size: int, root: bytes):
    with pytest.raises(ValueError):
        head_bytes(size, root, AT, "k")
