"""Public keys of passkeys: three forms, each with exactly its members."""

from __future__ import annotations

from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from hypothesis import given
from hypothesis import strategies as st
from webauthn.helpers import encode_cbor, parse_cbor

from printserver.signing.cose_key import LONGEST_KEY, read_cose_key, verify_cose
from printserver.signing.errors import SignatureInvalid
from tests.passkey import Passkey

P256 = Passkey()
ED25519 = Passkey(ed25519.Ed25519PrivateKey.generate())
RSA = Passkey(rsa.generate_private_key(65537, 2048))


@pytest.mark.parametrize("passkey", [P256, ED25519, RSA], ids=["P-256", "Ed25519", "RSA"])
def test_each_form_verifies_its_own_signature_and_no_other(passkey: Passkey):
    verify_cose(passkey.public_key, passkey.sign(b"message"), b"message")
    for signature, message in ((passkey.sign(b"message"), b"massage"), (passkey.sign(b"message")[:-1], b"message")):
        with pytest.raises(SignatureInvalid):
            verify_cose(passkey.public_key, signature, message)
    for other in {P256.public_key, ED25519.public_key, RSA.public_key} - {passkey.public_key}:
        with pytest.raises(SignatureInvalid):
            verify_cose(other, passkey.sign(b"message"), b"message")


@pytest.mark.parametrize(
    "members",
    [
        {3: -35},
        {3: -8},
        {1: 1},
        {1: True},
        {-1: 2},
        {-2: bytes(31)},
        {-2: bytes(33)},
        {-2: "x"},
        {-3: bytes(32)},
        {4: [2]},
        {"x": 1},
    ],
    ids=str,
)
def test_a_key_that_is_not_exactly_p256_with_es256_is_refused(members: dict[Any, Any]):
    with pytest.raises(SignatureInvalid):
        read_cose_key(encode_cbor({**parse_cbor(P256.public_key), **members}))


def test_a_short_rsa_key_is_refused():
    with pytest.raises(SignatureInvalid):
        read_cose_key(Passkey(rsa.generate_private_key(65537, 1024)).public_key)  # noqa: S505 -- too short on purpose


def test_another_curve_is_refused():
    point = ec.generate_private_key(ec.SECP384R1()).public_key().public_numbers()
    with pytest.raises(SignatureInvalid):
        read_cose_key(encode_cbor({1: 2, 3: -35, -1: 2, -2: point.x.to_bytes(48), -3: point.y.to_bytes(48)}))


@given(st.binary(max_size=200))
def test_no_bytes_at_random_are_a_key(data: bytes):
    with pytest.raises(SignatureInvalid):
        read_cose_key(data)


def test_a_key_of_impossible_length_is_refused():
    for data in (b"", bytes(LONGEST_KEY + 1)):
        with pytest.raises(SignatureInvalid):
            read_cose_key(data)
