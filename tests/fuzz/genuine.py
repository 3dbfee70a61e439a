"""What is fuzzed with: one evidence package that the product has made, and what a recipient pins.

It holds one of everything: codes, a key list, a bundle, a manifest, proofs of the log.
"""

from __future__ import annotations

import json
import tempfile
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final

from printserver.archive.bag import PAYLOAD
from printserver.archive.evidence_format import KEY_LIST, RECORDS
from printserver.signing.key_list import KeyList
from printserver.verification.bundle import Bundle, verify_bundle

PACKAGE_FILE: Final = "package.zip"
ROOT_FILE: Final = "root.sha256"


@dataclass(frozen=True)
class Genuine:
    """`payload`: of the package, by name below `data/`.   info: `bag-info.txt`.   root: the pinned fingerprint."""

    payload: Mapping[str, bytes]
    info: bytes
    root: str

    @classmethod
    def read(cls, folder: Path) -> Genuine:
        with zipfile.ZipFile(folder / PACKAGE_FILE) as archive:
            members = {name.split("/", 1)[1]: archive.read(name) for name in archive.namelist()}
        payload = {name.removeprefix(PAYLOAD): data for name, data in members.items() if name.startswith(PAYLOAD)}
        return cls(payload, members["bag-info.txt"], (folder / ROOT_FILE).read_text("ascii").strip())

    @cached_property
    def key_list(self) -> KeyList:
        return KeyList.load(self.payload[KEY_LIST], root_fingerprint=self.root)

    @cached_property
    def bundle(self) -> Bundle:
        return verify_bundle(self.payload[self.of_record("bundle.json")], root_fingerprint=self.root)

    @cached_property
    def text(self) -> str:
        """Of a page's code."""
        found: Any = json.loads(self.payload[self.of_record("bundle.json")])
        return str(found["code"])

    @cached_property
    def folder(self) -> str:
        """Of the record, with a slash at its end."""
        return next("/".join(name.split("/")[:2]) + "/" for name in self.payload if name.startswith(RECORDS))

    def of_record(self, name: str) -> str:
        return self.folder + name


def make_genuine(folder: Path) -> None:
    """Let the product issue, take back and archive a copy, and pack its evidence; some seconds."""
    from printserver.returns.evidence_packing import pack_evidence  # heavy, and not needed where the files are there
    from tests.evidence_scene import EvidenceScene
    from tests.signing_world import held_ceremony, worlds_of

    folder.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as made,
        held_ceremony(Path(made) / "ceremony") as ceremony,
        worlds_of(ceremony, Path(made) / "template").world(Path(made) / "world") as signing,
    ):
        scene = EvidenceScene(signing)
        record = scene.archived(signing.issued()[0])
        scene.sequence()
        packed = pack_evidence(scene.tools, scene.actor(), [record])
        (folder / PACKAGE_FILE).write_bytes(packed.data)
        (folder / ROOT_FILE).write_text(scene.root, "ascii")
