"""An evidence package proves itself under the pinned root, and nobody changes a byte of it unseen.

Forgers here know the layout: they write every manifest anew after a change.
"""

from __future__ import annotations

import io
import json
import stat
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import pytest
from typer.testing import CliRunner

from printserver.archive.bag import BagUnreadable, pack
from printserver.archive.evidence_format import KEY_LIST, LOG, PACKAGE, README, RECORD
from printserver.archive.models import ArchiveRecord
from printserver.audit.canonical import canonical_json
from printserver.cli.main import app
from printserver.foundation.unit_of_work import Database, Work
from printserver.print_requests.models import Copy, CopySeal
from printserver.returns.evidence_packing import pack_evidence
from printserver.signing.errors import KeyListRefused
from printserver.verification.package_check import PackageMalformed, check_package
from printserver.verification.package_findings import Check, PackageVerdict
from tests.evidence_scene import EvidenceScene
from tests.fuzz.genuine import PACKAGE_FILE, ROOT_FILE
from tests.paper_books import make_issuer
from tests.signing_world import SigningWorlds

FUZZED: Final = 300


@dataclass(frozen=True)
class Packed:
    """A package of two records, one of one of them, and the root that both are checked under.

    lying: packages of one record, packed while a row of the database lied, by what it lied about.
    """

    both: bytes
    one: bytes
    root: str
    lying: Mapping[str, bytes]

    def files(self, data: bytes) -> tuple[dict[str, bytes], bytes]:
        """The payload by its names below `data/`, and `bag-info.txt`."""
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = {name.split("/", 1)[1]: archive.read(name) for name in archive.namelist()}
        payload = {name.removeprefix("data/"): each for name, each in members.items() if name.startswith("data/")}
        return payload, members["bag-info.txt"]


def other_picture(pages: list[dict[str, Any]]) -> list[dict[str, Any]]:
    first, second = pages
    return [{**first, "image_sha256": second["image_sha256"]}, {**second, "image_sha256": first["image_sha256"]}]


Lie = tuple[type[ArchiveRecord] | type[Copy] | type[CopySeal], Callable[[Any, Any], Mapping[str, Any]]]
LIES: Final[Mapping[str, Lie]] = {
    "number": (ArchiveRecord, lambda own, other: {"number": "GD-1999-0001"}),
    "rendition": (Copy, lambda own, other: {"rendition_sha256": other.rendition_sha256}),
    "issued file": (ArchiveRecord, lambda own, other: {"issued_sha256": other.issued_sha256}),
    "title": (ArchiveRecord, lambda own, other: {"title": "something else"}),
    "own reference": (ArchiveRecord, lambda own, other: {"own_reference": "another one"}),
    "seal": (CopySeal, lambda own, other: {"signature_sha256": other.signature_sha256}),
    "pictures": (ArchiveRecord, lambda own, other: {"pages": other_picture(own.pages)}),
    "page missing": (ArchiveRecord, lambda own, other: {"pages": own.pages[:1]}),
    "scan": (
        ArchiveRecord,
        lambda own, other: {"pages": [{**page, "scan_sha256": other.pages[0]["scan_sha256"]} for page in own.pages]},
    ),
}
"""What somebody who writes the database makes of a record while it is packed; beside it lies another one of his."""


def row(work: Work, kind: type[ArchiveRecord] | type[Copy] | type[CopySeal], record_id: UUID) -> Any:
    record = work.session.get_one(ArchiveRecord, record_id)
    if kind is ArchiveRecord:
        return record
    return work.session.get_one(kind, record.copy_id if kind is Copy else (record.copy_id, 1))


@contextmanager
def lied(database: Database, records: Sequence[UUID], lie: Lie) -> Iterator[None]:
    kind, changing = lie
    with database.work() as work:
        own, other = (row(work, kind, each) for each in records)
        changes = changing(own, other)
        before = {name: getattr(own, name) for name in changes}
        for name, value in changes.items():
            setattr(own, name, value)
    yield
    with database.work() as work:
        own = row(work, kind, records[0])
        for name, value in before.items():
            setattr(own, name, value)


@pytest.fixture(scope="module")
def packed(signing_worlds: SigningWorlds, tmp_path_factory: pytest.TempPathFactory) -> Packed:
    with signing_worlds.world(tmp_path_factory.mktemp("packed") / "home") as signing:
        scene = EvidenceScene(signing)
        records = [scene.archived(copy) for copy in signing.issued(copies=2)]
        scene.sequence()
        tools, actor = scene.tools, scene.actor()
        both, one = (pack_evidence(tools, actor, chosen).data for chosen in (records, records[:1]))
        lying = {}
        for name, lie in LIES.items():
            with lied(signing.database, records, lie):
                lying[name] = pack_evidence(tools, actor, records[:1]).data
        return Packed(both, one, scene.root, lying)


def check(packed: Packed, data: bytes, folder: Path, root: str = "") -> PackageVerdict:
    file = folder / "package.zip"
    file.write_bytes(data)
    return check_package(file, lambda key_list: root or packed.root)


def anew(payload: Mapping[str, bytes], info: bytes) -> bytes:
    """As a forger packs it: all manifests right, and the sizes in bag-info.txt."""
    oxum = f"Payload-Oxum: {sum(map(len, payload.values()))}.{len(payload)}"
    lines = [oxum if line.startswith("Payload-Oxum") else line for line in info.decode().splitlines()]
    return pack("evidence", payload, ("\n".join(lines) + "\n").encode())


def forged(packed: Packed, change: Callable[[dict[str, bytes]], object]) -> bytes:
    payload, info = packed.files(packed.both)
    change(payload)
    return anew(payload, info)


def folders(payload: Mapping[str, bytes]) -> list[str]:
    return sorted({"/".join(name.split("/")[:2]) + "/" for name in payload if name.startswith("records/")})


def test_a_package_proves_its_records_with_the_pinned_root_alone(packed: Packed, tmp_path: Path):
    verdict = check(packed, packed.both, tmp_path)
    assert list(verdict.problems) == []
    assert verdict.genuine
    assert verdict.root == packed.root
    assert [record.copy for record in verdict.records] == [1, 2]
    first = verdict.records[0]
    assert [(step.given, step.needed) for step in first.steps] == [(1, 1), (1, 1)]
    assert {decision.kind for decision in first.decisions} == {"attested"}
    assert [(page.page, page.picture, page.scan) for page in first.pages] == [(1, True, True), (2, True, True)]
    assert first.witnessed == first.log_size
    assert first.seals


@pytest.mark.parametrize(
    ("lie", "found"),
    [
        ("number", Check.LOG),
        ("rendition", Check.LOG),
        ("issued file", Check.ISSUED),
        ("title", Check.APPROVALS),
        ("own reference", Check.APPROVALS),
        ("seal", Check.SEALS),
        ("pictures", Check.PAGES),
        ("page missing", Check.PAGES),
        ("scan", Check.PAGES),
    ],
)
def test_what_the_database_said_while_it_was_packed_is_held_against_log_codes_and_manifest(
    packed: Packed, lie: str, found: Check, tmp_path: Path
):
    assert found in {each.check for each in check(packed, packed.lying[lie], tmp_path).problems}


def test_without_a_root_the_verdict_is_that_nobody_vouches_for_it_and_the_status_is_3(packed: Packed, tmp_path: Path):
    (tmp_path / "package.zip").write_bytes(packed.one)
    (tmp_path / "root.sha256").write_text(packed.root)
    answer = CliRunner().invoke(app, ["verify", str(tmp_path / "package.zip")])
    assert answer.exit_code == 3
    assert "根密钥未经核对" in answer.stdout.splitlines()[0]
    assert "✓ 真" not in answer.stdout


def test_it_is_the_same_unpacked_and_packed_by_other_hands(packed: Packed, tmp_path: Path):
    with zipfile.ZipFile(io.BytesIO(packed.one)) as archive:
        archive.extractall(tmp_path / "unpacked")
        with zipfile.ZipFile(tmp_path / "again.zip", "w", zipfile.ZIP_DEFLATED) as again:
            for name in reversed(archive.namelist()):
                again.writestr(name, archive.read(name))
    for path in (tmp_path / "unpacked", tmp_path / "again.zip"):
        assert check_package(path, lambda key_list: packed.root).genuine


def test_packing_the_same_content_gives_the_same_bytes(packed: Packed):
    with zipfile.ZipFile(io.BytesIO(packed.one)) as archive:
        top = archive.namelist()[0].split("/", 1)[0]
    payload, info = packed.files(packed.one)
    assert pack(top, dict(reversed(payload.items())), info) == packed.one


def test_a_changed_byte_in_any_member_is_found(packed: Packed, tmp_path: Path):
    with zipfile.ZipFile(io.BytesIO(packed.one)) as archive:
        places = {
            entry.filename: entry.header_offset + 30 + len(entry.filename) + entry.file_size // 2
            for entry in archive.infolist()
        }
    for name, place in places.items():
        changed = bytearray(packed.one)
        changed[place] ^= 1
        verdict = check(packed, bytes(changed), tmp_path)
        assert not verdict.genuine, name
        assert [finding.check for finding in verdict.findings] == [Check.WHOLE], name


def test_a_changed_byte_under_new_manifests_is_found_in_every_file(packed: Packed, tmp_path: Path):
    payload, info = packed.files(packed.one)
    for name, data in payload.items():
        changed = bytearray(data)
        changed[len(data) // 2] ^= 1
        try:
            verdict = check(packed, anew({**payload, name: bytes(changed)}, info), tmp_path)
        except (PackageMalformed, KeyListRefused):
            continue
        assert not verdict.genuine, name


def test_a_member_taken_out_is_missed_whatever_the_manifests_say(packed: Packed, tmp_path: Path):
    payload, info = packed.files(packed.one)
    for name in set(payload) - {PACKAGE, KEY_LIST}:
        less = {each: data for each, data in payload.items() if each != name}
        assert not check(packed, anew(less, info), tmp_path).genuine, name


@pytest.mark.parametrize("name", ["more.txt", "keys/more.json", "records/more/record.json", "records/{}/more.pdf"])
def test_a_member_put_in_is_found(packed: Packed, tmp_path: Path, name: str):
    def put_in(payload: dict[str, bytes]) -> None:
        payload[name.format(folders(payload)[0].split("/")[1])] = b"{}"

    assert not check(packed, forged(packed, put_in), tmp_path).genuine


def test_a_file_that_no_manifest_names_is_found(packed: Packed, tmp_path: Path):
    payload, info = packed.files(packed.one)
    buffer = io.BytesIO(pack("evidence", payload, info))
    with zipfile.ZipFile(buffer, "a") as archive:
        archive.writestr("evidence/data/hidden.txt", b"hidden")
    (problem,) = check(packed, buffer.getvalue(), tmp_path).problems
    assert "hidden.txt" in problem.problem


def _edit(change: Callable[[dict[str, Any]], object]) -> Callable[[dict[str, bytes]], None]:
    """Edits the first record, and every digest of it that the forger can write anew."""

    def edit(payload: dict[str, bytes]) -> None:
        name = folders(payload)[0] + RECORD
        record = json.loads(payload[name])
        change(record)
        payload[name] = canonical_json(record)

    return edit


@pytest.mark.parametrize(
    "change",
    [
        lambda record: record["record"].update(title="另一份合同"),
        lambda record: record["print"].update(printed_at="2020-01-01T00:00:00.000000Z"),
        lambda record: record["pages"][0].update(verdict="same "),
        lambda record: record["people"].update({next(iter(record["people"])): "somebody else"}),
        lambda record: record["decisions"].pop(),
        lambda record: record.update(left_out=[{"what": "scan", "why": "lost"}]),
    ],
)
def test_a_record_that_was_edited_is_refused(packed: Packed, tmp_path: Path, change: Callable[[Any], object]):
    verdict = check(packed, forged(packed, _edit(change)), tmp_path)
    assert not verdict.genuine
    assert any("record.json was changed" in finding.problem for finding in verdict.problems)
    assert len(verdict.records) == 1


def _swap(name: str) -> Callable[[dict[str, bytes]], None]:
    def swap(payload: dict[str, bytes]) -> None:
        first, second = folders(payload)
        payload[first + name], payload[second + name] = payload[second + name], payload[first + name]

    return swap


@pytest.mark.parametrize("name", ["issued.pdf", LOG, RECORD, "pages/0001.jpg", "bundle.json", "seals/1.der"])
def test_another_records_member_is_not_taken_for_its_own(packed: Packed, tmp_path: Path, name: str):
    assert not check(packed, forged(packed, _swap(name)), tmp_path).genuine


def test_whole_records_swapped_under_each_others_names_are_refused(packed: Packed, tmp_path: Path):
    def swap(payload: dict[str, bytes]) -> None:
        first, second = folders(payload)
        for name in [each.removeprefix(first) for each in payload if each.startswith(first)]:
            _swap(name)(payload) if second + name in payload else None

    assert not check(packed, forged(packed, swap), tmp_path).genuine


def test_proofs_taken_out_of_the_log_are_missed(packed: Packed, tmp_path: Path):
    def take_out(payload: dict[str, bytes]) -> None:
        name = folders(payload)[0] + LOG
        log = json.loads(payload[name])
        log["entries"].pop(0)
        payload[name] = canonical_json(log)

    verdict = check(packed, forged(packed, take_out), tmp_path)
    assert any("taken out" in finding.problem for finding in verdict.problems)


def test_another_key_list_and_another_root_prove_nothing(packed: Packed, tmp_path: Path):
    stranger = make_issuer()

    def replace(payload: dict[str, bytes]) -> None:
        payload[KEY_LIST] = stranger.key_list_bytes()

    data = forged(packed, replace)
    for root in (packed.root, stranger.root.fingerprint):
        assert not check(packed, data, tmp_path, root).genuine
    verdict = check(packed, packed.both, tmp_path, stranger.root.fingerprint)
    assert [finding.check for finding in verdict.problems] == [Check.KEYS]


def test_a_readme_that_tells_a_judge_something_else_is_refused(packed: Packed, tmp_path: Path):
    def mislead(payload: dict[str, bytes]) -> None:
        payload[README] = payload[README].replace(packed.root.encode(), b"0" * 64)

    (problem,) = check(packed, forged(packed, mislead), tmp_path).problems
    assert README in problem.problem


def test_fuzzed_codes_lists_bundles_and_packages_are_refused_in_order(packed: Packed, tmp_path: Path):
    """A short run; `python -m tests.fuzz` takes hours if it is let."""
    pytest.importorskip("atheris", reason="atheris has wheels for Linux on x86-64 alone")
    (tmp_path / "genuine").mkdir()
    (tmp_path / "genuine" / PACKAGE_FILE).write_bytes(packed.one)
    (tmp_path / "genuine" / ROOT_FILE).write_text(packed.root)
    command = [sys.executable, "-m", "tests.fuzz", "all", "--work", str(tmp_path), "-seed=1", f"-runs={FUZZED}"]
    ended = subprocess.run(command, capture_output=True, text=True, check=False, timeout=250)
    assert ended.returncode == 0, ended.stderr
    assert f"Done {FUZZED} runs" in ended.stderr
    assert list((tmp_path / "all" / "found").iterdir()) == []


def test_what_is_no_package_is_said_to_be_none(packed: Packed, tmp_path: Path):
    (tmp_path / "empty").mkdir()
    for path in (tmp_path / "empty", tmp_path / "not-there.zip"):
        with pytest.raises(BagUnreadable):
            check_package(path, lambda key_list: packed.root)
    with pytest.raises(BagUnreadable):
        check(packed, b"PK\x03\x04 not really", tmp_path)
    with pytest.raises(PackageMalformed):
        check(packed, pack("bag", {"letter.txt": b"hello"}, b""), tmp_path)


def test_the_digest_in_the_log_is_that_of_the_record(packed: Packed):
    payload, _ = packed.files(packed.one)
    (folder,) = folders(payload)
    taken = json.loads(json.loads(payload[folder + LOG])["entries"][-1]["body"])
    assert taken["event"] == "EvidenceTaken"
    assert taken["facts"]["record_sha256"] == sha256(payload[folder + RECORD]).hexdigest()
    assert stat.S_ISREG(zipfile.ZipFile(io.BytesIO(packed.one)).infolist()[0].external_attr >> 16)


def test_the_command_answers_by_status_and_in_words(packed: Packed, tmp_path: Path):
    (tmp_path / "good.zip").write_bytes(packed.both)
    (tmp_path / "bad.zip").write_bytes(forged(packed, _edit(lambda record: record["record"].update(title="x"))))
    command = ["--root", packed.root, "--language", "zh"]
    good = CliRunner().invoke(app, ["verify", str(tmp_path / "good.zip"), *command])
    assert good.exit_code == 0, good.output
    assert "✓ 真" in good.output
    bad = CliRunner().invoke(app, ["verify", str(tmp_path / "bad.zip"), *command])
    assert bad.exit_code == 1
    assert "✓ 真" not in bad.output
    stranger = CliRunner().invoke(app, ["verify", str(tmp_path / "good.zip"), "--root", "0" * 64])
    assert stranger.exit_code == 1
