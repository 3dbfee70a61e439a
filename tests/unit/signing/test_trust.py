"""The offline root: its files are private, its certificates are what OpenSSL accepts."""

from __future__ import annotations

import subprocess
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from printserver.signing.errors import TrustFileRefused
from printserver.signing.p256 import spki_of
from printserver.signing.published_key import KeyUsage
from printserver.signing.trust import issue_certificate, load_key_file, load_root, make_key_file, make_root
from tests.hsm_token import NOT_AFTER, NOT_BEFORE, HsmToken

P256 = spki_of(ec.derive_private_key(7, ec.SECP256R1()).public_key())
P384 = spki_of(ec.derive_private_key(7, ec.SECP384R1()).public_key())


def pem_file(path: Path, certificate: x509.Certificate) -> str:
    path.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    return str(path)


def openssl(*arguments: str) -> str:
    return subprocess.run(["openssl", *arguments], capture_output=True, text=True, check=True).stdout


@pytest.mark.parametrize("usage", list(KeyUsage))
def test_openssl_verifies_every_certificate_against_the_root(hsm_token: HsmToken, tmp_path: Path, usage: KeyUsage):
    certificate = pem_file(tmp_path / "certificate.pem", hsm_token.certificates[usage])
    root = str(hsm_token.root_certificate_file)
    assert "OK" in openssl("verify", "-x509_strict", "-CAfile", root, certificate)
    text = openssl("x509", "-noout", "-text", "-in", certificate)
    assert ("CA:TRUE, pathlen:0" if usage is KeyUsage.SEAL_CA else "CA:FALSE") in text
    assert "Digital Signature" in text
    assert ("Non Repudiation" in text) == (usage in {KeyUsage.PDF, KeyUsage.SEAL, KeyUsage.SEAL_MAKER})
    assert ("3072 bit" in text) == (usage is KeyUsage.PDF)


def test_the_root_may_have_the_seal_ca_below_it_and_nothing_below_that(hsm_token: HsmToken):
    text = openssl("x509", "-noout", "-text", "-in", str(hsm_token.root_certificate_file))
    assert "CA:TRUE, pathlen:1" in text
    assert "Certificate Sign" in text


def test_the_roots_key_is_private_and_opens_with_its_passphrase_only(tmp_path: Path):
    (tmp_path / "passphrase").write_text("correct horse\nsecond line\n")
    (tmp_path / "wrong").write_text("battery\n")
    (tmp_path / "empty").write_text("\n")
    key = tmp_path / "root.key"
    made = make_root(
        key,
        common_name="Root",
        organisation_name="示例公司",
        not_before=NOT_BEFORE,
        not_after=NOT_AFTER,
        passphrase_file=tmp_path / "passphrase",
    )
    pem_file(tmp_path / "root.pem", made.certificate)
    assert key.stat().st_mode & 0o777 == 0o600
    opened = load_root(key, tmp_path / "root.pem", passphrase_file=tmp_path / "passphrase")
    assert opened.fingerprint == made.fingerprint
    for passphrase in (None, tmp_path / "wrong", tmp_path / "empty", tmp_path / "absent"):
        with pytest.raises(TrustFileRefused):
            load_root(key, tmp_path / "root.pem", passphrase_file=passphrase)


def test_a_key_is_never_overwritten(tmp_path: Path):
    make_key_file(tmp_path / "key")
    before = (tmp_path / "key").read_bytes()
    with pytest.raises(TrustFileRefused):
        make_key_file(tmp_path / "key")
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(TrustFileRefused):
        make_key_file(tmp_path / "link")
    assert (tmp_path / "key").read_bytes() == before
    assert not (tmp_path / "elsewhere").exists()


def test_a_key_file_that_others_can_read_is_not_used(tmp_path: Path):
    make_key_file(tmp_path / "key")
    (tmp_path / "key").chmod(0o640)
    with pytest.raises(TrustFileRefused):
        load_key_file(tmp_path / "key")


def test_key_and_certificate_of_different_roots_are_not_one_root(hsm_token: HsmToken, tmp_path: Path):
    make_key_file(tmp_path / "key")
    with pytest.raises(TrustFileRefused):
        load_root(tmp_path / "key", hsm_token.root_certificate_file)


@pytest.mark.parametrize(
    ("usage", "spki"),
    [
        (KeyUsage.PDF, P256),
        (KeyUsage.CODE, P384),
        (KeyUsage.CODE, b"no key"),
        (
            KeyUsage.PDF,
            rsa.generate_private_key(65537, 2048)
            .public_key()
            .public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo),
        ),
    ],
)
def test_a_key_that_does_not_suit_its_use_is_not_certified(hsm_token: HsmToken, usage: KeyUsage, spki: bytes):
    with pytest.raises(TrustFileRefused):
        issue_certificate(
            hsm_token.root, usage, spki=spki, common_name="x", organisation_name="y",
            not_before=NOT_BEFORE, not_after=NOT_AFTER,
        )  # fmt: skip


def test_a_certificate_does_not_outlive_its_root(hsm_token: HsmToken):
    with pytest.raises(TrustFileRefused):
        issue_certificate(
            hsm_token.root, KeyUsage.CODE, spki=P256, common_name="x", organisation_name="y",
            not_before=NOT_BEFORE, not_after=NOT_AFTER + timedelta(days=1),
        )  # fmt: skip
