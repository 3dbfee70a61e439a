"""Certificates for new seals: openssl follows them to the offline root, and they cannot certify anything further."""

from __future__ import annotations

import subprocess
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization

from printserver.signing.errors import SealOrderRefused, SignatureInvalid
from printserver.signing.hsm import Hsm
from printserver.signing.published_key import KeyUsage
from printserver.signing.seal_ca import issue_holder_certificate
from tests.hsm_token import NOT_AFTER, NOT_BEFORE, HsmToken, raw_sign

DAY = timedelta(days=1)


def issued(hsm: Hsm, token: HsmToken, *, usage: KeyUsage = KeyUsage.SEAL, days: int = 365) -> x509.Certificate:
    return issue_holder_certificate(
        token.certificates[KeyUsage.SEAL_CA],
        raw_sign(hsm, KeyUsage.SEAL_CA),
        spki=hsm.public_spki(usage),
        common_name="示例公司合同专用章" * 9,
        serial_text="0123456789ab",
        not_before=NOT_BEFORE + DAY,
        not_after=NOT_BEFORE + DAY * days,
    )


def openssl(folder: Path, *arguments: str) -> str:
    return subprocess.run(["openssl", *arguments], cwd=folder, capture_output=True, text=True, check=True).stdout


def test_openssl_follows_a_holders_certificate_to_the_root(hsm: Hsm, hsm_token: HsmToken, tmp_path: Path):
    holder, ca = issued(hsm, hsm_token), hsm_token.certificates[KeyUsage.SEAL_CA]
    for name, certificate in (("root", hsm_token.root.certificate), ("ca", ca), ("holder", holder)):
        (tmp_path / f"{name}.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    at = str(int((NOT_BEFORE + DAY * 2).timestamp()))
    command = ("verify", "-x509_strict", "-attime", at, "-CAfile", "root.pem", "-untrusted", "ca.pem", "holder.pem")
    assert "OK" in openssl(tmp_path, *command)
    text = openssl(tmp_path, "x509", "-noout", "-text", "-in", "holder.pem")
    assert "CA:FALSE" in text
    assert "Non Repudiation" in text
    assert "1.3.6.1.5.5.7.3.36" in text or "Document Signing" in text
    assert holder.subject.get_attributes_for_oid(x509.NameOID.SERIAL_NUMBER)[0].value == "0123456789ab"


def test_a_holder_cannot_certify_anybody(hsm: Hsm, hsm_token: HsmToken):
    constraints = issued(hsm, hsm_token).extensions.get_extension_for_class(x509.BasicConstraints).value
    assert not constraints.ca


def test_no_certificate_outlives_the_seal_ca(hsm: Hsm, hsm_token: HsmToken):
    with pytest.raises(SealOrderRefused):
        issued(hsm, hsm_token, days=(NOT_AFTER - NOT_BEFORE).days + 2)


def test_only_p256_keys_are_certified(hsm: Hsm, hsm_token: HsmToken):
    with pytest.raises(SignatureInvalid):
        issued(hsm, hsm_token, usage=KeyUsage.PDF)
