"""Settings come from the environment, then from the home's own file, and say what is wrong with them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from pydantic import ValidationError

from printserver.settings import REPOSITORY, Settings, default_home
from printserver.signing.codes import BLOB_SIZE, encode_text


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.startswith("PRINTSERVER_"):
            monkeypatch.delenv(name)


def home_with(folder: Path, text: str) -> Path:
    (folder / "settings.toml").write_text(text, "utf-8")
    return folder


def test_the_file_of_the_named_home_is_read_and_no_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "other").mkdir()
    monkeypatch.setenv("PRINTSERVER_HOME", str(home_with(tmp_path / "other", "port = 1111\n")))
    home = home_with(tmp_path, 'port = 8123\nsigner_clients = ["worker"]\n')
    settings = Settings(home=home)
    assert (settings.port, settings.signer_clients, settings.home) == (8123, ("worker",), tmp_path)
    assert Settings().port == 1111


def test_the_environment_comes_before_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    home_with(tmp_path, "port = 8123\nmost_copies = 7\n")
    monkeypatch.setenv("PRINTSERVER_HOME", str(tmp_path))
    monkeypatch.setenv("PRINTSERVER_PORT", "8124")
    assert (Settings().port, Settings().most_copies) == (8124, 7)


def test_a_home_named_from_here_is_made_absolute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PRINTSERVER_HOME", "home")
    assert Settings().home == tmp_path / "home"
    assert Settings(home=Path("elsewhere")).signer_socket == tmp_path / "elsewhere" / "run" / "signer.sock"


def test_without_a_name_the_home_depends_on_who_starts_it():
    home = default_home()
    assert home == (Path("/var/lib/printserver") if os.geteuid() == 0 else REPOSITORY / "var" / "home")


@pytest.mark.parametrize(
    "text",
    [
        *("prot = 8700\n", "port = 0\n", "port = 70000\n", 'language = "fr"\n'),
        *("most_copies = 0\n", "session_hours=-1\n", "most_pages = 2001\n"),
    ],
)
def test_a_setting_that_is_unknown_or_out_of_range_is_refused_by_name(tmp_path: Path, text: str):
    with pytest.raises(ValidationError) as refused:
        Settings(home=home_with(tmp_path, text))
    assert str(refused.value.errors()[0]["loc"][0]) == text.split("=", maxsplit=1)[0].strip()


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:8700", "https://print.example", "https://" + "a" * 33, "http://x:1", "https://a-b.c"]
)
def test_an_address_that_is_accepted_fits_into_a_code(tmp_path: Path, url: str):
    settings = Settings(home=tmp_path, public_url=url)
    assert encode_text(settings.public_url, bytes(BLOB_SIZE)).startswith(f"{url}/q/")


@pytest.mark.parametrize(
    "url",
    [
        "",
        "print.example",
        "ftp://print.example",
        "https://",
        "https://print.example/",
        "https://print.example/path",
        "https://print.example?x",
        "https://print.example#x",
        "https://me@print.example",
        "https://打印.example",
        "https://" + "a" * 34,
        "https://print example",
        "HTTPS://print.example",
        "https://print.example:port",
        "https://[::1]",
        "https://print.example\n",
    ],
)
def test_an_address_that_no_code_could_carry_is_refused_before_anything_is_signed(tmp_path: Path, url: str):
    with pytest.raises(ValidationError):
        Settings(home=tmp_path, public_url=url)


def test_the_pin_is_taken_from_systemds_credentials_when_there_are_any(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    settings = Settings(home=tmp_path)
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)
    assert settings.pin_file == tmp_path / "signer" / "pin"
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path / "credentials"))
    assert settings.pin_file == tmp_path / "credentials" / "pin"


def test_settings_hold_no_secret_and_cannot_be_changed(tmp_path: Path):
    settings = Settings(home=tmp_path)
    texts = [name for name, field in Settings.model_fields.items() if field.annotation is not int]
    assert not [name for name in texts if {"pin", "password", "secret"} & set(name.split("_"))]
    with pytest.raises(ValidationError):
        settings.port = 1


def test_the_database_lies_in_the_home_unless_it_is_named(tmp_path: Path):
    assert Settings(home=tmp_path).database == f"sqlite:///{tmp_path}/data/printserver.db"
    named = "postgresql+psycopg://print@db.example/print"
    assert Settings(home=tmp_path, database_url=named).database == named


@pytest.mark.parametrize(
    ("url", "chosen", "site"),
    [
        ("https://print.example", "", ("print.example", "https://print.example")),
        ("https://print.example:443", "", ("print.example", "https://print.example")),
        ("https://print.example:8443", "", ("print.example", "https://print.example:8443")),
        ("https://a.print.example", "print.example", ("print.example", "https://a.print.example")),
        ("http://127.0.0.1:8700", "", ("localhost", "http://localhost:8700")),
        ("http://localhost:8700", "", ("localhost", "http://localhost:8700")),
        ("https://10.0.0.7", "", None),
    ],
)
def test_passkeys_belong_to_the_servers_name(tmp_path: Path, url: str, chosen: str, site: tuple[str, str] | None):
    assert Settings(home=tmp_path, public_url=url, passkey_rp_id=chosen).passkey_site == site


def test_passkeys_of_another_site_are_refused(tmp_path: Path):
    for url, chosen in (("https://print.example", "other.example"), ("https://10.0.0.7", "print.example")):
        with pytest.raises(ValidationError, match="passkey_rp_id"):
            Settings(home=tmp_path, public_url=url, passkey_rp_id=chosen)


def test_single_sign_on_is_named_by_a_table_of_the_file(tmp_path: Path):
    text = '[oidc]\nissuer = "https://sso.example"\nclient_id = "printserver"\nstrong_amr = ["mfa"]\n'
    chosen = Settings(home=home_with(tmp_path, text)).oidc
    assert chosen is not None
    assert (chosen.issuer, chosen.claim, chosen.strong_amr) == ("https://sso.example", "preferred_username", ("mfa",))
