"""Legal holds: what is held is never disposed of and its time never shortened.

One person sets a hold, and it works at once; a second one confirms it. It is lifted when one has asked and another one
has agreed, and works until then. Both words of a lifting are signed and stand in the log, for the worker to prove.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, exists, or_, select, update

from printserver.approvals.flows import Attestor
from printserver.archive.access import record_in_view
from printserver.archive.holds_in_log import is_lifted_by_log
from printserver.archive.models import ArchiveRecord
from printserver.archive.queries import records
from printserver.archive.retention_events import HoldConfirmed, HoldKept, HoldLiftAsked, HoldLifted, HoldSet
from printserver.archive.retention_models import DisposedRecord, HeldBranch, HeldRecord, LegalHold
from printserver.archive.search_fields import ArchiveSearch
from printserver.archive.signed_words import Matter, lifting, sign_word
from printserver.archive.states import HoldAction, HoldState, next_hold_state
from printserver.archive.two_persons import Word, first_word, second_word, stated, take_turn
from printserver.audit.log import append
from printserver.foundation.clock import as_text
from printserver.foundation.errors import Malformed, NotFound, Refused, TransitionRefused
from printserver.foundation.ids import new_id
from printserver.foundation.unit_of_work import Work
from printserver.organisations.access import Actor, branch_path, within
from printserver.organisations.branch_paths import branches_at_or_below, lies_at_or_below
from printserver.organisations.permissions import Permission
from printserver.organisations.queries import organisation
from printserver.signing.key_list import KeyList

LONGEST_MATTER: Final = 100
MOST_RECORDS: Final = 10_000
PAGE: Final = 200
RECORDS, SEARCH, BRANCH = "records", "search", "branch"


class HoldNotFound(NotFound):
    code = "legal-hold-not-found"


class HoldMalformed(Malformed):
    """A hold names a matter, and at least one record that is still there."""

    code = "legal-hold-malformed"


class RecordDisposed(Refused):
    """The record is gone already, or is just going."""

    code = "record-disposed"


def hold_record(work: Work, actor: Actor, record_id: UUID, *, matter: str, reason: str) -> UUID:
    """Works at once; answers the hold.   Raises: Forbidden, RecordNotFound, RecordDisposed, HoldMalformed,
    RetentionReasonMissing."""
    take_turn(work, actor.organisation_id)
    record = record_in_view(work, actor, record_id)
    if work.session.get(DisposedRecord, record_id) is not None:
        raise RecordDisposed("this record has been disposed of; nothing is left to be held")
    return _set(work, actor, record.branch_id, RECORDS, "", [record_id], matter, reason)


def hold_search(
    work: Work, actor: Actor, branch_id: UUID, search: ArchiveSearch, *, said: str, matter: str, reason: str
) -> UUID:
    """Hold what `search` finds now, at that branch and below; what is archived later is not held.

    said: the search in words, for people.   Raises: Forbidden, NotFound, HoldMalformed also when nothing is found or
    more than a hold takes, RetentionReasonMissing.
    """
    take_turn(work, actor.organisation_id)
    path = _path(work, actor, branch_id)
    found = _living_below(work, path, list(_found(work, actor, search)))
    if not found:
        raise HoldMalformed("the search finds nothing that could be held")
    return _set(work, actor, branch_id, SEARCH, said[:LONGEST_MATTER], found, matter, reason)


def hold_branch(work: Work, actor: Actor, branch_id: UUID, *, matter: str, reason: str) -> UUID:
    """Hold what is archived at the branch and below it, now and later, wherever branches that lie there now are moved.

    Raises: Forbidden, HoldMalformed, RetentionReasonMissing.
    """
    take_turn(work, actor.organisation_id)
    path = _path(work, actor, branch_id)
    below = work.session.scalars(branches_at_or_below(path)).all()
    hold_id = _set(work, actor, branch_id, BRANCH, "", [], matter, reason, branches=below)
    work.session.add_all(HeldBranch(hold_id=hold_id, branch_id=each) for each in below)
    work.session.flush()
    return hold_id


def confirm_hold(work: Work, actor: Actor, hold_id: UUID) -> None:
    """A second person agrees.   Raises: Forbidden, HoldNotFound, TransitionRefused, PersonCountsOnce."""
    hold = _hold(work, actor, hold_id)
    word = second_word(work, actor, hold.branch_id, Word(hold.set_by, hold.set_for))
    _move(work, hold, HoldAction.CONFIRM, confirmed_by=word.person_id, confirmed_at=work.now())
    append(work, actor.by, HoldConfirmed(id=hold.id, matter=hold.matter))


def ask_to_lift(
    work: Work,
    actor: Actor,
    attestor: Attestor,
    hold_id: UUID,
    load_key_list: Callable[[], KeyList],
    *,
    reason: str,
) -> None:
    """It works on until a second person agrees. One whose lifting nobody can prove is asked about once more.

    Raises: Forbidden, HoldNotFound, TransitionRefused, RetentionReasonMissing, KeyListRefused, and whatever the
    attestor will not sign.
    """
    hold = _hold(work, actor, hold_id)
    word = first_word(work, actor, hold.branch_id)
    said, now = stated(reason), work.now()
    _move(
        work,
        hold,
        HoldAction.ASK_AGAIN if is_unproved(work, hold, load_key_list) else HoldAction.ASK_LIFT,
        lifted_by=None,
        lifted_at=None,
        lift_reason=said,
        lift_asked_by=word.person_id,
        lift_asked_for=word.acts_for,
        lift_asked_at=now,
        lift_evidence=sign_word(work, attestor, _lifting(work, hold, now, said), word),
    )
    append(work, actor.by, HoldLiftAsked(id=hold.id, branch_id=hold.branch_id, matter=hold.matter, reason=said))


def lift_hold(work: Work, actor: Actor, attestor: Attestor, hold_id: UUID) -> None:
    """A second person agrees that it ends.   Raises: Forbidden, HoldNotFound, TransitionRefused, PersonCountsOnce, and
    whatever the attestor will not sign."""
    hold = _hold(work, actor, hold_id)
    word = _second_for_lifting(work, actor, hold)
    asked_at = hold.lift_asked_at or work.now()
    agreed = sign_word(work, attestor, _lifting(work, hold, asked_at, hold.lift_reason), word)
    _move(work, hold, HoldAction.LIFT, lifted_by=word.person_id, lifted_at=work.now())
    lifted = HoldLifted(
        id=hold.id,
        matter=hold.matter,
        reason=hold.lift_reason,
        asked_at=as_text(asked_at),
        asked=hold.lift_evidence or "",
        agreed=agreed,
    )
    append(work, actor.by, lifted)


def keep_hold(work: Work, actor: Actor, hold_id: UUID, *, reason: str) -> None:
    """A second person does not let it be lifted.   Raises: Forbidden, HoldNotFound, TransitionRefused,
    PersonCountsOnce, RetentionReasonMissing."""
    hold = _hold(work, actor, hold_id)
    word = _second_for_lifting(work, actor, hold)
    said = stated(reason)
    confirmed = {} if hold.confirmed_by else {"confirmed_by": word.person_id, "confirmed_at": work.now()}
    asked: dict[str, Any] = {"lift_asked_by": None, "lift_asked_for": None, "lift_asked_at": None}
    asked |= {"lift_reason": "", "lift_evidence": None}
    _move(work, hold, HoldAction.KEEP, **asked, **confirmed)
    append(work, actor.by, HoldKept(id=hold.id, matter=hold.matter, reason=said))


def works() -> ColumnElement[bool]:
    """The condition that a hold works, for a query of `LegalHold`; one that was lifted without signed words does."""
    return or_(LegalHold.state != HoldState.LIFTED, LegalHold.lift_evidence.is_(None))


def is_unproved(work: Work, hold: LegalHold, load_key_list: Callable[[], KeyList]) -> bool:
    """Whether its row says that it is lifted, and the log does not prove it: so disposals keep what it covers.

    Raises: KeyListRefused.
    """
    if hold.state != HoldState.LIFTED:
        return False
    return hold.lift_evidence is None or not is_lifted_by_log(work, hold.organisation_id, hold.id, load_key_list())


def is_held() -> ColumnElement[bool]:
    """The condition that some hold covers an archive record, for a query of `ArchiveRecord`."""
    by_name = exists().where(HeldRecord.record_id == ArchiveRecord.id, HeldRecord.hold_id == LegalHold.id, works())
    by_branch = exists().where(
        works(),
        HeldBranch.hold_id == LegalHold.id,
        LegalHold.organisation_id == ArchiveRecord.organisation_id,
        lies_at_or_below(ArchiveRecord.branch_id, HeldBranch.branch_id),
    )
    return or_(by_name.correlate(ArchiveRecord), by_branch.correlate(ArchiveRecord))


def _set(
    work: Work,
    actor: Actor,
    branch_id: UUID,
    scope: str,
    said: str,
    record_ids: Collection[UUID],
    matter: str,
    reason: str,
    branches: Sequence[UUID] = (),
) -> UUID:
    word = first_word(work, actor, branch_id)
    text, why = matter.strip(), stated(reason)
    if not 1 <= len(text) <= LONGEST_MATTER or not text.isprintable():
        raise HoldMalformed(f"a hold names the matter that it is for, in at most {LONGEST_MATTER} characters")
    hold = LegalHold(
        id=new_id(),
        organisation_id=actor.organisation_id,
        branch_id=branch_id,
        scope=scope,
        said=said,
        records=len(record_ids),
        matter=text,
        reason=why,
        state=HoldState.SET,
        set_by=word.person_id,
        set_for=word.acts_for,
        set_at=work.now(),
        lift_reason="",
    )
    work.session.add(hold)
    work.session.flush()
    work.session.add_all(HeldRecord(hold_id=hold.id, record_id=each) for each in record_ids)
    work.session.flush()
    held = HoldSet(
        id=hold.id,
        branch_id=branch_id,
        scope=scope,
        matter=text,
        reason=why,
        said=said,
        records=tuple(record_ids),
        branches=tuple(branches),
    )
    append(work, actor.by, held)
    return hold.id


def _found(work: Work, actor: Actor, search: ArchiveSearch) -> Iterator[UUID]:
    """Raises: HoldMalformed when it is more than a hold takes."""
    before, count = None, 0
    while True:
        page = records(work, actor, search, before=before, limit=PAGE)
        count += len(page)
        if count > MOST_RECORDS:
            raise HoldMalformed(f"a hold names at most {MOST_RECORDS} records; hold the branch, or search for less")
        yield from (each.id for each in page)
        if len(page) < PAGE:
            return
        before = page[-1].id


def _living_below(work: Work, path: str, record_ids: Collection[UUID]) -> list[UUID]:
    gone = exists().where(DisposedRecord.record_id == ArchiveRecord.id)
    chosen = select(ArchiveRecord.id).where(
        ArchiveRecord.id.in_(record_ids), ArchiveRecord.branch_id.in_(branches_at_or_below(path)), ~gone
    )
    return list(work.session.scalars(chosen))


def _path(work: Work, actor: Actor, branch_id: UUID) -> str:
    """Raises: NotFound, also for a branch of others."""
    path = branch_path(work, branch_id)
    if not actor.may(Permission.MANAGE_RETENTION, path):
        raise NotFound("there is no such branch")
    return path


def _hold(work: Work, actor: Actor, hold_id: UUID) -> LegalHold:
    """Raises: HoldNotFound."""
    take_turn(work, actor.organisation_id)
    hold = work.session.scalar(
        select(LegalHold).where(LegalHold.id == hold_id, within(LegalHold.branch_id, actor, Permission.READ_ARCHIVE))
    )
    if hold is None:
        raise HoldNotFound("there is no such legal hold")
    return hold


def _second_for_lifting(work: Work, actor: Actor, hold: LegalHold) -> Word:
    if hold.lift_asked_by is None:
        raise TransitionRefused("nobody has asked to lift this hold")
    return second_word(work, actor, hold.branch_id, Word(hold.lift_asked_by, hold.lift_asked_for))


def _lifting(work: Work, hold: LegalHold, asked_at: datetime, reason: str) -> Matter:
    number = organisation(work, hold.organisation_id).number
    return lifting(hold.id, number, asked_at=as_text(asked_at), reason=reason)


def _move(work: Work, hold: LegalHold, action: HoldAction, **values: Any) -> None:
    before = HoldState(hold.state)
    changed = {"state": next_hold_state(before, action), **values}
    moved = work.session.scalar(
        update(LegalHold)
        .where(LegalHold.id == hold.id, LegalHold.state == before)
        .values(**changed)
        .returning(LegalHold.id)
    )
    if moved is None:
        raise TransitionRefused("the hold has just changed; please look at it again")
