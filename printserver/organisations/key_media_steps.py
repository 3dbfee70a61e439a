"""Key media: applied for, handed out and signed for, lost and found, given back, wiped; with two persons where said."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from printserver.audit.log import append
from printserver.foundation.errors import TransitionRefused
from printserver.foundation.ids import new_id
from printserver.foundation.unit_of_work import Work
from printserver.organisations.access import Actor
from printserver.organisations.key_media import (
    OUT_OF_USE,
    REMARK_NEEDED,
    WORD_OF,
    By,
    MediumAction,
    MediumKind,
    MediumState,
    next_state,
)
from printserver.organisations.key_media_errors import (
    MediumMalformed,
    MediumNotFound,
    MediumNumberTaken,
    MediumReplacedAlready,
    MediumStepNotAsked,
    MediumStepWaits,
    NotYours,
)
from printserver.organisations.key_media_events import (
    MediumAppliedFor,
    MediumCertificateEntered,
    MediumEntered,
    MediumMoved,
    MediumPasskeyLinked,
    MediumStepAsked,
    MediumStepDropped,
)
from printserver.organisations.key_media_models import KeyMedium, KeyMediumStep
from printserver.organisations.media_certificates import CertificateFacts
from printserver.organisations.models import Passkey
from printserver.organisations.people import LONGEST_REASON, PersonGone, required_reason
from printserver.organisations.stewards import (
    AnotherPersonNeeded,
    concerned_person,
    is_one_of,
    own_accounts,
    stewarded_people,
)
from printserver.organisations.vouched_passkeys import forget_passkey

LONGEST_TEXT: Final = 100


@dataclass(frozen=True)
class NewMedium:
    """`replaces_id`: the medium whose place it takes."""

    holder_id: UUID
    kind: MediumKind
    purpose: str
    replaces_id: UUID | None = None


@dataclass(frozen=True)
class MediumStep:
    """maker, serial_number: which one is handed out."""

    action: MediumAction
    remark: str = ""
    maker: str = ""
    serial_number: str = ""


def apply_for_medium(work: Work, actor: Actor, new: NewMedium) -> UUID:
    """For oneself, or as a steward for somebody.

    Raises: PersonNotFound, PersonGone, MediumMalformed, MediumNotFound, MediumReplacedAlready, TransitionRefused.
    """
    holder = concerned_person(work, actor, new.holder_id)
    if holder.left_at is not None:
        raise PersonGone("this person has left")
    purpose = _line(new.purpose)
    if new.replaces_id is not None:
        _require_replaceable(work, actor, new.replaces_id, holder.id)
    row = KeyMedium(
        id=new_id(),
        organisation_id=actor.organisation_id,
        holder_id=holder.id,
        kind=new.kind,
        purpose=purpose,
        maker="",
        serial_number="",
        state=MediumState.APPLIED,
        applied_by=actor.person_id,
        applied_at=work.now(),
        replaces_id=new.replaces_id,
    )
    work.session.add(row)
    work.session.flush()
    append(
        work,
        actor.by,
        MediumAppliedFor(id=row.id, holder_id=holder.id, kind=new.kind, purpose=purpose, replaces_id=new.replaces_id),
    )
    if new.replaces_id is not None:
        former = work.session.get_one(KeyMedium, new.replaces_id)
        _move(work, actor, former, MediumStep(MediumAction.REPLACE, remark=purpose))
    return row.id


def take_medium_step(work: Work, actor: Actor, medium_id: UUID, step: MediumStep) -> None:
    """At once, or asked for here and done when another person confirms it.

    Raises: MediumNotFound, TransitionRefused, AnotherPersonNeeded, NotYours, MediumStepWaits, MediumMalformed,
    MediumNumberTaken, ReasonNeeded.
    """
    row = medium_for(work, actor, medium_id)
    next_state(MediumState(row.state), step.action)
    if step.action is MediumAction.REPLACE:
        raise TransitionRefused("apply for the medium that takes its place")
    _require_word(work, actor, row, step.action)
    if step.action in REMARK_NEEDED:
        required_reason(step.remark)
    if row.pending_action is not None and step.action is not MediumAction.REPORT_LOST:
        raise MediumStepWaits("a step of this medium waits for a second person")
    if WORD_OF[step.action] is By.TWO:
        _ask(work, actor, row, step)
    else:
        _move(work, actor, row, step)


def confirm_medium_step(work: Work, actor: Actor, medium_id: UUID, action: MediumAction) -> None:
    """The second person's word to what was asked for.   action: what that person looked at.

    Raises: MediumNotFound, MediumStepNotAsked, AnotherPersonNeeded, TransitionRefused.
    """
    row = _stewarded(work, actor, medium_id)
    if row.pending_action != action or row.pending_by is None:
        raise MediumStepNotAsked("this step does not wait for a second person, or no longer")
    if is_one_of(work, actor, row.pending_by, row.holder_id):
        raise AnotherPersonNeeded("another steward says the second word")
    step = MediumStep(action, remark=row.pending_remark or "")
    _move(work, actor, row, step, first=row.pending_by)


def drop_medium_step(work: Work, actor: Actor, medium_id: UUID) -> None:
    """It is not done after all.   Raises: MediumNotFound, MediumStepNotAsked."""
    row = _stewarded(work, actor, medium_id)
    if row.pending_action is None:
        raise MediumStepNotAsked("no step waits for a second person")
    append(work, actor.by, MediumStepDropped(id=row.id, action=row.pending_action))
    _forget_asked(row)


def enter_certificate(work: Work, actor: Actor, medium_id: UUID, certificate: CertificateFacts) -> None:
    """What the medium carries; a newer one takes the place of an older.   Raises: MediumNotFound, TransitionRefused."""
    row = _stewarded(work, actor, medium_id)
    if MediumState(row.state) in OUT_OF_USE:
        raise TransitionRefused(f"a key medium that is {row.state} carries no certificate")
    row.certificate_serial, row.certificate_sha256 = certificate.serial, certificate.sha256
    row.certificate_subject, row.certificate_not_after = certificate.subject, certificate.not_after
    row.certificate_stopped_at = work.now() if MediumState(row.state) is MediumState.LOST else None
    append(
        work,
        actor.by,
        MediumCertificateEntered(
            id=row.id,
            certificate_sha256=certificate.sha256,
            certificate_serial=certificate.serial,
            not_after=certificate.not_after.isoformat(timespec="seconds"),
        ),
    )


def link_passkey(work: Work, actor: Actor, medium_id: UUID, passkey_id: UUID | None) -> None:
    """Of the holder's own passkeys, the one that lives on the medium; None for none.

    Raises: MediumNotFound, TransitionRefused, MediumMalformed.
    """
    row = medium_for(work, actor, medium_id)
    if MediumState(row.state) in OUT_OF_USE:
        raise TransitionRefused(f"a key medium that is {row.state} carries no passkey")
    mine = select(Passkey.id).where(
        Passkey.id == passkey_id, Passkey.user_id == row.holder_id, Passkey.removed_at.is_(None)
    )
    if passkey_id is not None and work.session.scalar(mine) is None:
        raise MediumMalformed("this is no passkey of the holder")
    row.passkey_id = passkey_id
    append(work, actor.by, MediumPasskeyLinked(id=row.id, passkey_id=passkey_id))


def medium_for(work: Work, actor: Actor, medium_id: UUID) -> KeyMedium:
    """The holder's own, or that of somebody one is a steward of.   Raises: MediumNotFound."""
    concerned = KeyMedium.holder_id.in_(own_accounts(actor)) | KeyMedium.holder_id.in_(stewarded_people(actor))
    return _row(work, actor, medium_id, concerned)


def _stewarded(work: Work, actor: Actor, medium_id: UUID) -> KeyMedium:
    return _row(work, actor, medium_id, KeyMedium.holder_id.in_(stewarded_people(actor)))


def _row(work: Work, actor: Actor, medium_id: UUID, concerned: Any) -> KeyMedium:
    row = work.session.scalar(
        select(KeyMedium)
        .where(KeyMedium.id == medium_id, KeyMedium.organisation_id == actor.organisation_id, concerned)
        .with_for_update()
    )
    if row is None:
        raise MediumNotFound("there is no such key medium")
    return row


def _require_word(work: Work, actor: Actor, row: KeyMedium, action: MediumAction) -> None:
    """Raises: MediumNotFound, NotYours, AnotherPersonNeeded."""
    word, mine = WORD_OF[action], is_one_of(work, actor, row.holder_id)
    applied = is_one_of(work, actor, row.applied_by)
    if word is By.ANYBODY or (word is By.APPLICANT and (mine or applied)):
        return
    if word is By.HOLDER:
        if not mine:
            raise NotYours("only the holder signs for it")
        return
    if mine:
        raise AnotherPersonNeeded("nobody does this to a medium of their own")
    _stewarded(work, actor, row.id)
    if word is By.SECOND and applied:
        raise AnotherPersonNeeded("somebody else than who applied approves it")


def _require_replaceable(work: Work, actor: Actor, former_id: UUID, holder_id: UUID) -> None:
    """Raises: MediumNotFound, MediumMalformed, MediumReplacedAlready, TransitionRefused."""
    former = medium_for(work, actor, former_id)
    if former.holder_id != holder_id:
        raise MediumMalformed("a medium takes the place of one of the same holder")
    next_state(MediumState(former.state), MediumAction.REPLACE)
    given_up = (MediumState.REFUSED, MediumState.WITHDRAWN)
    later = select(KeyMedium.id).where(KeyMedium.replaces_id == former.id, KeyMedium.state.not_in(given_up))
    if work.session.scalar(later) is not None:
        raise MediumReplacedAlready("another one was applied for in its place")


def _ask(work: Work, actor: Actor, row: KeyMedium, step: MediumStep) -> None:
    row.pending_action, row.pending_by = step.action.value, actor.person_id
    row.pending_at, row.pending_remark = work.now(), required_reason(step.remark)
    append(work, actor.by, MediumStepAsked(id=row.id, action=step.action, remark=row.pending_remark))


def _forget_asked(row: KeyMedium) -> None:
    row.pending_action = row.pending_by = row.pending_at = row.pending_remark = None


def _move(work: Work, actor: Actor, row: KeyMedium, step: MediumStep, *, first: UUID | None = None) -> None:
    """Decided by the database, so that two people do not both take a step.   Raises: TransitionRefused."""
    before = MediumState(row.state)
    after = next_state(before, step.action)
    as_it_was = [KeyMedium.id == row.id, KeyMedium.state == before]
    if first is not None:
        as_it_was += [KeyMedium.pending_by == first, KeyMedium.pending_action == step.action]
    try:
        moved = work.session.scalar(
            update(KeyMedium)
            .where(*as_it_was)
            .values(state=after, **_changes(work, row, step, after))
            .returning(KeyMedium.id)
        )
    except IntegrityError as problem:
        raise MediumNumberTaken("another medium of this maker with this serial number is about") from problem
    if moved is None:
        raise TransitionRefused("the medium has just changed; please look at it again")
    if step.action is MediumAction.REPORT_LOST and row.passkey_id is not None:
        forget_passkey(work, actor.by, row.passkey_id)
    if step.action is MediumAction.HAND_OUT:
        append(work, actor.by, MediumEntered(id=row.id, maker=row.maker, serial_number=row.serial_number))
    _note(work, actor, row.id, (before, after), step, first)


def _note(
    work: Work,
    actor: Actor,
    medium_id: UUID,
    way: tuple[MediumState, MediumState],
    step: MediumStep,
    first: UUID | None,
) -> None:
    before, after = way
    remark = step.remark.strip()[:LONGEST_REASON]
    work.session.add(
        KeyMediumStep(
            id=new_id(),
            medium_id=medium_id,
            action=step.action,
            before=before,
            after=after,
            remark=remark,
            person_id=actor.person_id,
            first_person_id=first,
            at=work.now(),
        )
    )
    append(
        work,
        actor.by,
        MediumMoved(id=medium_id, action=step.action, before=before, after=after, remark=remark, first_person_id=first),
    )


def _changes(work: Work, row: KeyMedium, step: MediumStep, after: MediumState) -> dict[str, Any]:
    """What a step changes besides the state.   Raises: MediumMalformed."""
    changed: dict[str, Any] = {}
    match step.action:
        case MediumAction.HAND_OUT:
            maker, number = _line(step.maker), _line(step.serial_number)
            in_use = f"{row.organisation_id}/{maker.casefold()}/{number.casefold()}"
            changed = {"maker": maker, "serial_number": number, "number_in_use": in_use}
        case MediumAction.RECEIVE:
            changed = {"received_at": work.now()}
        case MediumAction.REPORT_LOST:
            changed = {"certificate_stopped_at": work.now() if row.certificate_sha256 else None}
        case MediumAction.UNLOCK:
            changed = {"certificate_stopped_at": None}
    if after in OUT_OF_USE:
        changed["number_in_use"] = None
    if step.action is not MediumAction.REPLACE:
        changed |= dict.fromkeys(("pending_action", "pending_by", "pending_at", "pending_remark"))
    return changed


def _line(text: str) -> str:
    """Raises: MediumMalformed."""
    line = " ".join(text.split())
    if not 1 <= len(line) <= LONGEST_TEXT or not line.isprintable():
        raise MediumMalformed("purpose, maker and serial number are short texts of one line")
    return line
