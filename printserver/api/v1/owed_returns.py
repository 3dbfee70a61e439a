"""Signed papers that are owed: the list, due dates, branches that may hand in nothing, and what classes say of it."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import Query
from fastapi.responses import Response
from pydantic import AwareDatetime, Field

from printserver.api.v1.common import View, api_router, attachment
from printserver.approvals import return_policies
from printserver.approvals.classes import class_facts
from printserver.approvals.return_policy import CountedFrom, ReturnPolicy
from printserver.http_edge.declarations import requires
from printserver.http_edge.work import CurrentActor, CurrentAdapters, CurrentWork
from printserver.organisations.access import branch_path
from printserver.organisations.permissions import Permission
from printserver.print_requests import owed, owed_block, owed_queries
from printserver.print_requests.owed_queries import MOST_ROWS, OwedSearch, Shown
from printserver.print_requests.owed_rules import Blocked, Standing
from printserver.returns.owed_table import COLUMNS, cells, csv_file

router = api_router("", "owed returns")

Why = Annotated[str, Field(min_length=1, max_length=500)]


class OwedReturn(View):
    """`id`: the copy's.   standing: open, soon and overdue are owed; else why it left the list.   days: overdue."""

    id: UUID
    request_id: UUID
    branch_id: UUID
    branch: str
    serial: str
    number: int
    copies: int
    title: str
    own_reference: str
    applicant: str
    printed_at: datetime | None
    due_at: datetime
    standing: Standing
    days: int
    reason: str
    extended: bool


class OwedReturns(View):
    """`next`: give it as `skip` to read on; null at the end."""

    items: list[OwedReturn]
    next: int | None


class NewDueDate(View):
    due_at: AwareDatetime
    reason: Why


class WriteOff(View):
    """`kept`: the paper stays with us; `never`: it will never come. A copy that is lost is declared void instead."""

    written_off_as: owed.WrittenOffAs
    reason: Why


class Block(View):
    """Of my own branch, for one class.   copies: the longest overdue.   excepted: somebody has granted time."""

    why: Blocked
    overdue: int
    copies: list[OwedReturn]
    excepted: bool


class BlockAnswer(View):
    block: Block | None


class NewException(View):
    """`most_uses`: requests that may be handed in by it."""

    branch_id: UUID
    reason: Why
    valid_until: AwareDatetime
    most_uses: Annotated[int, Field(ge=1, le=owed_block.MOST_USES)] = 1


class BlockException(View):
    id: UUID
    branch_id: UUID
    branch: str
    reason: str
    valid_until: datetime
    most_uses: int
    uses: int
    granted_by: str
    granted_at: datetime
    ended_at: datetime | None
    open: bool


class Made(View):
    id: UUID


class PolicyOfClass(View):
    """`days`: until the paper is due, null when it need not come back.   late_hours: for records of signings by hand.

    most_overdue, longest_overdue: with more copies overdue, or one for more days, a branch hands in nothing; null: no
    such limit.   escalate_after: days overdue until approvers and archivists of the branch are told.
    """

    days: Annotated[int | None, Field(ge=1, le=3_650)] = 30
    counted_from: CountedFrom = CountedFrom.PRINTING
    remind_before: Annotated[int, Field(ge=0, le=3_650)] = 7
    escalate_after: Annotated[int, Field(ge=1, le=3_650)] = 14
    most_overdue: Annotated[int | None, Field(ge=0, le=3_650)] = None
    longest_overdue: Annotated[int | None, Field(ge=0, le=3_650)] = None
    late_hours: Annotated[int, Field(ge=1, le=2_160)] = 24


@router.get("/owed-returns", summary="Signed papers that are owed, the longest overdue first")
@requires(Permission.READ_REQUESTS)
def list_owed_returns(
    actor: CurrentActor,
    work: CurrentWork,
    shown: Shown = Shown.OWED,
    branch_id: Annotated[UUID | None, Query(description="At it and below.")] = None,
    text: Annotated[str, Query(max_length=200, description="In the title or the own reference.")] = "",
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    skip: Annotated[int, Query(ge=0, le=1_000_000)] = 0,
) -> OwedReturns:
    search = OwedSearch(shown, "" if branch_id is None else branch_path(work, branch_id), text)
    found = owed_queries.owed_returns(work, actor, search, limit=limit, skip=skip)
    items = [OwedReturn.model_validate(each) for each in found]
    return OwedReturns(items=items, next=skip + limit if len(found) == limit else None)


@router.get(
    "/owed-returns.csv",
    summary="The same as a table",
    response_class=Response,
    responses={200: {"content": {"text/csv": {}}}},
)
@requires(Permission.READ_REQUESTS)
def read_owed_table(
    actor: CurrentActor, work: CurrentWork, adapters: CurrentAdapters, shown: Shown = Shown.OWED
) -> Response:
    """Column names are stable words."""
    found = owed_queries.owed_returns(work, actor, OwedSearch(shown), limit=MOST_ROWS)
    zone = ZoneInfo(adapters.settings.time_zone)
    return attachment(csv_file(COLUMNS, [cells(each, zone) for each in found]), "text/csv", "owed-returns.csv")


@router.post("/copies/{copy_id}/due-dates", status_code=201, summary="Move the due date of an owed paper")
@requires(Permission.SETTLE_RETURNS)
def create_due_date(copy_id: UUID, body: NewDueDate, actor: CurrentActor, work: CurrentWork) -> OwedReturn:
    """The date before is kept, with the reason."""
    owed.extend_due(work, actor, copy_id, due=body.due_at, reason=body.reason)
    return OwedReturn.model_validate(owed_queries.owed_of_copy(work, actor, copy_id))


@router.post("/copies/{copy_id}/write-offs", status_code=201, summary="A paper stays with us, or will never come")
@requires(Permission.SETTLE_RETURNS)
def create_write_off(copy_id: UUID, body: WriteOff, actor: CurrentActor, work: CurrentWork) -> OwedReturn:
    owed.write_off(work, actor, copy_id, written_off_as=body.written_off_as, reason=body.reason)
    return OwedReturn.model_validate(owed_queries.owed_of_copy(work, actor, copy_id))


@router.get("/document-classes/{code}/block", summary="Whether my branch may hand in requests of a class")
@requires(Permission.CREATE_REQUEST)
def read_block(code: str, actor: CurrentActor, work: CurrentWork) -> BlockAnswer:
    """`block` is null when it may. What is handed in against a block is refused with `returns-overdue`."""
    class_facts(work, actor.organisation_id, code)
    found = owed_block.block_standing(work, actor, code)
    return BlockAnswer(block=None if found is None else Block.model_validate(found))


@router.get("/document-classes/{code}/return-policy", summary="What a class says of its signed papers")
@requires(Permission.CREATE_REQUEST, Permission.READ_REQUESTS, Permission.MANAGE_DOCUMENTS)
def read_return_policy(code: str, actor: CurrentActor, work: CurrentWork) -> PolicyOfClass:
    class_facts(work, actor.organisation_id, code)
    return PolicyOfClass.model_validate(return_policies.return_policy(work, actor.organisation_id, code).to_json())


@router.put("/document-classes/{code}/return-policy", summary="Say whether and when signed papers come back")
@requires(Permission.MANAGE_DOCUMENTS)
def change_return_policy(code: str, body: PolicyOfClass, actor: CurrentActor, work: CurrentWork) -> PolicyOfClass:
    """For what is printed and handed in from now on."""
    return_policies.set_return_policy(work, actor, code, ReturnPolicy.from_json(body.model_dump()))
    return body


@router.get("/block-exceptions", summary="Branches that may hand in although they owe too much, newest first")
@requires(Permission.READ_REQUESTS)
def list_block_exceptions(actor: CurrentActor, work: CurrentWork) -> list[BlockException]:
    return [BlockException.model_validate(each) for each in owed_block.exceptions(work, actor)]


@router.post("/block-exceptions", status_code=201, summary="Grant a branch time")
@requires(Permission.SETTLE_RETURNS)
def create_block_exception(body: NewException, actor: CurrentActor, work: CurrentWork) -> Made:
    """For at most 31 days. Whoever grants it cannot use it."""
    made = owed_block.grant_exception(
        work,
        actor,
        body.branch_id,
        reason=body.reason,
        valid_until=body.valid_until,
        most_uses=body.most_uses,
    )
    return Made(id=made)


@router.post("/block-exceptions/{exception_id}/endings", status_code=204, summary="End an exception before its time")
@requires(Permission.SETTLE_RETURNS)
def create_ending(exception_id: UUID, actor: CurrentActor, work: CurrentWork) -> None:
    owed_block.end_exception(work, actor, exception_id)
