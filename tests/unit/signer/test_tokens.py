"""A first ceremony on a token that somebody else has made: NSS softokn, where installed, stands for the others."""

from __future__ import annotations

import shutil
import subprocess
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import pytest

from printserver.settings import Settings
from printserver.signer.ceremony_plan import CeremonyPlan
from printserver.signer.daemon import open_keys
from printserver.signer.key_ceremony import hold
from printserver.signing import token_providers
from printserver.signing.errors import HsmPinRefused, HsmUnavailable, TokenSetupRefused
from printserver.signing.p256 import load_public_key, verify_raw
from printserver.signing.seal_object import verify_seal_object
from printserver.signing.token_providers import token_provider
from printserver.storage.store_settings import ObjectStoreSettings
from tests.signing_world import PLAN, key_list_of

NSS = token_provider("nss").module()
NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
DIGEST = sha256(b"message").digest()
PIN = "contract-4711"
needs_nss = pytest.mark.skipif(NSS is None or shutil.which("certutil") is None, reason="NSS is not installed")


def installation(home: Path, *, provider: str = "nss", pin: str = PIN) -> Settings:
    """Folders as `init` makes them, and a token that `certutil` has made."""
    settings = Settings(
        home=home,
        pkcs11_provider=provider,
        pkcs11_module=NSS or Path("/absent.so"),
        pkcs11_token="NSS Certificate DB",
    )
    for folder in (settings.token_folder, settings.web_home, settings.key_list.parent, settings.data):
        folder.mkdir(parents=True)
    right = home / "right-pin"
    right.write_text(f"{PIN}\n")
    settings.pin_file.write_text(f"{pin}\n")
    settings.pin_file.chmod(0o600)
    if shutil.which("certutil"):
        subprocess.run(["certutil", "-N", "-d", f"sql:{settings.token_folder}", "-f", str(right)], check=True)
    return settings


@needs_nss
def test_all_keys_are_made_in_the_token_that_the_settings_name(tmp_path: Path):
    settings = installation(tmp_path / "home")
    plan = CeremonyPlan.model_validate(PLAN)
    held = hold(settings, plan, NOW)
    keys = open_keys(settings)
    try:
        assert len(keys.pdf()[1](b"message")) == 384
        code, sign = keys.code(1)
        verify_raw(load_public_key(code.spki), sign(DIGEST), b"message")
        wrapped = keys.hsm.wrap("key-encryption", bytes(64))
        assert keys.hsm.unwrap("key-encryption", wrapped) == bytes(64)
        verify_seal_object(held.seals[0].object, key_list_of(settings), NOW)
    finally:
        keys.hsm.close()
    assert not (settings.token_folder / "tokens").exists()
    assert not (settings.offline_root / "so-pin").exists()
    with pytest.raises(TokenSetupRefused, match="holds keys already"):
        hold(settings, plan, NOW)


@needs_nss
def test_a_wrong_pin_is_tried_once_and_nothing_is_made(tmp_path: Path):
    settings = installation(tmp_path / "home", pin="wrong-4711")
    for _ in range(2):
        with pytest.raises(HsmPinRefused):
            hold(settings, CeremonyPlan.model_validate(PLAN), NOW)
    assert not settings.offline_root.exists()
    assert not settings.key_list.exists()


@pytest.mark.parametrize(
    ("provider", "refusal"), [("tpm2", "makes no rsa-3072 keys"), ("absent", "describes no kind of token")]
)
def test_a_token_that_cannot_take_our_keys_is_refused_before_anything_is_made(
    tmp_path: Path, provider: str, refusal: str
):
    settings = installation(tmp_path / "home", provider=provider)
    with pytest.raises(TokenSetupRefused, match=refusal):
        hold(settings, CeremonyPlan.model_validate(PLAN), NOW)
    assert not settings.offline_root.exists()


def test_a_token_that_cannot_seal_is_refused_unless_the_settings_say_that_nothing_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """As far as the ceremony looks before it makes anything; the token itself is not there."""
    described = tmp_path / "providers.toml"
    described.write_text(
        token_providers.FILE.read_text("utf-8").replace('wrapping = "AES_KEY_WRAP_PAD"', 'wrapping = ""')
    )
    monkeypatch.setattr(token_providers, "FILE", described)
    settings = installation(tmp_path / "home", provider="standard").model_copy(
        update={"pkcs11_module": tmp_path / "absent.so"}
    )
    with pytest.raises(TokenSetupRefused, match="cannot wrap keys"):
        hold(settings, CeremonyPlan.model_validate(PLAN), NOW)
    unsealed = settings.model_copy(update={"object_store": ObjectStoreSettings(sealed=False)})
    with pytest.raises(HsmUnavailable):
        hold(unsealed, CeremonyPlan.model_validate(PLAN), NOW)
    assert not settings.offline_root.exists()


def test_a_token_that_is_not_there_is_unavailable_and_nothing_is_made(tmp_path: Path):
    settings = installation(tmp_path / "home", provider="standard").model_copy(
        update={"pkcs11_module": tmp_path / "absent.so"}
    )
    with pytest.raises(HsmUnavailable):
        hold(settings, CeremonyPlan.model_validate(PLAN), NOW)
    assert not settings.offline_root.exists()
