"""The demonstration's story on a whole running server. Of PostgreSQL `unit/deploy/test_database_roles.py` tells it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from printserver.archive.sweeping import plan_sweep
from printserver.bootstrap import build
from printserver.cli import audit
from printserver.cli.demo.story import Story
from printserver.foundation.job_queue import NoJobs
from printserver.organisations.queries import organisations
from tests.running_server import RunningServer
from tests.stolen_disk import files_below, in_clear
from tests.unit.rendering.papers import contract


@pytest.mark.timeout(600)
def test_the_story_comes_to_its_end(server: RunningServer, tmp_path: Path) -> None:
    paper = tmp_path / "contract.pdf"
    paper.write_bytes(contract(30))
    Story(server, paper, tmp_path / "out").tell()
    summary = json.loads((tmp_path / "out" / "summary.json").read_text())
    returned = summary["return"]
    assert returned["matched"] == returned["pages"] > 0
    assert returned["doubtful"] == 0
    assert len(set(summary["qr_texts"])) == returned["pages"]
    report = audit.verify(server.settings)
    report.raise_if_bad()
    assert report.entries >= summary["audit_entries"]
    stored = stored_by(server)
    assert len(stored) > returned["pages"]
    assert unnamed(server) == []
    settings = server.settings
    lying = files_below(
        settings.data, settings.cups_home, settings.web_home, settings.worker_home, settings.witness.parent
    )
    assert in_clear(lying, stored) == {}


def unnamed(server: RunningServer) -> list[bytes]:
    """Stored objects that no row names, but for those that travel through a browser: nothing of the story may go."""
    adapters = build(server.settings, jobs=NoJobs())
    try:
        (plan,) = plan_sweep(adapters.sweep_tools)
        found = [adapters.objects.get(digest, plan.organisation_id) for digest in plan.set_aside]
    finally:
        adapters.database.engines.dispose()
    return [data for data in found if not data.startswith(b'{"attachments"')]


def stored_by(server: RunningServer) -> list[bytes]:
    """Every object of the one organisation, as a command of an administrator reads it."""
    adapters = build(server.settings, jobs=NoJobs())
    try:
        with adapters.database.reading() as work:
            (company,) = organisations(work)
        return [adapters.objects.get(digest, company.id) for digest in adapters.objects.digests(company.id)]
    finally:
        adapters.database.engines.dispose()
