"""What happens to webhooks and their messages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar
from uuid import UUID

from printserver.audit.log import Event


@dataclass(frozen=True, kw_only=True)
class WebhookEvent(Event):
    subject: ClassVar[str] = "webhook"


@dataclass(frozen=True, kw_only=True)
class WebhookCreated(WebhookEvent):
    name: str
    url: str
    branch_id: UUID
    types: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class WebhookChanged(WebhookEvent):
    """Of what changed, as it was and as it is."""

    before: dict[str, Any]
    after: dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class WebhookSecretRenewed(WebhookEvent):
    """previous_until: until when the one before signs as well."""

    previous_until: str


@dataclass(frozen=True, kw_only=True)
class WebhookTested(WebhookEvent):
    delivery_id: UUID


@dataclass(frozen=True, kw_only=True)
class DeliveryAskedAgain(WebhookEvent):
    delivery_id: UUID


@dataclass(frozen=True, kw_only=True)
class DeliveryGivenUp(WebhookEvent):
    """Nobody tries any more by itself."""

    delivery_id: UUID
    attempts: int
    problem: str


@dataclass(frozen=True, kw_only=True)
class MailPreferencesChanged(Event):
    subject: ClassVar[str] = "user"
    language: str
    unwanted: tuple[str, ...]
