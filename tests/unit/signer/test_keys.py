"""A key of the token signs only when the root-signed list names it, for the use it is listed for."""

from __future__ import annotations

from dataclasses import replace

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from printserver.signer.keys import (
    KEY_ENCRYPTION_LABEL,
    PDF_LABEL,
    SEAL_CA_LABEL,
    SEAL_MAKER_LABEL,
    TIME_STAMP_LABEL,
    TREE_HEAD_LABEL,
    code_label,
    seal_label,
)
from printserver.signing.errors import HsmKeyMissing, KeyUnknown
from printserver.signing.p256 import verify_raw
from printserver.signing.published_key import KeyUsage
from tests.signing_world import NUMBER, Ceremony


def test_the_ceremony_made_every_key_the_product_uses(ceremony: Ceremony):
    labels = set(ceremony.hsm.labels())
    seals = {label for label in labels if label.startswith(seal_label(""))} - {SEAL_MAKER_LABEL, SEAL_CA_LABEL}
    expected = {PDF_LABEL, TREE_HEAD_LABEL, SEAL_MAKER_LABEL, SEAL_CA_LABEL, KEY_ENCRYPTION_LABEL, code_label(NUMBER)}
    expected |= {TIME_STAMP_LABEL}
    assert labels - seals == expected
    assert len(seals) == 1


def test_a_tree_head_is_signed_by_the_key_of_its_name(ceremony: Ceremony):
    key = ceremony.keys.key_list.find(ceremony.keys.tree_head_id(), KeyUsage.TREE_HEAD)
    verify_raw(key.p256_key(), ceremony.keys.sign_tree_head(b"head"), b"head")


def test_a_pdf_is_signed_by_the_first_certificate_of_its_chain(ceremony: Ceremony):
    (own, root), sign = ceremony.keys.pdf()
    public = serialization.load_der_public_key(
        own.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    )
    assert isinstance(public, rsa.RSAPublicKey)
    public.verify(sign(b"pdf"), b"pdf", padding.PKCS1v15(), hashes.SHA256())
    own.verify_directly_issued_by(root)


def test_an_organisation_without_a_key_has_no_codes_signed(ceremony: Ceremony):
    before = ceremony.hsm.signatures
    with pytest.raises(HsmKeyMissing):
        ceremony.keys.code(2)
    assert ceremony.hsm.signatures == before


@pytest.mark.parametrize("usage", [KeyUsage.CODE, KeyUsage.PDF, KeyUsage.TREE_HEAD])
def test_a_key_that_is_not_on_the_list_for_its_use_signs_nothing(ceremony: Ceremony, usage: KeyUsage):
    key_list = ceremony.keys.key_list
    others = tuple(key for key in key_list.keys if key.usage is not usage)
    keys = replace(ceremony.keys, key_list=replace(key_list, keys=others))
    asked = {
        KeyUsage.CODE: lambda: keys.code(NUMBER),
        KeyUsage.PDF: keys.pdf,
        KeyUsage.TREE_HEAD: keys.tree_head_id,
    }
    before = ceremony.hsm.signatures
    with pytest.raises(KeyUnknown):
        asked[usage]()
    assert ceremony.hsm.signatures == before
