"""Evidence packages: of one record at once, of many by an order that is made meanwhile."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import Query
from fastapi.responses import Response
from pydantic import Field

from printserver.api.v1.common import View, api_router, attachment
from printserver.http_edge.declarations import Lane, requires
from printserver.http_edge.work import CurrentActor, CurrentAdapters, CurrentWork
from printserver.organisations.permissions import Permission
from printserver.returns import evidence_orders as orders
from printserver.returns.evidence_packing import MOST_RECORDS, pack_evidence

router = api_router("", "archive")

WholeScans = Annotated[
    bool,
    Query(description="Also scans that hold other people's pages, where the caller may read the whole return."),
]


class NewOrder(View):
    record_ids: Annotated[list[UUID], Field(min_length=1, max_length=MOST_RECORDS)]
    whole_scans: bool = False


class Ordered(View):
    id: UUID


class Order(View):
    """`done` of `records` are gathered.   until: when the package is erased."""

    id: UUID
    state: orders.OrderState
    records: int
    done: int
    whole_scans: bool
    failure: str
    failure_code: str
    filename: str
    bytes: int | None
    created_at: datetime
    finished_at: datetime | None
    until: datetime | None


@router.get(
    "/archive/{record_id}/evidence.zip",
    summary="The evidence package of one record",
    response_class=Response,
    responses={200: {"content": {"application/zip": {}}}},
)
@requires(Permission.READ_EVIDENCE, lane=Lane.DRAWING)
def read_evidence(
    record_id: UUID, actor: CurrentActor, adapters: CurrentAdapters, whole_scans: WholeScans = False
) -> Response:
    """Recorded, with the digest of what is handed out; it takes a second or two, until the log proves that."""
    package = pack_evidence(adapters.evidence_tools, actor, [record_id], whole_scans=whole_scans)
    return attachment(package.data, "application/zip", package.name)


@router.post("/evidence-packages", summary="Order a package of several records", status_code=202)
@requires(Permission.READ_EVIDENCE)
def create_order(body: NewOrder, actor: CurrentActor, work: CurrentWork) -> Ordered:
    return Ordered(id=orders.order_evidence(work, actor, body.record_ids, whole_scans=body.whole_scans))


@router.get("/evidence-packages", summary="One's own orders, newest first")
@requires(Permission.READ_EVIDENCE)
def list_orders(actor: CurrentActor, work: CurrentWork) -> list[Order]:
    return [Order.model_validate(each) for each in orders.evidence_orders(work, actor)]


@router.get("/evidence-packages/{order_id}", summary="How far an order is")
@requires(Permission.READ_EVIDENCE)
def read_order(order_id: UUID, actor: CurrentActor, work: CurrentWork) -> Order:
    return Order.model_validate(orders.evidence_order(work, actor, order_id))


@router.get(
    "/evidence-packages/{order_id}/package.zip",
    summary="The package that was ordered",
    response_class=Response,
    responses={200: {"content": {"application/zip": {}}}},
)
@requires(Permission.READ_EVIDENCE)
def read_package(order_id: UUID, actor: CurrentActor, adapters: CurrentAdapters) -> Response:
    package = orders.ordered_package(adapters.database, adapters.objects, actor, order_id)
    return attachment(package.data, "application/zip", package.name)
