"""Which entries of the log call for mails, to whom, and of what these tell."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import tzinfo
from typing import Any, Final
from uuid import UUID

from printserver.approvals.statement_events import StatementProposed
from printserver.archive.disposal_running import HELD_BY_LOG
from printserver.archive.fixity_events import ArchiveDamageFound, ForeignDamageFound
from printserver.archive.fixity_queries import branch_of_record
from printserver.archive.retention_events import (
    DisposalProposed,
    DisposalStopped,
    HoldLiftAsked,
    HoldSet,
    RecordKept,
    RetentionChangeAsked,
)
from printserver.audit.queries import EntryView
from printserver.foundation.clock import from_text
from printserver.foundation.unit_of_work import Work
from printserver.notifications.mail_kinds import MailKind
from printserver.notifications.mail_queue import queue_mails
from printserver.organisations.access import branch_path
from printserver.organisations.addressees import Addressee, addressees, holders
from printserver.organisations.dormancy import DormancyWarned
from printserver.organisations.permissions import Permission
from printserver.organisations.queries import names
from printserver.print_requests.events import CopyMoved, RequestMoved, RequestUrged
from printserver.print_requests.owed_rules import Stage
from printserver.print_requests.paper_events import ReturnReminded
from printserver.print_requests.queries import is_waiting_for
from printserver.print_requests.service import WAITS_FOR_PEOPLE
from printserver.print_requests.states import INVALID, CopyState, RequestState
from printserver.print_requests.told import ToldRequest, all_printed
from printserver.printing.count_alarms import CountAlarmOpened
from printserver.printing.queries import printer_facts
from printserver.seals.queries import seal_facts

DECISIONS: Final = frozenset(
    {
        RequestState.APPROVED,
        RequestState.SEALED_BY_HAND,
        RequestState.REFUSED,
        RequestState.EXPIRED,
        RequestState.FAILED,
    }
)
SECOND_PERSON: Final = frozenset(
    each.__name__ for each in (DisposalProposed, HoldLiftAsked, HoldSet, RetentionChangeAsked)
)


def mails_of(work: Work, entry: EntryView, request: ToldRequest | None, zone: tzinfo) -> int:
    """How many were made.   request: that the entry concerns, if any.   zone: whose days are named."""
    made = 0
    if request is not None and entry.subject == "print-request":
        made += _of_request(work, entry, request)
    if request is not None and entry.event == CopyMoved.__name__ and entry.subject_id is not None:
        made += _of_copy(work, entry.subject_id, str(entry.facts["after"]), request)
    if request is not None and entry.event == ReturnReminded.__name__ and entry.subject_id is not None:
        made += _of_owed_paper(work, entry, entry.subject_id, request, zone)
    if entry.event == CountAlarmOpened.__name__ and entry.subject_id is not None:
        made += _of_alarm(work, entry, entry.subject_id)
    if entry.event == ArchiveDamageFound.__name__ and entry.organisation_id and entry.subject_id:
        made += _of_damage(work, entry, entry.organisation_id, branch_of_record(work, entry.subject_id))
    if entry.event == ForeignDamageFound.__name__ and entry.organisation_id:
        made += _of_damage(work, entry, entry.organisation_id, UUID(str(entry.facts["branch_id"])))
    if entry.organisation_id and _stopped(entry):
        made += _of_stopped_disposal(work, entry, entry.organisation_id)
    if entry.event == DormancyWarned.__name__ and entry.subject_id is not None:
        made += _of_dormancy(work, entry, entry.subject_id, zone)
    if entry.event == StatementProposed.__name__ and entry.organisation_id is not None:
        made += _of_statement(work, entry, entry.organisation_id)
    if entry.event in SECOND_PERSON and entry.organisation_id is not None:
        made += _of_retention(work, entry, entry.organisation_id)
    return made


def _of_request(work: Work, entry: EntryView, request: ToldRequest) -> int:
    facts = request_facts(work, request)
    urged = entry.event == RequestUrged.__name__
    if request.state in WAITS_FOR_PEOPLE:
        kind, occasion = (MailKind.URGED, str(entry.id)) if urged else (MailKind.WAITS, str(request.id))
        return queue_mails(work, kind, _who_decides(work, request), occasion, facts)
    if entry.event != RequestMoved.__name__:
        return 0
    applicant, after = addressees(work, [request.applicant_id]), str(entry.facts["after"])
    if after in DECISIONS:
        told = {**facts, "state": after}
        return queue_mails(work, MailKind.DECIDED, applicant, f"{request.id}:{after}", told)
    if after == RequestState.ISSUED:
        return queue_mails(work, MailKind.ISSUED, applicant, str(request.id), facts)
    return 0


def _who_decides(work: Work, request: ToldRequest) -> list[Addressee]:
    """Those on whose page of approvals it stands."""
    path = branch_path(work, request.branch_id)
    found: dict[UUID, Addressee] = {}
    for permission in (Permission.APPROVE_REQUEST, Permission.CONFIRM_SEAL_USE):
        for person, actor in holders(work, request.organisation_id, permission, path):
            if person.id not in found and is_waiting_for(work, actor, request.id):
                found[person.id] = person
    return list(found.values())


def _of_copy(work: Work, copy_id: UUID, after: str, request: ToldRequest) -> int:
    facts = {**request_facts(work, request), "path": f"/copies/{copy_id}", "state": after}
    if after == CopyState.PRINTED and all_printed(work, request.id):
        told = request_facts(work, request)
        return queue_mails(work, MailKind.PRINTED, addressees(work, [request.applicant_id]), str(request.id), told)
    if after in INVALID:
        custodians = [seal_facts(work, seal_id).custodian_id for seal_id in request.seal_ids]
        concerned = addressees(work, [request.applicant_id, *dict.fromkeys(custodians)])
        return queue_mails(work, MailKind.COPY_VOID, concerned, str(copy_id), facts)
    if after == CopyState.OUTCOME_UNKNOWN:
        path = branch_path(work, request.branch_id)
        readers = _people(work, request.organisation_id, Permission.SETTLE_COPIES, path)
        return queue_mails(work, MailKind.ALARM, readers, str(copy_id), {**facts, "about": "copy"})
    return 0


def _of_owed_paper(work: Work, entry: EntryView, copy_id: UUID, request: ToldRequest, zone: tzinfo) -> int:
    """To the applicant; what is overdue for long also to who approves at the branch, and to its archivists."""
    stage, due, late = (str(entry.facts[name]) for name in ("stage", "due_at", "days"))
    when = {"day": _day(due, zone), "late": int(late)}
    facts = {**request_facts(work, request), "path": f"/copies/{copy_id}/paper", **when}
    occasion = f"{copy_id}:{due}:{stage}"
    if stage != Stage.ESCALATED:
        return queue_mails(work, MailKind.RETURN_OWED, addressees(work, [request.applicant_id]), occasion, facts)
    path = branch_path(work, request.branch_id)
    readers = [
        *_people(work, request.organisation_id, Permission.APPROVE_REQUEST, path),
        *_people(work, request.organisation_id, Permission.SETTLE_RETURNS, path),
    ]
    return queue_mails(work, MailKind.RETURN_ESCALATED, readers, occasion, facts)


def _of_alarm(work: Work, entry: EntryView, printer_id: UUID) -> int:
    printer = printer_facts(work, printer_id)
    facts = {
        "about": "count",
        "printer": printer.name,
        "day": str(entry.facts["day"]),
        "path": f"/reconciliation?printer_id={printer_id}",
    }
    path = branch_path(work, printer.branch_id)
    readers = [
        *_people(work, printer.organisation_id, Permission.MANAGE_PRINTERS, path),
        *_people(work, printer.organisation_id, Permission.READ_AUDIT, path),
    ]
    return queue_mails(work, MailKind.ALARM, readers, str(entry.id), facts)


def _of_damage(work: Work, entry: EntryView, organisation_id: UUID, branch_id: UUID) -> int:
    """Archivists, auditors and administrators are told once a day, however many records are damaged."""
    facts = {"about": "archive", "number": str(entry.facts["number"]), "path": "/archive-fixity"}
    path = branch_path(work, branch_id)
    concerned = (Permission.IMPORT_ARCHIVE, Permission.READ_AUDIT, Permission.MANAGE_INTEGRATIONS)
    readers = [person for permission in concerned for person in _people(work, organisation_id, permission, path)]
    return queue_mails(work, MailKind.ALARM, readers, f"archive:{entry.at:%Y-%m-%d}", facts)


def _stopped(entry: EntryView) -> bool:
    """A disposal that cannot be proved, or a record that only the log says is held: rows were changed."""
    kept = entry.event == RecordKept.__name__ and entry.facts["why"] == HELD_BY_LOG
    return kept or entry.event == DisposalStopped.__name__


def _of_stopped_disposal(work: Work, entry: EntryView, organisation_id: UUID) -> int:
    """Auditors and the archive's people of the whole organisation, once a run."""
    run_id = entry.facts.get("run_id") or entry.subject_id
    facts = {"about": "disposal", "number": str(entry.facts["number"]), "path": f"/retention/disposals/{run_id}"}
    concerned = (Permission.CONFIRM_RETENTION, Permission.READ_AUDIT)
    readers = [person for permission in concerned for person in _people(work, organisation_id, permission, None)]
    return queue_mails(work, MailKind.ALARM, readers, f"disposal:{run_id}", facts)


def _of_dormancy(work: Work, entry: EntryView, person_id: UUID, zone: tzinfo) -> int:
    facts = {"day": _day(str(entry.facts["freezes_at"]), zone), "path": "/"}
    return queue_mails(work, MailKind.DORMANT, list(addressees(work, [person_id])), str(entry.id), facts)


def _of_statement(work: Work, entry: EntryView, organisation_id: UUID) -> int:
    officers = _people(
        work, organisation_id, Permission.CONFIRM_STATEMENTS, None, but=lambda person: person.id == entry.person_id
    )
    facts = {"kind": str(entry.facts["kind"]), "path": "/statements"}
    return queue_mails(work, MailKind.STATEMENT, officers, str(entry.subject_id), facts)


def _of_retention(work: Work, entry: EntryView, organisation_id: UUID) -> int:
    """Who may confirm it, but for whoever asked."""
    path = branch_path(work, UUID(str(entry.facts["branch_id"])))
    seconds = _people(
        work, organisation_id, Permission.CONFIRM_RETENTION, path, but=lambda person: person.id == entry.person_id
    )
    return queue_mails(work, MailKind.RETENTION, seconds, str(entry.id), {"path": "/retention"})


def _day(moment: str, zone: tzinfo) -> str:
    """The day that a moment of the log is, as the pages show it."""
    return from_text(moment).astimezone(zone).date().isoformat()


def _people(
    work: Work,
    organisation_id: UUID,
    permission: Permission,
    path: str | None,
    *,
    but: Callable[[Addressee], bool] = lambda person: False,
) -> list[Addressee]:
    return [person for person, _ in holders(work, organisation_id, permission, path) if not but(person)]


def request_facts(work: Work, request: ToldRequest) -> Mapping[str, Any]:
    """What every mail about a request may show: nothing of the document, and no words of its title."""
    return {
        "path": f"/requests/{request.id}",
        "reference": request.own_reference,
        "number": str(request.id)[-12:],
        "applicant": names(work, {request.applicant_id}).get(request.applicant_id, ""),
        "seal": ", ".join(seal_facts(work, seal_id).name for seal_id in request.seal_ids),
        "copies": request.copies,
    }
