"""Make, change, test and end webhooks; ask for a message again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any, ClassVar, Final
from uuid import UUID

from sqlalchemy import select

from printserver.audit.log import append
from printserver.foundation.clock import as_text
from printserver.foundation.errors import Malformed, NotFound, Refused
from printserver.foundation.ids import new_id
from printserver.foundation.unit_of_work import Work
from printserver.notifications.addresses import AddressRules, read_endpoint
from printserver.notifications.event_types import TEST, TYPES
from printserver.notifications.events import (
    DeliveryAskedAgain,
    WebhookChanged,
    WebhookCreated,
    WebhookSecretRenewed,
    WebhookTested,
)
from printserver.notifications.messages import new_delivery, sample_body
from printserver.notifications.models import Webhook, WebhookDelivery
from printserver.notifications.secret_box import new_secret
from printserver.notifications.states import KEPT_UP_FOR, DeliveryAction, DeliveryState, next_state
from printserver.organisations.access import Actor, branch_path, within
from printserver.organisations.permissions import Permission

OVERLAP: Final = timedelta(hours=24)
LONGEST_NAME: Final = 100
MOST_WEBHOOKS: Final = 50
"""Of an organisation."""

Seal = Callable[[str, UUID], str]
"""Seals a secret for the worker: `secret_box.seal_secret` with its key."""


class WebhookState(StrEnum):
    ACTIVE = "active"
    PAUSED = "paused"
    """Nothing is sent; what happens meanwhile waits, and is given up after three days."""
    REMOVED = "removed"
    """For good; kept for the record."""


class WebhookNotFound(NotFound):
    code: ClassVar[str] = "webhook-not-found"


class DeliveryNotFound(NotFound):
    code: ClassVar[str] = "webhook-delivery-not-found"


class WebhookMalformed(Malformed):
    code: ClassVar[str] = "webhook-malformed"


class TooManyWebhooks(Refused):
    code: ClassVar[str] = "too-many-webhooks"


class WebhookNotActive(Refused):
    code: ClassVar[str] = "webhook-not-active"


@dataclass(frozen=True)
class NewWebhook:
    """What may be chosen.   types: of `event_types.TYPES`, at least one."""

    branch_id: UUID
    name: str
    url: str
    types: tuple[str, ...]

    def checked(self, rules: AddressRules) -> NewWebhook:
        """Raises: WebhookMalformed, AddressRefused."""
        name, url = self.name.strip(), self.url.strip()
        if not 0 < len(name) <= LONGEST_NAME:
            raise WebhookMalformed("give the webhook a name of at most 100 characters")
        if not self.types or set(self.types) - set(TYPES):
            raise WebhookMalformed("choose at least one of the kinds of events that there are")
        read_endpoint(url, rules)
        return NewWebhook(self.branch_id, name, url, tuple(each for each in TYPES if each in self.types))


def create_webhook(work: Work, actor: Actor, wish: NewWebhook, rules: AddressRules, seal: Seal) -> tuple[UUID, str]:
    """Its id and its secret, which nobody is shown again.

    Raises: NotFound for a branch out of reach; WebhookMalformed, AddressRefused, TooManyWebhooks, BoxMissing.
    """
    if not actor.may(Permission.MANAGE_INTEGRATIONS, branch_path(work, wish.branch_id)):
        raise NotFound("there is no such branch")
    checked = wish.checked(rules)
    standing = select(Webhook.id).where(
        Webhook.organisation_id == actor.organisation_id, Webhook.state != WebhookState.REMOVED
    )
    if len(work.session.scalars(standing).all()) >= MOST_WEBHOOKS:
        raise TooManyWebhooks(f"an organisation has at most {MOST_WEBHOOKS} webhooks; remove one that nobody needs")
    webhook_id, secret = new_id(), new_secret()
    work.session.add(
        Webhook(
            id=webhook_id,
            organisation_id=actor.organisation_id,
            branch_id=checked.branch_id,
            name=checked.name,
            url=checked.url,
            types=list(checked.types),
            state=WebhookState.ACTIVE,
            secret=seal(secret, webhook_id),
            created_by=actor.id,
            created_at=work.now(),
        )
    )
    work.session.flush()
    made = WebhookCreated(
        id=webhook_id, name=checked.name, url=checked.url, branch_id=checked.branch_id, types=checked.types
    )
    append(work, actor.by, made)
    return webhook_id, secret


def change_webhook(
    work: Work,
    actor: Actor,
    webhook_id: UUID,
    rules: AddressRules,
    *,
    name: str | None = None,
    url: str | None = None,
    types: Sequence[str] | None = None,
    state: WebhookState | None = None,
) -> None:
    """What is None stays.   Raises: WebhookNotFound, WebhookMalformed, AddressRefused."""
    webhook = _standing(work, actor, webhook_id)
    wish = NewWebhook(
        webhook.branch_id,
        webhook.name if name is None else name,
        webhook.url if url is None else url,
        tuple(webhook.types if types is None else types),
    ).checked(rules)
    wanted: dict[str, Any] = {"name": wish.name, "url": wish.url, "types": list(wish.types)}
    wanted["state"] = str(WebhookState(webhook.state) if state is None else state)
    before = {key: getattr(webhook, key) for key, value in wanted.items() if getattr(webhook, key) != value}
    if not before:
        return
    for key in before:
        setattr(webhook, key, wanted[key])
    append(work, actor.by, WebhookChanged(id=webhook.id, before=before, after={key: wanted[key] for key in before}))


def renew_secret(work: Work, actor: Actor, webhook_id: UUID, seal: Seal) -> str:
    """A new secret, shown this once; the one before signs as well for a day, so that receivers can change over.

    Raises: WebhookNotFound, BoxMissing.
    """
    webhook = _standing(work, actor, webhook_id)
    secret = new_secret()
    webhook.previous_secret, webhook.previous_until = webhook.secret, work.now() + OVERLAP
    webhook.secret = seal(secret, webhook.id)
    append(work, actor.by, WebhookSecretRenewed(id=webhook.id, previous_until=as_text(webhook.previous_until)))
    return secret


def send_test(work: Work, actor: Actor, webhook_id: UUID) -> UUID:
    """Send a message of the type `webhook.test`; its delivery.   Raises: WebhookNotFound, WebhookNotActive."""
    webhook = _active(work, actor, webhook_id)
    delivery = new_delivery(work, webhook.id, None, TEST, lambda id: sample_body(work, id, webhook.organisation_id))
    append(work, actor.by, WebhookTested(id=webhook.id, delivery_id=delivery.id))
    return delivery.id


def deliver_again(work: Work, actor: Actor, delivery_id: UUID) -> None:
    """Send the same message once more, under the same id, and keep at it for three days.

    Raises: DeliveryNotFound, WebhookNotActive; DeliveryRefused while it is under way or waits for its first attempt.
    """
    delivery = work.session.get(WebhookDelivery, delivery_id)
    if delivery is None:
        raise DeliveryNotFound("there is no such message")
    try:
        webhook = _active(work, actor, delivery.webhook_id)
    except WebhookNotFound:
        raise DeliveryNotFound("there is no such message") from None
    delivery.state = next_state(DeliveryState(delivery.state), DeliveryAction.REPEAT)
    delivery.due_at, delivery.give_up_at = work.now(), work.now() + KEPT_UP_FOR
    append(work, actor.by, DeliveryAskedAgain(id=webhook.id, delivery_id=delivery.id))


def _standing(work: Work, actor: Actor, webhook_id: UUID) -> Webhook:
    """Raises: WebhookNotFound."""
    webhook = work.session.scalar(
        select(Webhook).where(
            Webhook.id == webhook_id,
            Webhook.state != WebhookState.REMOVED,
            within(Webhook.branch_id, actor, Permission.MANAGE_INTEGRATIONS),
        )
    )
    if webhook is None:
        raise WebhookNotFound("there is no such webhook")
    return webhook


def _active(work: Work, actor: Actor, webhook_id: UUID) -> Webhook:
    """Raises: WebhookNotFound, WebhookNotActive."""
    webhook = _standing(work, actor, webhook_id)
    if webhook.state != WebhookState.ACTIVE:
        raise WebhookNotActive("the webhook is paused; let it go on first")
    return webhook
