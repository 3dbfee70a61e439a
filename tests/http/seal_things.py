"""What the matrix of access visits about seals, all of it at the home's north."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from printserver.organisations.permissions import Role
from printserver.rendering.seal_artwork_types import SealType
from printserver.seals.applications import Artwork, SealApplication, apply_for_seal
from printserver.seals.artworks import StoredArtwork, keep_artwork
from printserver.seals.imports import ImportLine, import_facts, keep_import
from printserver.seals.physical import NewPhysicalSeal, record_physical_seal
from printserver.seals.states import SealAction
from printserver.seals.steps import NewStep, propose_step, steps_of
from tests.world import World


@dataclass(frozen=True)
class SealThings:
    """`application`: waits for officers; the seal of the north itself has an open step with an attachment.

    `artwork`, `import_id`: the seal administrator's.   `application_form`: what would be applied for.
    """

    application: UUID
    step: UUID
    artwork: UUID
    import_id: UUID
    import_sha256: str
    physical: UUID
    wish: dict[str, Any]
    keeper: UUID


def seals_at(world: World) -> SealThings:
    north, now, objects = world.home.north, world.clock.now(), world.adapters.objects
    keeper = world.person(Role.CUSTODIAN).id
    wanted = SealApplication(
        north.branch_id, SealType.CONTRACT, "北方", now, now + timedelta(days=99), custodians=(keeper,)
    )
    paper = objects.put(b"a paper", world.home.id)
    with world.database.work() as work:
        administrator = world.actor(work, Role.SEAL_ADMINISTRATOR)
        application = apply_for_seal(work, world.actor(work, Role.CLERK), wanted, Artwork(paper, "drawn"))
        step = NewStep(SealAction.REVOKE, "worn out", attachment=(paper, "paper.pdf"))
        propose_step(work, administrator, world.adapters.attestor, north.seal_id, step)
        (open_step,) = steps_of(work, north.seal_id)
        before, after = (objects.put(each, world.home.id) for each in (b"before", b"after"))
        stored = StoredArtwork(paper, before, after, 40_000, 40_000, 600)
        artwork = keep_artwork(work, administrator, stored, "scan.png")
        line = ImportLine(2, "北方", {}, paper, "drawn")
        import_id = keep_import(work, administrator, "seals.zip", b"zip", [line])
        sha256 = import_facts(work, administrator, import_id).file_sha256
        physical = record_physical_seal(
            work, administrator, NewPhysicalSeal(north.branch_id, "公章", "company", keeper, "safe")
        )
    wish = {
        "branch_id": str(north.branch_id),
        "type": "contract",
        "name": "北方",
        "valid_from": "2026-11-22",
        "valid_until": "2028-11-22",
        "custodians": str(keeper),
    }
    return SealThings(application, open_step.id, artwork, import_id, sha256, physical, wish, keeper)
