"""Wrong settings of a channel end the start with words; servers listen on this machine unless told otherwise."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from printserver.returns.intake_settings import (
    ScanMailSettings,
    ScanSftpSettings,
    WatchedFolderSettings,
    is_loopback,
)
from printserver.settings import Settings

MAIL: dict[str, Any] = {"addresses": {"a@scans.example": "service-1"}, "senders": ["copier@office.example"]}
SFTP: dict[str, Any] = {"users": {"copier": {"account": "service-1", "keys": ["ssh-ed25519 AAAA"]}}}
FOLDER: dict[str, Any] = {"folder": "/srv/scans", "account": "service-1"}


def test_servers_listen_on_this_machine_unless_told_otherwise() -> None:
    assert is_loopback(ScanMailSettings(**MAIL).host)
    assert is_loopback(ScanSftpSettings(**SFTP).host)
    for host, loopback in (("localhost", True), ("::1", True), ("0.0.0.0", False), ("scans.example", False)):  # noqa: S104 -- looked at, not bound
        assert is_loopback(host) is loopback


def test_the_settings_file_names_the_channels(tmp_path: Path) -> None:
    (tmp_path / "settings.toml").write_text(
        '[[watched_folders]]\nfolder = "/srv/scans"\naccount = "service-1"\nafter = "remove"\n'
        '[scan_mail]\nsenders = ["@office.example"]\n[scan_mail.addresses]\n"A@Scans.example" = "service-1"\n'
        '[scan_sftp.users.copier]\naccount = "service-1"\nkeys = ["ssh-ed25519 AAAA"]\n'
    )
    settings = Settings(home=tmp_path)
    assert settings.watched_folders[0].after == "remove"
    assert settings.scan_mail is not None
    assert settings.scan_mail.addresses == {"a@scans.example": "service-1"}
    assert settings.scan_sftp is not None
    assert settings.sftp_host_key.parent == settings.worker_home


@pytest.mark.parametrize(
    ("kind", "given", "words"),
    [
        (ScanMailSettings, {**MAIL, "addresses": {}}, "at least 1"),
        (ScanMailSettings, {**MAIL, "senders": []}, "at least 1"),
        (ScanMailSettings, {**MAIL, "senders": ["everybody"]}, "no mail address"),
        (ScanMailSettings, {**MAIL, "host": "192.0.2.1"}, "who may connect"),
        (ScanMailSettings, {**MAIL, "certificate": "/x.crt"}, "come together"),
        (ScanMailSettings, {**MAIL, "largest_bytes": 1 << 40}, "less than or equal"),
        (ScanMailSettings, {**MAIL, "relay": True}, "not permitted"),
        (ScanSftpSettings, {"users": {}}, "at least 1"),
        (ScanSftpSettings, {"users": {"copier": {"account": "service-1", "keys": []}}}, "at least 1"),
        (ScanSftpSettings, {"users": {"copier": {"account": "service-1", "password": "x"}}}, "not permitted"),
        (WatchedFolderSettings, {**FOLDER, "folder": "scans"}, "from the root"),
        (WatchedFolderSettings, {**FOLDER, "account": ""}, "at least 1"),
        (WatchedFolderSettings, {**FOLDER, "every_seconds": 0}, "greater than"),
    ],
)
def test_what_cannot_work_is_refused_with_words(kind: type[Any], given: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        kind(**given)


def test_a_folder_is_watched_once(tmp_path: Path) -> None:
    with pytest.raises(ValidationError, match="one account only"):
        Settings(home=tmp_path, watched_folders=(FOLDER, FOLDER))  # type: ignore[arg-type]  # as the file gives them
