"""Webhooks: what other systems are told, what became of each message, and the secret that signs them."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import Form, Query
from fastapi.responses import HTMLResponse, Response

from printserver.foundation.errors import PrintServerError
from printserver.foundation.unit_of_work import Work
from printserver.http_edge.declarations import requires
from printserver.http_edge.problems import status_of
from printserver.http_edge.routes import edge_router
from printserver.http_edge.work import CurrentActor, CurrentCall, CurrentWork
from printserver.notifications import queries
from printserver.notifications import webhooks as service
from printserver.notifications.event_types import TYPES
from printserver.notifications.webhooks import NewWebhook, WebhookState
from printserver.organisations.access import Actor
from printserver.organisations.permissions import Permission
from printserver.organisations.queries import branches_with
from printserver.web.changes import SHOWN_BESIDE, change, refusal
from printserver.web.view import CurrentView, View

router = edge_router("", "pages")

A_PAGE = 50

Text = Annotated[str, Form(max_length=600)]
Types = Annotated[list[str], Form(max_length=len(TYPES))]


@router.get("/webhooks", response_class=HTMLResponse)
@requires(Permission.MANAGE_INTEGRATIONS)
def list_webhooks(view: CurrentView, actor: CurrentActor, work: CurrentWork) -> HTMLResponse:
    return _list(view, work, actor)


@router.post("/webhooks", response_class=HTMLResponse)
@requires(Permission.MANAGE_INTEGRATIONS)
def create_webhook(
    view: CurrentView,
    call: CurrentCall,
    branch_id: Annotated[UUID, Form()],
    name: Text = "",
    url: Text = "",
    types: Types = [],  # noqa: B006 -- FastAPI copies it
) -> Response:
    """The page that answers shows the secret, this once."""
    wish, adapters = NewWebhook(branch_id, name, url, tuple(types)), call.adapters
    problem, made = None, None
    try:
        made = change(
            call,
            lambda work, actor: service.create_webhook(
                work, actor, wish, adapters.webhook_rules, adapters.seal_webhook_secret
            ),
        )
    except SHOWN_BESIDE as refused:
        problem = refused
    with adapters.database.reading() as work:
        actor = call.caller_in(work).actor
        if made is not None:
            return _details(view, work, actor, made[0], secret=made[1])
        return _list(view, work, actor, problem=problem, wish=wish)


@router.get("/webhooks/{webhook_id}", response_class=HTMLResponse)
@requires(Permission.MANAGE_INTEGRATIONS)
def show_webhook(
    webhook_id: UUID,
    view: CurrentView,
    actor: CurrentActor,
    work: CurrentWork,
    before: Annotated[UUID | None, Query()] = None,
) -> HTMLResponse:
    return _details(view, work, actor, webhook_id, before=before)


@router.post("/webhooks/{webhook_id}", response_class=HTMLResponse)
@requires(Permission.MANAGE_INTEGRATIONS)
def change_webhook(
    webhook_id: UUID,
    view: CurrentView,
    call: CurrentCall,
    name: Text = "",
    url: Text = "",
    types: Types = [],  # noqa: B006 -- FastAPI copies it
) -> Response:
    rules = call.adapters.webhook_rules
    problem = refusal(
        call,
        lambda work, actor: service.change_webhook(work, actor, webhook_id, rules, name=name, url=url, types=types),
    )
    if problem is None:
        return view.go(f"/webhooks/{webhook_id}", "webhook-changed")
    return _again(view, call, webhook_id, problem)


@router.post("/webhooks/{webhook_id}/states", response_class=HTMLResponse)
@requires(Permission.MANAGE_INTEGRATIONS)
def set_state(
    webhook_id: UUID, view: CurrentView, call: CurrentCall, state: Annotated[WebhookState, Form()]
) -> Response:
    rules = call.adapters.webhook_rules
    problem = refusal(call, lambda work, actor: service.change_webhook(work, actor, webhook_id, rules, state=state))
    if problem is not None:
        return _again(view, call, webhook_id, problem)
    if state is WebhookState.REMOVED:
        return view.go("/webhooks", "webhook-removed")
    return view.go(f"/webhooks/{webhook_id}", "webhook-changed")


@router.post("/webhooks/{webhook_id}/secrets", response_class=HTMLResponse)
@requires(Permission.MANAGE_INTEGRATIONS)
def renew_secret(webhook_id: UUID, view: CurrentView, call: CurrentCall) -> Response:
    """The page that answers shows the secret, this once."""
    seal = call.adapters.seal_webhook_secret
    secret = change(call, lambda work, actor: service.renew_secret(work, actor, webhook_id, seal))
    with call.adapters.database.reading() as work:
        return _details(view, work, call.caller_in(work).actor, webhook_id, secret=secret)


@router.post("/webhooks/{webhook_id}/tests", response_class=HTMLResponse)
@requires(Permission.MANAGE_INTEGRATIONS)
def send_test(webhook_id: UUID, view: CurrentView, call: CurrentCall) -> Response:
    problem = refusal(call, lambda work, actor: service.send_test(work, actor, webhook_id))
    if problem is not None:
        return _again(view, call, webhook_id, problem)
    return view.go(f"/webhooks/{webhook_id}", "webhook-tested")


@router.get("/webhook-deliveries/{delivery_id}", response_class=HTMLResponse)
@requires(Permission.MANAGE_INTEGRATIONS)
def show_delivery(delivery_id: UUID, view: CurrentView, actor: CurrentActor, work: CurrentWork) -> HTMLResponse:
    return view.page("webhook_delivery.html", found=queries.delivery_details(work, actor, delivery_id), problem=None)


@router.post("/webhook-deliveries/{delivery_id}/repetitions", response_class=HTMLResponse)
@requires(Permission.MANAGE_INTEGRATIONS)
def deliver_again(delivery_id: UUID, view: CurrentView, call: CurrentCall) -> Response:
    problem = refusal(call, lambda work, actor: service.deliver_again(work, actor, delivery_id))
    if problem is None:
        return view.go(f"/webhook-deliveries/{delivery_id}", "delivery-again")
    with call.adapters.database.reading() as work:
        found = queries.delivery_details(work, call.caller_in(work).actor, delivery_id)
        return view.page("webhook_delivery.html", status=status_of(problem), found=found, problem=problem)


def _again(view: View, call: CurrentCall, webhook_id: UUID, problem: PrintServerError) -> HTMLResponse:
    with call.adapters.database.reading() as work:
        return _details(view, work, call.caller_in(work).actor, webhook_id, problem=problem)


def _list(
    view: View,
    work: Work,
    actor: Actor,
    *,
    problem: PrintServerError | None = None,
    wish: NewWebhook | None = None,
) -> HTMLResponse:
    return view.page(
        "webhooks.html",
        status=200 if problem is None else status_of(problem),
        webhooks=queries.webhooks(work, actor),
        branches=branches_with(work, actor, Permission.MANAGE_INTEGRATIONS),
        types=TYPES,
        problem=problem,
        wish=wish,
    )


def _details(
    view: View,
    work: Work,
    actor: Actor,
    webhook_id: UUID,
    *,
    before: UUID | None = None,
    secret: str = "",
    problem: PrintServerError | None = None,
) -> HTMLResponse:
    found = queries.deliveries(work, actor, webhook_id, before=before, limit=A_PAGE)
    return view.page(
        "webhook.html",
        status=200 if problem is None else status_of(problem),
        webhook=queries.webhook(work, actor, webhook_id),
        deliveries=found,
        next=found[-1].id if len(found) == A_PAGE else None,
        types=TYPES,
        secret=secret,
        problem=problem,
    )
