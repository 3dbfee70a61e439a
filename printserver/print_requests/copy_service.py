"""Change copies on a person's word: release, call back, settle, void, confirm a loss, replace."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final, Literal
from uuid import UUID, uuid4

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from printserver.audit.log import By, append
from printserver.foundation.errors import Malformed, NotFound, TransitionRefused
from printserver.foundation.ids import new_id
from printserver.foundation.job_queue import PRINTING, Job
from printserver.foundation.serials import ELECTRONIC_ORIGINAL
from printserver.foundation.unit_of_work import Database, Work
from printserver.organisations.access import Actor
from printserver.organisations.permissions import Permission
from printserver.print_requests.access import copies_of, copy_for, releasable, request_to_release
from printserver.print_requests.company import attachments_of, keep_company, parties_of, readers_of
from printserver.print_requests.copies import CopyFields, move_copy
from printserver.print_requests.electronic import Electronic
from printserver.print_requests.events import CopyLossConfirmed
from printserver.print_requests.models import Copy, PrintRequest
from printserver.print_requests.outcomes import take_back
from printserver.print_requests.queries import CopyFacts
from printserver.print_requests.release import ReleaseCodeWrong, SecondPersonNeeded, check_release, try_code
from printserver.print_requests.request_seals import facts_of_request, keep_seals, seals_of_request
from printserver.print_requests.service import ReasonMissing, enter_request
from printserver.print_requests.states import COPY_TRANSITIONS, CopyAction, CopyState, RequestState
from printserver.printing.ports import TicketState
from printserver.printing.queries import hold_printer, printer_facts, require_usable
from printserver.seals.queries import require_usable as require_usable_seal

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
    "code_corner",
    "contract_end",
    "class_code",
    "flow",
    "amount_minor",
    "amount_currency",
)
WRONG_CODE: Final = "this is not the code of a request that waits here; please look at it again"
Settlement = Literal["seen", "destroyed", "missing"]
_SETTLEMENTS: Final[Mapping[Settlement, CopyAction]] = {
    "seen": CopyAction.SETTLE_SEEN,
    "destroyed": CopyAction.SETTLE_DESTROYED,
    "missing": CopyAction.SETTLE_MISSING,
}


class NothingChosen(Malformed):
    code = "nothing-chosen"


def release_copies(
    work: Work, actor: Actor, request_id: UUID, copy_ids: Sequence[UUID] = (), *, code: UUID | None = None
) -> tuple[UUID, ...]:
    """Send `copy_ids`, or all that are issued, to the printer.   code: the one that `try_code` found, used up by this.

    Raises: NotFound, TransitionRefused when one of them cannot, or none at all can be released; PrinterNotUsable;
    SealNotUsable, because a seal that was stopped seals no paper either; and as `check_release`.
    """
    request = request_to_release(work, actor, request_id)
    for seal in facts_of_request(work, request):
        require_usable_seal(work, seal)
    hold_printer(work, request.printer_id)
    facts = printer_facts(work, request.printer_id)
    require_usable(work, facts)
    check_release(work, actor, request, facts.release_rule, code)
    own = {copy.id: copy for copy in copies_of(work, request.id)}
    # In one order whoever releases, which is also that of printing, so that two at once never wait for each other.
    chosen = sorted(copy_ids) or [copy.id for copy in own.values() if copy.state == CopyState.ISSUED]
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
        printer = str(request.printer_id)
        job = Job("print-next", f"print-{job_uuid}", (printer,), queue=PRINTING, partition=printer)
        work.jobs.enqueue(work.session, job)
    return tuple(chosen)


def release_batch(work: Work, actor: Actor, copy_ids: Sequence[UUID]) -> tuple[UUID, ...]:
    """Copies of several requests at once, all or none.   Raises: as `release_copies`; Malformed without a copy."""
    if not copy_ids:
        raise NothingChosen("choose at least one copy")
    chosen: dict[UUID, list[UUID]] = {}
    for copy_id in copy_ids:
        request_id = work.session.scalar(select(Copy.request_id).where(Copy.id == copy_id))
        if request_id is None:
            raise NotFound("there is no such copy")
        chosen.setdefault(request_id, []).append(copy_id)
    released = [release_copies(work, actor, each, chosen[each]) for each in sorted(chosen)]
    return tuple(copy_id for one in released for copy_id in one)


def release_with_code(
    database: Database, actor_in: Callable[[Work], Actor], typed: str, *, printer_id: UUID, copy_ids: Sequence[UUID]
) -> tuple[UUID, ...]:
    """All copies that wait of the request whose code `typed` is, or those of them that are among `copy_ids`.

    Whoever chose copies of other requests alone wanted none of these.
    actor_in: who acts, with the rights of the transaction.
    Raises: ReleaseCodeWrong after it is counted, ReleaseCodeLocked, NothingChosen, and as `release_copies`.
    """
    with database.work() as work:
        tried = try_code(work, actor_in(work), typed, printer_id=printer_id)
    if tried is None:
        raise ReleaseCodeWrong(WRONG_CODE)
    with database.work() as work:
        own = [copy.id for copy in copies_of(work, tried.request_id) if copy.id in copy_ids]
        if copy_ids and not own:
            raise NothingChosen("this code is for none of the chosen copies")
        return release_copies(work, actor_in(work), tried.request_id, own, code=tried.id)


def recall_copy(work: Work, actor: Actor, copy_id: UUID, *, reason: str) -> CopyState:
    """Call back a copy that was released and that no backend has begun to print; it may be released again.

    For whoever may release it, and for the printer's administrators.
    Raises: NotFound, ReasonMissing, TransitionRefused, also when a backend was faster.
    """
    if not reason.strip():
        raise ReasonMissing("say why the copy is called back")
    copy = _released_copy(work, actor, copy_id)
    waits, job = copy.state == CopyState.RELEASED, copy.job_uuid
    unclaimed = (TicketState.OPEN,)
    if not waits or job is None or not take_back(work, copy.id, job, by=actor.by, reason=reason, states=unclaimed):
        raise TransitionRefused("only a copy that waits for the printer can be called back")
    return CopyState.ISSUED


def _released_copy(work: Work, actor: Actor, copy_id: UUID) -> Copy:
    found = work.session.scalar(
        select(Copy)
        .join(PrintRequest, PrintRequest.id == Copy.request_id)
        .where(Copy.id == copy_id, releasable(work, actor))
    )
    return copy_for(work, actor, copy_id, Permission.SETTLE_COPIES) if found is None else found


def settle_copy(work: Work, actor: Actor, copy_id: UUID, *, settlement: Settlement, reason: str) -> CopyState:
    """A named person says what became of a copy whose outcome is unknown.

    Raises: NotFound, TransitionRefused, ReasonMissing.
    """
    if not reason.strip():
        raise ReasonMissing("say how you know what became of the copy")
    copy = copy_for(work, actor, copy_id, Permission.SETTLE_COPIES)
    fields = CopyFields(settled_reason=reason, settled_by=actor.id, settled_at=work.now())
    if settlement == "seen":
        fields["printed_at"] = work.now()
    return move_copy(work, actor.by, copy.id, _SETTLEMENTS[settlement], reason=reason, **fields)


def void_copy(work: Work, actor: Actor, copy_id: UUID, *, reason: str) -> CopyState:
    """From now on the copy's code verifies red.   Raises: NotFound, TransitionRefused, ReasonMissing."""
    if not reason.strip():
        raise ReasonMissing("a copy is voided with a reason")
    copy = copy_for(work, actor, copy_id, Permission.SETTLE_COPIES)
    fields = CopyFields(settled_reason=reason, settled_by=actor.id, settled_at=work.now())
    if copy.settled_by is not None:  # who first said what became of it stands on its page; this word is in the log
        fields = CopyFields()
    return move_copy(work, actor.by, copy.id, CopyAction.VOID, reason=reason, **fields)


def give_up_waiting(work: Work, actor: Actor, copy_id: UUID, *, reason: str) -> CopyState:
    """A named person no longer waits for the word of a copy at the printer: from now on its outcome is unknown.

    Raises: NotFound, TransitionRefused, ReasonMissing.
    """
    if not reason.strip():
        raise ReasonMissing("say why nothing more is to be expected from the printer")
    copy = copy_for(work, actor, copy_id, Permission.SETTLE_COPIES)
    if copy.state != CopyState.SENT:
        raise TransitionRefused(f"cannot give up waiting for a copy that is {copy.state}")
    return move_copy(work, actor.by, copy.id, CopyAction.LOSE_TRACK, reason=reason)


def confirm_loss(work: Work, actor: Actor, copy_id: UUID, *, reason: str) -> None:
    """A second person of the printer role says that a copy which may have come to paper is gone, or spoiled.

    Neither who settled or voided it, nor the applicant; without this such a copy is not replaced.
    Raises: NotFound, TransitionRefused, ReasonMissing, SecondPersonNeeded.
    """
    if not reason.strip():
        raise ReasonMissing("say how you know that the copy is gone")
    copy = copy_for(work, actor, copy_id, Permission.SETTLE_COPIES)
    applicant = work.session.get_one(PrintRequest, copy.request_id).applicant_id
    if not needs_second_person(copy):
        raise TransitionRefused("there is no loss of this copy that waits to be confirmed")
    if actor.id in (copy.settled_by, applicant):
        raise SecondPersonNeeded("somebody else has to confirm: not the applicant, and not who settled or voided it")
    confirmed = work.session.scalar(
        update(Copy)
        .where(Copy.id == copy.id, Copy.state == copy.state, Copy.confirmed_by.is_(None))
        .values(confirmed_by=actor.id, confirmed_at=work.now())
        .returning(Copy.id)
    )
    if confirmed is None:
        raise TransitionRefused("the copy has just changed; please look at it again")
    append(work, actor.by, CopyLossConfirmed(id=copy.id, settled_by=copy.settled_by, reason=reason))


def needs_second_person(copy: Copy | CopyFacts) -> bool:
    """Whether it may have come to paper, is declared gone by one person alone, and nobody has confirmed that."""
    gone = copy.state in (CopyState.DESTROYED, CopyState.MISSING, CopyState.VOID)
    return gone and copy.released_at is not None and copy.confirmed_by is None


def replace_copy(work: Work, actor: Actor, copy_id: UUID) -> PrintRequest:
    """Ask for another copy in place of a void or destroyed one; it needs its own approval, by others than who asks.

    Raises: NotFound, TransitionRefused, SecondPersonNeeded while nobody has confirmed the loss of a released copy.
    """
    copy = copy_for(work, actor, copy_id, Permission.CREATE_REQUEST)
    if needs_second_person(copy) and (CopyState(copy.state), CopyAction.REPLACE) in COPY_TRANSITIONS:
        raise SecondPersonNeeded("this copy may have come to paper: a second person has to confirm that it is gone")
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
        electronic=Electronic.ONLY if copy.number == ELECTRONIC_ORIGINAL else Electronic.NONE,
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
    beside = (parties_of(work, original.id), attachments_of(work, original.id), readers_of(work, original.id))
    keep_company(work, request.id, *beside)
    keep_seals(work, request.id, [(seal.seal_id, seal.wanted) for seal in seals_of_request(work, original)])
    enter_request(work, by, request)
    return request
