"""Change copies on a person's word: release, settle, void, replace."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, Literal
from uuid import UUID, uuid4

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from printserver.audit.log import By
from printserver.foundation.errors import NotFound, TransitionRefused
from printserver.foundation.ids import new_id
from printserver.foundation.job_queue import PRINTING, Job
from printserver.foundation.unit_of_work import Work
from printserver.organisations.access import Actor
from printserver.organisations.permissions import Permission
from printserver.print_requests.access import copies_of, copy_for, request_for
from printserver.print_requests.copies import CopyFields, move_copy
from printserver.print_requests.models import Copy, PrintRequest
from printserver.print_requests.service import ReasonMissing, enter_request
from printserver.print_requests.states import CopyAction, CopyState, RequestState
from printserver.printing.queries import printer_facts, require_usable
from printserver.seals.queries import require_usable as require_usable_seal
from printserver.seals.queries import seal_facts

KEPT_BY_REPLACEMENT: Final = (
    "organisation_id",
    "branch_id",
    "document_id",
    "seal_id",
    "printer_id",
    "title",
    "purpose",
    "own_reference",
    "places",
    "layout",
    "sides",
)
Settlement = Literal["seen", "destroyed", "missing"]
_SETTLEMENTS: Final[Mapping[Settlement, CopyAction]] = {
    "seen": CopyAction.SETTLE_SEEN,
    "destroyed": CopyAction.SETTLE_DESTROYED,
    "missing": CopyAction.SETTLE_MISSING,
}


def release_copies(work: Work, actor: Actor, request_id: UUID, copy_ids: Sequence[UUID] = ()) -> tuple[UUID, ...]:
    """Send `copy_ids`, or all that are issued, to the printer.

    Raises: NotFound, TransitionRefused when one of them cannot, or none at all can be released; PrinterNotUsable;
    SealNotUsable, because a seal that was stopped seals no paper either.
    """
    request = request_for(work, actor, request_id, Permission.RELEASE_COPIES)
    require_usable_seal(work, seal_facts(work, request.seal_id))
    require_usable(work, printer_facts(work, request.printer_id))
    own = {copy.id: copy for copy in copies_of(work, request.id)}
    chosen = list(copy_ids) or [copy.id for copy in own.values() if copy.state == CopyState.ISSUED]
    if not chosen:
        raise TransitionRefused("no copy of this request is waiting to be released")
    for copy_id in chosen:
        if copy_id not in own:
            raise NotFound("there is no such copy")
        job_uuid = uuid4()
        move_copy(
            work,
            actor.by,
            copy_id,
            CopyAction.RELEASE,
            job_uuid=job_uuid,
            cups_job_id=None,
            released_by=actor.id,
            released_at=work.now(),
        )
        job = Job("print-copy", f"print-copy-{job_uuid}", (str(copy_id), str(job_uuid)), queue=PRINTING)
        work.jobs.enqueue(work.session, job)
    return tuple(chosen)


def settle_copy(work: Work, actor: Actor, copy_id: UUID, *, settlement: Settlement, reason: str) -> CopyState:
    """A named person says what became of a copy whose outcome is unknown.

    Raises: NotFound, TransitionRefused, ReasonMissing.
    """
    if not reason.strip():
        raise ReasonMissing("say how you know what became of the copy")
    copy = copy_for(work, actor, copy_id, Permission.SETTLE_COPIES)
    fields = CopyFields(settled_reason=reason)
    if settlement == "seen":
        fields["printed_at"] = work.now()
    return move_copy(work, actor.by, copy.id, _SETTLEMENTS[settlement], reason=reason, **fields)


def void_copy(work: Work, actor: Actor, copy_id: UUID, *, reason: str) -> CopyState:
    """From now on the copy's code verifies red.   Raises: NotFound, TransitionRefused, ReasonMissing."""
    if not reason.strip():
        raise ReasonMissing("a copy is voided with a reason")
    copy = copy_for(work, actor, copy_id, Permission.SETTLE_COPIES)
    return move_copy(work, actor.by, copy.id, CopyAction.VOID, reason=reason, settled_reason=reason)


def replace_copy(work: Work, actor: Actor, copy_id: UUID) -> PrintRequest:
    """Ask for another copy in place of a void or destroyed one; it needs its own approval, by others than who asks.

    Raises: NotFound, TransitionRefused.
    """
    copy = copy_for(work, actor, copy_id, Permission.CREATE_REQUEST)
    move_copy(work, actor.by, copy.id, CopyAction.REPLACE)
    return request_replacement(work, actor.by, copy)


def request_replacement(work: Work, by: By, copy: Copy) -> PrintRequest:
    """A new request for one copy in place of `copy`, once a copy; of the same applicant when nobody asked for it."""
    original = work.session.get_one(PrintRequest, copy.request_id)
    replacement = select(PrintRequest).where(PrintRequest.replaces_copy_id == copy.id)
    present = work.session.scalar(replacement)
    if present is not None:
        return present
    request = PrintRequest(
        **{name: getattr(original, name) for name in KEPT_BY_REPLACEMENT},
        applicant_id=by.person_id or original.applicant_id,
        id=new_id(),
        copies=1,
        state=RequestState.RENDERING,
        replaces_copy_id=copy.id,
        created_at=work.now(),
        expires_at=work.now() + (original.expires_at - original.created_at),
    )
    try:
        with work.session.begin_nested():
            work.session.add(request)
    except IntegrityError:  # another transaction was faster
        return work.session.scalars(replacement).one()
    enter_request(work, by, request)
    return request
