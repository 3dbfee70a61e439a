"""The demonstration's story on a whole running server, on both databases."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from printserver.cli import audit
from printserver.cli.demo.story import Story
from tests.running_server import RunningServer, running_server
from tests.unit.rendering.papers import contract


def _told(server: RunningServer, folder: Path) -> dict[str, Any]:
    paper = folder / "contract.pdf"
    paper.write_bytes(contract(30))
    Story(server, paper, folder / "out").tell()
    summary: dict[str, Any] = json.loads((folder / "out" / "summary.json").read_text())
    return summary


def _check(server: RunningServer, summary: dict[str, Any]) -> None:
    returned = summary["return"]
    assert returned["matched"] == returned["pages"] > 0
    assert returned["doubtful"] == 0
    assert len(set(summary["qr_texts"])) == returned["pages"]
    report = audit.verify(server.settings)
    report.raise_if_bad()
    assert report.entries >= summary["audit_entries"]


@pytest.mark.timeout(600)
def test_the_story_comes_to_its_end_on_sqlite(server: RunningServer, tmp_path: Path) -> None:
    _check(server, _told(server, tmp_path))


@pytest.mark.timeout(600)
def test_the_story_comes_to_its_end_on_postgresql(postgresql_url: str, tmp_path: Path) -> None:
    with running_server(postgresql_url) as server:
        _check(server, _told(server, tmp_path))
