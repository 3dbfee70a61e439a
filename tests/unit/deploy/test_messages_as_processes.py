"""The worker tells people and systems with no more rights than it has on PostgreSQL."""

from __future__ import annotations

from datetime import timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Final

import psycopg
from sqlalchemy import func, select

from printserver.foundation.database import open_engines
from printserver.foundation.job_queue import RecordedJobs
from printserver.foundation.unit_of_work import Database
from printserver.http_edge.idempotency import forget_old_keys
from printserver.migrations.upgrade import upgrade
from printserver.notifications.addresses import AddressRules
from printserver.notifications.delivering import WebhookTools, deliver_due
from printserver.notifications.event_types import TYPES
from printserver.notifications.mail_reminders import remind
from printserver.notifications.mailing import MailTools, send_due
from printserver.notifications.models import Mail, WebhookDelivery
from printserver.notifications.outbox import read_log
from printserver.notifications.posting import Poster
from printserver.notifications.secret_box import SecretBox
from printserver.notifications.webhooks import NewWebhook, create_webhook
from printserver.organisations.models import User
from printserver.organisations.permissions import Role
from printserver.print_requests.owed_reminders import tell_owed
from printserver.printing.outcome import Outcome
from tests.databases import FakeClock
from tests.http.scene import count_alarm_at
from tests.postgresql_server import PostgresqlServer
from tests.sequenced import sequence
from tests.world import World, build_world

ROLES_FILE: Final = Path(__file__).parents[3] / "deploy" / "database_roles.sql"


class Taking:
    """A mail server that takes everything."""

    def __init__(self) -> None:
        self.sent: list[EmailMessage] = []

    def send(self, message: EmailMessage) -> None:
        self.sent.append(message)


def _much_happens(world: World) -> SecretBox:
    settings, adapters = world.adapters.settings, world.adapters
    for file in (settings.webhook_key, settings.webhook_public_key):
        file.parent.mkdir(parents=True, exist_ok=True)
    box = SecretBox.load_or_make(settings.webhook_key, settings.webhook_public_key)
    rules = AddressRules(plain_loopback=True)
    with world.database.work() as work:
        for user in work.session.scalars(select(User)):
            user.email = f"{user.login}@example.com"
        wish = NewWebhook(world.home.north.branch_id, "OA", "http://127.0.0.1:1/", TYPES)
        actor = world.actor(work, Role.SYSTEM_ADMINISTRATOR)
        create_webhook(work, actor, wish, rules, adapters.seal_webhook_secret)
    sequence(world.database)
    read_log(world.database, with_mails=True)
    world.in_custody()
    world.printed()
    world.printed(outcome=Outcome.OUTCOME_UNKNOWN)
    world.voided()
    count_alarm_at(world)
    sequence(world.database)
    return box


def test_the_worker_reads_the_log_sends_and_reminds(postgresql: PostgresqlServer, tmp_path: Path):
    name, clock = postgresql.create_database(), FakeClock()
    upgrade(postgresql.url(name))
    with psycopg.connect(postgresql.url(name).replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute(ROLES_FILE.read_bytes())
    owner = Database(open_engines(postgresql.url(name)), RecordedJobs(), clock)
    worker = Database(open_engines(postgresql.url(name, "printserver_worker")), RecordedJobs(), clock)
    try:
        world = build_world(tmp_path / "world", owner)
        box, server = _much_happens(world), Taking()
        while read_log(worker, with_mails=True):
            pass
        deliver_due(WebhookTools(worker, Poster(AddressRules(plain_loopback=True), seconds=2), box))
        clock.advance(45 * 86_400)
        remind(worker, world.adapters.load_key_list)
        assert tell_owed(worker, every_days=14)
        sequence(owner)
        while read_log(worker, with_mails=True):
            pass
        sent = send_due(MailTools(worker, server, "print@example.com", "https://p.example", "zh"))
        forget_old_keys(worker, older_than=timedelta(days=1))
        with owner.reading() as work:
            kinds = set(work.session.scalars(select(Mail.kind)))
            tried = work.session.scalar(select(func.count()).where(WebhookDelivery.attempts == 1))
    finally:
        owner.engines.dispose()
        worker.engines.dispose()
        postgresql.drop_database(name)
    assert kinds >= {"waits", "decided", "issued", "printed", "copy-void", "alarm", "return-owed", "return-escalated"}
    assert sent == len(server.sent) > 10
    assert tried
