"""`printserver requests` against the real web server."""

from __future__ import annotations

import json
from pathlib import Path

from typer.testing import CliRunner, Result

from printserver.cli.client import STEP_UP_VARIABLE, TOKEN_FILE_VARIABLE, TOKEN_VARIABLE, URL_VARIABLE
from printserver.cli.main import app
from printserver.organisations.permissions import Role
from tests.databases import sqlite_template
from tests.http.live_server import LiveServer, live_server
from tests.world import World, world, world_template
from tests.world_building import PASSWORD, contract

__all__ = ["sqlite_template", "world", "world_template"]


def place(server: LiveServer, folder: Path, *places: dict[str, object]) -> Result:
    document, application = folder / "contract.pdf", folder / "application.json"
    document.write_bytes(contract())
    seals = [{"seal_id": str(server.world.home.north.seal_id), "places": list(places)}]
    application.write_text(json.dumps({"seals": seals}), "utf-8")
    return requests(server, "place", str(document), str(application))


def requests(server: LiveServer, *words: str, typed: str = "") -> Result:
    environment = {URL_VARIABLE: server.url, TOKEN_VARIABLE: server.world.person(Role.CLERK).token}
    environment |= {TOKEN_FILE_VARIABLE: "", STEP_UP_VARIABLE: ""}
    return CliRunner().invoke(app, ["requests", *words], env=environment, input=typed)


def test_a_terminal_shows_where_seals_will_stand_and_what_is_wrong(world: World, tmp_path: Path):
    with live_server(world) as server:
        fine = place(server, tmp_path, {"straddle": "right", "at_um": 150_000})
        wrong = place(server, tmp_path, {"keyword": "no such words"})
    assert "seal 1  page 1  20 × 40 mm at 190 × 130 mm  slice" in fine.output
    assert fine.exit_code == 0
    assert "✗ the words “no such words” are not found in the document" in wrong.output
    assert wrong.exit_code == 1


def test_cover_and_electronic_original_come_as_files(world: World, tmp_path: Path):
    request_id, sheet, original = world.issued(electronic=True), tmp_path / "sheet.pdf", tmp_path / "original.pdf"
    with live_server(world) as server:
        assert requests(server, "process-sheet", str(request_id), str(sheet)).exit_code == 0
        taking = ("electronic-original", str(request_id), str(original))
        assert requests(server, *taking).exit_code != 0
        assert not original.exists()
        assert requests(server, *taking, typed=f"{PASSWORD}\n").exit_code == 0
    assert sheet.read_bytes().startswith(b"%PDF-")
    (copy,) = (copy for copy in world.copies(request_id) if copy.number == 0)
    assert original.read_bytes() == world.adapters.objects.get(str(copy.issued_sha256), world.home.id)
