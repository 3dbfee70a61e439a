"""Who holds which right, and its review each period."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi.responses import Response
from pydantic import Field

from printserver.api.v1.common import View, api_router, attachment
from printserver.http_edge.declarations import requires
from printserver.http_edge.work import CurrentActor, CurrentWork
from printserver.organisations import rights_review
from printserver.organisations.permissions import Permission
from printserver.organisations.rights_review import RightKind, Verdict
from printserver.print_requests.seal_rights import all_rights
from printserver.returns.day_table import csv_file

router = api_router("", "people")

COLUMNS = ("kind", "subject", "detail", "name", "staff_number", "since", "until")


class RightLine(View):
    """`role`: detail is the role, subject the branch. `deputy`: the role, the principal. `seal`: the use, the seal."""

    kind: RightKind
    user_id: UUID
    name: str
    staff_number: str
    subject_id: UUID
    subject: str
    detail: str
    since: datetime | None
    until: datetime | None


class Review(View):
    id: UUID
    period: str
    opened_by: UUID
    opened_at: datetime
    due_at: datetime
    signed_off_by: UUID | None
    signed_off_at: datetime | None
    lines: int
    undecided: int
    objected: int
    overdue: bool


class ReviewedLine(View):
    id: UUID
    kind: RightKind
    user_id: UUID
    name: str
    staff_number: str
    subject: str
    detail: str
    verdict: Verdict | None
    reason: str
    decided_by: UUID | None
    decided_at: datetime | None


class ReviewWish(View):
    """`days`: until it is due."""

    period: Annotated[str, Field(min_length=1, max_length=40, examples=["2026 H2"])]
    days: Annotated[int, Field(ge=1, le=366)] = 30


class VerdictWish(View):
    """`reason`: needed for an objection."""

    verdict: Verdict
    reason: Annotated[str, Field(max_length=500)] = ""


class MadeReview(View):
    id: UUID


@router.get("/rights", summary="Who holds which right, as far as I may read of it")
@requires(Permission.READ_PEOPLE)
def read_rights(actor: CurrentActor, work: CurrentWork) -> list[RightLine]:
    return [RightLine.model_validate(each) for each in all_rights(work, actor)]


@router.get("/rights.csv", summary="The same as a table", response_class=Response)
@requires(Permission.READ_PEOPLE)
def read_table(actor: CurrentActor, work: CurrentWork) -> Response:
    """UTF-8 with a byte order mark; texts that a spreadsheet would compute begin with an apostrophe."""
    rows = [
        [
            line.kind,
            line.subject,
            line.detail,
            line.name,
            line.staff_number,
            line.since.isoformat() if line.since else None,
            line.until.isoformat() if line.until else None,
        ]
        for line in all_rights(work, actor)
    ]
    return attachment(csv_file(COLUMNS, rows), "text/csv; charset=utf-8", "rights.csv")


@router.get("/rights-reviews", summary="Reviews, newest first")
@requires(Permission.REVIEW_RIGHTS, Permission.READ_AUDIT)
def read_reviews(actor: CurrentActor, work: CurrentWork) -> list[Review]:
    return [Review.model_validate(each) for each in rights_review.reviews(work, actor)]


@router.post("/rights-reviews", status_code=201, summary="Open the review of a period")
@requires(Permission.REVIEW_RIGHTS)
def open_review(wish: ReviewWish, actor: CurrentActor, work: CurrentWork) -> MadeReview:
    made = rights_review.open_review(work, actor, period=wish.period, days=wish.days, lines=all_rights(work, actor))
    return MadeReview(id=made)


@router.get("/rights-reviews/{review_id}", summary="The rights of a review, and what was said about each")
@requires(Permission.REVIEW_RIGHTS, Permission.READ_AUDIT)
def read_review(review_id: UUID, actor: CurrentActor, work: CurrentWork) -> list[ReviewedLine]:
    return [ReviewedLine.model_validate(each) for each in rights_review.review_lines(work, actor, review_id)]


@router.post(
    "/rights-reviews/{review_id}/lines/{line_id}/verdicts", status_code=204, summary="Confirm or object to a right"
)
@requires(Permission.REVIEW_RIGHTS)
def decide_line(review_id: UUID, line_id: UUID, body: VerdictWish, actor: CurrentActor, work: CurrentWork) -> None:
    """Nobody confirms a right of their own."""
    rights_review.decide_line(work, actor, review_id, line_id, verdict=body.verdict, reason=body.reason)


@router.post("/rights-reviews/{review_id}/sign-offs", status_code=204, summary="Sign a review off")
@requires(Permission.REVIEW_RIGHTS, step_up=True)
def sign_off(review_id: UUID, actor: CurrentActor, work: CurrentWork) -> None:
    rights_review.sign_off(work, actor, review_id)
