"""PIN, backup, drill, fence and witness of an installation: nothing is guessed, nobody sees a secret."""

from __future__ import annotations

import shutil
from datetime import timedelta
from pathlib import Path

import pytest

from printserver.foundation.clock import SystemClock
from printserver.signer.tokens import open_hsm
from printserver.signing.errors import HsmPinRefused, TokenSetupRefused
from printserver.signing.pin_change import change_pin, waiting_pin
from printserver.signing.spent_journal import SpentJournal
from tests.key_installation import RENEWAL, Installation, home, template
from tests.signing_world import token_of

__all__ = ["home", "template"]


def test_the_pin_is_changed_and_nobody_sees_it(home: Installation):
    old = home.settings.pin_file.read_text().strip()
    said = home.say("change-pin")
    assert said.exit_code == 0, said.output
    new = home.settings.pin_file.read_text().strip()
    assert new != old
    assert new not in said.output
    assert home.settings.pin_file.stat().st_mode & 0o777 == 0o600
    assert not waiting_pin(home.settings.pin_file).exists()
    open_hsm(home.settings).close()
    assert home.events()[-1] == "TokenPinChanged"


@pytest.mark.parametrize("reached", ["before the token", "after the token"])
def test_a_change_of_the_pin_that_a_crash_cut_off_is_finished_without_guessing(home: Installation, reached: str):
    settings, pin_file = token_of(home.settings), home.settings.pin_file
    old = pin_file.read_text()
    waiting = waiting_pin(pin_file)
    if reached == "after the token":
        change_pin(settings, pin_file, new_pin="another-pin")
        pin_file.rename(waiting)
        pin_file.write_text(old)
        pin_file.chmod(0o600)
    else:
        waiting.write_text("another-pin\n")
        waiting.chmod(0o600)
    with pytest.raises(TokenSetupRefused, match="interrupted"):
        open_hsm(home.settings)
    assert home.say("change-pin").exit_code == 2
    said = home.say("change-pin", "--finish")
    assert said.exit_code == 0, said.output
    assert ("has a new PIN" in said.output) == (reached == "after the token")
    open_hsm(home.settings).close()
    assert home.say("change-pin", "--finish").exit_code == 2


def test_a_wrong_pin_is_tried_once_by_a_change_and_then_by_nobody(home: Installation):
    home.settings.pin_file.write_text("wrong\n")
    said = home.say("change-pin")
    assert (said.exit_code, "hsm-pin-refused" in said.output) == (2, True)
    assert not waiting_pin(home.settings.pin_file).exists()
    assert home.settings.pin_file.read_text() == "wrong\n"
    with pytest.raises(HsmPinRefused):
        open_hsm(home.settings)
    again = home.say("change-pin")
    assert "look, then remove" in again.output


def test_a_backup_is_drilled_without_touching_the_token(home: Installation, tmp_path: Path):
    passphrase = tmp_path / "passphrase"
    passphrase.write_text("correct horse\n")
    target = tmp_path / "backup"
    words = ("--passphrase-file", str(passphrase))
    assert home.say("backup", str(target), *words).exit_code == 0
    assert target.stat().st_mode & 0o777 == 0o600
    pin = home.settings.pin_file.read_bytes().strip()
    assert pin not in target.read_bytes()
    shutil.rmtree(home.settings.token_folder / "tokens")
    said = home.say("drill", str(target), *words)
    assert said.exit_code == 0, said.output
    assert "All listed keys are there and sign." in said.output
    assert home.say("backup", str(tmp_path / "second"), *words).exit_code == 2
    passphrase.write_text("wrong\n")
    assert home.say("drill", str(target), *words).exit_code == 2
    spoilt = bytearray(target.read_bytes())
    spoilt[-1] ^= 1
    target.write_bytes(spoilt)
    passphrase.write_text("correct horse\n")
    assert home.say("drill", str(target), *words).exit_code == 2


def test_a_drill_names_keys_that_the_token_lacks(home: Installation, tmp_path: Path):
    passphrase = tmp_path / "passphrase"
    passphrase.write_text("correct horse\n")
    words = ("--passphrase-file", str(passphrase))
    assert home.say("backup", str(tmp_path / "old"), *words).exit_code == 0
    assert home.ceremony(RENEWAL).exit_code == 0
    said = home.say("drill", str(tmp_path / "old"), *words)
    assert (said.exit_code, "is listed, but not there" in said.output) == (1, True)
    assert home.say("drill").exit_code == 0


def test_two_officers_parts_lock_a_backup_that_comes_back_after_the_token_is_lost(home: Installation, tmp_path: Path):
    parts = [tmp_path / name for name in ("one", "two", "three")]
    for part in parts:
        assert home.say("part", str(part)).exit_code == 0
        assert part.stat().st_mode & 0o777 == 0o600
    backup, words = str(tmp_path / "backup"), [word for part in parts for word in ("--part", str(part))]
    assert home.say("backup", backup, *words[:2]).exit_code == 2
    assert home.say("backup", str(tmp_path / "wrapped"), *words, "--wrapped").exit_code == 2
    assert home.say("backup", backup, *words).exit_code == 0
    assert home.say("drill", backup, *words[2:]).exit_code == 0
    assert home.say("restore", backup, *words[2:]).exit_code == 2
    shutil.rmtree(home.settings.token_folder)
    home.settings.pin_file.unlink()
    assert home.say("restore", backup, *words[:2]).exit_code == 2
    said = home.say("restore", backup, *words[2:])
    assert said.exit_code == 0, said.output
    assert "All listed keys are there and sign." in said.output
    assert home.events()[-3:] == ["TokenBackedUp", "RecoveryDrilled", "TokenRestored"]
    open_hsm(home.settings).close()


def test_a_fence_after_a_restore_is_in_the_journal(home: Installation):
    before = SystemClock().now() - timedelta(seconds=2)
    said = home.say("fence", "--reason", "the disk burnt")
    assert said.exit_code == 0, said.output
    with SpentJournal(home.settings.spent_journal) as journal:
        assert journal.epoch_begins_at is not None
        assert journal.epoch_begins_at >= before
        assert home.say("fence", "--reason", "while it runs").exit_code == 2
    assert home.events()[-1] == "EpochBegun"


def test_a_lost_witness_is_written_anew_only_when_it_is_lost(home: Installation):
    said = home.say("renew-witness", "--reason", "the disk burnt")
    assert said.exit_code == 0, said.output
    assert home.events()[-1] == "WitnessRenewed"
