"""Webhooks: where other systems want to be told what happens, and each message that went or is to go there."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import Query
from pydantic import Field

from printserver.api.v1.common import Before, Limit, Page, View, api_router, page_of
from printserver.http_edge.declarations import requires
from printserver.http_edge.work import CurrentActor, CurrentAdapters, CurrentCall, CurrentWork
from printserver.notifications import queries
from printserver.notifications import webhooks as service
from printserver.notifications.event_types import TYPES
from printserver.notifications.states import DeliveryState
from printserver.notifications.webhooks import NewWebhook, WebhookState
from printserver.organisations.permissions import Permission

router = api_router("", "webhooks")

MANAGE: Final = Permission.MANAGE_INTEGRATIONS

Name = Annotated[str, Field(min_length=1, max_length=100, examples=["OA system"])]
Url = Annotated[str, Field(min_length=1, max_length=500, examples=["https://oa.example.com/hooks/printing"])]
Types = Annotated[
    list[str], Field(min_length=1, max_length=len(TYPES), examples=[["request.approved", "copy.printed"]])
]


class WebhookWish(View):
    """`types`: of `GET /webhooks/event-types`. What happens at the branch and below is told."""

    branch_id: UUID
    name: Name
    url: Url
    types: Types


class WebhookChange(View):
    """What is left out stays. `state`: `active` or `paused`."""

    name: Name | None = None
    url: Url | None = None
    types: Types | None = None
    state: Annotated[WebhookState | None, Field(examples=["paused"])] = None


class Webhook(View):
    """`waiting`: messages that are to be tried again.   `previous_secret_until`: null when one secret signs."""

    id: UUID
    branch_id: UUID
    name: str
    url: str
    types: list[str]
    state: WebhookState
    previous_secret_until: datetime | None
    created_at: datetime
    waiting: int
    given_up: int


class NewSecret(View):
    """`secret` is shown this once."""

    webhook_id: UUID
    secret: Annotated[str, Field(repr=False, examples=["psw_8HqYf0tW1uQk3mZ7xV5bN2cR4jL6pS9dG0aE1iU3oY4"])]


class Delivery(View):
    """`due_at`: of the next attempt; null when there will be none by itself."""

    id: UUID
    webhook_id: UUID
    type: str
    state: DeliveryState
    attempts: int
    last_status: int | None
    last_problem: str
    created_at: datetime
    delivered_at: datetime | None
    due_at: datetime | None


class Attempt(View):
    """`outcome`: `accept`, `fail`, `lose` (the answer was lost), or null while nobody knows."""

    number: int
    begun_at: datetime
    ended_at: datetime | None
    outcome: str | None
    status: int | None
    problem: str


class DeliveryInFull(View):
    delivery: Delivery
    body: dict[str, Any]
    attempts: list[Attempt]


@router.get("/webhooks/event-types", summary="What webhooks can be told of")
@requires(MANAGE)
def list_event_types() -> list[str]:
    """Names that stay. Besides, `webhook.test` is sent when somebody asks for it."""
    return list(TYPES)


@router.get("/webhooks", summary="Webhooks that I may manage")
@requires(MANAGE)
def list_webhooks(actor: CurrentActor, work: CurrentWork) -> list[Webhook]:
    return [Webhook.model_validate(each) for each in queries.webhooks(work, actor)]


@router.post("/webhooks", status_code=201, summary="Have a system told what happens")
@requires(MANAGE)
def create_webhook(wish: WebhookWish, call: CurrentCall) -> NewSecret:
    """The answer holds the secret that signs the messages; it is shown this once, and kept nowhere in the clear.

    Hence no `Idempotency-Key`: after a lost answer, look at the list, and renew the secret of what you find there.
    """
    adapters = call.adapters
    with call.transaction() as work:
        webhook_id, secret = service.create_webhook(
            work,
            call.caller_in(work).actor,
            NewWebhook(wish.branch_id, wish.name, wish.url, tuple(wish.types)),
            adapters.webhook_rules,
            adapters.seal_webhook_secret,
        )
    return NewSecret(webhook_id=webhook_id, secret=secret)


@router.get("/webhooks/{webhook_id}", summary="A webhook")
@requires(MANAGE)
def read_webhook(webhook_id: UUID, actor: CurrentActor, work: CurrentWork) -> Webhook:
    return Webhook.model_validate(queries.webhook(work, actor, webhook_id))


@router.patch("/webhooks/{webhook_id}", summary="Change a webhook, pause it or let it go on")
@requires(MANAGE)
def change_webhook(
    webhook_id: UUID, change: WebhookChange, actor: CurrentActor, work: CurrentWork, adapters: CurrentAdapters
) -> Webhook:
    """While it is paused nothing is sent; what happens meanwhile waits."""
    service.change_webhook(
        work,
        actor,
        webhook_id,
        adapters.webhook_rules,
        name=change.name,
        url=change.url,
        types=change.types,
        state=change.state,
    )
    return Webhook.model_validate(queries.webhook(work, actor, webhook_id))


@router.delete("/webhooks/{webhook_id}", status_code=204, summary="Remove a webhook for good")
@requires(MANAGE)
def delete_webhook(webhook_id: UUID, actor: CurrentActor, work: CurrentWork, adapters: CurrentAdapters) -> None:
    """What was sent stays on record; what waits is not sent any more."""
    service.change_webhook(work, actor, webhook_id, adapters.webhook_rules, state=WebhookState.REMOVED)


@router.post("/webhooks/{webhook_id}/secrets", status_code=201, summary="Renew the secret of a webhook")
@requires(MANAGE)
def create_secret(webhook_id: UUID, call: CurrentCall) -> NewSecret:
    """The one before signs as well for 24 hours: the header then carries two marks."""
    with call.transaction() as work:
        secret = service.renew_secret(work, call.caller_in(work).actor, webhook_id, call.adapters.seal_webhook_secret)
    return NewSecret(webhook_id=webhook_id, secret=secret)


@router.post("/webhooks/{webhook_id}/tests", status_code=201, summary="Send a test message")
@requires(MANAGE)
def create_test(webhook_id: UUID, actor: CurrentActor, work: CurrentWork) -> Delivery:
    """Of the type `webhook.test`, signed as any other; read its delivery to see what became of it."""
    delivery_id = service.send_test(work, actor, webhook_id)
    return Delivery.model_validate(queries.delivery_details(work, actor, delivery_id).delivery)


@router.get("/webhooks/{webhook_id}/deliveries", summary="What a webhook was told, and what waits")
@requires(MANAGE)
def list_deliveries(
    webhook_id: UUID,
    actor: CurrentActor,
    work: CurrentWork,
    state: Annotated[list[DeliveryState], Query()] = [],  # noqa: B006 -- FastAPI copies it
    before: Before = None,
    limit: Limit = 50,
) -> Page[Delivery]:
    """Newest first."""
    found = queries.deliveries(work, actor, webhook_id, states=state, before=before, limit=limit)
    return page_of(Delivery, found, limit)


@router.get("/webhook-deliveries/{delivery_id}", summary="A message with all its attempts")
@requires(MANAGE)
def read_delivery(delivery_id: UUID, actor: CurrentActor, work: CurrentWork) -> DeliveryInFull:
    found = queries.delivery_details(work, actor, delivery_id)
    return DeliveryInFull(
        delivery=Delivery.model_validate(found.delivery),
        body=json.loads(found.body),
        attempts=[Attempt.model_validate(each) for each in found.attempts],
    )


@router.post("/webhook-deliveries/{delivery_id}/repetitions", status_code=201, summary="Send a message once more")
@requires(MANAGE)
def create_repetition(delivery_id: UUID, actor: CurrentActor, work: CurrentWork) -> Delivery:
    """Under the same id, which receivers know by now."""
    service.deliver_again(work, actor, delivery_id)
    return Delivery.model_validate(queries.delivery_details(work, actor, delivery_id).delivery)
