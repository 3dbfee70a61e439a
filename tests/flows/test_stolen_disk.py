"""A stolen disk shows no page and no scan; what the database says in its fields it says in clear."""

from __future__ import annotations

import io
from pathlib import Path

from PIL import Image

from printserver.organisations.permissions import Role
from printserver.returns.service import hand_in
from tests.plain_objects import PlainObjects
from tests.signing_world import SigningWorld
from tests.stolen_disk import files_below, in_clear

CANARY = b"nobody-without-the-hsm-reads-what-this-scan-says-0815"
TITLE = "canary of a title 4711"


def scan() -> bytes:
    written = io.BytesIO()
    Image.effect_noise((600, 800), 60).save(written, "JPEG", comment=CANARY)
    return written.getvalue()


def test_neither_contract_nor_scan_lies_anywhere_in_clear(sqlite_signing_world: SigningWorld, tmp_path: Path):
    signed, world = sqlite_signing_world, sqlite_signing_world.world
    request_id = world.authorised(title=TITLE, copies=2)
    for authorisation in signed.authorisations(request_id):
        signed.issuing.issue(authorisation.id)
    with world.database.reading() as work:
        archivist = world.actor(work, Role.ARCHIVIST)
    paper = scan()
    hand_in(world.database, signed.objects, archivist, filename="scan.jpg", data=paper)

    stored = [signed.objects.get(digest, world.home.id) for digest in signed.objects.digests(world.home.id)]
    lying = files_below(world.adapters.settings.home)
    assert paper in stored
    assert sum(content.startswith(b"%PDF-") for content in stored) >= 5, "document, two renditions, two signed copies"
    assert in_clear(lying, stored) == {}
    assert not [path for path, data in lying.items() if CANARY in data]

    told = {path.name for path, data in lying.items() if TITLE.encode() in data}
    assert told
    assert all(name.startswith("printserver.db") for name in told), "fields are plain: encrypt the database's disk"

    PlainObjects(tmp_path).put(paper, world.home.id)
    assert in_clear(files_below(tmp_path), stored), "unsealed it would have been found"
