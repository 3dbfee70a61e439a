"""A receiver knows our messages, and no others."""

from __future__ import annotations

import hmac

import pytest
from hypothesis import given
from hypothesis import strategies as st

from printserver.notifications.signatures import SignatureInvalid, signature_header, verify_signature

SECRET = "psw_" + "a" * 43
NOW = 1_790_000_000


@given(st.binary(max_size=500), st.lists(st.text("abcXYZ019_-", min_size=10, max_size=60), min_size=1, max_size=2))
def test_what_was_signed_is_known_by_each_secret(body: bytes, secrets: list[str]):
    header = signature_header(body, secrets, at=NOW)
    for secret in secrets:
        verify_signature(header, body, secret, now=NOW + 300)


def test_the_mark_is_the_documented_one():
    mark = hmac.new(SECRET.encode(), b'1790000000.{"id":1}', "sha256").hexdigest()
    assert signature_header(b'{"id":1}', [SECRET], at=NOW) == f"t=1790000000,v1={mark}"


@pytest.mark.parametrize(
    ("header", "body", "secret", "now"),
    [
        (None, b"{} ", SECRET, NOW),
        (None, b"{}", SECRET[:-1], NOW),
        (None, b"{}", SECRET, NOW + 301),
        (None, b"{}", SECRET, NOW - 301),
        ("", b"{}", SECRET, NOW),
        (f"t={NOW}", b"{}", SECRET, NOW),
        (f"t={NOW},v1=", b"{}", SECRET, NOW),
        (f"t={NOW},v0={'0' * 64}", b"{}", SECRET, NOW),
        (f"t={NOW},v1={'0' * 64}", b"{}", SECRET, NOW),
        (f"t=-1,v1={'0' * 64}", b"{}", SECRET, NOW),
        (f"t={NOW},v1={'0' * 64}\n", b"{}", SECRET, NOW),
    ],
)
def test_anything_else_is_refused(header: str | None, body: bytes, secret: str, now: int):
    given = signature_header(b"{}", [SECRET], at=NOW) if header is None else header
    with pytest.raises(SignatureInvalid):
        verify_signature(given, body, secret, now=now)


def test_the_moment_is_signed_too():
    header = signature_header(b"{}", [SECRET], at=NOW).replace(str(NOW), str(NOW + 1))
    with pytest.raises(SignatureInvalid):
        verify_signature(header, b"{}", SECRET, now=NOW)


def test_a_message_that_nobody_signs_is_not_made():
    with pytest.raises(ValueError):
        signature_header(b"{}", [], at=NOW)
