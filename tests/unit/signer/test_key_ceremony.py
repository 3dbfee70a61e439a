"""What a ceremony leaves behind: published keys under the offline root, and no secret where it does not belong."""

from __future__ import annotations

import stat
from datetime import timedelta

import pytest

from printserver.signer.ceremony_plan import CeremonyPlan
from printserver.signer.key_ceremony import hold
from printserver.signing.errors import HsmKeyExists, KeyListRefused, TokenSetupRefused, TrustFileRefused
from printserver.signing.hsm import Hsm, KeyKind
from printserver.signing.key_list import KeyList
from printserver.signing.published_key import KeyUsage
from printserver.signing.seal_object import verify_seal_object
from tests.signing_world import NUMBER, PLAN, Ceremony, key_list_of


def test_every_published_key_belongs_to_the_organisation_and_is_certified_by_the_root(ceremony: Ceremony):
    key_list = key_list_of(ceremony.settings)
    usages = sorted(key.usage for key in key_list.keys)
    assert usages == sorted(KeyUsage)
    for key in key_list.keys:
        assert key.organisation == NUMBER
        key.x509_certificate().verify_directly_issued_by(key_list.root_certificate)


def test_the_list_is_believed_only_under_the_pinned_root(ceremony: Ceremony):
    data = ceremony.settings.key_list.read_bytes()
    with pytest.raises(KeyListRefused):
        KeyList.load(data, root_fingerprint="0" * 64)
    with pytest.raises(KeyListRefused):
        KeyList.load(data.replace(b'"sequence":1', b'"sequence":2'), root_fingerprint=fingerprint(ceremony))


def fingerprint(ceremony: Ceremony) -> str:
    return ceremony.settings.root_fingerprint.read_text().strip()


def test_secrets_are_readable_by_their_owner_alone(ceremony: Ceremony):
    settings = ceremony.settings
    for file in (
        settings.pin_file,
        settings.attestation_key,
        settings.offline_root / "root-key.pem",
        settings.offline_root / "so-pin",
    ):
        assert stat.S_IMODE(file.stat().st_mode) == 0o600, file
    for folder in (settings.offline_root, settings.token_folder):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700, folder


def test_the_seal_that_was_made_verifies_and_holds_its_picture(ceremony: Ceremony):
    made = ceremony.seal_object("合同专用章", "0123456789ab", b"%PDF-1.7 picture")
    verified = verify_seal_object(made, ceremony.keys.key_list, ceremony.now + timedelta(days=1))
    assert (verified.facts.seal_id, verified.facts.name) == ("0123456789ab", "合同专用章")


def test_a_second_ceremony_in_the_same_place_makes_nothing(ceremony: Ceremony):
    settings = ceremony.settings
    files = {
        path: path.read_bytes() for path in settings.home.rglob("*") if path.is_file() and "token" not in str(path)
    }
    with pytest.raises((FileExistsError, TrustFileRefused, TokenSetupRefused)):
        hold(settings, CeremonyPlan.model_validate(PLAN), ceremony.now)
    assert {path: path.read_bytes() for path in files} == files


def test_no_key_is_ever_made_over_another(ceremony: Ceremony):
    hsm: Hsm = ceremony.hsm
    before = hsm.labels()
    with pytest.raises(HsmKeyExists):
        hsm.generate_key("pdf", KeyKind.RSA_3072, b"another")
    assert hsm.labels() == before
