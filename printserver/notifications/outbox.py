"""Reads the log in the order of its tree, once, and makes of each entry the messages that it calls for.

The log is the outbox: what is in it has happened, and an entry that is sequenced never moves. Cursor and messages are
written in one transaction; a second worker that reads the same stretch loses at the cursor and starts again.
"""

from __future__ import annotations

from datetime import UTC, tzinfo
from typing import Final
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from printserver.audit.queries import EntryView, entries_from, next_position
from printserver.foundation.errors import NotFound
from printserver.foundation.unit_of_work import Database, Work
from printserver.notifications.event_types import type_of
from printserver.notifications.mail_occasions import mails_of
from printserver.notifications.messages import entry_body, new_delivery
from printserver.notifications.models import LogCursor, Webhook
from printserver.notifications.webhooks import WebhookState
from printserver.organisations.access import branch_path
from printserver.print_requests.told import ToldRequest, request_of_copy, told_request
from printserver.printing.queries import printer_facts
from printserver.seals.queries import seal_facts

READER: Final = "messages"
A_ROUND: Final = 200


def read_log(database: Database, *, with_mails: bool, zone: tzinfo = UTC) -> int:
    """Read on from the cursor; how many messages were made.   with_mails: whether there is a mail server.

    zone: whose days mails name.
    A server that never sent messages begins at the end of the log: nobody is told of what is long past.
    """
    try:
        with database.work() as work:
            return _read_on(work, with_mails, zone)
    except IntegrityError:  # another worker made the same messages at the same time
        return 0


def _read_on(work: Work, with_mails: bool, zone: tzinfo) -> int:
    position = work.session.scalar(select(LogCursor.position).where(LogCursor.reader == READER))
    if position is None:
        work.session.add(LogCursor(reader=READER, position=next_position(work)))
        return 0
    entries = entries_from(work, position, limit=A_ROUND)
    if not entries:
        return 0
    moved = work.session.scalar(
        update(LogCursor)
        .where(LogCursor.reader == READER, LogCursor.position == position)
        .values(position=position + len(entries))
        .returning(LogCursor.position)
    )
    if moved is None:
        return 0
    return sum(_messages_of(work, entry, with_mails, zone) for entry in entries)


def _messages_of(work: Work, entry: EntryView, with_mails: bool, zone: tzinfo) -> int:
    request = _request_of(work, entry)
    made = mails_of(work, entry, request, zone) if with_mails else 0
    type_ = type_of(entry)
    if type_ is None or entry.organisation_id is None:
        return made
    path = _path_of(work, entry, request)
    listening = work.session.scalars(
        select(Webhook).where(Webhook.organisation_id == entry.organisation_id, Webhook.state != WebhookState.REMOVED)
    ).all()
    for webhook in listening:
        if type_ in webhook.types and path is not None and path.startswith(branch_path(work, webhook.branch_id)):
            new_delivery(work, webhook.id, entry.id, type_, lambda id: entry_body(id, type_, entry, request))
            made += 1
    return made


def _request_of(work: Work, entry: EntryView) -> ToldRequest | None:
    if entry.subject == "print-request" and entry.subject_id is not None:
        return told_request(work, entry.subject_id)
    if entry.subject == "copy" and entry.subject_id is not None:
        return request_of_copy(work, entry.subject_id)
    copy_id = entry.facts.get("copy_id")
    return request_of_copy(work, UUID(copy_id)) if isinstance(copy_id, str) else None


def _path_of(work: Work, entry: EntryView, request: ToldRequest | None) -> str | None:
    """None for what lies in no branch, or in one that is gone."""
    try:
        if request is not None:
            return branch_path(work, request.branch_id)
        if entry.subject == "printer" and entry.subject_id is not None:
            return branch_path(work, printer_facts(work, entry.subject_id).branch_id)
        if entry.subject == "seal" and entry.subject_id is not None:
            return branch_path(work, seal_facts(work, entry.subject_id).branch_id)
    except NotFound:
        return None
    return None
