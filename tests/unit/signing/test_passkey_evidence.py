"""Evidence by a passkey: only what that very person's key signed over these very claims is believed."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from hypothesis import given, settings
from hypothesis import strategies as st

from printserver.audit.canonical import canonical_json
from printserver.signing.errors import EvidenceForged
from printserver.signing.evidence import Decision, EvidenceClaims, sign_evidence
from printserver.signing.passkey_evidence import (
    MAX_CHARACTERS,
    PasskeyKey,
    base64url,
    challenge_of,
    from_base64url,
    is_passkey_evidence,
    make_passkey_evidence,
    verify_passkey_evidence,
)
from tests.hsm_token import HsmToken
from tests.passkey import PRESENT, VERIFIED, Passkey

PERSON = "0192f000-0000-7000-8000-000000000002"
CLAIMS = EvidenceClaims(
    manifest_sha256="ab" * 32,
    request_id="0192f000-0000-7000-8000-000000000001",
    person_id=PERSON,
    step="approval",
    decision=Decision.APPROVED,
    decided_at=datetime(2026, 11, 22, 13, 30, tzinfo=UTC),
    organisation=7,
)
PASSKEY = Passkey()
OTHER = Passkey(credential_id=b"credential-0002")
KEYS = {each.credential_id: each.registered(PERSON) for each in (PASSKEY, OTHER)}


def find(credential_id: bytes) -> PasskeyKey | None:
    return KEYS.get(credential_id)


def changed(text: str, **members: Any) -> str:
    """The same evidence with other members, written as we write it."""
    return canonical_json({**json.loads(text), **members}).decode()


@pytest.mark.parametrize(
    "key",
    [
        ec.generate_private_key(ec.SECP256R1()),
        ed25519.Ed25519PrivateKey.generate(),
        rsa.generate_private_key(65537, 2048),
    ],
    ids=["ES256", "EdDSA", "RS256"],
)
def test_what_a_passkey_signed_is_read_back_as_it_was_given(key: Any):
    passkey = Passkey(key)
    for claims in (
        CLAIMS,
        replace(CLAIMS, step="custody:0192f0", decision=Decision.REFUSED),
        replace(CLAIMS, acts_for="somebody", to="another"),
    ):
        text = passkey.evidence(claims)
        assert verify_passkey_evidence(text, lambda _: passkey.registered(PERSON)) == claims
        assert is_passkey_evidence(text)
        assert len(text) <= MAX_CHARACTERS


def test_a_browser_that_leaves_cross_origin_out_is_believed():
    members = json.loads(PASSKEY.client_data("webauthn.get", challenge_of(CLAIMS)))
    del members["crossOrigin"]
    assert verify_passkey_evidence(_over(json.dumps(members).encode()), find) == CLAIMS


def test_evidence_with_any_byte_changed_is_refused():
    text = PASSKEY.evidence(CLAIMS)
    for at, character in enumerate(text):
        for other in {chr(ord(character) ^ 1), "A" if character != "A" else "B", ""}:
            with pytest.raises(EvidenceForged):
                verify_passkey_evidence(text[:at] + other + text[at + 1 :], find)


@pytest.mark.parametrize("part", ["credential_id", "authenticator_data", "client_data", "signature"])
def test_a_part_with_any_bit_changed_is_refused(part: str):
    text = PASSKEY.evidence(CLAIMS)
    data = from_base64url(json.loads(text)[part])
    for at in range(len(data) * 8):
        bent = bytearray(data)
        bent[at // 8] ^= 1 << at % 8
        with pytest.raises(EvidenceForged):
            verify_passkey_evidence(changed(text, **{part: base64url(bytes(bent))}), find)


@given(st.text(max_size=300) | st.binary(max_size=300).map(lambda data: data.decode("latin-1")))
def test_no_text_at_random_is_believed(text: str):
    with pytest.raises(EvidenceForged):
        verify_passkey_evidence(text, find)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text(max_size=20),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
        max_leaves=6,
    ),
    st.sampled_from(
        ["format", "claims", "credential_id", "authenticator_data", "client_data", "signature", "something"]
    ),
)
def test_no_member_can_be_put_in_another_ones_place(value: Any, member: str):
    text = PASSKEY.evidence(CLAIMS)
    if json.loads(text).get(member) != value:
        with pytest.raises(EvidenceForged):
            verify_passkey_evidence(changed(text, **{member: value}), find)


@settings(max_examples=60)
@given(
    st.fixed_dictionaries(
        {},
        optional={
            "manifest_sha256": st.just("cd" * 32),
            "request_id": st.just("another-request"),
            "step": st.sampled_from(["second", "custody:1", "statement:seat"]),
            "decision": st.just(Decision.REFUSED),
            "decided_at": st.just(CLAIMS.decided_at + timedelta(seconds=1)),
            "organisation": st.integers(0, 2**32 - 1).filter(lambda number: number != 7),
            "acts_for": st.just("somebody"),
            "to": st.just("somebody"),
        },
    )
)
def test_a_signature_cannot_be_given_to_other_claims(fields: dict[str, Any]):
    claims = replace(CLAIMS, **fields)
    assert (challenge_of(claims) == challenge_of(CLAIMS)) is (claims == CLAIMS)
    genuine, wanted = json.loads(PASSKEY.evidence(CLAIMS)), json.loads(PASSKEY.evidence(claims))
    if claims != CLAIMS:
        with pytest.raises(EvidenceForged):
            verify_passkey_evidence(canonical_json({**genuine, "claims": wanted["claims"]}).decode(), find)


def test_another_persons_passkey_says_nothing_for_this_person():
    stranger = Passkey(credential_id=b"stranger")
    with pytest.raises(EvidenceForged, match="another person"):
        verify_passkey_evidence(stranger.evidence(CLAIMS), lambda _: stranger.registered("somebody-else"))


def test_a_passkey_that_nobody_registered_says_nothing():
    stranger = Passkey(credential_id=b"stranger")
    with pytest.raises(EvidenceForged, match="nobody registered"):
        verify_passkey_evidence(stranger.evidence(CLAIMS), find)
    with pytest.raises(EvidenceForged, match="nobody registered"):
        verify_passkey_evidence(stranger.evidence(CLAIMS), lambda _: PASSKEY.registered(PERSON))


def test_a_signature_by_another_key_of_the_same_person_is_refused():
    forged = Passkey(credential_id=PASSKEY.credential_id)
    with pytest.raises(EvidenceForged, match="not signed by the passkey"):
        verify_passkey_evidence(forged.evidence(CLAIMS), find)


@pytest.mark.parametrize(
    "members",
    [
        {"type": "webauthn.create"},
        {"type": "payment.get"},
        {"origin": "https://print.example.evil"},
        {"origin": "http://print.example"},
        {"origin": "https://print.example:8443"},
        {"crossOrigin": True},
        {"crossOrigin": "false"},
        {"topOrigin": "https://frame.example"},
        {"challenge": base64url(bytes(32))},
        {"challenge": base64url(challenge_of(CLAIMS)) + "="},
        {"challenge": None},
    ],
    ids=str,
)
def test_a_signature_that_the_browser_gave_elsewhere_is_refused(members: dict[str, Any]):
    with pytest.raises(EvidenceForged):
        verify_passkey_evidence(PASSKEY.evidence(CLAIMS, **members), find)


def test_client_data_with_a_member_twice_is_refused():
    honest = PASSKEY.client_data("webauthn.get", challenge_of(CLAIMS)).decode()
    twice = honest.replace('"type"', '"type":"webauthn.create","type"')
    with pytest.raises(EvidenceForged):
        verify_passkey_evidence(_over(twice.encode()), find)


@pytest.mark.parametrize("flags", [0, PRESENT, VERIFIED, 0xFF & ~PRESENT, 0xFF & ~VERIFIED])
def test_without_presence_and_verification_nothing_is_believed(flags: int):
    with pytest.raises(EvidenceForged):
        verify_passkey_evidence(replace(PASSKEY, flags=flags).evidence(CLAIMS), find)


def test_another_relying_partys_signature_is_refused():
    with pytest.raises(EvidenceForged, match="relying party"):
        verify_passkey_evidence(replace(PASSKEY, rp_id="evil.example").evidence(CLAIMS), find)


def test_evidence_written_in_another_way_is_refused():
    text = PASSKEY.evidence(CLAIMS)
    for other in (" " + text, text + "\n", json.dumps(json.loads(text)), text.replace("approval", "\\u0061pproval")):
        with pytest.raises(EvidenceForged):
            verify_passkey_evidence(other, find)


def test_parts_of_impossible_length_are_neither_made_nor_read():
    for size in (0, 2049):
        with pytest.raises(EvidenceForged):
            make_passkey_evidence(
                CLAIMS, credential_id=b"c", authenticator_data=bytes(37), client_data_json=b"{}", signature=bytes(size)
            )
    with pytest.raises(EvidenceForged, match="too long"):
        verify_passkey_evidence("{" + " " * MAX_CHARACTERS, find)


def test_an_attestation_is_no_passkey_evidence(hsm_token: HsmToken):
    attested = sign_evidence(CLAIMS, hsm_token.attestation_key)
    assert not is_passkey_evidence(attested)
    with pytest.raises(EvidenceForged):
        verify_passkey_evidence(attested, find)


@given(st.binary(max_size=100))
def test_base64url_has_one_text_for_each_bytes(data: bytes):
    text = base64url(data)
    assert from_base64url(text) == data
    refusals: list[Callable[[], bytes]] = [lambda: from_base64url(text + "="), lambda: from_base64url(text + "\n")]
    for refused in refusals:
        with pytest.raises(ValueError):
            refused()


def _over(client_data: bytes) -> str:
    data = PASSKEY.authenticator_data()
    return make_passkey_evidence(
        CLAIMS,
        credential_id=PASSKEY.credential_id,
        authenticator_data=data,
        client_data_json=client_data,
        signature=PASSKEY.sign(data + sha256(client_data).digest()),
    )
