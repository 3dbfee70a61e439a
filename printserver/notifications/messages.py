"""What a webhook is sent: small JSON that says what happened to what, and waits in the database until it came."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, Final
from uuid import UUID

from printserver.audit.queries import EntryView
from printserver.foundation.clock import as_text
from printserver.foundation.ids import new_id
from printserver.foundation.unit_of_work import Work
from printserver.notifications.event_types import TEST, told_facts
from printserver.notifications.models import WebhookDelivery
from printserver.notifications.states import KEPT_UP_FOR, DeliveryState
from printserver.print_requests.told import ToldRequest

VERSION: Final = 1


def new_delivery(
    work: Work, webhook_id: UUID, entry_id: UUID | None, type_: str, body: Callable[[UUID], str]
) -> WebhookDelivery:
    """Due at once.   body: of the delivery's own id."""
    delivery_id, now = new_id(), work.now()
    delivery = WebhookDelivery(
        id=delivery_id,
        webhook_id=webhook_id,
        entry_id=entry_id,
        type=type_,
        body=body(delivery_id),
        state=DeliveryState.PENDING,
        attempts=0,
        due_at=now,
        give_up_at=now + KEPT_UP_FOR,
        last_problem="",
        created_at=now,
    )
    work.session.add(delivery)
    work.session.flush()
    return delivery


def entry_body(delivery_id: UUID, type_: str, entry: EntryView, request: ToldRequest | None) -> str:
    """`id`: of the message, the same in every attempt; `entry_id`: of the log's entry, the same for every receiver."""
    members: dict[str, Any] = {
        "version": VERSION,
        "id": str(delivery_id),
        "type": type_,
        "at": as_text(entry.at),
        "entry_id": str(entry.id),
        "organisation_id": str(entry.organisation_id),
        "subject": {"kind": entry.subject, "id": None if entry.subject_id is None else str(entry.subject_id)},
        "request": None,
        "facts": told_facts(entry),
    }
    if request is not None:
        members["request"] = {"id": str(request.id), "own_reference": request.own_reference, "state": request.state}
    return _json(members)


def sample_body(work: Work, delivery_id: UUID, organisation_id: UUID) -> str:
    members = {
        "version": VERSION,
        "id": str(delivery_id),
        "type": TEST,
        "at": as_text(work.now()),
        "entry_id": None,
        "organisation_id": str(organisation_id),
        "subject": None,
        "request": None,
        "facts": {},
    }
    return _json(members)


def _json(members: dict[str, Any]) -> str:
    return json.dumps(members, ensure_ascii=False, separators=(",", ":"))
