"""What people write as JSON is read, or they are told what is wrong with it."""

from __future__ import annotations

from pathlib import Path

import pytest
import typer

from printserver.cli.json_files import read_object


def test_an_object_is_read_also_from_a_file_that_begins_with_a_byte_order_mark(tmp_path: Path):
    file = tmp_path / "wish.json"
    file.write_bytes('\ufeff{"title": "合同"}'.encode())
    assert read_object(file, "title") == {"title": "合同"}
    assert read_object("{}") == {}


@pytest.mark.parametrize(
    ("written", "said"),
    [
        (b"{", "no JSON"),
        (b"\xff\xfe", "no JSON"),
        (b"[" * 100_000, "no JSON"),
        (b"[1]", "a JSON object"),
        (b'{"a": 1}', "without code"),
    ],
)
def test_whoever_wrote_it_is_told_what_is_wrong_and_in_which_file(tmp_path: Path, written: bytes, said: str):
    file = tmp_path / "wish.json"
    file.write_bytes(written)
    with pytest.raises(typer.BadParameter, match=said) as refused:
        read_object(file, "code")
    assert str(file) in str(refused.value)
