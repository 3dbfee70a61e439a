"""How long archive records are kept, legal holds, disposal: what one asks for and a second person confirms."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from fastapi import Query
from fastapi.responses import Response
from pydantic import Field

from printserver.api.v1.common import View, api_router, attachment
from printserver.archive import disposal, hold_queries, holds, retention_changes, retention_queries
from printserver.archive.disposal_files import certificate_file
from printserver.archive.retention import Standing
from printserver.archive.search_fields import ArchiveSearch
from printserver.archive.states import ChangeState, HoldState, RunState
from printserver.http_edge.declarations import requires
from printserver.http_edge.work import CurrentActor, CurrentAdapters, CurrentWork
from printserver.organisations.permissions import Permission

router = api_router("/retention", "archive")

Text = Annotated[str, Field(max_length=500)]


class Change(View):
    """`shortens`: then it is in force once a second person has confirmed it."""

    id: UUID
    record_id: UUID
    number: str
    old_class: str
    old_end: date | None
    new_class: str
    new_end: date | None
    shortens: bool
    reason: str
    state: ChangeState
    asked_by: UUID
    asked_at: datetime
    settled_by: UUID | None
    settled_at: datetime | None
    refusal: str


class Hold(View):
    """`scope`: records, search or branch. It works in every state but `lifted`.

    unproved: it was lifted, but the log does not prove that two persons signed that, as in releases that did not have
    it signed. It still works, and is lifted for good when one person asks once more and another one agrees.
    """

    id: UUID
    branch_id: UUID
    scope: str
    said: str
    records: int
    matter: str
    reason: str
    state: HoldState
    set_by: UUID
    set_at: datetime
    confirmed_at: datetime | None
    lift_reason: str
    lift_asked_by: UUID | None
    lift_asked_at: datetime | None
    lifted_at: datetime | None
    unproved: bool


class Disposal(View):
    """`list_sha256`: of the canonical list; it is what both persons sign.

    refusal: why; of one that is stopped the problem's code, such as disposal-list-forged.
    """

    id: UUID
    number: int
    branch_id: UUID
    state: RunState
    reason: str
    day: date
    records: int
    list_sha256: str
    asked_by: UUID
    asked_at: datetime
    settled_by: UUID | None
    settled_at: datetime | None
    refusal: str
    finished_at: datetime | None
    certificate_sha256: str | None


class ListedRecord(View):
    record_id: UUID
    number: str
    serial: str
    issued_sha256: str
    archived_at: datetime
    retention_class: str
    contract_end: date
    kept_until: date


class DisposalLine(View):
    """`erased`: how many files nobody reads any more.   why: the record was kept."""

    listed: ListedRecord
    title: str
    state: str
    why: str
    erased: int
    settled_at: datetime | None


class DisposalDetail(Disposal):
    lines: list[DisposalLine]


class Overview(View):
    """`changes`: those that wait for a second person.   holds: those that work."""

    changes: list[Change]
    holds: list[Hold]
    runs: list[Disposal]


class Retention(View):
    """`kept_until`: the last day; null for ever. Without an end it counts from the archive's day, and nothing goes."""

    record_id: UUID
    number: str
    retention_class: str
    contract_end: date | None
    kept_until: date | None
    standing: Standing
    disposed_at: datetime | None
    run_id: UUID | None
    holds: list[Hold]
    changes: list[Change]


class NewChange(View):
    retention_class: Annotated[str, Field(max_length=100, examples=["30-years"])]
    contract_end: date | None
    reason: Text


class Asked(View):
    """`in_force`: at once; otherwise a second person has to confirm it."""

    id: UUID
    in_force: bool


class NewHold(View):
    """One record, or what a search finds at a branch and below, or, without search, the branch itself."""

    matter: Annotated[str, Field(max_length=100, examples=["(2026) 沪01民初7号"])]
    reason: Text
    record_id: UUID | None = None
    branch_id: UUID | None = None
    text: Text = ""
    party: Text = ""
    own_reference: Text = ""


class Reason(View):
    reason: Text


class Made(View):
    id: UUID


class DueRecord(View):
    listed: ListedRecord
    title: str
    own_reference: str
    branch_id: UUID


class Preview(View):
    """Each record is counted once.   due: the first of `all_due`.   listed: due, and on a list already."""

    day: date
    due: list[DueRecord]
    all_due: int
    listed: int
    held: int
    not_due: int
    end_unknown: int
    permanent: int


class NewDisposal(View):
    branch_id: UUID
    reason: Text
    leave_out: Annotated[list[UUID], Field(default_factory=list, max_length=disposal.MOST_LISTED)]


class Approval(View):
    list_sha256: Annotated[str, Field(min_length=64, max_length=64)]


@router.get("", summary="What waits for a second person, holds that work, and disposals")
@requires(Permission.READ_ARCHIVE)
def read_overview(actor: CurrentActor, work: CurrentWork, adapters: CurrentAdapters) -> Overview:
    return Overview.model_validate(retention_queries.overview(work, actor, adapters.load_key_list))


@router.get("/records/{record_id}", summary="How long a record is kept, and why")
@requires(Permission.READ_ARCHIVE)
def read_retention(record_id: UUID, actor: CurrentActor, work: CurrentWork, adapters: CurrentAdapters) -> Retention:
    return Retention.model_validate(retention_queries.retention_of(work, actor, record_id, adapters.load_key_list))


@router.post("/records/{record_id}/changes", status_code=201, summary="Say anew how long a record is kept")
@requires(Permission.MANAGE_RETENTION)
def create_change(record_id: UUID, said: NewChange, actor: CurrentActor, work: CurrentWork) -> Asked:
    """Longer is in force at once; shorter waits for a second person."""
    asked = retention_changes.change_retention(
        work, actor, record_id, said.retention_class, said.contract_end, reason=said.reason
    )
    return Asked.model_validate(asked)


@router.post("/changes/{change_id}/confirmations", status_code=204, summary="Confirm a shorter time")
@requires(Permission.CONFIRM_RETENTION, step_up=True)
def confirm_change(change_id: UUID, actor: CurrentActor, work: CurrentWork) -> None:
    retention_changes.confirm_change(work, actor, change_id)


@router.post("/changes/{change_id}/refusals", status_code=204, summary="Refuse a shorter time, or take it back")
@requires(Permission.CONFIRM_RETENTION, Permission.MANAGE_RETENTION)
def refuse_change(change_id: UUID, said: Reason, actor: CurrentActor, work: CurrentWork) -> None:
    retention_changes.refuse_change(work, actor, change_id, reason=said.reason)


@router.get("/holds", summary="Legal holds, newest first")
@requires(Permission.READ_ARCHIVE)
def list_holds(
    actor: CurrentActor, work: CurrentWork, adapters: CurrentAdapters, lifted: Annotated[bool, Query()] = False
) -> list[Hold]:
    """lifted: those too."""
    found = hold_queries.holds(work, actor, adapters.load_key_list, lifted=lifted)
    return [Hold.model_validate(each) for each in found]


@router.post("/holds", status_code=201, summary="Set a legal hold; it works at once")
@requires(Permission.MANAGE_RETENTION)
def create_hold(said: NewHold, actor: CurrentActor, work: CurrentWork) -> Made:
    if said.record_id is not None:
        return Made(id=holds.hold_record(work, actor, said.record_id, matter=said.matter, reason=said.reason))
    branch_id = said.branch_id or actor.branch_id
    given = [each.strip() for each in (said.text, said.party, said.own_reference)]
    if not any(given):
        return Made(id=holds.hold_branch(work, actor, branch_id, matter=said.matter, reason=said.reason))
    search = ArchiveSearch(text=given[0], party=given[1], own_reference=given[2])
    words = " · ".join(each for each in given if each)
    made = holds.hold_search(work, actor, branch_id, search, said=words, matter=said.matter, reason=said.reason)
    return Made(id=made)


@router.post("/holds/{hold_id}/confirmations", status_code=204, summary="Confirm a hold as the second person")
@requires(Permission.CONFIRM_RETENTION)
def confirm_hold(hold_id: UUID, actor: CurrentActor, work: CurrentWork) -> None:
    holds.confirm_hold(work, actor, hold_id)


@router.post("/holds/{hold_id}/lift-requests", status_code=204, summary="Ask that a hold be lifted")
@requires(Permission.MANAGE_RETENTION)
def create_lift_request(
    hold_id: UUID, said: Reason, actor: CurrentActor, work: CurrentWork, adapters: CurrentAdapters
) -> None:
    """It works on until a second person agrees. Also for one that is lifted and `unproved`."""
    holds.ask_to_lift(work, actor, adapters.attestor, hold_id, adapters.load_key_list, reason=said.reason)


@router.post("/holds/{hold_id}/liftings", status_code=204, summary="Lift a hold as the second person")
@requires(Permission.CONFIRM_RETENTION, step_up=True)
def lift_hold(hold_id: UUID, actor: CurrentActor, work: CurrentWork, adapters: CurrentAdapters) -> None:
    holds.lift_hold(work, actor, adapters.attestor, hold_id)


@router.post("/holds/{hold_id}/keepings", status_code=204, summary="Let a hold work on as the second person")
@requires(Permission.CONFIRM_RETENTION)
def keep_hold(hold_id: UUID, said: Reason, actor: CurrentActor, work: CurrentWork) -> None:
    holds.keep_hold(work, actor, hold_id, reason=said.reason)


@router.get("/preview", summary="What a disposal at a branch and below would take")
@requires(Permission.MANAGE_RETENTION, Permission.CONFIRM_RETENTION)
def read_preview(actor: CurrentActor, work: CurrentWork, branch_id: UUID | None = None) -> Preview:
    """Changes nothing.   branch_id: the own one without it."""
    found = disposal.preview_disposal(work, actor, branch_id or actor.branch_id)
    return Preview.model_validate(found)


@router.get("/disposals", summary="Disposals, newest first")
@requires(Permission.READ_ARCHIVE)
def list_disposals(actor: CurrentActor, work: CurrentWork) -> list[Disposal]:
    return [Disposal.model_validate(each) for each in retention_queries.runs(work, actor)]


@router.post("/disposals", status_code=201, summary="List what is due, for a second person to approve")
@requires(Permission.MANAGE_RETENTION, step_up=True)
def create_disposal(
    said: NewDisposal, actor: CurrentActor, work: CurrentWork, adapters: CurrentAdapters
) -> DisposalDetail:
    run_id = disposal.propose_disposal(
        work, actor, adapters.attestor, said.branch_id, reason=said.reason, leave_out=said.leave_out
    )
    return read_disposal(run_id, actor, work)


@router.get("/disposals/{run_id}", summary="One disposal with its list")
@requires(Permission.READ_ARCHIVE)
def read_disposal(run_id: UUID, actor: CurrentActor, work: CurrentWork) -> DisposalDetail:
    facts = retention_queries.run_facts(work, actor, run_id)
    lines = [DisposalLine.model_validate(each) for each in retention_queries.run_lines(work, run_id)]
    return DisposalDetail(**Disposal.model_validate(facts).model_dump(), lines=lines)


@router.post("/disposals/{run_id}/approvals", status_code=204, summary="Approve the very list that was shown")
@requires(Permission.CONFIRM_RETENTION, step_up=True)
def approve_disposal(
    run_id: UUID, said: Approval, actor: CurrentActor, work: CurrentWork, adapters: CurrentAdapters
) -> None:
    """As a second person; what is held or no longer due when its turn comes stays all the same."""
    disposal.approve_disposal(work, actor, adapters.attestor, run_id, list_sha256=said.list_sha256)


@router.post("/disposals/{run_id}/refusals", status_code=204, summary="Refuse a disposal as the second person")
@requires(Permission.CONFIRM_RETENTION)
def refuse_disposal(run_id: UUID, said: Reason, actor: CurrentActor, work: CurrentWork) -> None:
    disposal.refuse_disposal(work, actor, run_id, reason=said.reason)


@router.post("/disposals/{run_id}/withdrawals", status_code=204, summary="Take back a disposal of one's own")
@requires(Permission.MANAGE_RETENTION)
def withdraw_disposal(run_id: UUID, actor: CurrentActor, work: CurrentWork) -> None:
    disposal.withdraw_disposal(work, actor, run_id)


@router.get(
    "/disposals/{run_id}/certificate", summary="The certificate of a finished disposal", response_class=Response
)
@requires(Permission.READ_ARCHIVE)
def read_certificate(run_id: UUID, actor: CurrentActor, adapters: CurrentAdapters) -> Response:
    """Canonical JSON: the list, both persons' signed words, and what became of each record."""
    number, data = certificate_file(adapters.database, adapters.objects, actor, run_id)
    return attachment(data, "application/json", f"disposal-{number}.json")
