"""Decide on print requests, step by step: approve, hand on, refuse, confirm the seal's use, record a seal by hand."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import or_, select

from printserver.approvals import authorisation
from printserver.approvals.delegated import own_seats, stand_ins
from printserver.approvals.device_policy import approver_evidence
from printserver.approvals.flows import (
    PASSKEY,
    Attestor,
    SignedElsewhere,
    Subject,
    Word,
    record_decision,
    was_refused,
)
from printserver.approvals.rules import (
    ColleagueNotPossible,
    NotThisPersonsTurn,
    Taken,
    custody_step,
    require_colleague,
    require_decider,
    waiting_step,
    whose_place,
)
from printserver.audit.log import append
from printserver.foundation.errors import Malformed, NotFound, Refused, TransitionRefused
from printserver.foundation.ids import new_id
from printserver.foundation.job_queue import Job
from printserver.foundation.unit_of_work import Work
from printserver.organisations.access import Actor, within
from printserver.organisations.colleagues import colleagues
from printserver.organisations.frozen_places import require_open
from printserver.organisations.permissions import Permission
from printserver.organisations.queries import organisation, person_of_account
from printserver.print_requests.access import copies_of
from printserver.print_requests.application import LONGEST_TEXT
from printserver.print_requests.company import wet_seals_of
from printserver.print_requests.copies import move_copy
from printserver.print_requests.custody import require_custodian
from printserver.print_requests.events import SealedByHand
from printserver.print_requests.models import PrintRequest, WetSeal
from printserver.print_requests.request_seals import facts_of_request, seals_of_request, waiting_seal
from printserver.print_requests.service import ReasonMissing, end_request, move_request
from printserver.print_requests.states import CopyAction, RequestAction, RequestState, next_request_state
from printserver.print_requests.steps import case_of_request, give_turn, has_turn, steps_of_request, taken_of
from printserver.seals.queries import require_usable as require_usable_seal
from printserver.seals.service import count_uses
from printserver.signing.evidence import CUSTODY_PREFIX, Decision
from printserver.signing.flow import Step

MOST_PAPERS: Final = 10_000
R, A = RequestState, RequestAction


class ManifestChanged(Refused):
    """What the person looked at is not what the request holds now."""

    code = "manifest-changed"


class RequestExpired(Refused):
    code = "request-expired"


class WetSealMalformed(Malformed):
    code = "wet-seal-malformed"


@dataclass(frozen=True)
class Wish:
    """What somebody wants to say about the manifest of `manifest_sha256`.

    to: with `approved` who must agree as well, with `forwarded` who decides instead.
    """

    manifest_sha256: str
    decision: Decision = Decision.APPROVED
    reason: str = ""
    to: UUID | None = None


@dataclass(frozen=True)
class _Turn:
    """A word that may be recorded now, and what it rests on."""

    request: PrintRequest
    subject: Subject
    word: Word
    steps: tuple[Step, ...]
    taken: tuple[Taken, ...]


def approve_request(
    work: Work,
    actor: Actor,
    attestor: Attestor,
    request_id: UUID,
    *,
    manifest_sha256: str,
    reason: str = "",
    to: UUID | None = None,
    signed: SignedElsewhere | None = None,
) -> PrintRequest:
    """A yes to the very pages of `manifest_sha256`, in the step that waits.

    to: who must agree as well (countersign).   signed: evidence of another kind than the server's own word.
    Raises: NotFound, TransitionRefused, ManifestChanged, RequestExpired, ApplicantMayNotDecide, PersonCountsOnce,
    NotThisPersonsTurn, ColleagueNotPossible, EvidenceNotFitting.
    """
    turn = _turn(work, actor, request_id, Wish(manifest_sha256, Decision.APPROVED, reason, to), custody=False)
    request = turn.request
    taken = (*turn.taken, record_decision(work, actor, attestor, turn.subject, turn.word, signed))
    if to is not None:
        give_turn(work, request.id, turn.word.step, to)
    following = waiting_step(turn.steps, taken)
    if following is None:
        action, step = A.APPROVE_FOR_HAND, custody_step(request.seal_id)
    else:
        custody = following.name.startswith(CUSTODY_PREFIX)
        action, step = (A.APPROVE if custody else A.NOTE_DECISION), following.name
    move_request(work, actor.by, request, next_request_state(R(request.state), action), reason, step=step)
    return request


def forward_request(
    work: Work,
    actor: Actor,
    attestor: Attestor,
    request_id: UUID,
    *,
    manifest_sha256: str,
    to: UUID,
    reason: str = "",
    signed: SignedElsewhere | None = None,
) -> PrintRequest:
    """Hand the own step to somebody else, who decides instead.   Raises: as `approve_request`."""
    turn = _turn(work, actor, request_id, Wish(manifest_sha256, Decision.FORWARDED, reason, to), custody=False)
    record_decision(work, actor, attestor, turn.subject, turn.word, signed)
    give_turn(work, turn.request.id, turn.word.step, to)
    return turn.request


def confirm_seal_use(
    work: Work,
    actor: Actor,
    attestor: Attestor,
    request_id: UUID,
    *,
    manifest_sha256: str,
    reason: str = "",
    signed: SignedElsewhere | None = None,
) -> PrintRequest:
    """The custodian's word (用印确认) on the use of the seal whose turn it is.

    The last one grants one authorisation a copy, counts the uses of all seals and has the copies signed.
    Raises: as `approve_request`; NotFound also for anybody but the seal's custodian; SealNotUsable.
    """
    turn = _turn(work, actor, request_id, Wish(manifest_sha256, Decision.APPROVED, reason), custody=True)
    request = turn.request
    seals = facts_of_request(work, request)
    for seal in seals:
        require_usable_seal(work, seal)
    copies = copies_of(work, request.id)
    taken = (*turn.taken, record_decision(work, actor, attestor, turn.subject, turn.word, signed))
    following = waiting_step(turn.steps, taken)
    if following is not None:
        if not following.name.startswith(CUSTODY_PREFIX):
            raise TransitionRefused("another step of this request is not done yet")
        state = next_request_state(R(request.state), A.NOTE_DECISION)
        move_request(work, actor.by, request, state, reason, step=following.name)
        return request
    for seal_id in sorted(seal.id for seal in seals):  # in one order, so that two requests never wait for each other
        count_uses(work, actor.by, seal_id, len(copies))
    for copy in copies:
        move_copy(work, actor.by, copy.id, CopyAction.AUTHORISE)
        authorisation.grant(
            work,
            actor.by,
            request_id=request.id,
            organisation_id=request.organisation_id,
            copy_id=copy.id,
            manifest_sha256=manifest_sha256,
            content_sha256=copy.rendition_sha256,
            expires_at=request.expires_at,
        )
    move_request(work, actor.by, request, next_request_state(R(request.state), A.CONFIRM_USE), reason, step="")
    work.jobs.enqueue(work.session, Job("issue-request", f"issue-request-{request.id}", (str(request.id),)))
    return request


def refuse_request(
    work: Work,
    actor: Actor,
    attestor: Attestor,
    request_id: UUID,
    *,
    manifest_sha256: str,
    reason: str,
    signed: SignedElsewhere | None = None,
) -> PrintRequest:
    """The no of whoever has the step that waits, with a reason; the copies will never be printed.

    Raises: as `approve_request`; ReasonMissing.
    """
    if not reason.strip():
        raise ReasonMissing("a refusal needs a reason")
    custody = _state(work, request_id) in (R.PENDING_CUSTODY, R.PHYSICAL_SEAL)
    turn = _turn(work, actor, request_id, Wish(manifest_sha256, Decision.REFUSED, reason), custody=custody)
    record_decision(work, actor, attestor, turn.subject, turn.word, signed)
    end_request(work, actor.by, turn.request, A.REFUSE, reason)
    return turn.request


def record_sealing_by_hand(
    work: Work, actor: Actor, request_id: UUID, *, papers: int, sealed_at: datetime, note: str = ""
) -> PrintRequest:
    """The custodian has put the seal whose turn it is on `papers` papers, by hand; nothing comes from the HSM.

    After the last seal of the request it is sealed.
    Raises: NotFound, TransitionRefused, WetSealMalformed, RequestExpired, ApplicantMayNotDecide, PersonCountsOnce.
    """
    request = _locked(work, actor, request_id, custody=True)
    require_custodian(work, actor, request)
    seal_id = waiting_seal(request)
    done = {seal_id, *(each.seal_id for each in wet_seals_of(work, request.id))}
    following = next((each.seal_id for each in seals_of_request(work, request) if each.seal_id not in done), None)
    state = next_request_state(R(request.state), A.RECORD_SEALING if following is None else A.NOTE_DECISION)
    applicant_id = person_of_account(work, request.applicant_id)
    require_decider(actor.person_id, applicant_id=applicant_id, taken=taken_of(work, request))
    _require_in_time(work, request)
    if not 1 <= papers <= MOST_PAPERS or len(note) > LONGEST_TEXT:
        raise WetSealMalformed(f"say how many papers were sealed, at most {MOST_PAPERS}")
    if not request.created_at <= sealed_at <= work.now() + timedelta(minutes=5):
        raise WetSealMalformed("it was sealed after the request was handed in, and not in the future")
    work.session.add(
        WetSeal(
            id=new_id(),
            request_id=request.id,
            seal_id=seal_id,
            papers=papers,
            sealed_at=sealed_at,
            note=note,
            recorded_by=actor.id,
            recorded_at=work.now(),
        )
    )
    move_request(work, actor.by, request, state, note, step="" if following is None else custody_step(following))
    append(work, actor.by, SealedByHand(id=request.id, seal_id=seal_id, papers=papers, sealed_at=sealed_at))
    return request


def may_decide(work: Work, actor: Actor, request: PrintRequest, taken: tuple[Taken, ...]) -> bool:
    """Whether the step that waits is the actor's to take now."""
    custody = R(request.state) in (R.PENDING_CUSTODY, R.PHYSICAL_SEAL)
    try:
        require_open(work, request.organisation_id, request.branch_id)
        _word(work, actor, request, taken, Wish(""), custody=custody)
    except (Refused, NotFound):
        return False
    return request.expires_at > work.now()


def _state(work: Work, request_id: UUID) -> RequestState | None:
    state = work.session.scalar(select(PrintRequest.state).where(PrintRequest.id == request_id))
    return None if state is None else R(state)


def _turn(work: Work, actor: Actor, request_id: UUID, wish: Wish, *, custody: bool) -> _Turn:
    request = _locked(work, actor, request_id, custody=custody)
    if custody:
        require_custodian(work, actor, request)
    waits = (R.PENDING_CUSTODY, R.PHYSICAL_SEAL) if custody else (R.PENDING_APPROVAL,)
    if R(request.state) not in waits or was_refused(work, request.id):
        raise TransitionRefused(f"cannot decide on a request that is {request.state}, or that somebody refused")
    if request.manifest_sha256 is None or wish.manifest_sha256 != request.manifest_sha256:
        raise ManifestChanged("this is not what the request holds now; please look at it again")
    _require_in_time(work, request)
    taken = taken_of(work, request)
    word = _word(work, actor, request, taken, wish, custody=custody)
    number = organisation(work, request.organisation_id).number
    by_hand = request.state == R.PHYSICAL_SEAL  # of which the signer signs nothing
    passkeys_only = not by_hand and (
        any(seal.evidence == PASSKEY for seal in facts_of_request(work, request))
        or approver_evidence(work, request.organisation_id) == PASSKEY
    )
    subject = Subject(request.id, number, wish.manifest_sha256, passkeys_only)
    return _Turn(request, subject, word, steps_of_request(request), taken)


def _word(
    work: Work, actor: Actor, request: PrintRequest, taken: tuple[Taken, ...], wish: Wish, *, custody: bool
) -> Word:
    """Raises: ApplicantMayNotDecide, PersonCountsOnce, NotThisPersonsTurn, ColleagueNotPossible, NotFound."""
    if custody:
        return _custody_word(work, actor, request, taken, wish)
    applicant_id = person_of_account(work, request.applicant_id)
    require_decider(actor.person_id, applicant_id=applicant_id, taken=taken)
    word = Word(actor.person_id, request.step, wish.decision, wish.reason[:LONGEST_TEXT], to=wish.to)
    step = waiting_step(steps_of_request(request), taken)
    if step is None or step.name.startswith(CUSTODY_PREFIX):
        raise NotThisPersonsTurn("no approval waits")
    principal = whose_place(
        step,
        case_of_request(work, request),
        actor.person_id,
        seats=own_seats(actor),
        stand_ins=stand_ins(actor),
        applicant_id=applicant_id,
        taken=taken,
        at=work.now(),
    )
    if wish.to is not None:
        require_colleague(wish.to, actor.person_id, applicant_id=applicant_id, taken=taken)
        if wish.to not in {each.id for each in colleagues(work, request.organisation_id, Permission.APPROVE_REQUEST)}:
            raise ColleagueNotPossible("only somebody who may approve can be asked")
    return replace(word, step=step.name, acts_for=principal)


def _custody_word(work: Work, actor: Actor, request: PrintRequest, taken: tuple[Taken, ...], wish: Wish) -> Word:
    """Whoever keeps several of the seals, or stands in for their keeper, speaks for each of them."""
    principal, step = require_custodian(work, actor, request), custody_step(waiting_seal(request))
    applicant_id = person_of_account(work, request.applicant_id)
    others = [
        one
        for one in taken
        if not one.step.startswith(CUSTODY_PREFIX)
        or one.step == step
        or (one.person_id, one.acts_for) != (actor.person_id, principal)
    ]
    for person in (actor.person_id, principal):
        if person is not None:
            require_decider(person, applicant_id=applicant_id, taken=others)
    reason = wish.reason[:LONGEST_TEXT]
    return Word(actor.person_id, step, wish.decision, reason, acts_for=principal, to=wish.to)


def _locked(work: Work, actor: Actor, request_id: UUID, *, custody: bool) -> PrintRequest:
    """The request, for whoever may be asked about it; nobody else decides on it until this transaction ends.

    Raises: NotFound, PlaceFrozen.
    """
    permission = Permission.CONFIRM_SEAL_USE if custody else Permission.APPROVE_REQUEST
    mine = within(PrintRequest.branch_id, actor, permission)
    reached = mine if custody else or_(mine, has_turn(actor, now=False))
    request = work.session.scalar(
        select(PrintRequest)
        .where(PrintRequest.id == request_id, reached)
        .with_for_update(of=PrintRequest)
        .execution_options(populate_existing=True)
    )
    if request is None:
        raise NotFound("there is no such print request")
    require_open(work, request.organisation_id, request.branch_id)
    return request


def _require_in_time(work: Work, request: PrintRequest) -> None:
    if request.expires_at <= work.now():
        raise RequestExpired("the request has expired")
