"""The worker's round over mails; and how people choose what they are told."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from email.errors import MessageError
from email.message import EmailMessage
from typing import ClassVar, Final
from uuid import UUID

import structlog
from jinja2 import TemplateError
from sqlalchemy import select

from printserver.audit.log import append
from printserver.foundation.errors import Malformed, PrintServerError
from printserver.foundation.unit_of_work import Database, Work
from printserver.notifications.attempts import Outcome, due_ids, is_this_attempt, settle, take
from printserver.notifications.events import MailPreferencesChanged
from printserver.notifications.mail_kinds import MailKind
from printserver.notifications.mail_texts import LANGUAGES, compose
from printserver.notifications.models import Mail, MailPreference
from printserver.notifications.smtp import MailSender, MailUncertain
from printserver.notifications.states import DeliveryAction
from printserver.organisations.access import Actor
from printserver.organisations.addressees import addressees

A_ROUND: Final = 100


class MailPreferenceMalformed(Malformed):
    code: ClassVar[str] = "mail-preference-malformed"


@dataclass(frozen=True)
class Preferences:
    """language: `zh`, `en`, or empty for the server's.   unwanted: kinds of mails that this person does without."""

    language: str = ""
    unwanted: tuple[MailKind, ...] = ()


@dataclass(frozen=True)
class MailTools:
    """site: the address of the pages.   language: for people who have chosen none."""

    database: Database
    server: MailSender
    sender: str
    site: str
    language: str


def preferences(work: Work, person_id: UUID) -> Preferences:
    row = work.session.get(MailPreference, person_id)
    if row is None:
        return Preferences()
    return Preferences(row.language, tuple(kind for kind in MailKind if kind in row.unwanted))


def choose_preferences(work: Work, actor: Actor, *, language: str, unwanted: Collection[str]) -> Preferences:
    """Raises: MailPreferenceMalformed."""
    if language not in ("", *LANGUAGES) or set(unwanted) - set(MailKind):
        raise MailPreferenceMalformed("choose among the languages and the kinds of mails that there are")
    chosen = Preferences(language, tuple(kind for kind in MailKind if kind in unwanted))
    if chosen == preferences(work, actor.id):
        return chosen
    row = work.session.get(MailPreference, actor.id)
    if row is None:
        work.session.add(MailPreference(user_id=actor.id, language=language, unwanted=list(chosen.unwanted)))
    else:
        row.language, row.unwanted = language, list(chosen.unwanted)
    append(work, actor.by, MailPreferencesChanged(id=actor.id, language=language, unwanted=chosen.unwanted))
    return chosen


def send_due(tools: MailTools) -> int:
    """Try each mail whose time has come once; how many were handed over."""
    with tools.database.reading() as work:
        due = due_ids(work, Mail, limit=A_ROUND)
    return sum(_send(tools, mail_id) for mail_id in due)


def _send(tools: MailTools, mail_id: UUID) -> bool:
    begun = _begin(tools, mail_id)
    if begun is None:
        return False
    message, attempts = begun
    outcome = _handed_over(tools.server, message)
    with tools.database.work() as work:
        row = work.session.scalars(select(Mail).where(Mail.id == mail_id)).one()
        if is_this_attempt(row, attempts):
            settle(work, row, outcome)
            if outcome.action is DeliveryAction.ACCEPT:
                row.sent_at = work.now()
    return outcome.action is DeliveryAction.ACCEPT


def _begin(tools: MailTools, mail_id: UUID) -> tuple[EmailMessage, int] | None:
    """The mail, in the language and to the address that its reader has now."""
    with tools.database.work() as work:
        row = take(work, Mail, mail_id)
        if row is None:
            return None
        readers = addressees(work, [row.user_id])
        if not readers:
            row.give_up_at = work.now()
            settle(work, row, Outcome(DeliveryAction.FAIL, "its reader can no longer be written to"))
            return None
        language = preferences(work, row.user_id).language or tools.language
        try:
            message = compose(row, readers[0], language, site=tools.site, sender=tools.sender)
        except (ValueError, MessageError, TemplateError) as problem:  # an address or a fact that no mail can hold
            structlog.get_logger().error("a mail cannot be written", mail_id=str(row.id), reason=str(problem))
            settle(work, row, Outcome(DeliveryAction.FAIL, f"it cannot be written: {type(problem).__name__}"))
            return None
        return message, row.attempts


def _handed_over(server: MailSender, message: EmailMessage) -> Outcome:
    try:
        server.send(message)
    except MailUncertain as problem:
        return Outcome(DeliveryAction.LOSE, str(problem))
    except PrintServerError as problem:
        return Outcome(DeliveryAction.FAIL, str(problem))
    return Outcome(DeliveryAction.ACCEPT)
