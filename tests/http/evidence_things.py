"""An ordered evidence package, a pinned installation and a record of it, at the home's north; bytes without a name."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from printserver.archive.sweep_models import UnnamedObject
from printserver.foundation.ids import new_id
from printserver.organisations.permissions import Role
from printserver.returns.evidence_orders import order_evidence
from printserver.returns.foreign_models import ArchiveSource, ForeignRecord
from tests.world import World


@dataclass(frozen=True)
class EvidenceThings:
    order: UUID
    source: UUID
    imported: UUID
    unnamed: str = "c" * 64


def evidence_at(world: World, record_id: UUID) -> EvidenceThings:
    north, now = world.home.north, world.clock.now()
    archivist = north.staff[Role.ARCHIVIST].id
    package = world.adapters.objects.put(b"no package", world.home.id)
    source, imported = new_id(), new_id()
    with world.database.work() as work:
        order = order_evidence(work, world.actor(work, Role.ARCHIVIST), [record_id])
        work.session.add(
            ArchiveSource(
                id=source,
                organisation_id=world.home.id,
                name="the other house",
                root_fingerprint="f" * 64,
                note="its contracts",
                pinned_by=archivist,
                pinned_at=now,
            )
        )
        work.session.add(UnnamedObject(organisation_id=world.home.id, digest=EvidenceThings.unnamed, since=now))
        work.session.flush()
        work.session.add(
            ForeignRecord(
                id=imported,
                organisation_id=world.home.id,
                branch_id=north.branch_id,
                source_id=source,
                record_id="a record there",
                number="2020-000001",
                serial="0000-0000-0000-0000-0",
                title="An old contract",
                own_reference="",
                package_sha256=package,
                facts={
                    "copy": 1,
                    "copies": 1,
                    "signer": "somebody",
                    "seals": [],
                    "pages": [],
                    "decisions": [],
                    "hand_overs": [
                        {
                            "holder_kind": "party",
                            "holder": "Far East",
                            "means": "courier",
                            "receiver": "",
                            "courier_number": "SF 12",
                            "handed_at": "2020-01-02T03:04:05.000000Z",
                            "proof": False,
                        }
                    ],
                    "signings": [
                        {
                            "signers": ["Li Lei", "Han Meimei"],
                            "place": "Shanghai",
                            "signed_at": "2020-01-01T03:04:05.000000Z",
                            "late": False,
                            "decision": "",
                        }
                    ],
                    "issued_at": None,
                    "printed_at": None,
                    "archived_at": None,
                },
                imported_by=archivist,
                imported_at=now,
            )
        )
    return EvidenceThings(order, source, imported)
