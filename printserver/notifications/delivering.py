"""The worker's round over webhooks' messages: each webhook one after the other, several webhooks at once."""

from __future__ import annotations

from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final
from uuid import UUID

import structlog
from sqlalchemy import select

from printserver.audit.log import By, append
from printserver.foundation.errors import PrintServerError
from printserver.foundation.ids import new_id
from printserver.foundation.unit_of_work import Database, Work
from printserver.notifications.addresses import AddressRefused
from printserver.notifications.attempts import LONGEST_PROBLEM, Outcome, due_ids, is_this_attempt, settle, take
from printserver.notifications.events import DeliveryGivenUp
from printserver.notifications.models import Webhook, WebhookAttempt, WebhookDelivery
from printserver.notifications.posting import AnswerLost, Poster, ReceiverUnreachable
from printserver.notifications.secret_box import BoxDamaged, SecretBox
from printserver.notifications.signatures import HEADER, ID_HEADER, signature_header
from printserver.notifications.states import DeliveryAction
from printserver.notifications.webhooks import WebhookState

AT_ONCE: Final = 8
A_ROUND: Final = 200
MOST_OF_ONE_WEBHOOK: Final = 20
"""In a round, so that one that is slow holds up no other for long."""
AGENT: Final = "printserver-webhooks/1"
BY_DELIVERING: Final = By(process="webhooks")


@dataclass(frozen=True)
class WebhookTools:
    database: Database
    poster: Poster
    box: SecretBox


@dataclass(frozen=True)
class _Message:
    """One attempt at one message, ready to be sent."""

    delivery_id: UUID
    attempts: int
    url: str
    body: bytes
    headers: dict[str, str]


def deliver_due(tools: WebhookTools) -> int:
    """Try each message whose time has come once; how many were delivered."""
    with tools.database.reading() as work:
        by_webhook = _by_webhook(work)
    with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="webhook") as pool:
        return sum(pool.map(lambda ids: sum(deliver(tools, each) for each in ids), by_webhook))


def deliver(tools: WebhookTools, delivery_id: UUID) -> bool:
    """One attempt; whether the receiver has it now."""
    message = _begin(tools, delivery_id)
    if message is None:
        return False
    outcome = _sent(tools.poster, message)
    with tools.database.work() as work:
        row = work.session.get_one(WebhookDelivery, delivery_id)
        if is_this_attempt(row, message.attempts):
            _settle(work, row, outcome)
        _write_attempt(work, delivery_id, message.attempts, outcome)
    return outcome.action is DeliveryAction.ACCEPT


def _by_webhook(work: Work) -> list[list[UUID]]:
    """Without those of webhooks that are paused; their messages wait."""
    paused = select(Webhook.id).where(Webhook.state == WebhookState.PAUSED)
    due = due_ids(work, WebhookDelivery, WebhookDelivery.webhook_id.not_in(paused), limit=A_ROUND)
    rows = work.session.execute(
        select(WebhookDelivery.id, WebhookDelivery.webhook_id)
        .where(WebhookDelivery.id.in_(due))
        .order_by(WebhookDelivery.id)
    )
    found: dict[UUID, list[UUID]] = defaultdict(list)
    for delivery_id, webhook_id in rows:
        found[webhook_id].append(delivery_id)
    return [each[:MOST_OF_ONE_WEBHOOK] for each in found.values()]


def _begin(tools: WebhookTools, delivery_id: UUID) -> _Message | None:
    """Write that an attempt begins before anything is sent."""
    with tools.database.work() as work:
        row = take(work, WebhookDelivery, delivery_id)
        if row is None:
            return None
        webhook = work.session.get_one(Webhook, row.webhook_id)
        work.session.add(
            WebhookAttempt(id=new_id(), delivery_id=row.id, number=row.attempts, begun_at=work.now(), problem="")
        )
        if webhook.state == WebhookState.REMOVED:
            row.give_up_at = work.now()
            _settle(work, row, Outcome(DeliveryAction.FAIL, "the webhook was removed"))
            return None
        try:
            secrets = _secrets(work, tools.box, webhook)
        except BoxDamaged as problem:
            structlog.get_logger().error("a webhook's secret cannot be opened", webhook_id=str(webhook.id))
            _settle(work, row, Outcome(DeliveryAction.FAIL, str(problem)))
            return None
        body = row.body.encode()
        headers = {
            "Content-Type": "application/json",
            "User-Agent": AGENT,
            ID_HEADER: str(row.id),
            HEADER: signature_header(body, secrets, at=int(work.now().timestamp())),
        }
        return _Message(row.id, row.attempts, webhook.url, body, headers)


def _secrets(work: Work, box: SecretBox, webhook: Webhook) -> list[str]:
    """Raises: BoxDamaged."""
    found = [box.open(webhook.secret, webhook.id)]
    if webhook.previous_secret and webhook.previous_until and webhook.previous_until > work.now():
        found.append(box.open(webhook.previous_secret, webhook.id))
    return found


def _sent(poster: Poster, message: _Message) -> Outcome:
    try:
        status = poster.post(message.url, message.body, message.headers)
    except (AddressRefused, ReceiverUnreachable) as problem:
        return Outcome(DeliveryAction.FAIL, str(problem))
    except AnswerLost as problem:
        return Outcome(DeliveryAction.LOSE, str(problem))
    except PrintServerError as problem:
        return Outcome(DeliveryAction.FAIL, str(problem))
    if 200 <= status < 300:
        return Outcome(DeliveryAction.ACCEPT, status=status)
    return Outcome(DeliveryAction.FAIL, f"the receiver answered with HTTP status {status}", status)


def _write_attempt(work: Work, delivery_id: UUID, number: int, outcome: Outcome) -> None:
    attempt = work.session.scalars(
        select(WebhookAttempt).where(WebhookAttempt.delivery_id == delivery_id, WebhookAttempt.number == number)
    ).one()
    attempt.ended_at, attempt.status, attempt.problem = work.now(), outcome.status, outcome.problem[:LONGEST_PROBLEM]
    attempt.outcome = str(outcome.action)


def _settle(work: Work, row: WebhookDelivery, outcome: Outcome) -> None:
    given_up = settle(work, row, outcome)
    row.last_status = outcome.status
    if outcome.action is DeliveryAction.ACCEPT:
        row.delivered_at = work.now()
    if given_up:
        owner = select(Webhook.organisation_id).where(Webhook.id == row.webhook_id)
        entry = DeliveryGivenUp(id=row.webhook_id, delivery_id=row.id, attempts=row.attempts, problem=row.last_problem)
        append(work, BY_DELIVERING.within(work.session.scalars(owner).one()), entry)
