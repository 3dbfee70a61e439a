"""The intake is killed at many points: no scan is lost, none comes in twice, and each file is stored or still there."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from printserver.returns.models import Return
from printserver.returns.quarantine_models import QuarantinedScan
from printserver.storage.sealed_objects import SealedObjects
from tests.databases import DatabaseKit
from tests.paper_books import Books, Issuer
from tests.sealed_store import WRAPPER, sealed_store
from tests.unit.returns.channel_books import channel_books, scan
from tests.unit.returns.killed_intake import folder_intake

REPOSITORY = Path(__file__).parents[3]
POINTS = {"sqlite": 20, "postgresql": 6}
Order = Callable[[dict[str, Any]], dict[str, Any]]


@pytest.fixture(scope="module")
def killed_process() -> Iterator[Order]:
    command = [sys.executable, "-m", "tests.unit.returns.killed_intake"]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd=REPOSITORY
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        source, answers = process.stdin, process.stdout

        def run(order: dict[str, Any]) -> dict[str, Any]:
            source.write(json.dumps(order).encode() + b"\n")
            source.flush()
            return dict(json.loads(answers.readline()))

        yield run
        source.close()


@dataclass
class Scene:
    books: Books
    folder: Path
    objects: SealedObjects
    order: dict[str, Any]

    def count(self, data: bytes) -> int:
        """Of returns of these bytes, and of files with them in quarantine."""
        digest = sha256(data).hexdigest()
        assert self.objects.get(digest, self.books.organisation_id) == data
        with self.books.database.reading() as work:
            return sum(
                work.session.scalar(select(func.count()).where(table.scan_sha256 == digest)) or 0
                for table in (Return, QuarantinedScan)
            )

    def files(self) -> list[bytes]:
        return [path.read_bytes() for path in self.folder.rglob("*") if path.is_file()]


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_an_intake_killed_at_any_point_loses_nothing_and_doubles_nothing(
    kind: str, database_kit: DatabaseKit, issuer: Issuer, tmp_path: Path, killed_process: Order
) -> None:
    url = database_kit.url(kind)
    folder, objects = tmp_path / "scans", tmp_path / "objects"
    folder.mkdir()
    objects.mkdir()
    database = database_kit.open(url)
    books = Books(database, sealed_store(objects), issuer).open()
    login = channel_books(books).login
    places = {"url": url, "folder": str(folder), "objects": str(objects), "store_key": WRAPPER.key.hex()}
    order: dict[str, Any] = {**places, "login": login, "kill_at": 0}
    scene = Scene(books, folder, sealed_store(objects), order)
    (folder / "first.png").write_bytes(scan(9_998))
    killed_process(order)  # makes folders and keys, which the others find
    (folder / "whole.png").write_bytes(scan(9_999))
    whole = killed_process(order)["events"]
    (folder / "refused.gif").write_bytes(b"GIF89a refused")
    refused = killed_process(order)["events"]
    assert min(whole, refused) > POINTS[kind]
    killed = 0
    for point in range(POINTS[kind]):
        is_whole = point % 3 != 2
        events = whole if is_whole else refused
        data = scan(point) if is_whole else b"GIF89a %d" % point
        (folder / f"{point}.scan").write_bytes(data)
        killed += killed_process({**order, "kill_at": 1 + (point * events) // POINTS[kind]})["killed"]
        assert scene.files().count(data) == 1
        recovering = folder_intake(order)
        recovering.look()
        recovering.tools.database.engines.dispose()
        assert scene.count(data) == 1
        assert [path.name for path in folder.iterdir() if path.is_file()] == []
        assert scene.files().count(data) == 1
    assert killed == POINTS[kind]
