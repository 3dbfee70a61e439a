"""Marks on the ends of the signer's files: only who holds the secret makes them."""

from __future__ import annotations

from pathlib import Path

import pytest

from printserver.signing.end_marks import NAME, EndMarks

HEAD = "ab" * 32


def test_a_mark_is_for_its_file_its_lines_and_its_head_alone(tmp_path: Path):
    text = EndMarks(tmp_path).marked("register", 3, HEAD)
    again = EndMarks(tmp_path)
    assert again.head_of("register", 3, text) == HEAD
    assert again.head_of("register", 4, text) is None
    assert again.head_of("spent journal", 3, text) is None
    assert again.head_of("register", 3, text.replace("ab", "cd", 1)) is None
    assert again.marked("register", 3, HEAD) == text


@pytest.mark.parametrize("text", ["", HEAD, f"{HEAD}.", f"{HEAD}.{'0' * 64}", ".", "\ud800.\ud800", HEAD * 1_000])
def test_what_bears_no_mark_is_no_end(tmp_path: Path, text: str):
    assert EndMarks(tmp_path).head_of("register", 3, text) is None
    EndMarks(tmp_path).marked("register", 1, HEAD)
    assert EndMarks(tmp_path).head_of("register", 3, text) is None


def test_another_secret_knows_no_mark(tmp_path: Path):
    text = EndMarks(tmp_path).marked("register", 3, HEAD)
    (tmp_path / NAME).unlink()
    EndMarks(tmp_path).marked("register", 1, HEAD)
    assert EndMarks(tmp_path).head_of("register", 3, text) is None
    assert (tmp_path / NAME).stat().st_mode & 0o777 == 0o600
