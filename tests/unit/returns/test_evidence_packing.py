"""Evidence is packed for those who may, of what is theirs; orders are made by a job; other houses take packages in."""

from __future__ import annotations

import io
import json
import threading
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import select, update
from typer.testing import CliRunner, Result

from printserver.archive.access import RecordNotFound
from printserver.archive.bag import BagUnreadable
from printserver.archive.holds import RecordDisposed
from printserver.archive.models import ArchiveRecord
from printserver.audit.models import AuditEntry
from printserver.cli.client import STEP_UP_VARIABLE, TOKEN_FILE_VARIABLE, TOKEN_VARIABLE, URL_VARIABLE
from printserver.cli.main import app
from printserver.foundation.errors import Forbidden, NotFound
from printserver.foundation.ids import new_id
from printserver.organisations.permissions import Role
from printserver.print_requests.hand_over_rules import HolderKind, Means, NewHandOver
from printserver.print_requests.hand_overs import correct_hand_over, hand_over, keep_proof
from printserver.print_requests.models import Copy
from printserver.print_requests.states import CopyState
from printserver.returns import evidence_packing
from printserver.returns import foreign_records as foreign
from printserver.returns.evidence_models import EvidenceOrder
from printserver.returns.evidence_orders import (
    MOST_WAITING,
    EvidenceOrderEmpty,
    EvidenceOrderNotFound,
    EvidenceOrderNotReady,
    EvidenceOrdersWaiting,
    OrderState,
    erase_old_packages,
    evidence_order,
    make_ordered,
    order_evidence,
    ordered_package,
)
from printserver.returns.evidence_packing import EvidenceNotReady, EvidenceTooLarge, pack_evidence
from printserver.returns.foreign_models import ForeignRecord
from printserver.returns.signing_records import record_signing
from printserver.returns.signing_rules import IdentityCheck, NewSigning, Signer
from printserver.signer.heads import HeadSigning
from printserver.storage.objects import ObjectErased
from printserver.verification.package_check import check_package
from tests.evidence_scene import EvidenceScene
from tests.http.live_server import live_server
from tests.signing_world import SigningWorlds
from tests.unit.returns.foreign_checks import read_again, under_test_keys
from tests.world_building import PASSWORD, Office

DAY = 86_400.0


@pytest.fixture(scope="module")
def shared(
    signing_worlds: SigningWorlds, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[EvidenceScene, list[UUID]]]:
    """A scene with two records: the scan of the first holds a page of the second copy too."""
    with signing_worlds.world(tmp_path_factory.mktemp("evidence") / "home") as signing:
        scene = EvidenceScene(signing)
        first, second, third = signing.issued(copies=3)
        records = [scene.archived(first, also=[third]), scene.archived(second)]
        signer = NewSigning(
            new_id(), first.id, (Signer("李雷", IdentityCheck.IDENTITY_CARD),), "上海", signing.database.clock.now()
        )
        clerk = scene.actor(Role.CLERK)
        with signing.database.work() as work:
            work.session.execute(
                update(Copy).where(Copy.id == first.id).values(state=CopyState.PRINTED, printed_at=work.now())
            )
            record_signing(work, clerk, signer)
        scene.sequence()
        yield scene, records


@pytest.fixture
def scene(shared: tuple[EvidenceScene, list[UUID]]) -> EvidenceScene:
    return shared[0]


@pytest.fixture
def records(shared: tuple[EvidenceScene, list[UUID]]) -> list[UUID]:
    return shared[1]


def members(data: bytes) -> dict[str, bytes]:
    """Of the package's first record, by their names in its folder."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        names = [name for name in archive.namelist() if "/data/records/" in name]
        return {name.split("/", 4)[4]: archive.read(name) for name in names}


def test_who_signed_the_paper_by_hand_is_in_it(scene: EvidenceScene, records: list[UUID], tmp_path: Path):
    package = pack_evidence(scene.tools, scene.actor(), records[:1])
    (signing,) = json.loads(members(package.data)["record.json"])["signings"]
    assert ([each["name"] for each in signing["signers"]], signing["decision"]) == (["李雷"], None)
    (tmp_path / package.name).write_bytes(package.data)
    verdict = check_package(tmp_path / package.name, lambda key_list: scene.root)
    assert verdict.genuine
    assert [(each.signers, each.decision) for each in verdict.records[0].signings] == [(("李雷",), "")]


def test_who_held_the_paper_is_in_it_with_the_proof_of_the_signature_and_as_the_log_knows_it(
    scene: EvidenceScene, records: list[UUID], tmp_path: Path
):
    proof = b"\xff\xd8\xff signed for"
    signing, clerk = scene.signing, scene.actor(Role.CLERK)
    with signing.database.reading() as work:
        copy_id = work.session.scalars(select(ArchiveRecord.copy_id).where(ArchiveRecord.id == records[1])).one()
    with signing.database.work() as work:
        printed = update(Copy).where(Copy.id == copy_id).values(state=CopyState.PRINTED, printed_at=work.now())
        work.session.execute(printed)
    digest = keep_proof(signing.database, signing.objects, clerk, [copy_id], proof)
    at = signing.database.clock.now()
    given = NewHandOver(HolderKind.PARTY, "乙方公司", Means.SIGNATURE, at, receiver="韩梅梅", proof_sha256=digest)
    with signing.database.work() as work:
        (hand_over_id,) = hand_over(work, clerk, [copy_id], given)
    with signing.database.work() as work:
        correct_hand_over(work, clerk, hand_over_id, replace(given, holder="乙方有限公司"), reason="misread")
    package = pack_evidence(scene.tools, scene.actor(), records[1:])
    packed = members(package.data)
    first, second = json.loads(packed["record.json"])["hand_overs"]
    assert (first["holder"], first["present"], second["holder"], second["present"]) == (
        *("乙方公司", False),
        *("乙方有限公司", True),
    )
    assert packed[f"hand-overs/{digest}.jpg"] == proof
    (tmp_path / package.name).write_bytes(package.data)
    verdict = check_package(tmp_path / package.name, lambda key_list: scene.root)
    assert verdict.genuine
    (shown,) = verdict.records[0].hand_overs
    assert (shown.holder, shown.receiver, shown.proof) == ("乙方有限公司", "韩梅梅", True)


def taken(scene: EvidenceScene) -> list[UUID | None]:
    with scene.signing.database.reading() as work:
        chosen = select(AuditEntry.subject_id).where(AuditEntry.event == "EvidenceTaken").order_by(AuditEntry.id)
        return list(work.session.scalars(chosen))


def test_a_scan_with_other_peoples_pages_is_left_out_unless_it_is_asked_for(scene: EvidenceScene, records: list[UUID]):
    actor = scene.actor()
    without = members(pack_evidence(scene.tools, actor, records[:1]).data)
    assert not [name for name in without if name.startswith("scans/")]
    assert {"pages/0001.jpg", "pages/0002.jpg"} <= set(without)
    assert [each["why"] for each in json.loads(without["record.json"])["left_out"]] == ["holds-pages-of-others"]
    whole = members(pack_evidence(scene.tools, actor, records[:1], whole_scans=True).data)
    assert [name for name in whole if name.startswith("scans/")]
    assert json.loads(whole["record.json"])["left_out"] == []
    alone = members(pack_evidence(scene.tools, actor, records[1:]).data)
    assert [name for name in alone if name.startswith("scans/")]


def test_each_packing_is_recorded_with_the_digest_of_the_record(scene: EvidenceScene, records: list[UUID]):
    before = taken(scene)
    pack_evidence(scene.tools, scene.actor(Role.AUDITOR), records)
    assert taken(scene) == [*before, *records]


def test_nobody_else_takes_evidence_out_and_a_refusal_records_nothing(scene: EvidenceScene, records: list[UUID]):
    world = scene.signing.world
    with scene.signing.database.reading() as work:
        south = world.actor(work, Role.ARCHIVIST, world.home.south)
        foreigner = world.actor(work, Role.AUDITOR, world.foreign.head)
    before = taken(scene)
    with pytest.raises(Forbidden):
        pack_evidence(scene.tools, scene.actor(Role.CLERK), records)
    for stranger in (south, foreigner):
        with pytest.raises(RecordNotFound):
            pack_evidence(scene.tools, stranger, records)
    with pytest.raises(RecordNotFound):
        pack_evidence(scene.tools, scene.actor(), [new_id()])
    with pytest.raises(EvidenceTooLarge):
        pack_evidence(scene.tools, scene.actor(), [])
    assert taken(scene) == before


def test_what_no_verifier_would_read_is_not_packed(
    scene: EvidenceScene, records: list[UUID], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(evidence_packing, "LARGEST_JSON", 1_000)
    with pytest.raises(EvidenceTooLarge, match=r"\.json would have more"):
        pack_evidence(scene.tools, scene.actor(), records[:1])


def test_without_the_log_there_is_no_package(scene: EvidenceScene, records: list[UUID]):
    with pytest.raises(EvidenceNotReady):
        pack_evidence(replace(scene.tools, patience=0.0, pause=lambda: None), scene.actor(), records[:1])


def ordered(scene: EvidenceScene, records: list[UUID]) -> UUID:
    actor = scene.actor()
    with scene.signing.database.work() as work:
        return order_evidence(work, actor, records)


def state(scene: EvidenceScene, order_id: UUID) -> OrderState:
    with scene.signing.database.reading() as work:
        return evidence_order(work, scene.actor(), order_id).state


def test_an_order_is_made_once_fetched_by_its_owner_alone_and_erased_after_a_week(
    scene: EvidenceScene, records: list[UUID], tmp_path: Path
):
    database, objects = scene.signing.database, scene.signing.objects
    order_id = ordered(scene, records)
    assert state(scene, order_id) is OrderState.WAITING
    with pytest.raises(EvidenceOrderNotReady):
        ordered_package(database, objects, scene.actor(), order_id)
    make_ordered(scene.tools, order_id)
    first = ordered_package(database, objects, scene.actor(), order_id)
    make_ordered(scene.tools, order_id)
    assert ordered_package(database, objects, scene.actor(), order_id) == first
    (tmp_path / first.name).write_bytes(first.data)
    assert len(check_package(tmp_path / first.name, lambda key_list: scene.root).records) == 2
    with pytest.raises(EvidenceOrderNotFound):
        ordered_package(database, objects, scene.actor(Role.AUDITOR), order_id)
    assert erase_old_packages(database, objects) == 0
    with database.work() as work:
        row = work.session.get_one(EvidenceOrder, order_id)
        digest, finished = row.package_sha256, row.finished_at
        assert digest is not None
        assert finished is not None
        long_ago = finished.replace(year=2020)
        work.session.execute(update(EvidenceOrder).where(EvidenceOrder.id == order_id).values(finished_at=long_ago))
    assert erase_old_packages(database, objects) == 1
    assert state(scene, order_id) is OrderState.ERASED
    with pytest.raises(ObjectErased):
        objects.get(digest, scene.signing.world.home.id)


def test_an_order_that_cannot_be_made_says_why(scene: EvidenceScene, records: list[UUID]):
    order_id = ordered(scene, records)
    with scene.signing.database.work() as work:
        gone = update(EvidenceOrder).where(EvidenceOrder.id == order_id).values(record_ids=[str(new_id())])
        work.session.execute(gone)
    make_ordered(scene.tools, order_id)
    with scene.signing.database.reading() as work:
        facts = evidence_order(work, scene.actor(), order_id)
    assert (facts.state, facts.failure_code) == (OrderState.FAILED, "archive-record-not-found")


def test_nothing_is_ordered_for_nobody_or_of_nothing(scene: EvidenceScene, records: list[UUID]):
    clerk, actor = scene.actor(Role.CLERK), scene.actor()
    with scene.signing.database.work() as work:
        with pytest.raises(Forbidden):
            order_evidence(work, clerk, records)
        with pytest.raises(EvidenceOrderEmpty):
            order_evidence(work, actor, [])
        with pytest.raises(RecordNotFound):
            order_evidence(work, actor, [new_id()])


def test_nobody_orders_on_while_several_packages_of_theirs_are_being_made(scene: EvidenceScene, records: list[UUID]):
    actor = scene.actor()
    with scene.signing.database.reading() as work:  # nothing of it is kept
        before = len(work.session.scalars(select(EvidenceOrder.id)).all())
        work.session.execute(update(EvidenceOrder).values(finished_at=work.now()))
        for _ in range(MOST_WAITING):
            order_evidence(work, actor, records)
        with pytest.raises(EvidenceOrdersWaiting):
            order_evidence(work, actor, records)
        assert len(work.session.scalars(select(EvidenceOrder.id)).all()) == before + MOST_WAITING


def test_a_package_is_ordered_packed_and_fetched_only_while_its_records_are_there(
    scene: EvidenceScene, records: list[UUID]
):
    database, objects, actor = scene.signing.database, scene.signing.objects, scene.actor()
    order_id = ordered(scene, records)
    make_ordered(scene.tools, order_id)
    with scene.disposed(records[1]):
        before = taken(scene)
        with pytest.raises(RecordDisposed), database.work() as work:
            order_evidence(work, actor, records)
        with pytest.raises(RecordDisposed):
            pack_evidence(scene.tools, actor, records)
        with pytest.raises(RecordDisposed):
            ordered_package(database, objects, actor, order_id)
        assert taken(scene) == before


def test_another_house_takes_a_package_in_once_under_the_root_that_a_person_pinned(
    scene: EvidenceScene, records: list[UUID], tmp_path: Path
):
    """The foreign company of the same world stands for another installation."""
    world, database, objects = scene.signing.world, scene.signing.database, scene.signing.objects
    package = pack_evidence(scene.tools, scene.actor(), records[1:]).data
    with database.work() as work:
        keeper = world.actor(work, Role.ARCHIVIST, world.foreign.head)
        with pytest.raises(Forbidden):
            foreign.pin_source(
                work,
                world.actor(work, Role.ARCHIVIST, world.foreign.north),
                name="x",
                root_fingerprint=scene.root,
                note="x",
            )
        source = foreign.pin_source(work, keeper, name="the sender", root_fingerprint=scene.root, note="its contracts")
        other = foreign.pin_source(work, keeper, name="somebody", root_fingerprint="0" * 64, note="a letter")
        for name, note in ((" ", "a letter"), ("a third", " "), ("x" * 501, "a letter"), ("a third", "x" * 501)):
            with pytest.raises(foreign.SourceMalformed):
                foreign.pin_source(work, keeper, name=name, root_fingerprint="1" * 64, note=note)
        with pytest.raises(foreign.SourcePinnedAlready):
            foreign.pin_source(work, keeper, name="once more", root_fingerprint=scene.root, note="its contracts")
    at = world.foreign.north.branch_id
    taken_in = foreign.import_package(database, objects, keeper, source, at, io.BytesIO(package))
    again = foreign.import_package(database, objects, keeper, source, at, io.BytesIO(package))
    assert (taken_in.known, again.known, again.id) == (False, True, taken_in.id)
    changed = bytearray(package)
    changed[len(package) // 2] ^= 1
    for source_id, data in ((other, package), (source, bytes(changed))):
        with pytest.raises(foreign.ForeignPackageRefused):
            foreign.import_package(database, objects, keeper, source_id, at, io.BytesIO(data))
    with pytest.raises(foreign.ForeignPackageRefused, match="for tests only"):
        foreign.import_package(
            database, objects, keeper, source, at, io.BytesIO(under_test_keys(scene, records, tmp_path))
        )
    both = pack_evidence(scene.tools, scene.actor(), records).data
    with pytest.raises(foreign.ForeignPackageRefused):
        foreign.import_package(database, objects, keeper, source, at, io.BytesIO(both))
    with pytest.raises(BagUnreadable):
        foreign.import_package(database, objects, keeper, source, at, io.BytesIO(b"no zip"))
    with pytest.raises(NotFound):
        foreign.import_package(database, objects, keeper, source, world.home.north.branch_id, io.BytesIO(package))
    with pytest.raises(foreign.SourceNotFound):
        foreign.import_package(
            database, objects, scene.actor(), source, world.home.north.branch_id, io.BytesIO(package)
        )
    with database.reading() as work:
        assert len(work.session.scalars(select(ForeignRecord)).all()) == 1
        (found,) = foreign.foreign_records(work, keeper, "Supply")
        assert (found.id, found.source, found.facts["copy"]) == (taken_in.id, "the sender", 2)
        assert foreign.foreign_records(work, keeper, "nothing of that kind") == ()
        assert foreign.foreign_records(work, scene.actor()) == ()
    pdf = foreign.foreign_file(database, objects, keeper, taken_in.id, "issued.pdf")
    assert pdf == members(package)["issued.pdf"]
    assert foreign.foreign_package(database, objects, keeper, taken_in.id) == package
    with pytest.raises(foreign.ForeignRecordNotFound):
        foreign.foreign_file(database, objects, keeper, taken_in.id, "../../../etc/passwd")
    with pytest.raises(foreign.ForeignRecordNotFound):
        foreign.foreign_package(database, objects, scene.actor(), taken_in.id)
    read_again(scene, keeper, taken_in.id)


def test_the_command_exports_an_archive_and_takes_it_in_elsewhere(
    scene: EvidenceScene, records: list[UUID], tmp_path: Path
):
    world, database = scene.signing.world, scene.signing.database
    out = tmp_path / "out"
    heads = HeadSigning(scene.sequencer(), threading.Event())
    heads.start()
    with live_server(world) as server:

        def say(office: Office, *words: str) -> Result:
            named = {URL_VARIABLE: server.url, TOKEN_VARIABLE: office.staff[Role.ARCHIVIST].token}
            return CliRunner().invoke(
                app,
                ["archive", *words],
                env={**named, TOKEN_FILE_VARIABLE: "", STEP_UP_VARIABLE: ""},
                input=f"{PASSWORD}\n",
            )

        exported = say(world.home.north, "export", str(out), "--year", "2026")
        assert exported.exit_code == 0, exported.output
        assert len(list(out.glob("*.zip"))) == len(records) == len(json.loads((out / "index.json").read_text()))
        assert (out / "index.csv").read_text("utf-8-sig").splitlines()[0].startswith("number,serial,title")
        elsewhere = say(world.home.north, "export", str(tmp_path / "none"), "--branch", str(world.home.head.branch_id))
        assert "0 of 0 records" in elsewhere.output
        assert say(world.home.north, "export", str(out), "--year", "1999").exit_code == 2
        head = world.foreign.head
        pinned = say(head, "pin", "the sender", scene.root, "--note", "its contracts")
        with database.reading() as work:
            known = {
                each.root_fingerprint: each.id
                for each in foreign.sources(work, world.actor(work, Role.ARCHIVIST, head))
            }
        assert pinned.exit_code == (0 if len(known) == 1 else 2), pinned.output
        taking = ("import", str(out), "--source", str(known[scene.root]), "--branch", str(head.branch_id))
        (out / "forged.zip").write_bytes(next(out.glob("*.zip")).read_bytes()[:-1000])
        first, second = say(head, *taking), say(head, *taking)
    heads.stop()
    assert "1 refused" in first.output
    assert (first.exit_code, second.exit_code) == (1, 1)
    assert "0 taken in, 2 known already, 1 refused" in second.output
