"""Mails from the templates in `templates/mail`: the first line is the subject, the rest the text.

What a template shows was typed by people somewhere: it stays one line of plain text, and no header of the mail.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from functools import cache
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from printserver.notifications.mail_kinds import MailKind
from printserver.notifications.models import Mail
from printserver.organisations.addressees import Addressee

TEMPLATES: Final = Path(__file__).resolve().parents[2] / "templates" / "mail"
LANGUAGES: Final = ("zh", "en")
LONGEST_VALUE: Final = 200
# Everything that ends a line or hides what follows: controls, line and paragraph separators, marks of direction.
_UNSEEN: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]+")


def mail_text(kind: MailKind, language: str, facts: Mapping[str, Any]) -> tuple[str, str]:
    """Subject and text.   language: of LANGUAGES.   Raises: jinja2.UndefinedError for a fact that is missing."""
    shown = {name: one_line(value) if isinstance(value, str) else value for name, value in facts.items()}
    rendered = _environment().get_template(f"{language}/{kind}.txt").render(**shown)
    subject, _, text = rendered.partition("\n")
    return one_line(subject), text.strip() + "\n"


def compose(mail: Mail, reader: Addressee, language: str, *, site: str, sender: str) -> EmailMessage:
    """The same mail has the same Message-ID in every attempt, so that a second one is known as such.

    site: the address of the pages.   sender: the mail address that it comes from.
    """
    subject, text = mail_text(MailKind(mail.kind), language, {**mail.facts, "site": site, "reader": reader.name})
    message = EmailMessage(policy=SMTP)
    message["Subject"] = subject
    message["From"] = Address(display_name="Printserver", addr_spec=sender)
    message["To"] = Address(display_name=one_line(reader.name), addr_spec=reader.email)
    message["Date"] = format_datetime(mail.created_at)
    message["Message-ID"] = _message_id(mail.id, sender)
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(text)
    message["Content-Language"] = "zh-CN" if language == "zh" else "en"
    return message


def one_line(text: str) -> str:
    """Without what nobody sees, at most 200 characters."""
    plain = _UNSEEN.sub(" ", text).strip()
    return plain if len(plain) <= LONGEST_VALUE else plain[: LONGEST_VALUE - 1] + "…"


def _message_id(mail_id: UUID, sender: str) -> str:
    return f"<{mail_id}@{sender.rpartition('@')[2]}>"


@cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=False,  # noqa: S701 -- plain text, which `one_line` has made harmless
        undefined=StrictUndefined,
    )
