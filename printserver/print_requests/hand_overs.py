"""Record who holds which copy: handed over against a signature or by courier, passed on, given back, corrected."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from printserver.archive.copy_records import require_kept
from printserver.audit.log import append
from printserver.foundation.errors import Malformed, NotFound, TransitionRefused
from printserver.foundation.ids import new_id
from printserver.foundation.unit_of_work import Database, Work
from printserver.organisations.access import Actor
from printserver.organisations.permissions import Permission
from printserver.organisations.queries import branch
from printserver.print_requests.access import copy_for
from printserver.print_requests.hand_over_rules import (
    HandOverMalformed,
    HolderKind,
    NewHandOver,
    require_in_order,
)
from printserver.print_requests.models import Copy
from printserver.print_requests.owed import recount
from printserver.print_requests.paper_events import CopyHandedOver, HandOverCorrected, HandOverProofRead
from printserver.print_requests.paper_models import HandOver
from printserver.print_requests.states import INVALID, CopyState
from printserver.storage.objects import Objects

LARGEST_PROOF: Final = 10 * 1024 * 1024
MOST_AT_ONCE: Final = 200
_BEGINNINGS: Final = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"%PDF-")


class ProofMalformed(Malformed):
    code = "hand-over-proof-malformed"


def keep_proof(database: Database, objects: Objects, actor: Actor, copy_ids: Sequence[UUID], data: bytes) -> str:
    """A photo or scan of the signature, stored untouched before anything names it; its digest. Nobody opens it here.

    Raises: NotFound for a copy that is not the actor's to hand over; ProofMalformed for what is no JPEG, PNG or PDF of
    at most 10 MiB.
    """
    with database.reading() as work:
        for copy_id in copy_ids:
            copy_for(work, actor, copy_id, Permission.HAND_IN_RETURNS)
    if not data.startswith(_BEGINNINGS) or len(data) > LARGEST_PROOF:
        raise ProofMalformed("a proof is a JPEG, PNG or PDF file of at most 10 MiB")
    return objects.put(data, actor.organisation_id)


def hand_over(work: Work, actor: Actor, copy_ids: Sequence[UUID], new: NewHandOver) -> tuple[UUID, ...]:
    """Several copies at once to one holder, all or none; the ids of what was recorded.

    Raises: NotFound, RecordDisposed, HandOverMalformed without a copy; TransitionRefused for one that was not
    printed, that is invalid and not given back to us, or that somebody hands over just now.
    """
    said = _with_branch(work, actor, new.tidied())
    if not 1 <= len(set(copy_ids)) <= MOST_AT_ONCE:
        raise HandOverMalformed(f"choose 1 to {MOST_AT_ONCE} copies")
    return tuple(_hand_over(work, actor, copy_id, said) for copy_id in sorted(set(copy_ids)))


def correct_hand_over(
    work: Work, actor: Actor, hand_over_id: UUID, new: NewHandOver, *, reason: str, cancelled: bool = False
) -> UUID:
    """Say anew what a link of the chain was; what it said before stays.   cancelled: it never happened.

    The proof stays unless another one is given.   Raises: NotFound, RecordDisposed, HandOverMalformed without a
    reason; TransitionRefused for what is not the present revision.
    """
    if not reason.strip():
        raise HandOverMalformed("say why it is corrected")
    before = hand_over_for(work, actor, hand_over_id, Permission.HAND_IN_RETURNS)
    copy = copy_for(work, actor, before.copy_id, Permission.HAND_IN_RETURNS)
    require_kept(work, copy.organisation_id, copy.id)
    present = current(work, copy.id)
    if before.id not in {each.id for each in present}:
        raise TransitionRefused("this hand-over was corrected since; please look at it again")
    said = _with_branch(work, actor, new.tidied())
    if not cancelled:
        _require_printed(copy, said)
        others = [each for each in present if not each.cancelled]
        require_in_order(
            said.handed_at,
            printed_at=copy.printed_at or work.now(),
            now=work.now(),
            before=[each.handed_at for each in others if each.position < before.position],
            after=[each.handed_at for each in others if each.position > before.position],
        )
    said = replace(said, proof_sha256=said.proof_sha256 or before.proof_sha256)
    row = _row(work, actor, copy, said, before.position, before.revision + 1)
    row.reason, row.cancelled = reason.strip(), cancelled
    _insert(work, row)
    corrected = HandOverCorrected(
        id=copy.id, position=row.position, revision=row.revision, cancelled=cancelled, reason=row.reason
    )
    append(work, actor.by, corrected)
    recount(work, actor.by, copy.id, first_outside(current(work, copy.id)))
    return row.id


def proof_of(database: Database, objects: Objects, actor: Actor, hand_over_id: UUID) -> bytes:
    """The photo or scan of the signature. That it was read is recorded.   Raises: NotFound, ObjectChanged."""
    with database.work() as work:
        row = hand_over_for(work, actor, hand_over_id, Permission.READ_RETURNS)
        if row.proof_sha256 is None:
            raise NotFound("no photo or scan was kept of this hand-over")
        append(work, actor.by, HandOverProofRead(id=row.copy_id, position=row.position, sha256=row.proof_sha256))
        digest, owner = row.proof_sha256, row.organisation_id
    return objects.get(digest, owner)


def hand_over_for(work: Work, actor: Actor, hand_over_id: UUID, permission: Permission) -> HandOver:
    """Raises: NotFound, in the same words for one that is not there and one that lies elsewhere."""
    row = work.session.get(HandOver, hand_over_id)
    try:
        if row is not None:
            copy_for(work, actor, row.copy_id, permission)
            return row
    except NotFound:
        pass
    raise NotFound("there is no such hand-over")


def current(work: Work, copy_id: UUID) -> tuple[HandOver, ...]:
    """The chain as it is held to be now, also what was cancelled; the first link first."""
    rows = work.session.scalars(
        select(HandOver).where(HandOver.copy_id == copy_id).order_by(HandOver.position, HandOver.revision)
    )
    return tuple({row.position: row for row in rows}.values())


def first_outside(chain: Sequence[HandOver]) -> datetime | None:
    """When the copy was first handed to somebody outside."""
    outside = [row.handed_at for row in chain if not row.cancelled and row.holder_kind != HolderKind.US]
    return min(outside, default=None)


def _hand_over(work: Work, actor: Actor, copy_id: UUID, said: NewHandOver) -> UUID:
    copy = copy_for(work, actor, copy_id, Permission.HAND_IN_RETURNS)
    require_kept(work, copy.organisation_id, copy.id)
    _require_printed(copy, said)
    chain = current(work, copy.id)
    require_in_order(
        said.handed_at,
        printed_at=copy.printed_at or work.now(),
        now=work.now(),
        before=[row.handed_at for row in chain if not row.cancelled],
        after=(),
    )
    row = _row(work, actor, copy, said, len(chain) + 1, 1)
    _insert(work, row)
    done = CopyHandedOver(
        id=copy.id,
        position=row.position,
        holder_kind=said.holder_kind,
        means=said.means,
        handed_at=row.handed_at,
        proof_sha256=row.proof_sha256,
    )
    append(work, actor.by, done)
    recount(work, actor.by, copy.id, first_outside((*chain, row)))
    return row.id


def _with_branch(work: Work, actor: Actor, said: NewHandOver) -> NewHandOver:
    """With the name of the branch.   Raises: NotFound for one of another organisation."""
    if said.holder_branch_id is None:
        return said
    found = branch(work, said.holder_branch_id)
    if found.organisation_id != actor.organisation_id:
        raise NotFound("there is no such branch")
    return replace(said, holder=found.name)


def _require_printed(copy: Copy, said: NewHandOver) -> None:
    """Raises: TransitionRefused."""
    if copy.printed_at is None:
        raise TransitionRefused("this copy was never printed: nobody can hold it")
    state = CopyState(copy.state)
    if state is not CopyState.PRINTED and not (state in INVALID and said.holder_kind is HolderKind.US):
        raise TransitionRefused(f"a copy that is {copy.state} can only be given back to us")


def _row(work: Work, actor: Actor, copy: Copy, said: NewHandOver, position: int, revision: int) -> HandOver:
    return HandOver(
        id=new_id(),
        copy_id=copy.id,
        organisation_id=copy.organisation_id,
        branch_id=copy.branch_id,
        position=position,
        revision=revision,
        holder_kind=said.holder_kind.value,
        holder=said.holder,
        holder_branch_id=said.holder_branch_id,
        means=said.means.value,
        receiver=said.receiver,
        courier_number=said.courier_number,
        proof_sha256=said.proof_sha256,
        handed_at=said.handed_at.astimezone(UTC),
        note=said.note,
        cancelled=False,
        reason="",
        recorded_by=actor.id,
        recorded_at=work.now(),
    )


def _insert(work: Work, row: HandOver) -> None:
    try:
        with work.session.begin_nested():
            work.session.add(row)
    except IntegrityError:
        raise TransitionRefused("somebody else has just recorded a hand-over; please look again") from None
