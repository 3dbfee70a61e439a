"""At a terminal: a record's time is changed, it is held, disposed of by a list with a certificate, and looked for."""

from __future__ import annotations

import json
import re
from datetime import date
from pathlib import Path

from sqlalchemy import select, update
from typer.testing import CliRunner, Result

from printserver.archive.disposal_running import dispose
from printserver.archive.models import ArchiveRecord
from printserver.archive.retention_models import DisposalRun
from printserver.cli.client import STEP_UP_VARIABLE, TOKEN_FILE_VARIABLE, TOKEN_VARIABLE, URL_VARIABLE
from printserver.cli.main import app
from printserver.http_edge.step_up import step_up_token
from printserver.organisations.permissions import Role
from printserver.organisations.tokens import program_of_token
from printserver.worker.disposal import disposal_tools
from tests.databases import sqlite_template
from tests.http.live_server import LiveServer, live_server
from tests.world import World, world, world_template
from tests.world_building import Office

__all__ = ["sqlite_template", "world", "world_template"]


def archive(server: LiveServer, *words: str, office: Office | None = None) -> Result:
    made, token = server.world, server.world.person(Role.ARCHIVIST, office).token
    with made.database.reading() as work:
        program = program_of_token(work, made.secrets, token)
    shown = step_up_token(made.secrets, program.actor.id, program.token_id, made.clock.now())
    environment = {URL_VARIABLE: server.url, TOKEN_VARIABLE: token, TOKEN_FILE_VARIABLE: "", STEP_UP_VARIABLE: shown}
    return CliRunner().invoke(app, ["archive", *words], env=environment)


def done(result: Result) -> str:
    """What was said, without the lines that the server logs meanwhile."""
    assert result.exit_code == 0, result.output
    return "\n".join(line for line in result.output.splitlines() if not line.startswith("{"))


def test_a_record_is_kept_held_and_disposed_of_by_two_archivists(world: World, tmp_path: Path):
    record_id, head = world.archived(), world.home.head
    record, branch = str(record_id), str(world.home.north.branch_id)
    with world.database.work() as work:
        values = {"contract_end": date(2010, 3, 1), "searchable_state": "made"}
        work.session.execute(update(ArchiveRecord).where(ArchiveRecord.id == record_id).values(**values))
    with live_server(world) as server:
        asked = done(
            archive(server, "retention", "set", record, "5-years", "--contract-end", "2010-03-01", "--reason", "x")
        )
        assert "waits for a second person" in asked
        change = asked.split()[0]
        assert change in done(archive(server, "retention", "waiting"))
        assert archive(server, "retention", "confirm", change).exit_code != 0
        done(archive(server, "retention", "confirm", change, office=head))
        assert "standing: due" in done(archive(server, "retention", "show", record))
        hold = done(archive(server, "holds", "set", "case 7", "--record", record, "--reason", "the court")).strip()
        assert f"{hold}  set" in done(archive(server, "holds", "list"))
        assert "held: 1" in done(archive(server, "disposal", "preview", "--branch", branch))
        done(archive(server, "holds", "ask-lift", hold, "--reason", "settled"))
        done(archive(server, "holds", "lift", hold, office=head))
        listed = done(archive(server, "disposal", "propose", branch, "--reason", "over"))
        found = re.search(r"id: (\S+)[\s\S]*list_sha256: (\S+)", listed)
        assert found is not None
        run_id, digest = found.groups()
        assert archive(server, "disposal", "approve", run_id, "--list-sha256", digest).exit_code != 0
        done(archive(server, "disposal", "approve", run_id, "--list-sha256", digest, office=head))
        with world.database.reading() as work:
            run = work.session.scalars(select(DisposalRun.id)).one()
        dispose(disposal_tools(world.adapters), run)
        assert "disposed  " in done(archive(server, "disposal", "show", run_id))
        done(archive(server, "disposal", "certificate", run_id, str(tmp_path / "certificate.json")))
        looked = ("search", "--until", "2199-01-01", "--held", "no", "--branch", branch, "--limit", "1")
        assert record in done(archive(server, *looked))
        wrong = archive(server, "search", "--least", "much")
        assert (wrong.exit_code, "archive-search-malformed" in wrong.output) == (2, True)
        assert done(archive(server, "reindex")).splitlines() == [
            "0 texts are read anew.",
            "0 of 0 texts are written down.",
        ]
    assert json.loads((tmp_path / "certificate.json").read_bytes())["list_sha256"] == digest
