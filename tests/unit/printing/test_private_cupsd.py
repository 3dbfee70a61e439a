"""The private cupsd's folder, before anything is started."""

from __future__ import annotations

import os
import pwd
import subprocess
from pathlib import Path

import pytest

from printserver.printing.job_file import read_public_key
from printserver.printing.private_cupsd import PrivateCups, QueueMalformed, install_fence_backend
from tests.cups_rig import SPOOLER_USER, THIS_USER


def folder_state(root):
    paths = [path for path in sorted(root.rglob("*")) if not path.is_symlink()]
    return {path: (path.stat().st_mode, path.stat().st_uid, path.is_file() and path.read_bytes()) for path in paths}


@pytest.fixture
def cups(tmp_path):
    return PrivateCups(tmp_path / "c", printing_users=(THIS_USER, "nobody"), user=SPOOLER_USER)


def test_building_twice_changes_nothing(cups):
    cups.build()
    once = folder_state(cups.root)
    cups.build()
    assert folder_state(cups.root) == once


def test_a_change_of_who_may_print_reaches_the_policy(cups):
    cups.build()
    policy = (cups.root / "conf" / "cupsd.conf").read_text()
    assert f"Require user {THIS_USER} nobody\n" in policy
    PrivateCups(cups.root, printing_users=("nobody",), user=SPOOLER_USER).build()
    assert "Require user nobody\n" in (cups.root / "conf" / "cupsd.conf").read_text()


@pytest.mark.parametrize("name", ["etc/ppd", "etc/ssl", "spool/tmp", "run/certs"])
def test_a_link_put_in_place_of_a_folder_of_cupsd_is_not_followed(cups, tmp_path, name):
    cups.build()
    precious = tmp_path / "precious"
    precious.mkdir(mode=0o700)
    before = precious.stat()
    (cups.root / name).rmdir()
    (cups.root / name).symlink_to(precious)
    with pytest.raises(NotADirectoryError):
        cups.build()
    assert (precious.stat().st_mode, precious.stat().st_uid) == (before.st_mode, before.st_uid)


def test_a_link_put_in_the_way_of_a_file_is_not_written_through(cups, tmp_path):
    cups.build()
    precious = tmp_path / "precious"
    precious.write_text("precious")
    (cups.root / "etc" / "client.conf").unlink()
    (cups.root / "etc" / ".client.conf.new").symlink_to(precious)
    cups.build()
    assert precious.read_text() == "precious"
    assert (cups.root / "etc" / "client.conf").is_file()


def test_nothing_of_the_callers_environment_reaches_cupsd(cups, monkeypatch):
    monkeypatch.setenv("CUPS_SERVER", "elsewhere")
    monkeypatch.setenv("LD_PRELOAD", "/nowhere.so")
    assert not {"CUPS_SERVER", "LD_PRELOAD"} & set(cups.environment())


def test_the_backend_is_installed_so_that_nobody_but_its_owner_may_change_it(tmp_path):
    path = install_fence_backend(tmp_path)
    assert path.stat().st_mode & 0o7777 == 0o755
    assert path.stat().st_uid == os.geteuid()


def test_a_folder_that_cups_cannot_name_is_refused(tmp_path):
    with pytest.raises(ValueError, match="white space"):
        PrivateCups(tmp_path / "a b", printing_users=(THIS_USER,), user=SPOOLER_USER)
    with pytest.raises(ValueError, match="longer than"):
        PrivateCups(tmp_path / ("x" * 100), printing_users=(THIS_USER,), user=SPOOLER_USER)
    assert list(tmp_path.iterdir()) == []


def test_a_spooler_that_nobody_may_print_on_is_refused(tmp_path):
    with pytest.raises(ValueError, match="nobody may print"):
        PrivateCups(tmp_path, printing_users=(), user=SPOOLER_USER)


def test_the_backends_key_is_made_once_and_read_by_nobody_else(cups):
    cups.build()
    key = cups.root / "keys" / "backend.key"
    mode, group = (0o640, pwd.getpwnam(SPOOLER_USER).pw_gid) if SPOOLER_USER else (0o600, os.getegid())
    assert (key.stat().st_mode & 0o7777, key.stat().st_uid, key.stat().st_gid) == (mode, os.geteuid(), group)
    assert cups.backend_public_key.stat().st_mode & 0o7777 == 0o644
    made, public = key.read_bytes(), read_public_key(cups.backend_public_key)
    PrivateCups(cups.root, printing_users=("nobody",), user=SPOOLER_USER).build()
    assert (key.read_bytes(), read_public_key(cups.backend_public_key)) == (made, public)


@pytest.mark.parametrize(
    "desk", ["", "unix:relative", "unix:/a b", "http://desk:1", "https://desk:1/$x", "unix:/a\n/b"]
)
def test_a_desk_that_cups_could_not_be_told_is_refused(tmp_path, desk):
    with pytest.raises(ValueError, match="ticket desk"):
        PrivateCups(tmp_path, printing_users=(THIS_USER,), user=SPOOLER_USER, desk=desk)


@pytest.mark.parametrize("name", ["", "a b", "@SYSTEM", "x\nRequire valid-user"])
def test_a_name_that_is_no_system_users_does_not_reach_the_policy(tmp_path, name):
    with pytest.raises(ValueError, match="no system user"):
        PrivateCups(tmp_path, printing_users=(THIS_USER, name), user=SPOOLER_USER)


def test_the_fixed_printer_description_passes_cups_own_checker(cups):
    description = Path(__file__).parents[3] / "drivers" / "cups" / "controlled-a4.ppd"
    subprocess.run(["cupstestppd", "-q", "-W", "filters", str(description)], check=True)


@pytest.mark.parametrize(
    ("name", "uri"),
    [
        ("", "ipps://localhost/ipp/print"),
        ("a/b", "ipps://localhost/ipp/print"),
        ("-x", "ipps://localhost/ipp/print"),
        ("a b", "ipps://localhost/ipp/print"),
        ("ok", "ipp://localhost/ipp/print"),
        ("ok", "ipps:///ipp/print"),
        ("ok", "ipps://user:secret@localhost/ipp/print"),
        ("ok", "ipps://localhost/ipp/print?encryption=never"),
        ("ok", "ipps://localhost/ipp/print#x"),
        ("ok", "ipps://localhost:port/ipp/print"),
        ("ok", "ipps://../ipp/print"),
        ("ok", "ipps://[::1]:631/ipp/print"),
        ("ok", "ipps://localhost/ipp/print -o raw"),
    ],
)
def test_a_queue_that_could_print_unpinned_is_refused_and_pins_nothing(cups, name, uri):
    cups.build()
    with pytest.raises(QueueMalformed):
        cups.add_queue(name, uri, "not even looked at")
    assert list((cups.root / "pins").iterdir()) == []
