"""The home page: what waits for me, and how my own requests stand."""

from __future__ import annotations

from fastapi.responses import HTMLResponse

from printserver.archive.retention_queries import waiting_for
from printserver.http_edge.declarations import signed_in
from printserver.http_edge.routes import edge_router
from printserver.http_edge.work import CurrentActor, CurrentWork
from printserver.organisations.permissions import Permission
from printserver.organisations.queries import branch, organisation
from printserver.print_requests import queries
from printserver.print_requests.losses import losses_to_confirm
from printserver.print_requests.owed_queries import branch_counts
from printserver.print_requests.search import Search
from printserver.print_requests.states import CopyState
from printserver.printing.count_alarms import count_alarms
from printserver.returns.queries import waiting_count
from printserver.returns.signing_records import unconfirmed_count
from printserver.web.view import CurrentView

router = edge_router("", "pages")

SHOWN = 5


@router.get("/", response_class=HTMLResponse)
@signed_in()
def show_home(view: CurrentView, actor: CurrentActor, work: CurrentWork) -> HTMLResponse:
    decides = actor.may(Permission.APPROVE_REQUEST) or actor.may(Permission.CONFIRM_SEAL_USE)
    counts = queries.copy_counts(work, actor)
    applies = actor.may(Permission.CREATE_REQUEST)
    papers = branch_counts(work, actor) if actor.may(Permission.HAND_IN_RETURNS) else ()
    return view.page(
        "home.html",
        organisation=organisation(work, actor.organisation_id).name,
        branch=branch(work, actor.branch_id).name,
        roles=sorted({grant.role for grant in actor.grants}),
        waiting=queries.waiting_for(work, actor) if decides else (),
        mine=queries.requests(work, actor, Search(mine=True), limit=SHOWN) if applies else (),
        releasable=counts.get(CopyState.ISSUED, 0) if actor.may(Permission.RELEASE_COPIES) else 0,
        unknown=counts.get(CopyState.OUTCOME_UNKNOWN, 0) if actor.may(Permission.SETTLE_COPIES) else 0,
        losses=losses_to_confirm(work, actor),
        owed=sum(each.owed for each in papers),
        overdue=sum(each.overdue for each in papers),
        signings=unconfirmed_count(work, actor),
        retention=waiting_for(work, actor) if actor.may(Permission.CONFIRM_RETENTION) else 0,
        alarms=len(count_alarms(work, actor, open_only=True)) if actor.may(Permission.SETTLE_COPIES) else 0,
        doubtful=waiting_count(work, actor) if actor.may(Permission.SETTLE_RETURNS) else 0,
    )
