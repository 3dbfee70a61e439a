"""Making a token: PINs stay in their files."""

from __future__ import annotations

from pathlib import Path

import pytest

from printserver.signing.errors import TokenSetupRefused, TrustFileRefused
from printserver.signing.hsm import Hsm
from printserver.signing.token_settings import TokenSettings
from printserver.signing.token_setup import TEMPLATE, make_softhsm_token, read_pin
from tests.hsm_token import LABEL, make_empty_token


def test_a_new_token_opens_with_the_pin_of_its_file(tmp_path: Path):
    settings, pin_file = make_empty_token(tmp_path)
    assert settings == TokenSettings.of_softhsm_folder(
        tmp_path / "token", label=LABEL, module=tmp_path / "libsofthsm2.so"
    )
    hsm = Hsm(settings, pin=read_pin(pin_file))
    assert hsm.labels() == []
    hsm.close()


def test_pins_are_private_random_and_nowhere_else(tmp_path: Path):
    make_empty_token(tmp_path)
    pins = [(tmp_path / name).read_text().strip() for name in ("pin", "so-pin")]
    assert len(set(pins)) == 2
    assert all(len(pin) == 32 for pin in pins)
    for name in ("pin", "so-pin"):
        assert (tmp_path / name).stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "token").stat().st_mode & 0o777 == 0o700
    for file in (tmp_path / "token").rglob("*"):
        if file.is_file():
            assert not any(pin.encode() in file.read_bytes() for pin in pins)
    assert "pin" not in TEMPLATE.read_text("utf-8").replace("no PIN belongs here", "").lower()


def test_a_folder_with_a_token_is_left_alone(tmp_path: Path):
    settings, pin_file = make_empty_token(tmp_path)
    before = pin_file.read_bytes()
    with pytest.raises(TokenSetupRefused):
        make_softhsm_token(
            tmp_path / "token", label=LABEL, pin_file=tmp_path / "pin-2", so_pin_file=tmp_path / "so-pin-2",
            module=settings.module,
        )  # fmt: skip
    assert pin_file.read_bytes() == before
    assert not (tmp_path / "pin-2").exists()


def test_a_pin_file_is_never_overwritten(tmp_path: Path):
    (tmp_path / "pin").write_text("precious\n")
    with pytest.raises(TrustFileRefused):
        make_empty_token(tmp_path)
    assert (tmp_path / "pin").read_text() == "precious\n"


@pytest.mark.parametrize("label", ["", "长" * 11])
def test_a_label_that_does_not_fit_is_refused(tmp_path: Path, label: str):
    with pytest.raises(TokenSetupRefused):
        make_softhsm_token(tmp_path / "t", label=label, pin_file=tmp_path / "p", so_pin_file=tmp_path / "s")
    assert list(tmp_path.iterdir()) == []


def test_a_pin_is_read_only_from_a_private_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    file = tmp_path / "pin"
    file.write_text("1234\nignored\n")
    file.chmod(0o644)
    with pytest.raises(TokenSetupRefused):
        read_pin(file)
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    assert read_pin(file) == "1234"
    monkeypatch.delenv("CREDENTIALS_DIRECTORY")
    file.chmod(0o600)
    assert read_pin(file) == "1234"
    file.write_text("\n")
    for path in (file, tmp_path / "absent"):
        with pytest.raises(TokenSetupRefused):
            read_pin(path)
