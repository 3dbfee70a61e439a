"""A watched folder's files are opened as themselves: no link leads elsewhere, also without a look before."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from printserver.returns.watched_folder_files import NoPlainFile, opened_file, opened_folder


@pytest.mark.parametrize("kind", ["link", "link to nothing", "queue", "folder", "second name"])
def test_what_is_no_plain_file_of_this_folder_is_not_opened(tmp_path: Path, kind: str):
    outside, folder = tmp_path / "outside", tmp_path / "watched"
    folder.mkdir()
    outside.write_bytes(b"a secret of somebody else")
    file = folder / "scan.png"
    if kind == "link":
        file.symlink_to(outside)
    elif kind == "link to nothing":
        file.symlink_to(tmp_path / "nothing")
    elif kind == "queue":
        os.mkfifo(file)
    elif kind == "folder":
        file.mkdir()
    else:
        file.hardlink_to(outside)
    with opened_folder(folder) as opened, pytest.raises(NoPlainFile), opened_file(opened, "scan.png"):
        pass
