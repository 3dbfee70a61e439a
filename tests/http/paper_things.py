"""What the matrix of access visits about papers: a printed copy that was handed over and signed, and an exception."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from printserver.foundation.ids import new_id
from printserver.organisations.permissions import Role
from printserver.print_requests.hand_over_rules import HolderKind, Means, NewHandOver
from printserver.print_requests.hand_overs import hand_over, keep_proof
from printserver.print_requests.owed_block import grant_exception
from printserver.returns.signing_records import record_signing
from printserver.returns.signing_rules import IdentityCheck, NewSigning, Signer
from tests.world import World


@dataclass(frozen=True)
class PaperThings:
    """`signing`: the record's id.   hand_over: with a proof."""

    request: UUID
    copy: UUID
    hand_over: UUID
    signing: UUID
    exception: UUID


def papers_at(world: World) -> PaperThings:
    request_id = world.printed()
    (copy,) = world.copies(request_id)
    now = world.clock.now()
    with world.database.reading() as work:
        clerk, archivist = world.actor(work, Role.CLERK), world.actor(work, Role.ARCHIVIST)
    proof = keep_proof(world.database, world.adapters.objects, clerk, [copy.id], b"\xff\xd8\xff a receipt")
    with world.database.work() as work:
        link = NewHandOver(HolderKind.PARTY, "Far East", Means.SIGNATURE, now, "Mr Li", proof_sha256=proof)
        (handed,) = hand_over(work, clerk, [copy.id], link)
        signer = Signer("Li", IdentityCheck.KNOWN_PERSONALLY)
        signed = record_signing(work, clerk, NewSigning(new_id(), copy.id, (signer,), "here", now))
        until = now + timedelta(days=7)
        north = world.home.north.branch_id
        exception = grant_exception(work, archivist, north, reason="audit week", valid_until=until, most_uses=1)
    return PaperThings(request_id, copy.id, handed, signed.record_id, exception)
