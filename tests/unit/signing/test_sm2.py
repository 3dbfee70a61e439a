"""SM2 by libcrypto: what the `openssl` command signs verifies, and nothing else does."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from printserver.foundation.errors import PrintServerError
from printserver.signing import sm2
from printserver.signing.errors import SealObjectMalformed, SignatureInvalid
from printserver.signing.p256 import der_to_raw
from printserver.signing.seal_certificates import read_seal_certificate
from tests.seal_vectors import P256, SM2, VectorKey, make_key

MESSAGE = b"message digest"


@pytest.fixture(scope="module")
def key(tmp_path_factory: pytest.TempPathFactory) -> VectorKey:
    return make_key(tmp_path_factory.mktemp("sm2"), SM2, "signer")


@pytest.fixture(scope="module")
def signature(key: VectorKey) -> bytes:
    return key.sign(MESSAGE)


def spki(key: VectorKey) -> bytes:
    return read_seal_certificate(key.certificate).spki


def test_a_signature_verifies_as_der_and_as_two_raw_halves(key: VectorKey, signature: bytes):
    sm2.verify(spki(key), signature, MESSAGE)
    sm2.verify(spki(key), der_to_raw(signature), MESSAGE)


def test_other_messages_signatures_and_keys_are_refused(key: VectorKey, signature: bytes, tmp_path: Path):
    other = make_key(tmp_path, SM2, "other")
    for wrong in (
        (spki(key), signature, MESSAGE + b"."),
        (spki(key), signature, b""),
        (spki(other), signature, MESSAGE),
        (spki(key), signature + b"\0", MESSAGE),
        (spki(key), b"", MESSAGE),
        (spki(key), bytes(64), MESSAGE),
        (spki(key), bytes(300), MESSAGE),
    ):
        with pytest.raises(SignatureInvalid):
            sm2.verify(*wrong)


def test_a_key_on_another_curve_is_no_sm2_key(tmp_path: Path):
    other = make_key(tmp_path, P256, "other")
    with pytest.raises(SignatureInvalid):
        sm2.verify(spki(other), other.sign(MESSAGE), MESSAGE)


def test_a_point_beside_the_curve_is_refused(key: VectorKey, signature: bytes):
    broken = bytearray(spki(key))
    broken[-1] ^= 1
    with pytest.raises(SignatureInvalid):
        sm2.verify(bytes(broken), signature, MESSAGE)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
@given(data=st.binary(max_size=120))
def test_whatever_calls_itself_a_key_or_a_signature_is_refused(key: VectorKey, data: bytes):
    with pytest.raises(PrintServerError):
        sm2.verify(data, bytes(64), MESSAGE)
    with pytest.raises(SignatureInvalid):
        sm2.verify(spki(key), data, MESSAGE)


def test_a_machine_without_the_library_says_so(monkeypatch: pytest.MonkeyPatch, key: VectorKey, signature: bytes):
    sm2._library.cache_clear()
    monkeypatch.setattr(sm2, "LIBRARY", "libcrypto.so.nowhere")
    with pytest.raises(sm2.Sm2Unavailable):
        sm2.verify(spki(key), signature, MESSAGE)
    sm2._library.cache_clear()


def test_a_broken_certificate_is_refused_in_words(key: VectorKey):
    assert read_seal_certificate(key.certificate).common_name == "signer"
    for cut in range(0, len(key.certificate), 7):
        with pytest.raises(SealObjectMalformed):
            read_seal_certificate(key.certificate[:cut])
