"""Checks on an imported record: its package is read again in its turn, and nothing is erased under it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from uuid import UUID

from sqlalchemy import select

from printserver.archive.fixity import FixityRules
from printserver.audit.models import AuditEntry
from printserver.foundation.ids import new_id
from printserver.organisations.access import Actor
from printserver.returns.evidence_models import EvidenceOrder
from printserver.returns.evidence_orders import erase_old_packages
from printserver.returns.evidence_packing import pack_evidence
from printserver.returns.foreign_fixity import check_imported, import_figures
from printserver.returns.foreign_models import ForeignRecord
from printserver.signing.key_list import KeyList, build_key_list
from printserver.signing.key_list_history import keep_list
from tests.evidence_scene import EvidenceScene
from tests.sealed_store import content_file
from tests.signing_world import key_list_of

DAY = 86_400.0


def read_again(scene: EvidenceScene, keeper: Actor, imported: UUID) -> None:
    """Its package is hashed in its turn; damage is found, told once and mended; no package is erased under it."""
    database, objects, rules = scene.signing.database, scene.signing.objects, FixityRules()

    def round_() -> tuple[int, list[str]]:
        done = check_imported(database, objects, rules)
        return done.records, done.damaged

    began = scene.signing.world.clock.now()
    assert (round_(), round_()) == ((1, []), (0, []))
    with database.reading() as work:
        row = work.session.get_one(ForeignRecord, imported)
        figures = import_figures(work, keeper)
        assert (figures.records, figures.never, figures.damaged) == (1, 0, ())
        assert import_figures(work, scene.actor()).records == 0
    file = content_file(scene.signing.settings.objects, row.organisation_id, row.package_sha256)
    whole = file.read_bytes()
    file.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    scene.signing.world.clock.advance(91 * DAY)
    assert (round_(), round_()) == ((1, [row.number]), (0, []))
    scene.signing.world.clock.advance(2 * DAY)
    assert round_() == (1, [row.number])
    with database.reading() as work:
        (damaged,) = import_figures(work, keeper).damaged
        assert (damaged.id, damaged.result) == (imported, "changed")
        told = work.session.scalars(select(AuditEntry.event).where(AuditEntry.event.startswith("ForeignDamage")))
        assert told.all() == ["ForeignDamageFound"]
    file.write_bytes(whole)
    scene.signing.world.clock.advance(2 * DAY)
    assert round_() == (1, [])
    order_of_the_same_bytes(scene, row)
    scene.signing.world.clock.moment = began
    assert objects.get(row.package_sha256, row.organisation_id)


def order_of_the_same_bytes(scene: EvidenceScene, row: ForeignRecord) -> None:
    """An order whose package is, byte for byte, what was taken in; its week is over."""
    database = scene.signing.database
    with database.work() as work:
        order = EvidenceOrder(
            id=new_id(),
            organisation_id=row.organisation_id,
            account_id=row.imported_by,
            record_ids=[],
            whole_scans=False,
            done=0,
            package_sha256=row.package_sha256,
            created_at=work.now(),
            finished_at=work.now(),
            **dict.fromkeys(("failure", "failure_code", "filename"), ""),
        )
        work.session.add(order)
    scene.signing.world.clock.advance(8 * DAY)
    assert erase_old_packages(database, scene.signing.objects) >= 1
    with database.reading() as work:
        assert work.session.get_one(EvidenceOrder, order.id).erased_at is not None


def under_test_keys(scene: EvidenceScene, records: list[UUID], folder: Path) -> bytes:
    """A package of one record, when the root has said since that its keys are for tests."""
    settings, ceremony = scene.signing.settings, scene.signing.ceremony
    newest, known = settings.key_list.read_bytes(), key_list_of(settings)
    (folder / "earlier").mkdir()
    keep_list(folder / "earlier", newest)
    said = build_key_list(
        issuer=known.issuer,
        sequence=known.sequence + 1,
        issued_at=known.issued_at,
        root_certificate=known.root_certificate,
        sign=ceremony.root.sign,
        keys=known.keys,
        previous=newest,
        test=True,
    )
    (folder / "KEYS.json").write_bytes(said)
    tools = replace(
        scene.tools,
        load_key_list=lambda: KeyList.load(said, root_fingerprint=scene.root),
        key_list=folder / "KEYS.json",
        earlier_lists=folder / "earlier",
    )
    return pack_evidence(tools, scene.actor(), records[1:]).data
