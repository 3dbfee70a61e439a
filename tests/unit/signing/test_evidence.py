"""Evidence: only ES256 by an attestation key of the list, only claims of the known shape."""

from __future__ import annotations

import base64
import hmac
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jws
from joserfc.jwk import ECKey

from printserver.foundation.errors import PrintServerError
from printserver.signing.errors import EvidenceForged, KeyNotValid, KeyUnknown
from printserver.signing.evidence import TYPE, AttestationKey, Decision, EvidenceClaims, sign_evidence, verify_evidence
from printserver.signing.p256 import sign_message, software_sign
from printserver.signing.published_key import KeyUsage
from tests.hsm_token import ORGANISATION, HsmToken

CLAIMS = EvidenceClaims(
    manifest_sha256="ab" * 32,
    request_id="0192f000-0000-7000-8000-000000000001",
    person_id="0192f000-0000-7000-8000-000000000002",
    step="approval",
    decision=Decision.APPROVED,
    decided_at=datetime(2026, 11, 22, 13, 30, tzinfo=UTC),
    organisation=ORGANISATION,
)


def base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def test_evidence_is_read_back_as_it_was_given(hsm_token: HsmToken):
    for claims in (CLAIMS, replace(CLAIMS, step="custody:0192f0", decision=Decision.REFUSED)):
        assert verify_evidence(sign_evidence(claims, hsm_token.attestation_key), hsm_token.key_list) == claims


def test_the_header_names_algorithm_key_and_type(hsm_token: HsmToken):
    header = jws.extract_compact(sign_evidence(CLAIMS, hsm_token.attestation_key).encode()).protected
    assert header == {"alg": "ES256", "kid": hsm_token.key_id(KeyUsage.ATTESTATION), "typ": TYPE}


def test_evidence_with_any_character_changed_is_refused(hsm_token: HsmToken):
    token = sign_evidence(CLAIMS, hsm_token.attestation_key)
    for at, character in enumerate(token[:-1]):
        changed = token[:at] + ("A" if character != "A" else "B") + token[at + 1 :]
        with pytest.raises((EvidenceForged, KeyUnknown)):
            verify_evidence(changed, hsm_token.key_list)


@given(st.text(max_size=200))
def test_hostile_text_is_no_evidence(hsm_token: HsmToken, text: str):
    with pytest.raises((EvidenceForged, KeyUnknown)):
        verify_evidence(text, hsm_token.key_list)
    with pytest.raises((EvidenceForged, KeyUnknown)):
        verify_evidence(f"{base64url(text.encode())}.e30.AA", hsm_token.key_list)


def _signed_with_the_public_key(header: dict[str, str], payload: str, token: HsmToken) -> str:
    signed = f"{base64url(json.dumps(header).encode())}.{payload}"
    secret = token.key_list.find(header["kid"], KeyUsage.ATTESTATION).spki
    return f"{signed}.{base64url(hmac.digest(secret, signed.encode(), 'sha256'))}"


def test_an_overlong_token_is_not_even_parsed(hsm_token: HsmToken):
    with pytest.raises(EvidenceForged):
        verify_evidence("a" * 100_000, hsm_token.key_list)


@pytest.mark.parametrize("algorithm", ["none", "HS256", "ES384"])
def test_another_algorithm_is_refused(hsm_token: HsmToken, algorithm: str):
    kid = hsm_token.key_id(KeyUsage.ATTESTATION)
    header = {"alg": algorithm, "kid": kid, "typ": TYPE}
    _, payload, _ = sign_evidence(CLAIMS, hsm_token.attestation_key).split(".")
    forged = {
        "none": lambda: f"{base64url(json.dumps(header).encode())}.{payload}.",
        "HS256": lambda: _signed_with_the_public_key(header, payload, hsm_token),
        "ES384": lambda: jws.serialize_compact(header, b"{}", ECKey.generate_key("P-384"), ["ES384"]),
    }[algorithm]()
    with pytest.raises(EvidenceForged):
        verify_evidence(forged, hsm_token.key_list)


@pytest.mark.parametrize(
    "change",
    [
        lambda h: h.update(typ="JWT"), lambda h: h.pop("typ"), lambda h: h.update(b64=False),
        lambda h: h.update(jku="https://evil.example"), lambda h: h.update(kid=5), lambda h: h.update(crit=["b64"]),
    ],
)  # fmt: skip
def test_a_header_that_is_not_ours_is_refused_though_well_signed(
    hsm_token: HsmToken, change: Callable[[dict[str, Any]], object]
):
    header: dict[str, Any] = {"alg": "ES256", "kid": hsm_token.key_id(KeyUsage.ATTESTATION), "typ": TYPE}
    change(header)
    _, payload, _ = sign_evidence(CLAIMS, hsm_token.attestation_key).split(".")
    signed = f"{base64url(json.dumps(header).encode())}.{payload}"
    signature = sign_message(software_sign(hsm_token.attestation_key.key), signed.encode())
    with pytest.raises(EvidenceForged):
        verify_evidence(f"{signed}.{base64url(signature)}", hsm_token.key_list)


@pytest.mark.parametrize(
    "change",
    [
        lambda c: c.pop("step"), lambda c: c.update(extra=1), lambda c: c.update(step="Any thing"),
        lambda c: c.update(acts_for=1),
        lambda c: c.update(step="custody:"), lambda c: c.update(decision="maybe"),
        lambda c: c.update(decided_at="2026-11-22"), lambda c: c.update(decided_at=None),
        lambda c: c.update(organisation="7"), lambda c: c.update(organisation=True),
        lambda c: c.update(organisation=-1), lambda c: c.update(to=CLAIMS.person_id),
        lambda c: c.update(acts_for="a b"),
        lambda c: c.update(decision="forwarded"), lambda c: c.update(step="statement:"),
        lambda c: c.update(manifest_sha256="AB" * 32), lambda c: c.update(person_id=""),
        lambda c: c.update(person_id=["a"]), lambda c: c.update(request_id="a b"),
    ],
)  # fmt: skip
def test_claims_of_another_shape_are_refused_though_well_signed(
    hsm_token: HsmToken, change: Callable[[dict[str, Any]], object]
):
    token = sign_evidence(CLAIMS, hsm_token.attestation_key)
    claims = json.loads(jws.extract_compact(token.encode()).payload)
    change(claims)
    header = {"alg": "ES256", "kid": hsm_token.key_id(KeyUsage.ATTESTATION), "typ": TYPE}
    forged = jws.serialize_compact(
        header, json.dumps(claims), ECKey.import_key(hsm_token.attestation_key.key), ["ES256"]
    )
    with pytest.raises(EvidenceForged):
        verify_evidence(forged, hsm_token.key_list)


def test_a_key_that_is_not_published_attests_nothing(hsm_token: HsmToken):
    stranger = AttestationKey(ec.derive_private_key(5, ec.SECP256R1()))
    with pytest.raises(KeyUnknown):
        verify_evidence(sign_evidence(CLAIMS, stranger), hsm_token.key_list)


def test_a_key_for_another_use_attests_nothing(hsm_token: HsmToken):
    keys = tuple(replace(key, usage=KeyUsage.TREE_HEAD) for key in hsm_token.key_list.keys)
    with pytest.raises(KeyUnknown):
        verify_evidence(sign_evidence(CLAIMS, hsm_token.attestation_key), replace(hsm_token.key_list, keys=keys))


def test_a_key_of_one_organisation_attests_for_no_other(hsm_token: HsmToken):
    with pytest.raises(EvidenceForged):
        verify_evidence(sign_evidence(replace(CLAIMS, organisation=8), hsm_token.attestation_key), hsm_token.key_list)


def test_a_decision_outside_the_keys_validity_or_after_its_revocation_counts_for_nothing(hsm_token: HsmToken):
    early = replace(CLAIMS, decided_at=datetime(2025, 12, 31, tzinfo=UTC))
    with pytest.raises(KeyNotValid):
        verify_evidence(sign_evidence(early, hsm_token.attestation_key), hsm_token.key_list)
    keys = tuple(key.revoked(datetime(2030, 1, 1, tzinfo=UTC)) for key in hsm_token.key_list.keys)
    with pytest.raises(KeyNotValid):
        verify_evidence(sign_evidence(CLAIMS, hsm_token.attestation_key), replace(hsm_token.key_list, keys=keys))


def test_a_refusal_tells_nothing_of_the_library(hsm_token: HsmToken):
    with pytest.raises(PrintServerError) as refusal:
        verify_evidence("a.b.c", hsm_token.key_list)
    assert refusal.value.code == "evidence-forged"
