"""Rows of webhooks with what they are told, of mails, and of how far the log was read for both."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from printserver.foundation.database import Base


class Webhook(Base):
    """Where a system wants to be told of what happens at `branch_id` and below.

    `types`: of `event_types`.   `secret`, `previous_secret`: sealed to the worker, which alone can read them; the
    previous one signs as well until `previous_until`.
    """

    __tablename__ = "webhook"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"), index=True)
    branch_id: Mapped[UUID] = mapped_column(ForeignKey("branch.id"))
    name: Mapped[str]
    url: Mapped[str]
    types: Mapped[list[Any]]
    state: Mapped[str]
    secret: Mapped[str]
    previous_secret: Mapped[str | None]
    previous_until: Mapped[datetime | None]
    created_by: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"))
    created_at: Mapped[datetime]


class WebhookDelivery(Base):
    """One message to one webhook.   `entry_id`: of the log's entry that it tells of; None for a test.

    `body`: the very octets that are sent.   `due_at`: when it is tried next; while it is under way, when the worker
    that took it must have given up.   `last_status`: of HTTP, when there was an answer.
    """

    __tablename__ = "webhook_delivery"
    __table_args__ = (UniqueConstraint("webhook_id", "entry_id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    webhook_id: Mapped[UUID] = mapped_column(ForeignKey("webhook.id"), index=True)
    entry_id: Mapped[UUID | None]
    type: Mapped[str]
    body: Mapped[str]
    state: Mapped[str] = mapped_column(index=True)
    attempts: Mapped[int]
    due_at: Mapped[datetime]
    give_up_at: Mapped[datetime]
    last_status: Mapped[int | None]
    last_problem: Mapped[str]
    created_at: Mapped[datetime]
    delivered_at: Mapped[datetime | None]


class WebhookAttempt(Base):
    """`outcome`: None while nobody knows; the worker may have died over it."""

    __tablename__ = "webhook_attempt"
    __table_args__ = (UniqueConstraint("delivery_id", "number"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    delivery_id: Mapped[UUID] = mapped_column(ForeignKey("webhook_delivery.id"))
    number: Mapped[int]
    begun_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    outcome: Mapped[str | None]
    status: Mapped[int | None]
    problem: Mapped[str]


class LogCursor(Base):
    """`position`: of the first leaf of the log that `reader` has not read yet."""

    __tablename__ = "notification_cursor"

    reader: Mapped[str] = mapped_column(primary_key=True)
    position: Mapped[int] = mapped_column(BigInteger())


class Mail(Base):
    """One message to one person.   `facts`: what its template shows.   `due_at`: as of `WebhookDelivery`."""

    __tablename__ = "mail"
    __table_args__ = (UniqueConstraint("user_id", "kind", "occasion"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    user_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"), index=True)
    kind: Mapped[str]
    occasion: Mapped[str]
    facts: Mapped[dict[str, Any]]
    state: Mapped[str] = mapped_column(index=True)
    attempts: Mapped[int]
    due_at: Mapped[datetime]
    give_up_at: Mapped[datetime]
    last_problem: Mapped[str]
    created_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]


class MailPreference(Base):
    """How a person wants to be told.   `language`: `zh`, `en`, or empty for the server's.   `unwanted`: kinds."""

    __tablename__ = "mail_preference"

    user_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"), primary_key=True)
    language: Mapped[str]
    unwanted: Mapped[list[Any]]
