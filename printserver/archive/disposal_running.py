"""Carry out an approved disposal, record by record. Every step may run again after a crash.

The list is believed for the signed words of two persons, never for a row; what is held, rows and the log say. First a
record is marked, in one transaction with the question whether anything holds it back; with that it is decided which
objects go: those that it names and nothing else does. Then these are erased, and what people wrote is blanked.
At the end stands the certificate.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from sqlalchemy import select

from printserver.archive.disposal import list_of_run, matter_of, move_run
from printserver.archive.disposal_list import Outcome, certificate
from printserver.archive.disposal_ports import Holdings
from printserver.archive.holds import is_held
from printserver.archive.holds_in_log import LoggedHold, is_held_by_log, naming_covered, unlifted_holds
from printserver.archive.models import ArchiveRecord
from printserver.archive.retention import Standing, day_over_everywhere, standing
from printserver.archive.retention_changes import term_of
from printserver.archive.retention_events import (
    DisposalCompleted,
    DisposalStopped,
    RecordDisposed,
    RecordKept,
    RecordMarked,
)
from printserver.archive.retention_models import DisposalItem, DisposalRun, DisposedRecord
from printserver.archive.searchable_jobs import SearchableState
from printserver.archive.signed_words import WordsNotSigned, proved_words
from printserver.archive.states import ItemState, RunAction, RunState
from printserver.archive.two_persons import take_turn
from printserver.audit.findings import LogReport, Problem
from printserver.audit.log import By, append
from printserver.foundation.clock import as_text
from printserver.foundation.errors import IntegrityError, NotFound, Unavailable
from printserver.foundation.unit_of_work import Database, Work
from printserver.signing.key_list import KeyList
from printserver.storage.objects import Objects

CHANGED: Final = "changed"
"""Why a record is kept: its class or its end is no longer what the list says."""
BEING_READ: Final = "being-read"
"""Why a record is kept: its searchable file is just being made."""


HELD_BY_LOG: Final = "held-by-log"
"""Why a record is kept: the log says that it is held, and no row does any more. Somebody took the rows away."""


class DisposalListForged(IntegrityError):
    """The rows are not the list that two persons signed, or nobody has signed it: nothing goes."""

    code = "disposal-list-forged"


class DisposalLogBroken(IntegrityError):
    """Something was taken out of the log or changed there, so nobody can say what is held: nothing goes."""

    code = "disposal-log-broken"


class LogNotReady(Unavailable):
    code = "log-not-ready"


@dataclass(frozen=True)
class DisposalTools:
    """`holdings`: of every room that keeps something of copies.   load_key_list: under which the words are proved.

    prove_log: against its signed heads and the witness, see `audit.check`.
    """

    database: Database
    objects: Objects
    holdings: Sequence[Holdings]
    load_key_list: Callable[[], KeyList]
    prove_log: Callable[[Work], LogReport]


def dispose(tools: DisposalTools, run_id: UUID) -> None:
    """Do all that is left of the run; nothing, unless it is approved.

    Raises: DisposalListForged, DisposalLogBroken, once the run is stopped; LogNotReady, Unavailable.
    """
    with tools.database.reading() as work:
        run = work.session.get(DisposalRun, run_id)
        if run is None or run.state != RunState.APPROVED:
            return
        by = By(run.organisation_id, process="worker")
    try:
        held = _prove_log(tools, run_id)
        positions = _proved_positions(tools, run_id)
    except (DisposalListForged, DisposalLogBroken) as problem:
        _stop(tools, by, run_id, problem)
        raise
    for position in positions:
        _mark(tools, by, run_id, position, held)
        _erase(tools, by, run_id, position)
    _finish(tools, by, run_id)


def _prove_log(tools: DisposalTools, run_id: UUID) -> tuple[LoggedHold, ...]:
    """What is held by the very log out of which nothing was taken, whatever becomes of it while the run goes on.

    Raises: DisposalLogBroken, LogNotReady.
    """
    keys = tools.load_key_list()
    with tools.database.reading() as work:
        problems = {finding.problem for finding in tools.prove_log(work).findings}
        held = () if problems else _held_now(work, run_id, keys)
    if problems == {Problem.ENTRY_UNSEQUENCED}:
        raise LogNotReady("the signer has not given every entry of the log its place")
    if problems:
        raise DisposalLogBroken(f"the log is not what was recorded: {', '.join(sorted(problems))}")
    return held


def _held_now(work: Work, run_id: UUID, keys: KeyList) -> tuple[LoggedHold, ...]:
    """By the log, each hold naming the records of the run that it covers."""
    run = work.session.get_one(DisposalRun, run_id)
    listed = select(DisposalItem.record_id).where(DisposalItem.run_id == run_id)
    rows = work.session.scalars(select(ArchiveRecord).where(ArchiveRecord.id.in_(listed))).all()
    return naming_covered(work, unlifted_holds(work, run.organisation_id, keys), rows)


def _proved_positions(tools: DisposalTools, run_id: UUID) -> list[int]:
    """What is left of the very list that two persons signed.   Raises: DisposalListForged."""
    with tools.database.reading() as work:
        run = work.session.get_one(DisposalRun, run_id)
        listed = list_of_run(work, run)
        if listed.digest() != run.list_sha256:
            raise DisposalListForged("the list of this disposal is not the one that was approved")
        try:
            words = (run.asked_evidence, run.approved_evidence)
            proposed, approved = proved_words(matter_of(listed), words, tools.load_key_list())
        except WordsNotSigned as problem:
            raise DisposalListForged(f"the list of this disposal is not what was signed: {problem}") from problem
        if (proposed.person_id, approved.person_id) != (str(run.asked_by), str(run.settled_by)):
            raise DisposalListForged("others have signed the list of this disposal than its rows say")
        open_items = (DisposalItem.state.in_((ItemState.LISTED, ItemState.MARKED)), DisposalItem.run_id == run_id)
        chosen = select(DisposalItem.position).where(*open_items).order_by(DisposalItem.position)
        return list(work.session.scalars(chosen))


def _stop(tools: DisposalTools, by: By, run_id: UUID, problem: IntegrityError) -> None:
    with tools.database.work() as work:
        take_turn(work, by.organisation_id or run_id)
        run = work.session.get_one(DisposalRun, run_id)
        if run.state != RunState.APPROVED:
            return
        move_run(work, run, RunAction.STOP, refusal=problem.code, finished_at=work.now())
        append(work, by, DisposalStopped(id=run.id, number=run.number, branch_id=run.branch_id, why=problem.code))


def _mark(tools: DisposalTools, by: By, run_id: UUID, position: int, held: Iterable[LoggedHold]) -> None:
    """Decide, once, whether the record goes, and what goes with it.   held: by the log, when it was proved."""
    with tools.database.work() as work:
        run, item, record = _line(work, by, run_id, position)
        if item.state != ItemState.LISTED:
            return
        why = _held_back(tools, work, item, record, held)
        if why:
            item.state, item.why, item.settled_at = ItemState.KEPT, why, work.now()
            append(work, by, RecordKept(id=record.id, run_id=run.id, number=record.number, why=why))
            return
        work.session.add(
            DisposedRecord(record_id=record.id, copy_id=record.copy_id, run_id=run.id, disposed_at=work.now())
        )
        work.session.flush()
        named = {digest for one in tools.holdings for digest in one.objects_of(work, record.copy_id)}
        item.named = sorted(_free(tools, work, record.organisation_id, named))
        item.state = ItemState.MARKED
        marked = RecordMarked(
            id=record.id, run_id=run.id, number=record.number, serial=record.serial, named=tuple(item.named)
        )
        append(work, by, marked)


def _erase(tools: DisposalTools, by: By, run_id: UUID, position: int) -> None:
    """What was named anew since the marking stays."""
    with tools.database.reading() as work:
        item = _item(work, run_id, position)
        if item.state != ItemState.MARKED:
            return
        owner = work.session.scalars(select(DisposalRun.organisation_id).where(DisposalRun.id == run_id)).one()
        erased = sorted(_free(tools, work, owner, item.named))
    for digest in erased:
        tools.objects.erase(digest, owner)
    with tools.database.work() as work:
        run, item, record = _line(work, by, run_id, position)
        if item.state != ItemState.MARKED:
            return
        for one in tools.holdings:
            one.forget(work, record.copy_id)
        item.state, item.erased, item.settled_at = ItemState.DISPOSED, erased, work.now()
        gone = RecordDisposed(
            id=record.id, run_id=run.id, number=record.number, serial=record.serial, erased=tuple(erased)
        )
        append(work, by, gone)


def _finish(tools: DisposalTools, by: By, run_id: UUID) -> None:
    with tools.database.reading() as work:
        run = work.session.scalars(select(DisposalRun).where(DisposalRun.id == run_id)).one()
        items = work.session.scalars(
            select(DisposalItem).where(DisposalItem.run_id == run_id).order_by(DisposalItem.position)
        ).all()
        outcomes = [_outcome(item) for item in items]
        body = certificate(
            list_of_run(work, run), _words(run), outcomes, max((each.at for each in outcomes), default=run.asked_at)
        )
        owner = run.organisation_id
    digest = tools.objects.put(body, owner)
    with tools.database.work() as work:
        take_turn(work, owner)
        run = work.session.scalars(select(DisposalRun).where(DisposalRun.id == run_id)).one()
        if run.state != RunState.APPROVED:
            return
        move_run(work, run, RunAction.FINISH, finished_at=work.now(), certificate_sha256=digest)
        disposed = sum(each.state == ItemState.DISPOSED for each in outcomes)
        done = DisposalCompleted(
            id=run.id,
            number=run.number,
            disposed=disposed,
            kept=len(outcomes) - disposed,
            certificate_sha256=digest,
        )
        append(work, by, done)


def _held_back(
    tools: DisposalTools, work: Work, item: DisposalItem, record: ArchiveRecord, known: Iterable[LoggedHold]
) -> str:
    """Why the record stays; empty when it goes."""
    held = work.session.scalar(select(ArchiveRecord.id).where(ArchiveRecord.id == record.id, is_held())) is not None
    disposed = work.session.get(DisposedRecord, record.id) is not None
    found = standing(term_of(record), day_over_everywhere(work.now()), held=held, disposed=disposed)
    if found is not Standing.DUE:
        return found.value
    if is_held_by_log(work, record, unlifted_holds(work, record.organisation_id, tools.load_key_list(), known)):
        return HELD_BY_LOG
    if (item.retention_class, item.contract_end) != (record.retention_class, record.contract_end):
        return CHANGED
    return BEING_READ if record.searchable_state == SearchableState.WAITING else ""


def _free(tools: DisposalTools, work: Work, organisation_id: UUID, digests: Iterable[str]) -> set[str]:
    """Those that nothing names which is not gone."""
    asked = set(digests)
    return asked - {digest for one in tools.holdings for digest in one.still_named(work, organisation_id, asked)}


def _line(work: Work, by: By, run_id: UUID, position: int) -> tuple[DisposalRun, DisposalItem, ArchiveRecord]:
    """After everybody else who decides on records of this organisation."""
    if by.organisation_id is None:
        raise NotFound("a disposal belongs to an organisation")
    take_turn(work, by.organisation_id)
    run = work.session.scalars(select(DisposalRun).where(DisposalRun.id == run_id)).one()
    item = _item(work, run_id, position)
    record = work.session.scalars(select(ArchiveRecord).where(ArchiveRecord.id == item.record_id)).one()
    return run, item, record


def _item(work: Work, run_id: UUID, position: int) -> DisposalItem:
    return work.session.scalars(
        select(DisposalItem).where(DisposalItem.run_id == run_id, DisposalItem.position == position)
    ).one()


def _outcome(item: DisposalItem) -> Outcome:
    if item.settled_at is None:
        raise ValueError("a disposal is finished when each record is settled")
    return Outcome(item.record_id, item.state, item.why, tuple(item.erased), item.settled_at)


def _words(run: DisposalRun) -> list[dict[str, str]]:
    """Who said what, each with the signed words."""
    return [
        {
            "act": act,
            "person_id": str(person or ""),
            "acts_for": str(acts_for or ""),
            "at": "" if at is None else as_text(at),
            "evidence": evidence,
        }
        for act, person, acts_for, at, evidence in (
            ("propose", run.asked_by, run.asked_for, run.asked_at, run.asked_evidence),
            ("approve", run.settled_by, None, run.settled_at, run.approved_evidence),
        )
    ]
