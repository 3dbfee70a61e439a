"""Seal objects and signatures made with them: only a trusted maker's bytes, only in their time."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st

from printserver.foundation.errors import PrintServerError
from printserver.signing import seal_asn1
from printserver.signing.errors import (
    SealMakerUnknown,
    SealObjectExpired,
    SealObjectForged,
    SealObjectMalformed,
)
from printserver.signing.hsm import Hsm
from printserver.signing.p256 import software_sign, spki_of
from printserver.signing.published_key import KeyUsage
from printserver.signing.seal_object import (
    SealFacts,
    SealPicture,
    make_seal_object,
    read_seal_object,
    verify_seal_object,
)
from printserver.signing.seal_signature import sign_with_seal, verify_seal_signature
from printserver.signing.trust import issue_certificate
from tests.hsm_token import NOT_AFTER, NOT_BEFORE, HsmToken, raw_sign

MADE = datetime(2026, 3, 1, tzinfo=UTC)
NOW = datetime(2026, 11, 22, 13, 30, tzinfo=UTC)
PICTURE = SealPicture(b"%PDF-1.7 a seal", 40, 40)
FACTS = SealFacts(
    seal_id="SEAL-0001",
    vendor_id="printserver",
    seal_type=1,
    name="示例公司合同专用章",
    created_at=MADE,
    valid_from=MADE,
    valid_to=datetime(2029, 3, 1, tzinfo=UTC),
)
DATA = bytes(range(32))


@pytest.fixture(scope="module")
def seal(hsm: Hsm, hsm_token: HsmToken) -> bytes:
    return make_seal_object(
        FACTS,
        PICTURE,
        [hsm_token.certificates[KeyUsage.SEAL]],
        hsm_token.certificates[KeyUsage.SEAL_MAKER],
        raw_sign(hsm, KeyUsage.SEAL_MAKER),
    )


@pytest.fixture(scope="module")
def sealed(hsm: Hsm, hsm_token: HsmToken, seal: bytes) -> bytes:
    return sign_with_seal(
        seal,
        data_sha256=DATA,
        holder_certificate=hsm_token.certificates[KeyUsage.SEAL],
        sign=raw_sign(hsm, KeyUsage.SEAL),
        at=NOW,
        property_info="copy 1",
    )


def software_certificate(token: HsmToken, scalar: int, usage: KeyUsage) -> tuple[x509.Certificate, Any]:
    key = ec.derive_private_key(scalar, ec.SECP256R1())
    certificate = issue_certificate(
        token.root, usage, spki=spki_of(key.public_key()), common_name="Stranger", organisation_name="示例公司",
        not_before=NOT_BEFORE, not_after=NOT_AFTER,
    )  # fmt: skip
    return certificate, software_sign(key)


def test_a_seal_says_what_its_maker_vouched_for(seal: bytes, hsm_token: HsmToken):
    maker = hsm_token.certificates[KeyUsage.SEAL_MAKER]
    for makers in (hsm_token.key_list, [maker]):
        read = verify_seal_object(seal, makers, NOW)
        assert read.facts == FACTS
        assert read.picture == PICTURE
        assert [x509.load_der_x509_certificate(der) for der in read.holder_certificates] == [
            hsm_token.certificates[KeyUsage.SEAL]
        ]
        assert x509.load_der_x509_certificate(read.maker_certificate) == maker


def test_openssl_reads_the_structure_and_verifies_the_makers_signature(
    seal: bytes, hsm_token: HsmToken, tmp_path: Path
):
    read = read_seal_object(seal)
    (tmp_path / "seal").write_bytes(seal)
    (tmp_path / "info").write_bytes(read.signed_bytes)
    (tmp_path / "signature").write_bytes(read.signature)
    (tmp_path / "maker.der").write_bytes(read.maker_certificate)

    def openssl(*arguments: str) -> str:
        return subprocess.run(["openssl", *arguments], cwd=tmp_path, capture_output=True, text=True, check=True).stdout

    parsed = openssl("asn1parse", "-inform", "DER", "-in", "seal")
    assert "IA5STRING         :ES" in parsed
    assert "ecdsa-with-SHA256" in parsed
    (tmp_path / "maker.pem").write_text(openssl("x509", "-in", "maker.der", "-inform", "DER", "-pubkey", "-noout"))
    assert "OK" in openssl("dgst", "-sha256", "-verify", "maker.pem", "-signature", "signature", "info")


def test_a_seal_with_any_byte_changed_is_refused(seal: bytes, hsm_token: HsmToken):
    for at in range(len(seal)):
        changed = bytearray(seal)
        changed[at] ^= 1
        with pytest.raises((SealObjectMalformed, SealObjectForged, SealMakerUnknown)):
            verify_seal_object(bytes(changed), hsm_token.key_list, NOW)


@given(st.binary(max_size=200), st.integers(0, 400), st.integers(0, 50))
def test_hostile_bytes_are_refused_and_nothing_else(noise: bytes, at: int, cut: int):
    spoiled = SAMPLE[:at] + noise + SAMPLE[at + cut :]
    if spoiled == SAMPLE:
        return
    with pytest.raises(PrintServerError):
        verify_seal_object(spoiled, [], NOW)


SAMPLE = seal_asn1.Seal(
    {
        "eSealInfo": {
            "header": {"ID": "ES", "version": 4, "Vid": "v"},
            "esID": "1",
            "property": {
                "type": 1, "name": "n", "certListType": 1, "certList": [b"c"],
                "createDate": MADE, "validStart": MADE, "validEnd": NOW,
            },
            "picture": {"type": "PDF", "data": b"x", "width": 1, "height": 1},
        },
        "cert": b"c", "signAlgID": "1.2.156.10197.1.501", "signedValue": seal_asn1.octets(bytes(70)),
    }
).dump()  # fmt: skip


def test_a_seal_is_valid_from_its_first_to_its_last_second(seal: bytes, hsm_token: HsmToken):
    second = timedelta(seconds=1)
    for at in (FACTS.valid_from, FACTS.valid_to):
        verify_seal_object(seal, hsm_token.key_list, at)
    for at in (FACTS.valid_from - second, FACTS.valid_to + second):
        with pytest.raises(SealObjectExpired):
            verify_seal_object(seal, hsm_token.key_list, at)


def test_without_a_trusted_maker_no_seal_is_genuine(seal: bytes, hsm_token: HsmToken):
    stranger, _ = software_certificate(hsm_token, 3, KeyUsage.SEAL_MAKER)
    without = replace(
        hsm_token.key_list, keys=tuple(key for key in hsm_token.key_list.keys if key.usage is not KeyUsage.SEAL_MAKER)
    )
    for makers in ([], [stranger], [hsm_token.certificates[KeyUsage.SEAL]], without):
        with pytest.raises(SealMakerUnknown):
            verify_seal_object(seal, makers, NOW)


def test_a_revoked_maker_is_not_trusted_any_more(seal: bytes, hsm_token: HsmToken):
    keys = tuple(key.revoked(NOW) if key.usage is KeyUsage.SEAL_MAKER else key for key in hsm_token.key_list.keys)
    revoked = replace(hsm_token.key_list, keys=keys)
    verify_seal_object(seal, revoked, NOW - timedelta(seconds=1))
    with pytest.raises(SealMakerUnknown):
        verify_seal_object(seal, revoked, NOW)


def test_a_seal_naming_a_maker_who_did_not_sign_it_is_forged(hsm_token: HsmToken):
    _, sign = software_certificate(hsm_token, 3, KeyUsage.SEAL_MAKER)
    forged = make_seal_object(
        FACTS, PICTURE, [hsm_token.certificates[KeyUsage.SEAL]], hsm_token.certificates[KeyUsage.SEAL_MAKER], sign
    )
    with pytest.raises(SealObjectForged):
        verify_seal_object(forged, hsm_token.key_list, NOW)


@pytest.mark.parametrize(
    "make",
    [
        lambda: replace(FACTS, seal_id=""),
        lambda: replace(FACTS, seal_id="印章"),
        lambda: replace(FACTS, vendor_id="\n"),
        lambda: replace(FACTS, name=""),
        lambda: replace(FACTS, valid_to=FACTS.valid_from),
        lambda: replace(FACTS, created_at=datetime(2026, 1, 1)),  # noqa: DTZ001
        lambda: SealPicture(b"", 40, 40),
        lambda: SealPicture(b"x", 0, 40),
        lambda: SealPicture(b"x", 40, 1001),
        lambda: SealPicture(b"x", 40, 40, "P D F"),
    ],
)  # fmt: skip
def test_facts_out_of_range_make_no_seal(make: Callable[[], object]):
    with pytest.raises(SealObjectMalformed):
        make()


def test_a_seal_without_a_holder_is_not_made(hsm: Hsm, hsm_token: HsmToken):
    with pytest.raises(SealObjectMalformed):
        make_seal_object(
            FACTS, PICTURE, [], hsm_token.certificates[KeyUsage.SEAL_MAKER], raw_sign(hsm, KeyUsage.SEAL_MAKER)
        )


def test_a_signature_made_with_a_seal_proves_digest_holder_and_time(sealed: bytes, hsm_token: HsmToken):
    read = verify_seal_signature(sealed, data_digest=DATA, makers=hsm_token.key_list)
    assert read.seal.facts == FACTS
    assert (read.signed_at, read.property_info) == (NOW, "copy 1")


def test_a_seal_put_on_other_data_is_forged(sealed: bytes, hsm_token: HsmToken):
    with pytest.raises(SealObjectForged):
        verify_seal_signature(sealed, data_digest=bytes(32), makers=hsm_token.key_list)


def test_a_seals_signature_with_any_byte_changed_is_refused(sealed: bytes, hsm_token: HsmToken):
    for at in range(0, len(sealed), 3):
        changed = bytearray(sealed)
        changed[at] ^= 1
        with pytest.raises((SealObjectMalformed, SealObjectForged, SealMakerUnknown, SealObjectExpired)):
            verify_seal_signature(bytes(changed), data_digest=DATA, makers=hsm_token.key_list)


def test_only_a_holder_can_seal(seal: bytes, sealed: bytes, hsm_token: HsmToken):
    stranger, sign = software_certificate(hsm_token, 4, KeyUsage.SEAL)
    with pytest.raises(SealObjectForged):
        sign_with_seal(seal, data_sha256=DATA, holder_certificate=stranger, sign=sign, at=NOW, property_info="copy 1")
    with pytest.raises(SealObjectForged):
        verify_seal_signature(
            sign_with_seal(
                seal, data_sha256=DATA, holder_certificate=hsm_token.certificates[KeyUsage.SEAL], sign=sign, at=NOW,
                property_info="copy 1",
            ),
            data_digest=DATA,
            makers=hsm_token.key_list,
        )  # fmt: skip


def test_a_seal_used_after_its_end_seals_nothing(hsm: Hsm, seal: bytes, hsm_token: HsmToken):
    late = sign_with_seal(
        seal, data_sha256=DATA, holder_certificate=hsm_token.certificates[KeyUsage.SEAL],
        sign=raw_sign(hsm, KeyUsage.SEAL), at=FACTS.valid_to + timedelta(days=1), property_info="copy 1",
    )  # fmt: skip
    with pytest.raises(SealObjectExpired):
        verify_seal_signature(late, data_digest=DATA, makers=hsm_token.key_list)
