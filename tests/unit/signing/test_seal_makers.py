"""Whose seals are believed: the key list's maker, pinned certificates, and nobody else."""

from __future__ import annotations

import base64
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from printserver.signing.errors import SealMakerUnknown, TrustFileRefused
from printserver.signing.hsm import Hsm
from printserver.signing.published_key import KeyUsage
from printserver.signing.seal_ca import issue_holder_certificate
from printserver.signing.seal_certificates import read_seal_certificate
from printserver.signing.seal_makers import SealMakers, Vouched, read_maker_file, read_pinned_makers
from printserver.signing.seal_object import certificate_der
from tests.hsm_token import NOT_BEFORE, HsmToken, raw_sign
from tests.seal_vectors import P256, SM2, make_key

LATER = NOT_BEFORE + timedelta(days=100)


def test_the_key_lists_maker_is_internal_and_stays_so_when_it_is_pinned_nowhere(hsm_token: HsmToken):
    maker = read_seal_certificate(certificate_der(hsm_token.certificates[KeyUsage.SEAL_MAKER]))
    assert SealMakers(hsm_token.key_list).vouch(maker, made_at=LATER, at=LATER) is Vouched.INTERNAL
    for usage in (KeyUsage.SEAL, KeyUsage.SEAL_CA, KeyUsage.CODE):
        other = read_seal_certificate(certificate_der(hsm_token.certificates[usage]))
        with pytest.raises(SealMakerUnknown):
            SealMakers(hsm_token.key_list).vouch(other, made_at=LATER, at=LATER)


def test_a_maker_is_believed_only_about_seals_of_its_certificates_time(hsm_token: HsmToken):
    maker = read_seal_certificate(certificate_der(hsm_token.certificates[KeyUsage.SEAL_MAKER]))
    with pytest.raises(SealMakerUnknown):
        SealMakers(pinned=(maker.der,)).vouch(maker, made_at=maker.not_before - timedelta(1), at=LATER)


def test_pinned_makers_are_read_from_their_folder_as_pem_and_der(tmp_path: Path):
    keys = [make_key(tmp_path, kind, "maker") for kind in (P256, SM2)]
    folder = tmp_path / "seal-makers"
    assert read_pinned_makers(folder) == ()
    folder.mkdir()
    (folder / "a.der").write_bytes(keys[0].certificate)
    (folder / "README.md").write_text("what lies here")
    pem = b"-----BEGIN CERTIFICATE-----\n" + base64.encodebytes(keys[1].certificate) + b"-----END CERTIFICATE-----\n"
    (folder / "b.pem").write_bytes(pem)
    assert set(read_pinned_makers(folder)) == {key.certificate for key in keys}


@pytest.mark.parametrize("content", [b"", b"hello", b"-----BEGIN CERTIFICATE-----\nAAAA\n", bytes(70_000)])
def test_a_pin_that_is_no_certificate_does_not_go_unnoticed(tmp_path: Path, content: bytes):
    (tmp_path / "bad.pem").write_bytes(content)
    with pytest.raises(TrustFileRefused):
        read_pinned_makers(tmp_path)
    with pytest.raises(TrustFileRefused):
        read_maker_file(tmp_path / "nothing.pem")


def test_holders_of_our_own_seals_come_from_the_root_or_its_seal_ca(hsm_token: HsmToken, hsm: Hsm):
    makers = SealMakers(hsm_token.key_list)
    ca = hsm_token.certificates[KeyUsage.SEAL_CA]
    new = issue_holder_certificate(
        ca,
        raw_sign(hsm, KeyUsage.SEAL_CA),
        spki=hsm.public_spki(KeyUsage.SEAL),
        common_name="合同专用章",
        serial_text="0123456789ab",
        not_before=LATER,
        not_after=LATER + timedelta(days=365),
    )
    for holder in (new, hsm_token.certificates[KeyUsage.SEAL]):
        makers.check_holder(certificate_der(holder), at=LATER)
    with pytest.raises(SealMakerUnknown):
        SealMakers(pinned=makers.pinned).check_holder(certificate_der(new), at=LATER)
    revoked = tuple(key.revoked(LATER) if key.usage is KeyUsage.SEAL_CA else key for key in hsm_token.key_list.keys)
    with pytest.raises(SealMakerUnknown):
        SealMakers(replace(hsm_token.key_list, keys=revoked)).check_holder(certificate_der(new), at=LATER)


def test_strangers_hold_no_seal_of_ours(hsm_token: HsmToken, tmp_path: Path):
    for kind in (P256, SM2):
        with pytest.raises(SealMakerUnknown):
            SealMakers(hsm_token.key_list).check_holder(make_key(tmp_path, kind, "x").certificate, at=LATER)
