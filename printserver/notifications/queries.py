"""Lists of webhooks and of their messages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Select, func, select

from printserver.foundation.unit_of_work import Work
from printserver.notifications.models import Webhook, WebhookAttempt, WebhookDelivery
from printserver.notifications.states import WAITING, DeliveryState
from printserver.notifications.webhooks import DeliveryNotFound, WebhookNotFound, WebhookState
from printserver.organisations.access import Actor, within
from printserver.organisations.permissions import Permission


@dataclass(frozen=True)
class WebhookFacts:
    """`waiting`: messages that are to be tried again.   `previous_secret_until`: None when one secret signs."""

    id: UUID
    branch_id: UUID
    name: str
    url: str
    types: tuple[str, ...]
    state: WebhookState
    previous_secret_until: datetime | None
    created_at: datetime
    waiting: int
    given_up: int


@dataclass(frozen=True)
class DeliveryFacts:
    """`due_at`: of the next attempt; None when there will be none by itself."""

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


@dataclass(frozen=True)
class AttemptFacts:
    number: int
    begun_at: datetime
    ended_at: datetime | None
    outcome: str | None
    status: int | None
    problem: str


@dataclass(frozen=True)
class DeliveryDetails:
    """`body`: the octets as they are sent, UTF-8."""

    delivery: DeliveryFacts
    body: str
    attempts: tuple[AttemptFacts, ...]


def webhooks(work: Work, actor: Actor) -> tuple[WebhookFacts, ...]:
    """Those that `actor` may manage, by name; removed ones are left out."""
    query = _manageable(actor).where(Webhook.state != WebhookState.REMOVED).order_by(Webhook.name, Webhook.id)
    return tuple(_facts(work, row) for row in work.session.scalars(query))


def webhook(work: Work, actor: Actor, webhook_id: UUID) -> WebhookFacts:
    """Raises: WebhookNotFound."""
    row = work.session.scalar(_manageable(actor).where(Webhook.id == webhook_id))
    if row is None:
        raise WebhookNotFound("there is no such webhook")
    return _facts(work, row)


def deliveries(
    work: Work,
    actor: Actor,
    webhook_id: UUID,
    *,
    states: Sequence[DeliveryState] = (),
    before: UUID | None = None,
    limit: int = 50,
) -> tuple[DeliveryFacts, ...]:
    """Newest first.   before: the last id of the page before.   Raises: WebhookNotFound."""
    webhook(work, actor, webhook_id)
    query = select(WebhookDelivery).where(WebhookDelivery.webhook_id == webhook_id)
    if states:
        query = query.where(WebhookDelivery.state.in_(states))
    if before is not None:
        query = query.where(WebhookDelivery.id < before)
    rows = work.session.scalars(query.order_by(WebhookDelivery.id.desc()).limit(limit))
    return tuple(_delivery(row) for row in rows)


def delivery_details(work: Work, actor: Actor, delivery_id: UUID) -> DeliveryDetails:
    """Raises: DeliveryNotFound."""
    row = work.session.scalar(
        select(WebhookDelivery)
        .join(Webhook, Webhook.id == WebhookDelivery.webhook_id)
        .where(WebhookDelivery.id == delivery_id, within(Webhook.branch_id, actor, Permission.MANAGE_INTEGRATIONS))
    )
    if row is None:
        raise DeliveryNotFound("there is no such message")
    attempts = work.session.scalars(
        select(WebhookAttempt).where(WebhookAttempt.delivery_id == row.id).order_by(WebhookAttempt.number)
    )
    return DeliveryDetails(_delivery(row), row.body, tuple(_attempt(each) for each in attempts))


def _manageable(actor: Actor) -> Select[Webhook]:
    return select(Webhook).where(within(Webhook.branch_id, actor, Permission.MANAGE_INTEGRATIONS))


def _facts(work: Work, row: Webhook) -> WebhookFacts:
    open_states = (*WAITING, DeliveryState.UNDER_WAY, DeliveryState.GIVEN_UP)
    counting = (
        select(WebhookDelivery.state, func.count())
        .where(WebhookDelivery.webhook_id == row.id, WebhookDelivery.state.in_(open_states))
        .group_by(WebhookDelivery.state)
    )
    counts = {DeliveryState(state): count for state, count in work.session.execute(counting)}
    given_up = counts.pop(DeliveryState.GIVEN_UP, 0)
    ended = row.previous_until is None or row.previous_until <= work.now()
    return WebhookFacts(
        id=row.id,
        branch_id=row.branch_id,
        name=row.name,
        url=row.url,
        types=tuple(row.types),
        state=WebhookState(row.state),
        previous_secret_until=None if ended else row.previous_until,
        created_at=row.created_at,
        waiting=sum(counts.values()),
        given_up=given_up,
    )


def _delivery(row: WebhookDelivery) -> DeliveryFacts:
    state = DeliveryState(row.state)
    over = state in (DeliveryState.DELIVERED, DeliveryState.GIVEN_UP)
    return DeliveryFacts(
        id=row.id,
        webhook_id=row.webhook_id,
        type=row.type,
        state=state,
        attempts=row.attempts,
        last_status=row.last_status,
        last_problem=row.last_problem,
        created_at=row.created_at,
        delivered_at=row.delivered_at,
        due_at=None if over else row.due_at,
    )


def _attempt(row: WebhookAttempt) -> AttemptFacts:
    return AttemptFacts(row.number, row.begun_at, row.ended_at, row.outcome, row.status, row.problem)
