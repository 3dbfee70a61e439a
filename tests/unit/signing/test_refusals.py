"""The signer's list of what people refused or called off: what stands there once, stands there."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from printserver.signing.chained_file import ChainedFile
from printserver.signing.errors import JournalBroken
from printserver.signing.refusals import NAME, Refusals

NOW = datetime(2026, 11, 22, tzinfo=UTC)


def test_a_refused_manifest_is_known_for_ever(tmp_path: Path):
    refusals = Refusals(tmp_path / "refusals")
    request = "01a205b7-b882-756c-9628-449093c7feb4"
    refusals.note(["ab" * 32, "ab" * 32, "no digest", "AB" * 32, request], NOW)
    refusals.close()
    again = Refusals(tmp_path / "refusals")
    assert again.knows("ab" * 32)
    assert again.knows("cd" * 32, request)
    assert not again.knows("cd" * 32)
    assert not again.knows("AB" * 32)
    again.close()
    assert len((tmp_path / "refusals").read_bytes().splitlines()) == 2


def test_a_list_that_was_touched_answers_nothing(tmp_path: Path):
    refusals = Refusals(tmp_path / "refusals")
    refusals.note(["ab" * 32], NOW)
    (tmp_path / "refusals").write_bytes(b"")
    with pytest.raises(JournalBroken):
        refusals.knows("ab" * 32)
    refusals.close()


def test_a_file_of_something_else_is_refused(tmp_path: Path):
    other = ChainedFile(tmp_path / "other", NAME)
    other.append({"copy_serial": "x"})
    other.close()
    with pytest.raises(JournalBroken):
        Refusals(tmp_path / "other")
