"""Rounds over what others are told: reading the log, webhooks, mails; and answers of old keys are forgotten."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Final
from zoneinfo import ZoneInfo

from printserver.bootstrap import Adapters
from printserver.http_edge.idempotency import forget_old_keys
from printserver.notifications.delivering import deliver_due
from printserver.notifications.mail_reminders import remind
from printserver.notifications.mailing import MailTools, send_due
from printserver.notifications.outbox import read_log
from printserver.worker.rounds import go_round

READING_SECONDS: Final = 1.0
DELIVERY_SECONDS: Final = 1.0
MAIL_SECONDS: Final = 5.0
REMINDER_SECONDS: Final = 3600.0
FORGETTING_SECONDS: Final = 3600.0
KEYS_KEPT_FOR: Final = timedelta(days=30)


def message_rounds(adapters: Adapters, stop: threading.Event) -> list[threading.Thread]:
    """Until `stop` is set. Without a mail server nothing is written of mails."""
    database, webhooks, mails = adapters.database, adapters.webhook_tools, adapters.mail_tools
    zone = ZoneInfo(adapters.settings.time_zone)
    rounds = [
        go_round(
            "messages",
            lambda: read_log(database, with_mails=mails is not None, zone=zone),
            stop,
            every_seconds=READING_SECONDS,
        ),
        go_round("webhooks", lambda: deliver_due(webhooks), stop, every_seconds=DELIVERY_SECONDS),
        go_round(
            "idempotency keys",
            lambda: forget_old_keys(database, older_than=KEYS_KEPT_FOR),
            stop,
            every_seconds=FORGETTING_SECONDS,
        ),
    ]
    return rounds if mails is None else [*rounds, *_mail_rounds(adapters, mails, stop)]


def _mail_rounds(adapters: Adapters, mails: MailTools, stop: threading.Event) -> list[threading.Thread]:
    return [
        go_round("mails", lambda: send_due(mails), stop, every_seconds=MAIL_SECONDS),
        go_round(
            "reminders",
            lambda: remind(adapters.database, adapters.load_key_list),
            stop,
            every_seconds=REMINDER_SECONDS,
        ),
    ]
