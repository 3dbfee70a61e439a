"""Mails that no entry of the log calls for, but the time: certificates that end, proofs of identity that fall due."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from printserver.foundation.unit_of_work import Database, Work
from printserver.notifications.mail_kinds import MailKind
from printserver.notifications.mail_queue import queue_mails
from printserver.organisations.addressees import addressees, holders
from printserver.organisations.identity_proof import REMINDED_BEFORE
from printserver.organisations.identity_proof_queries import proofs_due
from printserver.organisations.permissions import Permission
from printserver.organisations.queries import organisations
from printserver.signing.key_list import KeyList

WARNED_BEFORE: Final = (90, 30, 7, 1)
"""Days before a certificate ends."""


def remind(database: Database, load_key_list: Callable[[], KeyList]) -> int:
    """How many mails were made."""
    keys = load_key_list()
    with database.work() as work:
        return _certificates(work, keys) + _identities(work)


def _certificates(work: Work, keys: KeyList) -> int:
    made = 0
    for key in keys.keys:
        left = key.not_after - work.now()
        begun = [days for days in WARNED_BEFORE if timedelta() < left <= timedelta(days=days)]
        if not begun or key.revoked_at is not None:
            continue
        facts = {"usage": str(key.usage), "key": key.key_id, "day": _day(key.not_after), "path": "/"}
        for organisation in organisations(work):
            officers = [person for person, _ in holders(work, organisation.id, Permission.MANAGE_KEYS)]
            occasion = f"{key.key_id}:{min(begun)}"
            made += queue_mails(work, MailKind.CERTIFICATE, officers, occasion, facts)
    return made


def _identities(work: Work) -> int:
    """To whose proof it is, and to whoever administers people there."""
    made = 0
    for due in proofs_due(work, within_days=max(REMINDED_BEFORE)):
        left = (due.recheck_on - work.now().date()).days
        begun = [days for days in REMINDED_BEFORE if 0 <= left <= days]
        if not begun:
            continue
        told = {person.id: person for person in addressees(work, [due.person_id] if due.person_id else [])}
        told |= {
            person.id: person for person, _ in holders(work, due.organisation_id, Permission.MANAGE_PEOPLE, due.path)
        }
        facts = {"day": due.recheck_on.isoformat(), "path": f"/identity/{due.id}"}
        made += queue_mails(
            work, MailKind.IDENTITY_DUE, list(told.values()), f"{due.id}:{due.recheck_on}:{min(begun)}", facts
        )
    return made


def _day(moment: datetime) -> str:
    return moment.date().isoformat()
