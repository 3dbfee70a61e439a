"""Verification codes: what is written is what is read, and nothing else verifies."""

from __future__ import annotations

import json
import shutil
import subprocess
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st

from printserver.foundation.serials import CopySerial
from printserver.signing.codes import (
    BLOB_SIZE,
    DIGITS,
    DOMAIN,
    CodeBody,
    SignedCode,
    encode_text,
    parse_text,
    sign_code,
    verify_code,
)
from printserver.signing.errors import CodeForged, CodeMalformed, KeyNotValid, KeyUnknown, SignatureInvalid
from printserver.signing.key_list import KeyList
from printserver.signing.p256 import key_id_of, raw_to_der, software_sign, spki_of
from printserver.signing.published_key import KeyUsage, PublishedKey
from tests.hsm_token import ORGANISATION, HsmToken, raw_sign

VECTORS = Path(__file__).parents[2] / "vectors" / "pv1.json"
ISSUED = datetime(2026, 11, 22, 13, 30, tzinfo=UTC)
TEST_KEY = ec.derive_private_key(0x5EA1, ec.SECP256R1())
TEST_SPKI = spki_of(TEST_KEY.public_key())
URL = "https://print.example"

instants = st.integers(0, 2**32 - 1).map(lambda seconds: datetime.fromtimestamp(seconds, UTC))


@st.composite
def bodies(draw: Any) -> CodeBody:
    pages, copies = draw(st.integers(1, 65_535)), draw(st.integers(1, 65_535))
    return CodeBody(
        key_id=draw(st.binary(min_size=4, max_size=4)).hex(),
        organisation=draw(st.integers(0, 2**32 - 1)),
        serial=CopySerial(draw(st.binary(min_size=10, max_size=10))),
        issued_at=draw(instants),
        page=draw(st.integers(1, pages)),
        pages=pages,
        copy=draw(st.integers(0, copies)),
        copies=copies,
        first_seal_id=draw(st.binary(min_size=6, max_size=6)),
        document_sha256=draw(st.binary(min_size=32, max_size=32)),
    )


BODY = CodeBody(
    key_id=key_id_of(TEST_SPKI),
    organisation=ORGANISATION,
    serial=CopySerial(bytes(range(10))),
    issued_at=ISSUED,
    page=2,
    pages=10,
    copy=1,
    copies=3,
    first_seal_id=b"seal-1",
    document_sha256=bytes(range(32)),
)


def list_of(*keys: PublishedKey, token: HsmToken) -> KeyList:
    return replace(token.key_list, keys=keys)


@pytest.fixture
def published() -> PublishedKey:
    return PublishedKey(
        key_id=key_id_of(TEST_SPKI),
        usage=KeyUsage.CODE,
        organisation=ORGANISATION,
        spki=TEST_SPKI,
        certificate=None,
        not_before=datetime(2026, 1, 1, tzinfo=UTC),
        not_after=datetime(2027, 1, 1, tzinfo=UTC),
        revoked_at=None,
    )


@given(bodies(), st.binary(min_size=64, max_size=64))
def test_a_code_is_read_back_as_it_was_written(body: CodeBody, signature: bytes):
    text = encode_text(URL, SignedCode(body, signature).blob)
    assert len(text) == len(URL) + 3 + DIGITS
    assert parse_text(text) == parse_text(text[-DIGITS:]) == SignedCode(body, signature)


@given(st.one_of(st.text(), st.from_regex(r"(https?://[a-z.]{1,20}/q/)?[0-9]{318,324}\n?", fullmatch=True)))
def test_hostile_text_is_malformed_or_a_code(text: str):
    try:
        code = parse_text(text)
    except CodeMalformed:
        return
    assert encode_text(URL, code.blob)[-DIGITS:] == text[-DIGITS:]


@pytest.mark.parametrize(
    "spoil",
    [
        lambda text: text + "\n",
        lambda text: " " + text,
        lambda text: text[:-1],
        lambda text: text + "0",
        lambda text: text.upper(),
        lambda text: text.replace("https", "javascript"),
        lambda text: text.replace("/q/", "/q/../"),
        lambda text: text.replace("print.example", "user@print.example"),
        lambda text: text.replace("/q/", "/q/'%3B--"),
        lambda text: text + "?next=https://evil.example",
        lambda text: text[:-1] + "٣",
        lambda text: text[: -DIGITS] + "9" * DIGITS,
        lambda text: text[: -DIGITS] + "0" * DIGITS,
    ],
)  # fmt: skip
def test_text_outside_the_grammar_is_malformed_and_not_repeated(spoil: Any):
    text = spoil(encode_text(URL, sign_code(BODY, software_sign(TEST_KEY)).blob))
    with pytest.raises(CodeMalformed) as refusal:
        parse_text(text)
    assert not {text[:12], text[-12:]} & set(str(refusal.value).split())
    assert "print.example" not in str(refusal.value)


@pytest.mark.parametrize("url", ["HTTPS://print.example", "https://print.example/", "print.example", "ftp://a"])
def test_a_public_address_with_anything_but_scheme_and_host_is_refused(url: str):
    with pytest.raises(CodeMalformed):
        encode_text(url, bytes(BLOB_SIZE))


@pytest.mark.parametrize(
    "change",
    [
        {"key_id": "12345678AB"}, {"key_id": "1234567G"}, {"organisation": -1}, {"organisation": 2**32},
        {"page": 0}, {"page": 11}, {"pages": 65_536}, {"copy": -1}, {"copy": 4}, {"copies": 65_536},
        {"first_seal_id": b"short"}, {"document_sha256": bytes(31)}, {"issued_at": datetime(2026, 11, 22)},  # noqa: DTZ001
        {"issued_at": datetime(2107, 1, 1, tzinfo=UTC)}, {"issued_at": ISSUED.replace(microsecond=1)},
    ],
)  # fmt: skip
def test_a_field_out_of_range_makes_no_body(change: dict[str, Any]):
    with pytest.raises(CodeMalformed):
        replace(BODY, **change)


def test_a_code_signed_in_the_hsm_verifies(hsm: Any, hsm_token: HsmToken):
    body = replace(BODY, key_id=hsm_token.key_id(KeyUsage.CODE))
    code = sign_code(body, raw_sign(hsm, KeyUsage.CODE))
    assert verify_code(parse_text(encode_text(URL, code.blob)), hsm_token.key_list) == body


def test_a_code_with_any_bit_changed_is_refused(hsm_token: HsmToken, published: PublishedKey):
    keys = list_of(published, token=hsm_token)
    blob = sign_code(BODY, software_sign(TEST_KEY)).blob
    verify_code(SignedCode.from_blob(blob), keys)
    for bit in range(8 * BLOB_SIZE):
        changed = bytearray(blob)
        changed[bit // 8] ^= 1 << bit % 8
        with pytest.raises((CodeForged, CodeMalformed, KeyUnknown)):
            verify_code(SignedCode.from_blob(bytes(changed)), keys)


def test_a_key_for_another_use_signs_no_code(hsm: Any, hsm_token: HsmToken):
    body = replace(BODY, key_id=hsm_token.key_id(KeyUsage.TREE_HEAD))
    with pytest.raises(KeyUnknown):
        verify_code(sign_code(body, raw_sign(hsm, KeyUsage.TREE_HEAD)), hsm_token.key_list)


def test_another_organisations_key_is_a_forgery(hsm_token: HsmToken, published: PublishedKey):
    code = sign_code(replace(BODY, organisation=8), software_sign(TEST_KEY))
    with pytest.raises(CodeForged):
        verify_code(code, list_of(published, token=hsm_token))


@pytest.mark.parametrize(
    "issued", [datetime(2025, 12, 31, 23, 59, 59, tzinfo=UTC), datetime(2027, 1, 1, 0, 0, 1, tzinfo=UTC)]
)
def test_a_code_from_outside_the_keys_validity_is_refused(
    hsm_token: HsmToken, published: PublishedKey, issued: datetime
):
    code = sign_code(replace(BODY, issued_at=issued), software_sign(TEST_KEY))
    with pytest.raises(KeyNotValid):
        verify_code(code, list_of(published, token=hsm_token))


def test_a_revoked_keys_codes_are_refused_unless_judged_before_the_revocation(
    hsm_token: HsmToken, published: PublishedKey
):
    revoked_at = ISSUED + timedelta(days=1)
    keys = list_of(published.revoked(revoked_at), token=hsm_token)
    code = sign_code(BODY, software_sign(TEST_KEY))
    for at in (None, revoked_at, revoked_at + timedelta(days=1)):
        with pytest.raises(KeyNotValid):
            verify_code(code, keys, at)
    assert verify_code(code, keys, revoked_at - timedelta(seconds=1)) == BODY


def test_a_key_that_answers_too_little_signs_nothing():
    with pytest.raises(SignatureInvalid):
        sign_code(BODY, lambda digest: digest)


def test_the_published_vectors_hold(hsm_token: HsmToken, published: PublishedKey):
    vectors = json.loads(VECTORS.read_text("utf-8"))
    assert vectors["spki"] == TEST_SPKI.hex()
    assert vectors["domain"] == DOMAIN.hex()
    keys = list_of(published, token=hsm_token)
    for vector in vectors["genuine"]:
        code = parse_text(vector["text"])
        assert code.blob.hex() == vector["blob"]
        assert encode_text(URL, code.blob) == vector["text"]
        body = verify_code(code, keys)
        assert (str(body.serial), body.page, body.copy) == (vector["serial"], vector["page"], vector["copy"])
    for vector in vectors["refused"]:
        with pytest.raises((CodeForged, CodeMalformed, KeyUnknown, KeyNotValid)) as refusal:
            verify_code(parse_text(vector["text"]), keys)
        assert refusal.value.code == vector["code"]


def test_openssl_verifies_the_signature_too(tmp_path: Path):
    code = sign_code(BODY, software_sign(TEST_KEY))
    (tmp_path / "key.der").write_bytes(TEST_SPKI)
    (tmp_path / "signature").write_bytes(raw_to_der(code.signature))
    (tmp_path / "message").write_bytes(DOMAIN + code.body.to_bytes())
    command = [
        "openssl",
        "dgst",
        "-sha256",
        "-verify",
        "key.der",
        "-keyform",
        "DER",
        "-signature",
        "signature",
        "message",
    ]
    assert shutil.which("openssl")
    result = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (result.returncode, result.stdout.strip()) == (0, "Verified OK")
