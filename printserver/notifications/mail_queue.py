"""Put mails into the queue: one a person, kind and occasion, and none that its reader does not want."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import select

from printserver.foundation.ids import new_id
from printserver.foundation.unit_of_work import Work
from printserver.notifications.mail_kinds import MailKind
from printserver.notifications.models import Mail, MailPreference
from printserver.notifications.states import KEPT_UP_FOR, DeliveryState
from printserver.organisations.addressees import Addressee


def queue_mails(
    work: Work, kind: MailKind, people: Iterable[Addressee], occasion: str, facts: Mapping[str, Any]
) -> int:
    """How many are new.   occasion: what a person is told of once by this kind.   facts: what the template shows."""
    readers = {person.id: person for person in people}
    known = set(
        work.session.scalars(
            select(Mail.user_id).where(Mail.kind == kind, Mail.occasion == occasion, Mail.user_id.in_(readers))
        )
    )
    unwanted = {
        row.user_id
        for row in work.session.scalars(select(MailPreference).where(MailPreference.user_id.in_(readers)))
        if kind in row.unwanted
    }
    wanted = [person for person in readers.values() if person.id not in known | unwanted]
    for person in wanted:
        _queue(work, kind, person, occasion, facts)
    work.session.flush()
    return len(wanted)


def _queue(work: Work, kind: MailKind, person: Addressee, occasion: str, facts: Mapping[str, Any]) -> UUID:
    now = work.now()
    mail = Mail(
        id=new_id(),
        organisation_id=person.organisation_id,
        user_id=person.id,
        kind=kind,
        occasion=occasion,
        facts=dict(facts),
        state=DeliveryState.PENDING,
        attempts=0,
        due_at=now,
        give_up_at=now + KEPT_UP_FOR,
        last_problem="",
        created_at=now,
    )
    work.session.add(mail)
    return mail.id
