"""Who holds which copy: a copy's chain of holders, and the search for what somebody holds."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import exists, or_, select
from sqlalchemy.orm import aliased

from printserver.foundation.serials import CopySerial
from printserver.foundation.unit_of_work import Work
from printserver.organisations.access import Actor, within
from printserver.organisations.permissions import Permission
from printserver.organisations.queries import names
from printserver.print_requests.access import copy_for
from printserver.print_requests.hand_over_rules import HolderKind, Means
from printserver.print_requests.models import Copy, PrintRequest
from printserver.print_requests.paper_models import HandOver
from printserver.print_requests.states import CopyState

PAGE: Final = 100


@dataclass(frozen=True)
class HandOverView:
    """One revision of a link.   `present`: the one that holds.   proof_sha256: of a photo or scan that was kept."""

    id: UUID
    copy_id: UUID
    position: int
    revision: int
    holder_kind: HolderKind
    holder: str
    holder_branch_id: UUID | None
    means: Means
    receiver: str
    courier_number: str
    proof_sha256: str | None
    handed_at: datetime
    note: str
    cancelled: bool
    reason: str
    recorded_by: str
    recorded_at: datetime
    present: bool

    @property
    def has_proof(self) -> bool:
        return self.proof_sha256 is not None


@dataclass(frozen=True)
class Held:
    """A copy and who holds it."""

    copy_id: UUID
    request_id: UUID
    serial: str
    number: int
    copies: int
    title: str
    own_reference: str
    state: CopyState
    holder: HandOverView


def chain_of(work: Work, actor: Actor, copy_id: UUID) -> tuple[HandOverView, ...]:
    """Every revision of every link; the latest link first, of it the present revision first.   Raises: NotFound."""
    copy_for(work, actor, copy_id, Permission.READ_REQUESTS)
    return hand_overs_of(work, copy_id)


def hand_overs_of(work: Work, copy_id: UUID) -> tuple[HandOverView, ...]:
    """As `chain_of`, without regard to anybody's rights."""
    rows = work.session.scalars(
        select(HandOver).where(HandOver.copy_id == copy_id).order_by(HandOver.position.desc(), HandOver.revision.desc())
    ).all()
    newest: dict[int, UUID] = {}
    for row in rows:
        newest.setdefault(row.position, row.id)
    return _views(work, rows, set(newest.values()))


def proofs_of_others(work: Work, copy_id: UUID) -> frozenset[str]:
    """Digests of the copy's proofs that other copies have as well: they were handed over together."""
    own = select(HandOver.proof_sha256).where(HandOver.copy_id == copy_id, HandOver.proof_sha256.is_not(None))
    found = work.session.scalars(
        select(HandOver.proof_sha256).where(HandOver.copy_id != copy_id, HandOver.proof_sha256.in_(own))
    )
    return frozenset(digest for digest in found if digest is not None)


def holders_of(work: Work, copy_ids: Collection[UUID]) -> Mapping[UUID, HandOverView]:
    """The present holder of each copy that was ever handed over; without regard to anybody's rights."""
    if not copy_ids:
        return {}
    later = aliased(HandOver)
    corrected = exists().where(
        later.copy_id == HandOver.copy_id, later.position == HandOver.position, later.revision > HandOver.revision
    )
    rows = work.session.scalars(
        select(HandOver)
        .where(HandOver.copy_id.in_(copy_ids), HandOver.cancelled.is_(False), ~corrected)
        .order_by(HandOver.position)
    ).all()
    last = {row.copy_id: row for row in rows}
    return {view.copy_id: view for view in _views(work, list(last.values()), {row.id for row in last.values()})}


def held_by(work: Work, actor: Actor, text: str, *, limit: int = PAGE) -> tuple[Held, ...]:
    """Copies whose present holder, or who signed for them, is named like `text`, or that went under that courier's
    number; the latest hand-over first. Empty for an empty text; papers that came back to us are not among them."""
    wanted = text.strip()
    if not wanted:
        return ()
    later, corrected = aliased(HandOver), aliased(HandOver)
    passed_on = exists().where(
        later.copy_id == HandOver.copy_id,
        later.position > HandOver.position,
        later.cancelled.is_(False),
        ~exists().where(
            corrected.copy_id == later.copy_id,
            corrected.position == later.position,
            corrected.revision > later.revision,
        ),
    )
    revised = aliased(HandOver)
    superseded = exists().where(
        revised.copy_id == HandOver.copy_id,
        revised.position == HandOver.position,
        revised.revision > HandOver.revision,
    )
    rows = work.session.execute(
        select(HandOver, Copy, PrintRequest)
        .join(Copy, Copy.id == HandOver.copy_id)
        .join(PrintRequest, PrintRequest.id == Copy.request_id)
        .where(
            within(Copy.branch_id, actor, Permission.READ_REQUESTS),
            or_(
                HandOver.holder.icontains(wanted, autoescape=True),
                HandOver.receiver.icontains(wanted, autoescape=True),
                HandOver.courier_number == wanted,
            ),
            HandOver.holder_kind != HolderKind.US.value,
            HandOver.cancelled.is_(False),
            ~superseded,
            ~passed_on,
        )
        .order_by(HandOver.handed_at.desc(), HandOver.id.desc())
        .limit(limit)
    ).all()
    links = [link for link, _, _ in rows]
    views = {view.id: view for view in _views(work, links, {link.id for link in links})}
    return tuple(
        Held(
            copy.id,
            request.id,
            str(CopySerial(copy.serial)),
            copy.number,
            request.copies,
            request.title,
            request.own_reference,
            CopyState(copy.state),
            views[link.id],
        )
        for link, copy, request in rows
    )


def _views(work: Work, rows: Sequence[HandOver], present: set[UUID]) -> tuple[HandOverView, ...]:
    people = names(work, {row.recorded_by for row in rows})
    return tuple(
        HandOverView(
            row.id,
            row.copy_id,
            row.position,
            row.revision,
            HolderKind(row.holder_kind),
            row.holder,
            row.holder_branch_id,
            Means(row.means),
            row.receiver,
            row.courier_number,
            row.proof_sha256,
            row.handed_at,
            row.note,
            row.cancelled,
            row.reason,
            people.get(row.recorded_by, ""),
            row.recorded_at,
            row.id in present,
        )
        for row in rows
    )
