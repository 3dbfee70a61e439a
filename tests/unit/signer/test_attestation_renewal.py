"""The attestation key's renewal at every moment at which it may be interrupted."""

from __future__ import annotations

from pathlib import Path

import pytest

from printserver.signer.attestation_renewal import AttestationRenewal
from printserver.signing.errors import TrustFileRefused
from printserver.signing.evidence import AttestationKey
from tests.hsm_token import HsmToken, hsm_token

__all__ = ["hsm_token"]


@pytest.fixture
def renewal(tmp_path: Path, hsm_token: HsmToken) -> AttestationRenewal:
    """Of the attestation key that the shared token's list names."""
    file = tmp_path / "attestation-key.pem"
    file.write_bytes(hsm_token.attestation_key_file.read_bytes())
    file.chmod(0o600)
    return AttestationRenewal(file)


def test_the_new_key_is_used_only_once_it_is_put(renewal: AttestationRenewal):
    before = AttestationKey.load(renewal.file).key_id
    renewal.make()
    assert AttestationKey.load(renewal.file).key_id == before
    assert renewal.waiting.stat().st_mode & 0o777 == 0o600
    renewal.put()
    assert AttestationKey.load(renewal.file).key_id != before
    assert not renewal.is_waiting


def test_a_key_that_waits_is_not_made_again_over_it(renewal: AttestationRenewal):
    renewal.make()
    kept = renewal.waiting.read_bytes()
    with pytest.raises(TrustFileRefused):
        renewal.make()
    assert renewal.waiting.read_bytes() == kept


def test_a_waiting_key_that_nobody_listed_is_thrown_away(renewal: AttestationRenewal, hsm_token: HsmToken):
    before = renewal.file.read_bytes()
    renewal.make()
    renewal.tidy(hsm_token.key_list)
    assert (renewal.is_waiting, renewal.file.read_bytes()) == (False, before)


def test_a_waiting_key_that_is_listed_is_put_in_place(renewal: AttestationRenewal, hsm_token: HsmToken):
    listed = renewal.file.read_bytes()
    renewal.make()
    renewal.put()
    renewal.waiting.write_bytes(listed)
    renewal.waiting.chmod(0o600)
    renewal.tidy(hsm_token.key_list)
    assert (renewal.is_waiting, renewal.file.read_bytes()) == (False, listed)
